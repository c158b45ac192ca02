"""Every refusal is a sentence a person can read, with all its facts in place."""

import string
from collections.abc import Iterator
from decimal import Decimal

import pytest

from src.domain import errors
from src.domain.errors import Conflict, CrmError, FieldChange, InvalidInput, Marked, TooManyAttempts
from src.i18n import set_language


def every_kind(kind: type[CrmError] = CrmError) -> Iterator[type[CrmError]]:
    yield kind
    for below in kind.__subclasses__():
        yield from every_kind(below)


KINDS = sorted({kind for kind in every_kind() if kind.__module__ == errors.__name__}, key=lambda kind: kind.__name__)
FACTS = {"retry_after_seconds": 90, "field": "total"}


def made(kind: type[CrmError]) -> CrmError:
    """One of this kind with a fact for every gap in its sentence."""
    gaps = {name for _text, name, _form, _conversion in string.Formatter().parse(kind.message) if name}
    if kind is TooManyAttempts:
        return TooManyAttempts(retry_after_seconds=90)
    return kind(**dict.fromkeys(gaps, "x"))


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_refusal_says_a_whole_sentence(kind: type[CrmError], language: str) -> None:
    set_language(language)
    said = str(made(kind) if kind is not InvalidInput else InvalidInput(field="total"))
    assert said
    assert not set("{}") & set(said)


def test_marked_words_are_translated_with_their_sentence() -> None:
    refusal = InvalidInput("{field}: at most {longest} characters are allowed.", field="title", longest=200)
    assert str(refusal) == "title: at most 200 characters are allowed."
    set_language("fr")
    assert "title" not in str(refusal)
    assert "200" in str(refusal)


def test_what_a_person_typed_is_never_taken_for_a_gap_in_the_sentence() -> None:
    refusal = CrmError("{name} is in charge.", name="{name.__class__} %s")
    assert str(refusal) == "{name.__class__} %s is in charge."
    assert refusal.facts == {"name": "{name.__class__} %s"}


def test_a_word_is_translated_only_if_it_is_marked() -> None:
    set_language("fr")
    assert str(CrmError("{word}", word="client")) == "client"
    assert str(CrmError("{word}", word=Marked("total"))) == str(CrmError("total"))


def test_waiting_is_said_in_whole_minutes() -> None:
    waits = {seconds: str(TooManyAttempts(retry_after_seconds=seconds)) for seconds in (0, 1, 60, 61, 300)}
    minutes = {seconds: int("".join(filter(str.isdigit, said))) for seconds, said in waits.items()}
    assert minutes == {0: 1, 1: 1, 60: 1, 61: 2, 300: 5}


def test_a_conflict_carries_both_values() -> None:
    change = FieldChange("total", Decimal("1"), Decimal("2"))
    assert Conflict(changes=(change,), record="contract").changes == (change,)
    assert Conflict(record="contract").changes == ()
