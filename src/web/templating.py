"""Templates: HTML in which everything is escaped, with the reader's language and this installation's way of writing."""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from src.config import Settings
from src.i18n import LANGUAGES, _, current_language, format_date, format_moment, format_money, format_number, ngettext
from src.presentation.columns import NOTHING, Manner
from src.presentation.days import day_in_words
from src.presentation.devices import INTERFACES, device_in_words
from src.presentation.fields import name_of_field, value_of_field
from src.presentation.histories import DEEDS
from src.presentation.matches import marked_parts
from src.presentation.phones import grouped
from src.web.assets import address_of_asset, icon
from src.web.compiling import TemplatesInOneLanguage
from src.web.cookies import THEME, read_cookie
from src.web.forms import value_before, value_in
from src.web.navigation import entries

if TYPE_CHECKING:
    from src.web.desk import Visit

TEMPLATES = Path(__file__).parent / "templates"
THEMES = ("system", "light", "dark")
_PLAIN_EMAIL = re.compile(r"[a-z0-9._-]+@[a-z0-9.-]+")
_PHONES = frozenset({"phone", "contact_phone"})
_LANGUAGE_NAMES = {"en": "English", "fr": "Français"}


def page_renderer(settings: Settings) -> Callable[..., bytes]:
    """Give the function that makes a page out of a template's name, the visit and its facts."""
    in_language = {language: _templates(language, settings) for language in LANGUAGES}

    def render(template: str, *, visit: "Visit", **facts: Any) -> bytes:
        theme = (visit.actor and visit.actor.theme) or read_cookie(visit.request, THEME)
        return (
            in_language[current_language()]
            .get_template(template)
            .render(
                visit=visit,
                me=visit.actor,
                may=visit.may,
                language=current_language(),
                theme=theme if theme in THEMES else "system",
                navigation=entries(visit.actor, visit.request.url.path),
                **facts,
            )
            .encode()
        )

    return render


def _templates(language: str, settings: Settings) -> Environment:
    """Open the templates in a language; a name that nobody gave is an error and never an empty place."""
    environment = TemplatesInOneLanguage(
        language,
        {"_": _, "icon": icon, "static": address_of_asset},
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    zone = ZoneInfo(settings.time_zone)
    environment.filters |= {
        "money": partial(_money, currency=settings.currency),
        "day": _day,
        "number": format_number,
        "moment": partial(_moment, zone=zone),
        "dated": partial(_dated, zone=zone),
        "date": partial(_date, zone=zone),
        "today": partial(_today, zone=zone),
        "marked": _marked,
        "mailto": _mailto,
        "phone": grouped,
    }
    environment.globals |= {
        "moment_there": partial(_moment_there, home=settings.time_zone),
        "ngettext": ngettext,
        "name_of_field": name_of_field,
        "value_of_field": _value_of_field,
        "words_of_action": _words_of_action,
        "device_in_words": device_in_words,
        "interfaces": INTERFACES,
        "value_in": value_in,
        "value_before": value_before,
        "languages": {code: _LANGUAGE_NAMES[code] for code in LANGUAGES},
        "themes": THEMES,
    }
    return environment


def _money(amount: Decimal, *, currency: str) -> str:
    return format_money(amount, currency)


def _value_of_field(field: str, value: Any, manner: Manner, people: Mapping[int, str] = MappingProxyType({})) -> str:
    """Write a field's value, a telephone number as the pages show it everywhere."""
    return value_of_field(field, grouped(value) if field in _PHONES and value else value, manner, people)


def _day(day: date) -> str:
    return format_date(day)


def _moment(moment: datetime | None, *, zone: ZoneInfo) -> str:
    return NOTHING if moment is None else format_moment(moment, zone)


def _dated(moment: datetime, *, zone: ZoneInfo) -> Markup:
    """Write a moment so that programs can read it too; neither form holds a sign that HTML knows."""
    return Markup(f'<time datetime="{moment.isoformat()}">{format_moment(moment, zone)}</time>')  # noqa: S704 - digits


def _mailto(email: str) -> str:
    """Give the address behind which a browser opens a letter to somebody."""
    # Nearly all are plain, and a list has 25: quoting each takes as long as all else in its cell.
    return f"mailto:{email if _PLAIN_EMAIL.fullmatch(email) else quote(email)}"


def _date(moment: datetime, *, zone: ZoneInfo) -> str:
    """Write only the day of a moment, where the hour tells nobody anything."""
    return format_date(moment.astimezone(zone))


def _today(now: datetime, *, zone: ZoneInfo) -> str:
    words = day_in_words(now.astimezone(zone).date())
    return words[0].upper() + words[1:]


def _moment_there(moment: datetime, zone: str, *, home: str) -> Markup:
    """Write a moment as the clock at the place shows it; the zone is named where it is not the company's."""
    there = format_moment(moment, ZoneInfo(zone))
    if zone == home:
        return escape(there)
    return Markup('{}<span class="under">{}</span>').format(there, zone)


def _marked(text: str, words: Iterable[str]) -> Markup:
    """Write a text with what a search found in it marked."""
    return Markup().join(
        Markup("<mark>{}</mark>").format(part) if is_match else escape(part)
        for part, is_match in marked_parts(text, words)
    )


def _words_of_action(action: str) -> str:
    """Give the words for what somebody did; what an older program did has none but its name."""
    return _(DEEDS[action]) if action in DEEDS else action
