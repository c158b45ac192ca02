"""What is known at one look comes out as the libraries give it, however close to it something else is written."""

import subprocess
import sys

import email_validator
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from phonenumbers import (
    NumberParseException,
    PhoneNumberFormat,
    PhoneNumberType,
    country_code_for_region,
    example_number_for_type,
    format_number,
    is_valid_number,
    national_significant_number,
    ndd_prefix_for_region,
    parse,
)

from src.domain.contact_details import parse_email, parse_phone
from src.domain.errors import InvalidInput
from src.domain.numbering_plans import plain_number
from src.domain.values import parse_text
from tests.shared_server import PROJECT

REGIONS = ("FR", "BE", "CH", "LU", "DE", "GB", "US", "IT", "ES", "NO", "CA", "AR", "JP", "IL", "VA", "GG")
KINDS = [kind for kind in PhoneNumberType.values() if kind != PhoneNumberType.UNKNOWN]

LABELS = st.one_of(
    st.from_regex(r"\A[A-Za-z0-9]{1,8}\Z"),
    st.from_regex(r"\A[A-Za-z0-9-]{0,8}\Z"),
    st.from_regex(r"\A(?:[Xx][Nn]|[a-z]{2})--[a-z0-9]{0,5}\Z"),
    st.from_regex(r"\A[a-c-]{61,65}\Z"),
    st.sampled_from(["fr", "test", "local", "com", "123", "é", "İ", "ß"]),
)
LOCALS = st.one_of(
    st.from_regex(r"\A[A-Za-z0-9_+-]{1,10}(?:\.[A-Za-z0-9_+-]{1,5}){0,3}\Z"),
    st.from_regex(r"\A[A-Za-z0-9._+'-]{0,10}\Z"),
    st.from_regex(r"\Aa{60,70}\Z"),
    st.sampled_from(["Info", "POSTMASTER", '"a b"', "K", "é"]),
)
ADDRESSES = st.one_of(
    st.builds("{}@{}".format, LOCALS, st.lists(LABELS, min_size=1, max_size=4).map(".".join)),
    st.builds(
        "{}@{}{}".format,
        LOCALS,
        st.lists(LABELS, min_size=1, max_size=5).map(".".join),
        st.sampled_from([*" .-_@\"'<>()[],:;\\/!#\t\n\u3002\uff0e\u200b\u00ad\u0301", ".fr"]),
    ),
)


def by_email_validator(typed: str) -> str | None:
    """What the library alone makes of an address."""
    email_validator.SPECIAL_USE_DOMAIN_NAMES.clear()
    try:
        cleaned = parse_text(typed, field="e-mail", longest=254)
        return email_validator.validate_email(cleaned, check_deliverability=False).normalized.lower()
    except (InvalidInput, email_validator.EmailNotValidError):
        return None


@given(ADDRESSES)
@example("a@b.fr.")
@example("a@b.f1")
@example("a@b.1f")
@example("a@b")
@example("a@b.c-")
@example("a@-b.fr")
@example("a@b-.fr")
@example("a@ab--c.fr")
@example("a@xn--mller-kva.fr")
@example("a.@b.fr")
@example("a..b@c.fr")
@example("\u212a@b.fr")
@example("a@" + "b" * 63 + ".fr")
@example("a@" + "b" * 64 + ".fr")
@example("a@b." + "c" * 63)
@example("a@b." + "c" * 64)
@example("a" * 65 + "@b.fr")
@example("a" * 249 + "@b.fr")
@example("a" * 250 + "@b.fr")
def test_an_address_is_read_as_email_validator_reads_it(typed: str) -> None:
    try:
        read = parse_email(typed)
    except InvalidInput:
        read = None
    assert read == by_email_validator(typed)


def by_phonenumbers(typed: str, region: str) -> str | None:
    """What the library alone makes of a number, where a plan knows it."""
    try:
        number = parse(typed, region)
    except NumberParseException:
        return None
    return format_number(number, PhoneNumberFormat.E164) if is_valid_number(number) else None


@st.composite
def numbers(draw: st.DrawFn) -> tuple[str, str]:
    """A number that is valid somewhere or nearly, written in one of many ways, and the region where it is read."""
    region = draw(st.sampled_from(REGIONS))
    number = example_number_for_type(region, draw(st.sampled_from(KINDS)))
    digits = list(national_significant_number(number) if number else draw(st.from_regex(r"\A[0-9]{1,15}\Z")))
    for place, digit in draw(st.lists(st.tuples(st.integers(0, 20), st.sampled_from("0123456789")), max_size=4)):
        digits[min(place, len(digits)) : place + draw(st.integers(0, 1))] = digit
    code = str(country_code_for_region(region))
    prefix = ndd_prefix_for_region(region, strip_non_digits=True) or "0"
    beginnings = ["", prefix, prefix * 2, f"+{code}", f"+{code}{prefix}", f"00{code}", f"011{code}", code, f"+0{code}"]
    written = draw(st.sampled_from(beginnings)) + "".join(digits)
    for place in draw(st.lists(st.integers(0, 20), max_size=5)):
        written = written[:place] + draw(st.sampled_from([*" .-()/", " ", " ", "+", "x", "#"])) + written[place:]
    return written, draw(st.sampled_from([region, region, region, *REGIONS, "fr", "no such region"]))


@given(numbers())
@example(("+03342685300", "FR"))
@example(("+033142685300", "FR"))
@example(("+33 (0)1 42 68 53 00", "FR"))
@example(("0033142685300", "FR"))
@example(("33142685300", "FR"))
@example(("0142685300", "fr"))
@example(("15 27 00 11 22", "LU"))
@example(("01 5991 2345 6", "IL"))
@example(("06 698 12345", "VA"))
@example(("011 15 2345 6789", "AR"))
def test_a_number_known_at_one_look_is_as_phonenumbers_gives_it(written: tuple[str, str]) -> None:
    typed, region = written
    known = plain_number(typed, region=region)
    if known is not None:
        assert known == by_phonenumbers(typed, region)
        assert parse_phone(typed, region=region) == known


@pytest.mark.parametrize("region", ["FR", "BE", "CH", "LU", "DE", "GB", "US", "IT", "ES"])
@pytest.mark.parametrize("kind", [PhoneNumberType.FIXED_LINE, PhoneNumberType.MOBILE, PhoneNumberType.TOLL_FREE])
def test_numbers_as_they_are_written_in_their_country_and_from_abroad_are_known_at_one_look(
    region: str, kind: int
) -> None:
    number = example_number_for_type(region, kind)
    assert number is not None
    stored = format_number(number, PhoneNumberFormat.E164)
    assert plain_number(format_number(number, PhoneNumberFormat.NATIONAL), region=region) == stored
    assert plain_number(format_number(number, PhoneNumberFormat.INTERNATIONAL), region="no such region") == stored


def test_an_ordinary_address_is_known_without_the_library() -> None:
    read = (
        "import sys; from src.domain.contact_details import parse_email;"
        " print(parse_email('O.De-Vries_2+crm@Mail.epic-events.co.uk'), 'email_validator' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", read], cwd=PROJECT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["o.de-vries_2+crm@mail.epic-events.co.uk", "False"]
