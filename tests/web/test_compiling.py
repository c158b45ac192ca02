"""Compiled templates say in each language what they would say if every word were looked up at each visit."""

from collections.abc import Iterator, Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import DictLoader, Environment, StrictUndefined
from jinja2.exceptions import UndefinedError
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


class _Bold:
    """Says itself how it is written in HTML."""

    def __html__(self) -> str:
        return "<b>&amp;</b>"


_WRITTEN = (
    "{{ it }}{{ it ~ '<' }}{% set kept %}{{ it }}{% endset %}{{ kept }}{% macro m(x) %}{{ x }}{% endmacro %}{{ m(it) }}"
)
_ANYTHING = st.text() | st.builds(Markup, st.text()) | st.integers() | st.none() | st.builds(_Bold)


@given(_ANYTHING)
def test_whatever_is_written_is_escaped_as_jinja_does(it: object) -> None:
    ours, jinjas = _templates("en", {"page": _WRITTEN}), Environment(autoescape=True)
    assert ours.get_template("page").render(it=it) == jinjas.from_string(_WRITTEN).render(it=it)


class _Told:
    """A record, with what may stand in its place: an attribute, and a key of the same name that never shows."""

    name = "attribute"

    def __getitem__(self, key: str) -> str:
        return {"name": "key", "other": "only a key"}[key]


def test_a_record_is_asked_for_what_it_has_and_then_for_its_keys() -> None:
    page = _templates("en", {"page": "{{ it.name }}, {{ it.other }}, {{ it.name.upper() }}"}).get_template("page")
    assert page.render(it=_Told()) == "attribute, only a key, ATTRIBUTE"


@pytest.mark.parametrize("facts", [{}, {"it": {}}, {"it": None}])
def test_what_is_not_there_is_an_error_and_no_empty_place(facts: Mapping[str, object]) -> None:
    environment = _templates("en", {"page": "<{{ it.name }}>"})
    environment.undefined = StrictUndefined
    with pytest.raises(UndefinedError):
        environment.get_template("page").render(**facts)


def test_what_is_written_most_is_written_out() -> None:
    written = _templates("en", {}).compile("{{ it.name }}", raw=True)
    assert "environment.escaped((_found if (_found := getattr(" in written
