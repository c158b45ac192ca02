"""E-mail addresses and phone numbers as people copy them from signatures, web pages and paper."""

import pytest

from src.domain.contact_details import parse_email, parse_phone
from tests.domain.refused import named, refusal_of

NOT_AN_ADDRESS = "this is not an e-mail address."
NOT_A_NUMBER = "this is not a phone number; it needs at least five digits."
CONTROL = "control characters are not allowed."


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("kevin@startup.io", "kevin@startup.io"),
        (" Kevin@Startup.IO ", "kevin@startup.io"),
        ("kevin+crm@startup.io", "kevin+crm@startup.io"),
        ("o'brien@example.com", "o'brien@example.com"),
        ("info@müller.example", "info@müller.example"),
        ("info@xn--mller-kva.example", "info@müller.example"),
        ("élodie@société.example", "élodie@société.example"),
        ("e\u0301lodie@example.com", "élodie@example.com"),
        ("用户@例子.广告", "用户@例子.广告"),
        ("bill@epic.local", "bill@epic.local"),
        ("bill@epic.test", "bill@epic.test"),
        ("bill@intranet.internal", "bill@intranet.internal"),
        ("a@b.co", "a@b.co"),
        ("a" * 64 + "@" + ".".join(["b" * 60] * 3) + ".fr", "a" * 64 + "@" + ".".join(["b" * 60] * 3) + ".fr"),
    ],
    ids=named,
)
def test_addresses_are_stored_in_lower_case(typed: str, stored: str) -> None:
    assert parse_email(typed) == stored
    assert parse_email(stored) == stored


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        *(
            (typed, NOT_AN_ADDRESS)
            for typed in ("kevin", "kevin@", "@startup.io", "kevin@startup", "a b@c.fr", "a@b c.fr")
        ),
        *(
            (typed, NOT_AN_ADDRESS)
            for typed in ("a@b..fr", ".a@b.fr", "a.@b.fr", "a..b@c.fr", "a@-b.fr", "a@b.fr.", "a@@b.fr")
        ),
        *(
            (typed, NOT_AN_ADDRESS)
            for typed in ("a@[127.0.0.1]", '"a b"@c.fr', "Kevin <k@b.fr>", "k@b.fr, l@b.fr", "mailto:k@b.fr")
        ),
        *(
            (typed, NOT_AN_ADDRESS)
            for typed in (
                "a@b.fr\u200ex",
                "\u200fa@b.fr",
                "a@b\u3002\u3002fr",
                "a@🎉.fr",
            )
        ),
        *((typed, CONTROL) for typed in ("a@b.fr\x00", "a\r@b.fr\x1b", "\ud800@b.fr", "a\u202e@b.fr")),
        ("", "a value is required."),
        ("a@" + "b" * 260 + ".fr", "at most 254 characters are allowed."),
        ("a" * 10**7 + "@b.fr", "at most 254 characters are allowed."),
    ],
    ids=named,
)
def test_other_addresses_are_refused(typed: str, sentence: str) -> None:
    assert refusal_of(parse_email, typed) == sentence


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("01 42 68 53 00", "+33142685300"),
        ("01.42.68.53.00", "+33142685300"),
        ("0142685300", "+33142685300"),
        ("+33 (0)1 42 68 53 00", "+33142685300"),
        ("00 33 1 42 68 53 00", "+33142685300"),
        ("06\u00a012\u202f34 56 78", "+33612345678"),
        ("+44 20 7946 0958", "+442079460958"),
        ("+1 (415) 555-2671 ext. 12", "+14155552671 x12"),
        ("+14155552671 x12", "+14155552671 x12"),
        ("٠١٤٢٦٨٥٣٠٠", "+33142685300"),
        ("＋３３１４２６８５３００", "+33142685300"),
        # The company's own records: no numbering plan knows them, and both must be accepted as they are.
        ("+678 123 456 78", "+678 123 456 78"),
        ("+666 12345", "+666 12345"),
        ("12345", "12345"),
        ("3 12 34", "3 12 34"),
        ("555-0123 x 42", "555-0123 x 42"),
        ("(0) 12-34/56", "(0) 12-34/56"),
        ("*1234#5", "*1234#5"),
        ("", ""),
        ("  ", ""),
    ],
    ids=named,
)
def test_numbers_are_stored_in_e164_or_as_they_are(typed: str, stored: str) -> None:
    assert parse_phone(typed, region="FR") == stored
    assert parse_phone(stored, region="FR") == stored


def test_the_region_says_how_a_number_without_a_country_is_read() -> None:
    assert parse_phone("020 7946 0958", region="GB") == "+442079460958"
    assert parse_phone("(415) 555-2671", region="US") == "+14155552671"
    assert parse_phone("020 7946 0958", region="no such region") == "020 7946 0958"


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        *(
            (typed, NOT_A_NUMBER)
            for typed in ("1234", "+12 34", "call me", "12345 or 67890", "1234²", "①②③④⑤", "12345;67890")
        ),
        *(
            (typed, NOT_A_NUMBER)
            for typed in ("12345🎉", "<12345>", "1" * 41, "12345 x 1234567", "=12345", "abc12345", "12345,6")
        ),
        *((typed, CONTROL) for typed in ("12345\x00", "\x1b12345", "\ud80012345", "\u202a+33142685300\u202c")),
        ("1" * 201, "at most 200 characters are allowed."),
        ("1" * 10**7, "at most 200 characters are allowed."),
        (" 1" * 5 * 10**6, "at most 200 characters are allowed."),
    ],
    ids=named,
)
def test_other_numbers_are_refused(typed: str, sentence: str) -> None:
    assert refusal_of(parse_phone, typed, region="FR") == sentence


def test_a_number_may_be_required() -> None:
    assert refusal_of(parse_phone, " ", region="FR", required=True) == "a value is required."
