"""Reads SQLite's CREATE TABLE: it alone knows collations, CHECKs, ON CONFLICT, AUTOINCREMENT and comments."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from src.schema.guard.sql_text import (
    comments_in,
    group_at,
    parts_of,
    tokens_of,
    without_comments,
    without_outer_parentheses,
)

_TABLE_CONSTRAINTS = frozenset({"constraint", "primary", "unique", "check", "foreign"})
_CLAUSES = _TABLE_CONSTRAINTS | {"not", "null", "default", "collate", "references", "generated", "as"}


@dataclass(frozen=True)
class Constraint:
    """A promise about a table's rows; `name` is empty for one that nobody named."""

    kind: str
    name: str
    definition: str


@dataclass
class TableText:
    """What the text of a CREATE TABLE says."""

    columns: dict[str, dict[str, str]] = field(default_factory=dict)
    constraints: list[Constraint] = field(default_factory=list)
    options: list[str] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)
    autoincrement: bool = False


@lru_cache(maxsize=2000)
def read_create_table(sql: str) -> TableText:
    """Read the statement that SQLite keeps for a table."""
    tokens = tokens_of(sql)
    words = without_comments(tokens)
    found = TableText(comments=comments_in(tokens))
    if "(" not in words:
        return found
    start = words.index("(")
    end = group_at(words, start)
    found.options = [" ".join(part) for part in parts_of(words[end:]) if part]
    for part in parts_of(words[start + 1 : end - 1]):
        if not part:
            continue
        if part[0] in _TABLE_CONSTRAINTS:
            _read_clauses(found, part, None)
        else:
            found.columns[part[0]] = {}
            kind = next((n for n, word in enumerate(part) if n and word in _CLAUSES), len(part))
            found.columns[part[0]]["type"] = " ".join(part[1:kind])
            _read_clauses(found, part[kind:], part[0])
    return found


def _read_clauses(found: TableText, words: list[str], column: str | None) -> None:
    name = ""
    for clause in _clauses(words):
        if clause[0] == "constraint":
            name = " ".join(clause[1:2])
            continue
        _read_clause(found, clause, column, name)
        name = ""


def _clauses(words: list[str]) -> Iterator[list[str]]:
    """Split the clauses after a column's type, or those of a table's constraint."""
    clause: list[str] = []
    position = 0
    while position < len(words):
        word = words[position]
        if clause and word in _CLAUSES and not _goes_on(clause, words[position : position + 2]):
            yield clause
            clause = []
        end = group_at(words, position) if word == "(" else position + 1
        clause += words[position:end]
        position = end
    if clause:
        yield clause


def _goes_on(clause: list[str], coming: list[str]) -> bool:
    """Tell whether a word that could begin a clause belongs to the one before it."""
    word, before = coming[0], clause[-1]
    return (
        (clause[0] == "constraint" and len(clause) == 1)
        or (clause[0] == "default" and len(clause) == 1)
        or (word == "null" and before in {"not", "set"})
        or (word == "default" and before == "set")
        or (word == "not" and coming[1:] == ["deferrable"])
        or (word == "as" and before == "always")
        or (word == "references" and clause[0] == "foreign")
    )


def _read_clause(found: TableText, clause: list[str], column: str | None, name: str) -> None:
    first, rest = clause[0], clause[1:]
    if column is not None and first in {"not", "null", "default", "collate", "generated", "as"}:
        attribute = {"not": "not null", "as": "generated"}.get(first, first)
        if first == "default":
            rest = without_outer_parentheses(rest)
        if first == "generated":
            rest = rest[rest.index("as") + 1 :]
        if attribute == "generated" and rest[-1:] == ["virtual"]:
            rest = rest[:-1]  # what SQLite takes it for if nothing is said
        if first != "null":
            found.columns[column][attribute] = " ".join(clause if first == "not" else rest)
        return
    columns = f"( {column} )" if column is not None else ""
    if first == "primary":
        if "autoincrement" in rest:
            found.autoincrement = True
            rest = [word for word in rest if word != "autoincrement"]
        found.constraints.append(Constraint("primary key", name, _keyed(rest[1:], column)))
    elif first == "unique":
        found.constraints.append(Constraint("unique", name, _keyed(rest, column)))
    elif first == "check":
        end = group_at(rest, 0)
        text = " ".join([*without_outer_parentheses(rest[:end]), *rest[end:]])
        found.constraints.append(Constraint("check", name, text))
    elif first in {"references", "foreign"}:
        text = " ".join(clause if first == "references" else rest[1:])
        found.constraints.append(Constraint("foreign key", name, f"{columns} {text}".strip()))


def _keyed(rest: list[str], column: str | None) -> str:
    """Write a key the same way whether it stands behind its column or at the end of the table."""
    if column is None:
        return " ".join(word for word in rest if word != "asc")
    order = " desc" if rest[:1] == ["desc"] else ""
    others = [word for word in rest if word not in {"asc", "desc"}]
    return " ".join([f"( {column}{order} )", *others])
