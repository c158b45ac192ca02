"""Sentences, amounts and times in the reader's language."""

import subprocess
import sys
from contextvars import copy_context
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from src.i18n import (
    _,
    current_language,
    format_date,
    format_moment,
    format_money,
    language_of,
    ngettext,
    set_language,
)

PARIS = ZoneInfo("Europe/Paris")


def test_sentences_come_in_the_readers_language() -> None:
    assert _("List clients.") == "List clients."
    set_language("fr")
    assert _("List clients.") == "Lister les clients."
    set_language("en")
    assert _("List clients.") == "List clients."


def test_a_sentence_without_translation_stays_english() -> None:
    set_language("fr")

    assert _("No such sentence in the catalogue") == "No such sentence in the catalogue"
    assert _("") == ""


@pytest.mark.parametrize(
    ("language", "count", "sentence"),
    [
        ("en", 0, "Missing options: {names}."),
        ("en", 1, "Missing option: {names}."),
        ("en", 2, "Missing options: {names}."),
        ("fr", 0, "Option manquante\u00a0: {names}."),
        ("fr", 1, "Option manquante\u00a0: {names}."),
        ("fr", 2, "Options manquantes\u00a0: {names}."),
    ],
)
def test_zero_is_plural_in_english_and_singular_in_french(language: str, count: int, sentence: str) -> None:
    set_language(language)

    assert ngettext("Missing option: {names}.", "Missing options: {names}.", count) == sentence


def test_two_readers_at_once_never_mix() -> None:
    set_language("fr")
    copy_context().run(set_language, "en")

    assert current_language() == "fr"


def test_an_unknown_language_is_english() -> None:
    set_language("de")

    assert current_language() == "en"


@pytest.mark.parametrize(
    ("tag", "language"),
    [
        ("fr", "fr"),
        ("fr_FR.UTF-8", "fr"),
        ("fr-CA", "fr"),
        ("FR@euro", "fr"),
        ("en_GB", "en"),
        ("C.UTF-8", None),
        ("french", None),
        ("de_DE", None),
        ("", None),
        (None, None),
    ],
)
def test_languages_are_read_out_of_locale_names(tag: str | None, language: str | None) -> None:
    assert language_of(tag) == language


@pytest.mark.parametrize(
    ("amount", "currency", "english", "french"),
    [
        ("1200", "EUR", "€1,200.00", "1\u202f200,00\u00a0€"),
        ("-3.5", "EUR", "-€3.50", "-3,50\u00a0€"),
        ("0", "EUR", "€0.00", "0,00\u00a0€"),
        ("1234567.89", "CHF", "CHF\u00a01,234,567.89", "1\u202f234\u202f567,89\u00a0CHF"),
        ("9999999999.99", "USD", "$9,999,999,999.99", "9\u202f999\u202f999\u202f999,99\u00a0$"),
    ],
)
def test_amounts_are_written_as_people_read_them(amount: str, currency: str, english: str, french: str) -> None:
    assert format_money(Decimal(amount), currency) == english
    set_language("fr")
    assert format_money(Decimal(amount), currency) == french


@given(st.decimals(min_value=-(10**10), max_value=10**10, places=2))
def test_no_amount_loses_a_cent_on_the_screen(amount: Decimal) -> None:
    shown = format_money(amount)

    assert Decimal(shown.replace("€", "").replace(",", "")) == amount


def test_days_and_moments_are_written_as_people_read_them() -> None:
    moment = datetime(2023, 4, 21, 11, 0, tzinfo=UTC)

    assert (format_date(date(2023, 4, 21)), format_moment(moment, PARIS)) == ("2023-04-21", "2023-04-21 13:00")
    set_language("fr")
    assert (format_date(date(2023, 4, 21)), format_moment(moment, PARIS)) == ("21/04/2023", "21/04/2023 13:00")


def test_a_moment_is_shown_on_the_day_it_is_there() -> None:
    assert format_moment(datetime(2023, 12, 31, 23, 30, tzinfo=UTC), PARIS) == "2024-01-01 00:30"


def test_english_costs_no_start_up_time() -> None:
    code = "import sys, src.i18n; src.i18n._('x'); print({'gettext', 'typing', 'pathlib', 're'} & set(sys.modules))"

    shown = subprocess.run(
        # Without the site module, which may load anything of this machine.
        [sys.executable, "-S", "-c", code],
        cwd=Path(__file__).parent.parent,
        capture_output=True,
        text=True,
        check=True,
    )

    assert shown.stdout == "set()\n"
