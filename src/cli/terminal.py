"""What a terminal may be sent: text that cannot command it, and colours only where they are wanted."""

import os
from typing import Any

from src.cli.overview import terminal_width

__all__ = ["colour_wanted", "is_terminal", "terminal_width", "visible"]


def _neutral() -> dict[int, str]:
    controls = [*range(0x20), *range(0x7F, 0xA0)]
    # Direction overrides and isolates reorder what a reader sees; tag characters and interlinear marks hide text.
    directions = [0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)]
    hidden = [*range(0xFFF9, 0xFFFC), *range(0xE0000, 0xE0080)]
    table = dict.fromkeys([*controls, *directions, *hidden], "\ufffd")
    table |= dict.fromkeys([0x09, 0x0A, 0x0B, 0x0C, 0x0D, 0x85, 0x2028, 0x2029], " ")
    return table


_ONE_LINE = _neutral()
_LINES = _ONE_LINE | {0x0A: "\n"}


def visible(text: str, *, lines: bool = False) -> str:
    """Give a text that a terminal shows as it is: control, escape and direction characters become `�`.

    Line ends and tabs become spaces, unless `lines` keeps the line ends.
    """
    # Nearly every text is printable, and then there is nothing to replace.
    return text if text.isprintable() else text.translate(_LINES if lines else _ONE_LINE)


def is_terminal(stream: Any) -> bool:
    """Tell whether a person reads this stream."""
    try:
        return bool(stream.isatty())
    except (AttributeError, ValueError):
        return False


def colour_wanted(stream: Any) -> bool:
    """Tell whether to write in colours: only on a terminal that has them, and never against NO_COLOR."""
    return is_terminal(stream) and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
