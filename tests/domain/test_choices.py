"""Words out of a few: what is none of them is refused with those that there are."""

import pytest

from src.domain.choices import parse_choice
from tests.domain.refused import refusal_of


@pytest.mark.parametrize("word", ["", "paid", "due"])
def test_a_word_that_is_among_them_is_taken(word: str) -> None:
    assert parse_choice(word, ("", "paid", "due"), field="status") == word


@pytest.mark.parametrize("word", ["Paid", "pai", "paid ", "paid, due"])
def test_another_one_is_refused_with_what_there_is_to_choose_from(word: str) -> None:
    assert refusal_of(parse_choice, word, ("", "paid", "due"), field="status") == "choose one of paid, due."


def test_none_is_refused_where_one_is_needed() -> None:
    assert refusal_of(parse_choice, "", ("paid", "due"), field="status") == "choose one of paid, due."
