"""Phone numbers are shown in the groups of their country, and nothing else about them changes."""

import pytest

from src.presentation.phones import grouped


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        ("+33612345678", "+33 6 12 34 56 78"),
        ("+33145678901", "+33 1 45 67 89 01"),
        ("+32470123456", "+32 470 12 34 56"),
        ("+33639980000", "+33 6 39 98 00 00"),  # kept for stories
        ("+14155552671 x12", "+1 415-555-2671 x12"),
        ("+678 123 456 78", "+678 123 456 78"),  # as the company's own records have them: no plan knows it
        ("+666 12345", "+666 12345"),
        ("04 78 (standard)", "04 78 (standard)"),
        ("+", "+"),
        ("", ""),
    ],
)
def test_a_number_is_shown_in_the_groups_of_its_country(stored: str, shown: str) -> None:
    assert grouped(stored) == shown


@pytest.mark.parametrize("stored", ["+33612345678", "+32470123456", "+14155552671", "+4915112345678"])
def test_it_keeps_every_digit(stored: str) -> None:
    digits = "".join(sign for sign in grouped(stored) if sign.isdigit())
    assert f"+{digits}" == stored
