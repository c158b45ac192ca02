"""Amounts, counts and record numbers: what people write in France and elsewhere, exact, or refused by name."""

from decimal import Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from src.domain.values import MAX_AMOUNT, MAX_ID, parse_count, parse_id, parse_money
from tests.domain.refused import named, refusal_of

NOT_AN_AMOUNT = "this is not an amount. Write for example 1200.50."
TWO_WAYS = "this amount can be read in two ways. Write for example 1200.50."
NOT_CENTS = "this is not an amount in whole cents."
TOO_LARGE = "the amount is too large."
NEGATIVE = "the amount must not be negative."
NOT_A_NUMBER = "write the record's number, such as 42."


@pytest.mark.parametrize(
    ("typed", "amount"),
    [
        ("1200", "1200.00"),
        ("1200.5", "1200.50"),
        ("1200,50", "1200.50"),
        ("1 200,50", "1200.50"),
        ("1 200,50 €", "1200.50"),
        ("1\u202f200,50\u00a0€", "1200.50"),  # as French programs write it
        ("1\u00a0200,50\u202f€", "1200.50"),
        ("1\u2009200,50", "1200.50"),
        ("12 345 678,9", "12345678.90"),
        ("1.200,50", "1200.50"),
        ("1,200.50", "1200.50"),
        ("1'200.50", "1200.50"),
        ("1’200.50", "1200.50"),
        ("1,234,567", "1234567.00"),
        ("1.234.567,89", "1234567.89"),
        ("€1200", "1200.00"),
        ("EUR 1200", "1200.00"),
        ("1200 eur", "1200.00"),
        ("+5", "5.00"),
        ("0", "0.00"),
        ("0,01", "0.01"),
        ("  7  \n", "7.00"),
        ("007", "7.00"),
        ("9999999999.99", "9999999999.99"),
        (12, "12.00"),
        (Decimal("12.3"), "12.30"),
        (Decimal("1.2E+3"), "1200.00"),
    ],
    ids=named,
)
def test_amounts_are_read_to_the_cent(typed: str | int | Decimal, amount: str) -> None:
    read = parse_money(typed, field="total")
    assert (type(read), str(read)) == (Decimal, amount)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        *(
            (typed, TWO_WAYS)
            for typed in ("1,200", "1.200", "12.345", "999,999", "0,500", "1.234.567.89", "1,234,567,89")
        ),
        *(
            (typed, NOT_AN_AMOUNT)
            for typed in ("", " ", "€", "x", "1 200 50", "12 34", "1200.505", "1200,", ",50", ".5")
        ),
        *(
            (typed, NOT_AN_AMOUNT)
            for typed in ("1e3", "1E999", "NaN", "nan", "Infinity", "-inf", "sNaN", "0x10", "1_000")
        ),
        *(
            (typed, NOT_AN_AMOUNT)
            for typed in ("١٢٣", "１２", "²", "Ⅳ", "1\x00", "\ud800", "1\u202e2", "$12", "12 £", "--1")
        ),
        *(
            (typed, NOT_AN_AMOUNT)
            for typed in ("12€€", "€€12", "1 200\u00a0300", "1200 euros", "douze", "1.2.3", "()", "1/2")
        ),
        *((typed, NOT_AN_AMOUNT) for typed in ("9" * 101, "1" * 10**7, " " * 10**7, "1 " * 10**6)),
        *((typed, TOO_LARGE) for typed in ("10000000000", "9" * 99, "9223372036854775808", "99 999 999 999,99")),
        *((typed, NEGATIVE) for typed in ("-1", "\u22125", "-0,01", "-1 200,50 €")),
        *((typed, NOT_CENTS) for typed in (Decimal("0.001"), Decimal("1.00000000000000000000000000000000001"))),
        *((typed, NOT_CENTS) for typed in (Decimal("NaN"), Decimal("sNaN"), Decimal("Infinity"), Decimal("-Infinity"))),
        *((typed, TOO_LARGE) for typed in (Decimal("1e999"), Decimal("1e30"), 10**5000, 2**63, MAX_AMOUNT + 1)),
        *((typed, NEGATIVE) for typed in (-1, Decimal("-0.01"), -(10**5000))),
        (True, NOT_AN_AMOUNT),
    ],
    ids=named,
)
def test_what_is_no_exact_amount_is_refused(typed: str | int | Decimal, sentence: str) -> None:
    assert refusal_of(parse_money, typed, field="total") == sentence


def test_minus_signs_are_for_refunds() -> None:
    assert parse_money("-1 200,50 €", field="amount", negative=True) == Decimal("-1200.50")
    assert parse_money("\u22125", field="amount", negative=True) == Decimal("-5.00")
    assert refusal_of(parse_money, "-99999999999", field="amount", negative=True) == TOO_LARGE


@pytest.mark.parametrize("typed", ["0", "-0", "0,00 €", Decimal("-0"), 0], ids=named)
def test_nothing_is_one_amount(typed: str | Decimal) -> None:
    assert str(parse_money(typed, field="total", negative=True)) == "0.00"
    assert refusal_of(parse_money, typed, field="amount", negative=True, zero=False) == "the amount must not be zero."


@given(st.decimals(min_value=-MAX_AMOUNT, max_value=MAX_AMOUNT, places=2))
def test_every_amount_comes_back_from_every_way_of_writing_it(amount: Decimal) -> None:
    plain = f"{amount:.2f}"
    grouped = f"{amount:,.2f}"
    french = grouped.replace(",", "\u202f").replace(".", ",") + "\u00a0€"
    swiss = grouped.replace(",", "’")
    german = grouped.translate(str.maketrans(",.", ".,"))
    for written in (plain, grouped, french, swiss, german, french.replace("\u202f", " "), amount):
        assert parse_money(written, field="total", negative=True) == amount


def test_the_precision_of_the_moment_does_not_matter() -> None:
    with localcontext() as context:
        context.prec = 28
        assert refusal_of(parse_money, Decimal("9999999999.990000000000000000000000001"), field="total") == TOO_LARGE
        assert refusal_of(parse_money, Decimal("999999999.990000000000000000000000001"), field="total") == NOT_CENTS


@pytest.mark.parametrize(
    ("typed", "number"),
    [("75", 75), (" 1 200 ", 1200), ("1\u202f200", 1200), ("0", 0), ("0075", 75), ("1000000", 1_000_000), (75, 75)],
    ids=named,
)
def test_people_are_counted_in_whole_numbers(typed: str | int, number: int) -> None:
    assert parse_count(typed, field="attendees") == number


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "-1",
        "7.5",
        "1,000",
        "75 people",
        "1e3",
        "١٢",
        "²",
        "NaN",
        "1000001",
        str(2**63),
        "9" * 10**7,
        -1,
        10**5000,
        True,
    ],
    ids=named,
)
def test_other_counts_are_refused(typed: str | int) -> None:
    assert refusal_of(parse_count, typed, field="attendees") == "write a whole number from 0 to 1000000."


@pytest.mark.parametrize(
    ("typed", "number"), [("42", 42), ("#42", 42), (" 007 ", 7), (1, 1), (str(MAX_ID), MAX_ID)], ids=named
)
def test_records_have_numbers(typed: str | int, number: int) -> None:
    assert parse_id(typed, field="client") == number


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "0",
        "-1",
        "1.0",
        "##1",
        "# 1",
        "one",
        "1e3",
        "٣",
        "①",
        0,
        -1,
        2**63,
        str(2**63),
        10**5000,
        "9" * 10**7,
        "1\x00",
    ],
    ids=named,
)
def test_other_record_numbers_are_refused(typed: str | int) -> None:
    assert refusal_of(parse_id, typed, field="client") == NOT_A_NUMBER
