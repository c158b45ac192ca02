"""How the parts tell what they do and find."""

import sys
from collections.abc import Sequence


def show(faults: Sequence[str]) -> None:
    """Write down what is wrong."""
    tell("")
    for fault in faults:
        say(f"FAULT {fault}\n")


def tell(words: object) -> None:
    """Show how far the work is, where somebody looks."""
    if sys.stdout.isatty():
        say(f"\r\x1b[K{words}")


def say(words: str) -> None:
    """Write at once."""
    sys.stdout.write(words)
    sys.stdout.flush()
