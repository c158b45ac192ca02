"""How tests read a refusal of what was typed."""

from collections.abc import Callable
from typing import Any

import pytest

from src.domain.errors import InvalidInput


def refusal_of(read: Callable[..., Any], *typed: Any, **options: Any) -> str:
    """Give the sentence with which a value is refused; it names the field first."""
    with pytest.raises(InvalidInput) as refusal:
        read(*typed, **options)
    sentence = str(refusal.value)
    assert sentence.startswith(f"{refusal.value.field}: ")
    return sentence.removeprefix(f"{refusal.value.field}: ")


def named(value: object) -> str:
    """Name a test after what was typed, without megabytes of it."""
    if isinstance(value, int) and abs(value) > 10**30:
        return "a very long number"
    return ascii(value)[:30]
