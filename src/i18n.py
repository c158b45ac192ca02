"""French and English: marks sentences for translation, and shows sentences, amounts and times in the reader's language.

Catalogues are plain gettext: `src/locale/<language>/LC_MESSAGES/epicevents.mo`, compiled from the `.po` beside it.
English needs none: the code is in English. The language is a context variable, so that two web requests in two
languages never mix. Every start imports this file: typing, pathlib and gettext would each add half a start to it.
"""

# ruff: noqa: PTH100, PTH118, PTH120, PTH123 - pathlib costs as much as all of `epicevents --help`
import os.path
from contextvars import ContextVar

TYPE_CHECKING = False  # type checkers know the name; importing it from typing costs 9 ms
if TYPE_CHECKING:
    from datetime import date, datetime, tzinfo
    from decimal import Decimal
    from gettext import NullTranslations

DOMAIN = "epicevents"
LOCALE_DIR = os.path.join(os.path.dirname(os.path.abspath(__file__)), "locale")
LANGUAGES = ("en", "fr")
DEFAULT_LANGUAGE = "en"

_language: ContextVar[str] = ContextVar("language", default=DEFAULT_LANGUAGE)
_is_open: ContextVar[bool] = ContextVar("is_open", default=False)
_catalogues: dict[str, "NullTranslations"] = {}

_NO_BREAK, _NARROW_NO_BREAK = "\u00a0", "\u202f"
_SYMBOLS = {"EUR": "€", "GBP": "£", "USD": "$"}


def N_(message: str) -> str:  # noqa: N802 - gettext's own name for "mark, do not translate yet"
    """Mark a sentence for the catalogue without translating it yet."""
    return message


def _(message: str) -> str:
    """Give a sentence in the reader's language."""
    language = _language.get()
    if language == DEFAULT_LANGUAGE or not message:
        return message
    return _catalogue(language).gettext(message)


def ngettext(singular: str, plural: str, count: int) -> str:
    """Give the sentence that fits a count, in the reader's language."""
    language = _language.get()
    if language == DEFAULT_LANGUAGE:
        return singular if count == 1 else plural
    return _catalogue(language).ngettext(singular, plural, count)


def current_language() -> str:
    """Tell in which language the reader is being answered."""
    return _language.get()


def set_language(language: str | None) -> None:
    """Answer from now on in this language; an unknown one falls back to English, None until somebody's own is known."""
    _language.set(language if language in LANGUAGES else DEFAULT_LANGUAGE)
    _is_open.set(language is None)


def offer_language(language: str | None) -> None:
    """Answer in somebody's own language, if nothing has chosen another."""
    if language is not None and _is_open.get():
        _language.set(language)


def language_of(tag: str | None) -> str | None:
    """Read the language out of a locale name such as `fr_FR.UTF-8` or `fr-CA`, if it is one we speak."""
    if not tag:
        return None
    code = tag.replace("-", "_").split("_")[0].split(".")[0].split("@")[0].lower()
    return code if code in LANGUAGES else None


def format_money(amount: "Decimal", currency: str = "EUR") -> str:
    """Write an amount as people read it: `€1,200.00`, or in French `1 200,00 €` with spaces that never break."""
    sign, digits = ("-" if amount < 0 else ""), format_amount(abs(amount))
    if _language.get() == "fr":
        return f"{sign}{digits}{_NO_BREAK}{_SYMBOLS.get(currency, currency)}"
    symbol = _SYMBOLS.get(currency)
    return f"{sign}{symbol}{digits}" if symbol else f"{sign}{currency}{_NO_BREAK}{digits}"


def format_amount(amount: "Decimal") -> str:
    """Write an amount without its currency, where the sentence around it leaves no doubt: `1,200.00`, `1 200,00`."""
    digits = f"{amount:,.2f}"
    return digits.replace(",", _NARROW_NO_BREAK).replace(".", ",") if _language.get() == "fr" else digits


def format_number(amount: "Decimal") -> str:
    """Write a quantity or a rate without the zeros behind it: `2.5`, or in French `2,5`."""
    written = f"{amount.normalize():f}"
    return written.replace(".", ",") if _language.get() == "fr" else written


def format_date(day: "date") -> str:
    """Write a day as people read it: `2023-04-21`, or in French `21/04/2023`."""
    return _date(day.isoformat())


def format_moment(moment: "datetime", zone: "tzinfo") -> str:
    """Write a moment as the clock on the wall of `zone` shows it: `2023-04-21 13:00`, in French `21/04/2023 13:00`."""
    written = moment.astimezone(zone).isoformat(" ")
    return f"{_date(written)} {written[11:16]}"


def _date(written: str) -> str:
    # Cut out of the one form that Python writes fast: a list has 25, and putting digits together took twice as long.
    if _language.get() == "fr":
        return f"{written[8:10]}/{written[5:7]}/{written[:4]}"
    return written[:10]


def _catalogue(language: str) -> "NullTranslations":
    catalogue = _catalogues.get(language)
    if catalogue is None:
        from gettext import GNUTranslations, NullTranslations  # noqa: PLC0415 - 5 ms that English never needs

        # Opened directly: gettext.translation() would import the locale module to guess what is known here.
        place = os.path.join(LOCALE_DIR, language, "LC_MESSAGES", f"{DOMAIN}.mo")
        try:
            with open(place, "rb") as compiled:
                catalogue = GNUTranslations(compiled)
        except FileNotFoundError:
            catalogue = NullTranslations()
        _catalogues[language] = catalogue
    return catalogue
