"""Histories write a value as the record's own page does, in the reader's language."""

from decimal import Decimal
from typing import Any

import pytest

from src.i18n import set_language
from src.presentation.columns import Manner
from src.presentation.fields import name_of_field, value_of_field


@pytest.mark.parametrize(
    ("language", "field", "value", "written"),
    [
        ("en", "quantity", "1.000", "1"),
        ("fr", "quantity", "2.500", "2,5"),
        ("fr", "quantity", Decimal("120.000"), "120"),
        ("fr", "vat_rate", "5.50", "5,5"),
        ("fr", "unit_price", "34.80", "34,80\N{NO-BREAK SPACE}€"),
        ("fr", "phone", "", "–"),
    ],
)
def test_a_value_is_written_as_people_write_it(language: str, field: str, value: Any, written: str) -> None:
    set_language(language)
    assert value_of_field(field, value, Manner()) == written


def test_what_a_demo_company_was_loaded_with_is_named_in_french() -> None:
    set_language("fr")
    loaded = ("staff", "clients", "contracts", "lines", "payments", "events", "seed")
    assert [name_of_field(field) for field in loaded] == [
        "Collaborateurs",
        "Clients",
        "Contrats",
        "Lignes",
        "Paiements",
        "Événements",
        "Graine",
    ]
