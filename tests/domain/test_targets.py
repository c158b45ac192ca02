"""Addresses that changes may be sent to, and those that lead into a network of our own, however they are written."""

from ipaddress import ip_address

import pytest

from src.domain.targets import is_public, parse_target
from tests.domain.refused import refusal_of

WRONG = "write an address such as https://example.com/changes."
INSIDE = "this address is inside a network of our own, where the program sends nothing."


@pytest.mark.parametrize(
    "typed",
    [
        "https://example.com",
        "http://example.com/",
        "https://hooks.example.com:8443/a/b%20c?key=1&other=%C3%A9",
        "HTTPS://Example.COM/x",
        "https://xn--caf-dma.example/x",
        "https://under_score.example/x",
        "https://9.9.9.9/x",
        "https://[2606:4700:4700::1111]/x",
        "https://example.com./x",
    ],
)
def test_an_address_on_the_internet_is_kept_as_it_is_typed(typed: str) -> None:
    assert parse_target(f" {typed} ", field="address") == typed


@pytest.mark.parametrize(
    ("typed", "refusal"),
    [
        ("", "a value is required."),
        ("example.com", WRONG),
        ("ftp://example.com/", WRONG),
        ("file:///etc/passwd", WRONG),
        ("javascript:alert(1)", WRONG),
        ("https:///x", WRONG),
        ("https://", WRONG),
        ("https://example.com:0/", WRONG),
        ("https://example.com:65536/", WRONG),
        ("https://example.com:x/", WRONG),
        ("https://exa mple.com/", WRONG),
        ("https://café.example/", WRONG),
        ("https://example.com\\@10.0.0.1/", WRONG),
        ("https://[::1", WRONG),
        ("https://a..b/", WRONG),
        ("https://-a.example/", WRONG),
        ("https://%31%30.0.0.1/", WRONG),
        ("https://①②⑦.0.0.1/", WRONG),
        ("https://example.com/#top", "leave out what comes after the #; it would not be sent."),
        ("https://me:word@example.com/", "leave out the user name and password."),
        ("https://example.com@10.0.0.1/", "leave out the user name and password."),
        ("https://example.com/\r\nX-Evil: 1", WRONG),
        ("https://example.com/\x1b", "control characters are not allowed."),
        ("https://example.com/" + "x" * 500, "at most 500 characters are allowed."),
    ],
    ids=lambda value: ascii(value)[:30],
)
def test_what_is_no_such_address_is_refused_by_the_name_of_its_field(typed: str, refusal: str) -> None:
    assert refusal_of(parse_target, typed, field="address") == refusal
    assert refusal_of(parse_target, typed, field="address", allow_private=True) == refusal


@pytest.mark.parametrize(
    "host",
    [
        *(
            "127.0.0.1",
            "127.1",
            "127.255.255.254",
            "0x7f000001",
            "0x7f.1",
            "017700000001",
            "2130706433",
            "0",
            "0.0.0.0",  # noqa: S104 - refused
        ),
        *("localhost", "LOCALHOST", "localhost.", "a.localhost", "[::1]", "[::]", "[0:0:0:0:0:0:0:1]"),
        *("10.0.0.1", "10.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "192.168.1.1.", "100.64.0.1"),
        *(
            "169.254.169.254",
            "0xa9fea9fe",
            "[fd00:ec2::254]",
            "[fe80::1]",
            "[fe80::1%25eth0]",
            "[fc00::1]",
            "[fec0::1]",
        ),
        *("[::ffff:10.0.0.1]", "[::ffff:7f00:1]", "[::10.0.0.1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::1]"),
        *("[2001:0:53aa:64c:0:0:80ff:fffe]", "[2001:db8::1]", "[ff02::1]", "[100::1]"),
        *("224.0.0.1", "239.255.255.255", "255.255.255.255", "240.0.0.1", "198.18.0.1", "192.0.2.1", "203.0.113.9"),
    ],
)
def test_our_own_networks_are_refused_however_they_are_written(host: str) -> None:
    assert refusal_of(parse_target, f"http://{host}/", field="address") == INSIDE


def test_our_own_networks_are_taken_where_the_installation_allows_it() -> None:
    for host in ("127.0.0.1:8000", "localhost:8000", "[::1]:8000", "intranet", "10.0.0.7"):
        assert parse_target(f"http://{host}/x", field="address", allow_private=True) == f"http://{host}/x"


def test_an_ipv4_address_behind_a_translation_counts_as_itself() -> None:
    assert is_public(ip_address("64:ff9b::909:909"))
    assert is_public(ip_address("::ffff:9.9.9.9"))
    assert not is_public(ip_address("64:ff9b::a9fe:a9fe"))
