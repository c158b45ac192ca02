"""A search marks what it found by, and the text stays what it is."""

import pytest

from src.domain.values import fold
from src.presentation.matches import marked_parts


@pytest.mark.parametrize(
    ("text", "typed", "marked"),
    [
        ("Kevin Casey", "casey", ["Casey"]),
        ("Énergie électrique", "lectriq", ["lectriq"]),
        ("Énergie électrique", "ENERGIE électrique", ["Énergie", "électrique"]),
        ("L'Œuvre d'été", "oeuvre", ["Œuvre"]),
        ("L'Œuvre d'été", "euv", ["Œuv"]),
        ("straße", "strasse", ["straße"]),
        ("Lou Bouzin", "lou zzz", ["Lou"]),
        ("De La Tour", "la tour", ["La", "Tour"]),
        ("Paloma", "la tour", []),
        ("aaaa", "aaa", ["aaa"]),
        ("50% a_b .*", ".* a_b", ["a_b", ".*"]),
        ("", "casey", []),
    ],
)
def test_what_was_found_is_marked_letter_for_letter(text: str, typed: str, marked: list[str]) -> None:
    parts = list(marked_parts(text, fold(typed).split()))
    assert "".join(part for part, _is_match in parts) == text
    assert [part for part, is_match in parts if is_match] == marked
