"""One word out of a few, as people and programs type it."""

from collections.abc import Collection

from src.domain.errors import InvalidInput
from src.i18n import N_


def parse_choice(word: str, choices: Collection[str], *, field: str) -> str:
    """Read a word that must be one of some; the empty one, where it is among them, is not worth naming.

    Raises:
        InvalidInput: it is none of them.
    """
    if word not in choices:
        raise InvalidInput(
            N_("{field}: choose one of {choices}."), field=field, choices=", ".join(filter(None, choices))
        )
    return word
