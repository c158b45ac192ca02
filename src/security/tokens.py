"""Secrets that the program makes: session tokens, and codes that people copy from a screen or from paper."""

import hashlib
import re

TOKEN_PREFIX = "eecrm_"  # noqa: S105 - tells secret scanners what a leaked token belongs to
_TOKEN_BYTES = 32
_TOKEN = re.compile(rf"{TOKEN_PREFIX}[A-Za-z0-9_-]{{43}}")

# Without i, l, o, 0 and 1, which people mistake for one another: 31 signs, 4.95 bits each.
READABLE_SIGNS = "abcdefghjkmnpqrstuvwxyz23456789"


def new_token() -> str:
    """Make the secret that stands for one log-in: 256 random bits, said once and never stored."""
    import secrets

    return TOKEN_PREFIX + secrets.token_urlsafe(_TOKEN_BYTES)


def is_token(text: str) -> bool:
    """Tell whether a text has the form of a token, before the database is asked about it."""
    return _TOKEN.fullmatch(text) is not None


def hash_token(token: str) -> str:
    """Give what is stored of a token: its SHA-256, which opens nothing. 256 random bits need no salt or slow hash."""
    return hashlib.sha256(token.encode()).hexdigest()


def readable_secret(*, groups: int, signs: int) -> str:
    """Make a secret that people can copy without mistakes, such as `k7qd-m3xw-9fhp`."""
    import secrets

    return "-".join("".join(secrets.choice(READABLE_SIGNS) for _ in range(signs)) for _ in range(groups))
