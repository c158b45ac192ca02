"""Where in a text the words of a search were found, whatever its accents and capitals: to be shown marked."""

import re
from collections.abc import Iterable, Iterator

from src.domain.values import fold


def marked_parts(text: str, words: Iterable[str]) -> Iterator[tuple[str, bool]]:
    """Cut a text into parts, each with whether it is a match; put together they are the text.

    `words` are folded. One with three letters in a row is found anywhere, a shorter one at the beginning of a word, as
    the search itself does (src/services/search.py).
    """
    folded, origins = _folded(text)
    is_match = [False] * len(text)
    for word in words:
        pattern = re.escape(word) if re.search(r"[^\W_]{3}", word) else rf"(?<!\S){re.escape(word)}"
        for match in re.finditer(pattern, folded):
            for position in range(match.start(), match.end()):
                is_match[origins[position]] = True
    start = 0
    for end in range(1, len(text) + 1):
        if end == len(text) or is_match[end] != is_match[start]:
            yield text[start:end], is_match[start]
            start = end


def _folded(text: str) -> tuple[str, list[int]]:
    """Fold letter by letter, so that each folded one knows where it came from: one may unfold into several, or none."""
    letters: list[str] = []
    origins: list[int] = []
    for position, letter in enumerate(text):
        for one in " " if letter.isspace() else fold(letter):
            letters.append(one)
            origins.append(position)
    return "".join(letters), origins
