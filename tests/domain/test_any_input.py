"""Whatever is typed, into whatever field: a value comes out that can be stored, or a refusal that names the field."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from src.domain import contact_details, values
from src.domain.errors import InvalidInput
from src.domain.values import MAX_AMOUNT, MAX_ATTENDEES, MAX_ID

PARIS = ZoneInfo("Europe/Paris")
FIELD = "the field"
READERS: dict[str, tuple[Callable[[str], Any], type]] = {
    "text": (lambda typed: values.parse_text(typed, field=FIELD), str),
    "notes": (lambda typed: values.parse_text(typed, field=FIELD, longest=10_000, multiline=True), str),
    "name": (lambda typed: values.parse_name(typed, field=FIELD), str),
    "username": (lambda typed: values.parse_username(typed, field=FIELD), str),
    "money": (lambda typed: values.parse_money(typed, field=FIELD, negative=True), Decimal),
    "count": (lambda typed: values.parse_count(typed, field=FIELD), int),
    "date": (lambda typed: values.parse_date(typed, field=FIELD), date),
    "moment": (lambda typed: values.parse_moment(typed, field=FIELD, zone=PARIS), datetime),
    "zone": (lambda typed: values.parse_zone(typed, field=FIELD), ZoneInfo),
    "id": (lambda typed: values.parse_id(typed, field=FIELD), int),
    "e-mail": (lambda typed: contact_details.parse_email(typed, field=FIELD), str),
    "phone": (lambda typed: contact_details.parse_phone(typed, region="FR", field=FIELD), str),
}
# What comes close to a right value breaks more than what is far from it.
ALMOST = st.one_of(
    st.text(),
    st.text(alphabet=st.characters(exclude_categories=())),  # half surrogate pairs, too
    st.from_regex(r"\A[-+−]?[\d .,'’\u202f\u00a0]{1,20}(?:€|EUR)?\Z"),
    st.from_regex(r"\A\d{1,5}[-/.]\d{1,3}[-/.]\d{1,5}[ T]?(?:\d{1,3}[:hH]\d{0,2})?(?:Z|[+-]\d{1,4})?\Z"),
    st.from_regex(r"\A[^@]{0,10}@[^@]{0,10}(?:\.[^@.]{1,5}){0,3}\Z"),
    st.from_regex(r"\A[+(]?[\d ().x-]{0,25}\Z"),
    st.from_regex(r"\A[A-Z][a-z]+(?:/[A-Za-z_.]+){0,3}\Z"),
)


@given(ALMOST)
@example("\x00")
@example("\ud800")
@example("9" * 5000)
@example("1e999")
@example("NaN")
@example(str(2**63))
@example("\u202e")
@example("a@" + "\u0300" * 100 + ".fr")
@example("a@xn--.fr")
@example("a@xn--a.fr")
@example("tel:12345;phone-context=+")
@example("0001-01-01T00:00+14:00")
@example("9999-12-31T23:59-14:00")
@pytest.mark.parametrize("name", READERS)
def test_any_text_is_read_or_refused_by_name(name: str, typed: str) -> None:
    read, kind = READERS[name]
    value: Any
    try:
        value = read(typed)
    except InvalidInput as refusal:
        value = refusal
    if isinstance(value, InvalidInput):
        assert (value.field, str(value).startswith("the field: ")) == (FIELD, True)
    else:
        assert isinstance(value, kind)
        check_storable(value)


def check_storable(value: Any) -> None:
    """What both databases and every screen can take."""
    if isinstance(value, str):
        value.encode("utf-8")
        assert "\x00" not in value
        assert values.clean_text(value, multiline=True) == value
    elif isinstance(value, Decimal):
        assert abs(value) <= MAX_AMOUNT
        assert value.as_tuple().exponent == -2
    elif isinstance(value, datetime):
        assert value.tzinfo is UTC
        assert 1899 <= value.year <= 2201
    elif isinstance(value, date):
        assert 1900 <= value.year <= 2200
    elif isinstance(value, int):
        assert 0 <= value <= max(MAX_ID, MAX_ATTENDEES)


def test_every_reader_of_the_domain_is_tried() -> None:
    readers = {
        f"{module.__name__}.{name}"
        for module in (values, contact_details)
        for name, function in vars(module).items()
        if name.startswith("parse_") and function.__module__ == module.__name__
    }
    tried = {"text", "name", "username", "money", "count", "date", "moment", "zone", "id"}
    assert readers == {f"src.domain.values.parse_{name}" for name in tried} | {
        "src.domain.contact_details.parse_email",
        "src.domain.contact_details.parse_phone",
    }
