"""Compiled templates say in each language what they would say if every word were looked up at each visit."""

from collections.abc import Iterator, Mapping

import pytest
from jinja2 import DictLoader
from markupsafe import Markup

from src.i18n import _, set_language
from src.web.compiling import TemplatesInOneLanguage

_FRAME = '<h1>{{ _("Clients") }}</h1>{% block content %}{% endblock %}'
_LIST = (
    '{% extends "frame" %}{% block content %}'
    "{% for name in names %}{% block row scoped %}<p>{{ name }}</p>{% endblock %}{% endfor %}{% endblock %}"
)


def _templates(language: str, templates: Mapping[str, str]) -> TemplatesInOneLanguage:
    def mark(name: str) -> Markup:
        return Markup("<i>{}</i>").format(name)

    return TemplatesInOneLanguage(language, {"_": _, "mark": mark}, loader=DictLoader(templates), autoescape=True)


@pytest.fixture(autouse=True)
def _afterwards_in_english() -> Iterator[None]:
    yield
    set_language("en")


@pytest.mark.parametrize(("language", "word"), [("en", "Save view"), ("fr", "Enregistrer la vue")])
def test_a_fixed_word_is_in_the_language_of_the_templates(language: str, word: str) -> None:
    set_language("fr" if language == "en" else "en")
    assert _templates(language, {"page": '{{ _("Save view") }}'}).get_template("page").render() == word


def test_a_word_that_only_the_visit_tells_is_looked_up_at_the_visit() -> None:
    page = _templates("fr", {"page": "{{ _(word) }}"}).get_template("page")
    set_language("fr")
    assert page.render(word="Save view") == "Enregistrer la vue"


def test_what_a_lookup_gives_as_text_is_escaped_and_what_it_gives_as_html_is_not() -> None:
    page = _templates("en", {"page": '{{ _("a < b") }} {{ mark("a < b") }}'}).get_template("page")
    assert page.render() == "a &lt; b <i>a &lt; b</i>"


def test_blocks_within_blocks_say_the_same_and_escape_once() -> None:
    page = _templates("en", {"frame": _FRAME, "list": _LIST}).get_template("list")
    assert page.render(names=["Ana", "<b>"]) == "<h1>Clients</h1><p>Ana</p><p>&lt;b&gt;</p>"
