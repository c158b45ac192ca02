"""Reads SQL far enough to compare two definitions by what they mean, whatever their layout, quotes and capitals."""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import NamedTuple

_TOKEN = re.compile(
    r"""
    (?P<comment>--[^\n]*|/\*.*?(?:\*/|\Z))
    | (?P<string>\b[xXeE]?'(?:[^']|'')*'|'(?:[^']|'')*')
    | (?P<quoted>"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\])
    | (?P<word>[^\W\d][\w$]*)
    | (?P<number>\d[\w.]*)
    | (?P<sign><>|<=|>=|!=|==|\|\||::|->>|->|\S)
    """,
    re.VERBOSE | re.DOTALL,
)


class Token(NamedTuple):
    """A word, name, value, sign or comment, and where it stands; `text` is the same for all ways to write it."""

    kind: str
    text: str
    start: int
    end: int


def tokens_of(sql: str) -> list[Token]:
    """Read a statement, its comments included."""
    return [
        Token(kind := match.lastgroup or "", _plain(kind, match[0]), match.start(), match.end())
        for match in _TOKEN.finditer(sql)
    ]


def without_comments(tokens: Iterable[Token]) -> list[str]:
    """Give what the database reads."""
    return [token.text for token in tokens if token.kind != "comment"]


def comments_in(tokens: Iterable[Token]) -> list[str]:
    """Give what only people read."""
    return [token.text for token in tokens if token.kind == "comment"]


def normal(sql: str) -> str:
    """Write a definition in the one way that is compared."""
    return " ".join(without_comments(tokens_of(sql)))


@lru_cache(maxsize=2000)
def normal_definition(sql: str) -> str:
    """Write what a database keeps: the same texts are read around every step."""
    return normal(sql)


def names_in(sql: str) -> set[str]:
    """Give every word in a statement, also those inside its strings, comments and function bodies."""
    return set(re.findall(r"\w+", sql.lower()))


def renamed(definition: str, names: Mapping[str, str]) -> str:
    """Put new names into a definition written by `normal`."""
    return " ".join(names.get(word, word) for word in definition.split(" "))


def group_at(words: list[str], start: int) -> int:
    """Find where the parenthesis that opens at `start` has been closed."""
    depth = 0
    for position in range(start, len(words)):
        depth += {"(": 1, ")": -1}.get(words[position], 0)
        if depth == 0:
            return position + 1
    return len(words)


def parts_of(words: list[str]) -> list[list[str]]:
    """Split at the commas that are inside no parenthesis."""
    parts: list[list[str]] = [[]]
    depth = 0
    for word in words:
        depth += {"(": 1, ")": -1}.get(word, 0)
        if word == "," and depth == 0:
            parts.append([])
        else:
            parts[-1].append(word)
    return parts


def without_outer_parentheses(words: list[str]) -> list[str]:
    """Take off parentheses around a whole expression: they change nothing."""
    while words and words[0] == "(" and group_at(words, 0) == len(words):
        words = words[1:-1]
    return words


def _plain(kind: str, text: str) -> str:
    if kind == "quoted":
        inner = text[1:-1].replace(text[-1] * 2, text[-1])
        return inner.lower().replace(" ", "\u2423")
    return text.lower() if kind in {"word", "number"} else text
