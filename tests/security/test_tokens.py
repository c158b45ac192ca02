"""Tokens and readable codes: unguessable, recognisable, stored only as a hash."""

import hashlib
import math

import pytest

from src.security.tokens import READABLE_SIGNS, hash_token, is_token, new_token, readable_secret


def test_a_token_holds_256_random_bits_after_a_prefix_that_tells_what_it_is() -> None:
    token = new_token()
    assert token.startswith("eecrm_")
    assert len(token) - len("eecrm_") == math.ceil(256 / 6)
    assert is_token(token)


def test_no_two_tokens_are_alike() -> None:
    assert len({new_token() for _ in range(1000)}) == 1000


def test_what_is_stored_of_a_token_is_its_sha256() -> None:
    token = "eecrm_" + "a" * 43
    assert hash_token(token) == hashlib.sha256(token.encode()).hexdigest()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "eecrm_",
        "eecrm_" + "a" * 42,
        "eecrm_" + "a" * 44,
        "EECRM_" + "a" * 43,
        "other_" + "a" * 43,
        "a" * 49,
        "eecrm_" + "a" * 42 + "é",
        "eecrm_" + "a" * 42 + "\ud800",
        "eecrm_" + "a" * 43 + "\n",
        " eecrm_" + "a" * 43,
        "eecrm_" + "a" * 42 + "\0",
        "eecrm_" + "a" * 42 + "=",
        "' OR 1=1 --",
        "a" * 10_000_000,
    ],
)
def test_anything_else_is_no_token(text: str) -> None:
    assert not is_token(text)


def test_a_readable_secret_avoids_the_signs_that_people_mistake_for_one_another() -> None:
    assert set("ilo01") & set(READABLE_SIGNS) == set()
    assert len(set(READABLE_SIGNS)) == len(READABLE_SIGNS) == 31
    secret = readable_secret(groups=4, signs=5)
    groups = secret.split("-")
    assert [len(group) for group in groups] == [5, 5, 5, 5]
    assert set("".join(groups)) <= set(READABLE_SIGNS)


def test_a_readable_secret_uses_every_sign_in_every_place() -> None:
    seen = [set[str](), set[str]()]
    for _ in range(2000):
        for place, sign in enumerate(readable_secret(groups=1, signs=2)):
            seen[place].add(sign)
    assert seen == [set(READABLE_SIGNS), set(READABLE_SIGNS)]
