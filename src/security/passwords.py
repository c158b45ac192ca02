"""Passwords: how they are kept, and which are good enough.

Kept as argon2id (RFC 9106) at OWASP's cost: 19 MiB, two passes, one lane. Hashing runs at most twice at once in a
process, so that a burst of log-ins takes 38 MiB and not all the memory there is.

Before hashing, a password is brought to NFC, as NIST SP 800-63B-4 (3.1.1.2) asks, and every kind of space becomes the
plain one, as RFC 8265 (4.2) asks: an accent is typed as one code point on one keyboard and as two on another, and a
French keyboard makes a no-break space of a space typed too fast.
"""

import base64
import re
import threading
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from src.domain.errors import InvalidInput
from src.domain.values import fold
from src.i18n import N_
from src.security.tokens import readable_secret

if TYPE_CHECKING:
    import argon2

SHORTEST = 15
SHORTEST_WITH_TWO_FACTOR = 8
MOST_BYTES = 1024
# Guesses that an attacker who knows the habits of people needs. With a second factor the password is half of the door.
_FEWEST_GUESSES = 10**9
_FEWEST_GUESSES_WITH_TWO_FACTOR = 10**6
# zxcvbn's time grows with the cube of the length, and 4 s at its own limit of 72; 32 are enough to judge by.
_JUDGED = 32
_SEARCHED = 256
_PASSWORD = N_("password")

# What anybody would try first here: the company, its trade, the program, and the French classics that zxcvbn, which
# was made from English lists, does not know.
_FAMILIAR = (
    *("epic", "event", "events", "evenement", "evenements", "epicevents", "crm", "client", "clients", "contrat"),
    *("motdepasse", "password", "passe", "secret", "admin", "login", "bienvenue", "welcome", "bonjour", "soleil"),
    *("changeme", "changezmoi", "azerty", "azertyuiop", "qsdfghjklm", "wxcvbn", "qwerty", "qwertz", "jetaime"),
)

_hashing = threading.BoundedSemaphore(2)
# zxcvbn keeps the words of the person it judges in a global table.
_judging = threading.Lock()


@dataclass(frozen=True)
class HashCost:
    """What one guess costs: memory in KiB, passes over it, lanes."""

    memory_kib: int = 19 * 1024
    passes: int = 2
    lanes: int = 1


OWASP_COST = HashCost()


class PasswordHasher:
    """Keeps passwords so that whoever steals the database still has to guess them, slowly.

    Tests pass one with a low cost; there is no other switch, so an installation cannot weaken it by mistake.
    """

    def __init__(self, cost: HashCost = OWASP_COST) -> None:
        self.cost = cost

    def hash(self, password: str) -> str:
        """Give what is stored of a password.

        Raises:
            InvalidInput: it cannot be written down as UTF-8, or is longer than 1 KiB.
        """
        secret = _secret(password)
        with _hashing:
            return self._make(secret)

    def verify(self, known: str | None, password: str) -> bool:
        """Tell whether a password is the one that was stored as `known`.

        None, or what is no hash (an account that has no password), takes as long and is never right: how long the
        answer takes does not tell which accounts exist.
        """
        try:
            secret = _secret(password)
        except InvalidInput:
            return False
        usable = known is not None and _is_hash(known)
        with _hashing:
            return self._matches(known if usable and known is not None else self.nobodys_hash(), secret) and usable

    def needs_rehash(self, known: str) -> bool:
        """Tell whether a stored hash was made at another cost than today's."""
        return self._argon2().check_needs_rehash(known)

    def nobodys_hash(self) -> str:
        """Give a hash that no password is known to match, at the same cost.

        It is written down rather than computed: the first log-in of a process must not take longer for an unknown name.
        """
        salt, digest = (base64.b64encode(bytes(size)).decode().rstrip("=") for size in (16, 32))
        cost = self.cost
        return f"$argon2id$v=19$m={cost.memory_kib},t={cost.passes},p={cost.lanes}${salt}${digest}"

    def _make(self, secret: bytes) -> str:
        return self._argon2().hash(secret)

    def _matches(self, known: str, secret: bytes) -> bool:
        from argon2.exceptions import VerifyMismatchError  # 30 ms that only log-ins need

        try:
            return self._argon2().verify(known, secret)
        except VerifyMismatchError:
            return False

    def _argon2(self) -> "argon2.PasswordHasher":
        import argon2

        return argon2.PasswordHasher(self.cost.passes, self.cost.memory_kib, self.cost.lanes)


STANDARD = PasswordHasher()


def check_password(password: str, *, has_two_factor: bool = False, context_words: Iterable[str] = ()) -> None:
    """Refuse a new password that is too short, or that somebody who knows the person would guess.

    `context_words` are texts about the person: username, names, e-mail address. There are no rules about capitals,
    digits or signs: they make passwords harder to remember and not harder to guess (NIST SP 800-63B-4, 3.1.1.2).

    Raises:
        InvalidInput: with what to do instead.
    """
    if any(unicodedata.category(character) == "Cc" for character in password[:MOST_BYTES]):
        raise InvalidInput(N_("{field}: control characters are not allowed."), field=_PASSWORD)
    text = _secret(password).decode()
    shortest = SHORTEST_WITH_TWO_FACTOR if has_two_factor else SHORTEST
    if len(text) < shortest:
        raise InvalidInput(
            N_("{field}: use at least {shortest} characters; a few unrelated words are easy to remember."),
            field=_PASSWORD,
            shortest=shortest,
        )
    if _guesses(text, context_words) < (_FEWEST_GUESSES_WITH_TWO_FACTOR if has_two_factor else _FEWEST_GUESSES):
        raise InvalidInput(
            N_(
                "{field}: this is too easy to guess. Avoid names, the company's name, common passwords, dates and keys"
                " in a row; a few unrelated words are better."
            ),
            field=_PASSWORD,
        )


def random_password() -> str:
    """Make a password that is shown once and typed once: 20 signs, 99 bits."""
    return readable_secret(groups=5, signs=4)


def canonical(password: str) -> str:
    """Give the one form of a password, however a keyboard made it."""
    composed = unicodedata.normalize("NFC", password)
    return "".join(" " if unicodedata.category(character) == "Zs" else character for character in composed)


def _secret(password: str) -> bytes:
    # The length first: ten megabytes are not worth normalising. No code point takes less than a byte.
    if len(password) <= MOST_BYTES:
        try:
            secret = canonical(password).encode()
        except UnicodeEncodeError:
            raise InvalidInput(N_("{field}: control characters are not allowed."), field=_PASSWORD) from None
        if len(secret) <= MOST_BYTES:
            return secret
    raise InvalidInput(N_("{field}: at most {longest} characters are allowed."), field=_PASSWORD, longest=MOST_BYTES)


def _is_hash(known: str) -> bool:
    from argon2 import extract_parameters
    from argon2.exceptions import InvalidHashError

    try:
        extract_parameters(known)
    except InvalidHashError:
        return False
    return True


def _guesses(text: str, about_the_person: Iterable[str]) -> float:
    """Estimate how many guesses a password takes once every word that anybody would try first is taken out of it."""
    from zxcvbn import zxcvbn  # type: ignore[import-untyped]  # 45 ms that only a new password needs; it has no types

    words = sorted({*_FAMILIAR, *_words(about_the_person)}, key=len, reverse=True)
    rest = fold(text)[:_SEARCHED]
    for word in words:
        # With the signs in and around it: "mot de passe", "e.p.i.c".
        rest = re.sub(r"[\W_]*" + r"[\W_]*".join(map(re.escape, word)) + r"[\W_]*", "", rest)
    if not rest:
        return 1.0
    with _judging:
        # Again as words: zxcvbn also knows them written backwards or with digits for letters.
        return float(zxcvbn(rest[:_JUDGED], user_inputs=words)["guesses"])


def _words(texts: Iterable[str]) -> set[str]:
    return {word for text in texts for word in re.split(r"[\W_]+", fold(text)) if len(word) >= 3}
