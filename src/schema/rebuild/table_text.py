"""Edits the CREATE TABLE that SQLite keeps: what is not meant to change stays as it was written, letter by letter."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from src.schema.guard.sql_text import Token, tokens_of

_TABLE_CONSTRAINTS = frozenset({"constraint", "primary", "unique", "check", "foreign"})
_CLAUSES = _TABLE_CONSTRAINTS | {"not", "null", "default", "collate", "references", "generated", "as"}
_NAMES = frozenset({"word", "quoted", "string"})


@dataclass(frozen=True)
class Span:
    """A stretch of tokens: from `first` to before `end`."""

    first: int
    end: int


@dataclass(frozen=True)
class Clause:
    """A promise: NOT NULL, DEFAULT, CHECK…; `name` is the one after CONSTRAINT, `column` the one it stands behind."""

    kind: str
    name: str
    column: str
    span: Span


class TableText:
    """One state of the statement; every edit gives the next one."""

    def __init__(self, sql: str) -> None:
        self.sql = sql
        self._all = tokens_of(sql)
        self._tokens = [token for token in self._all if token.kind != "comment"]
        # What stands in quotes is never a keyword, whatever it spells.
        self._words = [token.text if token.kind in {"word", "sign"} else "" for token in self._tokens]
        self._open = self._words.index("(")
        self._close = self._group_end(self._open) - 1
        parts = list(self._split(self._open + 1, self._close))
        self._columns = {
            folded(self._spelled(part.first)): part
            for part in parts
            if self._words[part.first] not in _TABLE_CONSTRAINTS
        }
        self._parts = parts

    def columns(self) -> list[str]:
        """List the columns as they are written."""
        return [self._spelled(part.first) for part in self._columns.values()]

    def has_column(self, column: str) -> bool:
        """Tell whether there is a column of this name."""
        return folded(column) in self._columns

    def definition(self, column: str) -> str:
        """Give a column's whole definition as it is written."""
        return self._written(self._columns[folded(column)])

    def column_before(self, column: str) -> str | None:
        """Give the column that stands before this one."""
        names = list(self._columns)
        place = names.index(folded(column))
        return self._spelled(self._columns[names[place - 1]].first) if place else None

    def type_of(self, column: str) -> str:
        """Give a column's type as it is declared."""
        return self._written(self._type_span(column))

    def clauses(self) -> list[Clause]:
        """List every promise of the table and its columns."""
        found = []
        for part in self._parts:
            column = ""
            start = part.first
            if part in self._columns.values():
                column = self._spelled(part.first)
                start = self._type_span(column).end
            found += [self._clause(span, column) for span in self._clause_spans(start, part.end)]
        return found

    def clauses_of(self, column: str, kind: str) -> list[Clause]:
        """List a column's own promises of a kind."""
        return [one for one in self.clauses() if one.kind == kind and folded(one.column) == folded(column)]

    def words_of(self, clause: Clause) -> list[str]:
        """Give a promise's words, names without their quotes."""
        return [folded(self._spelled(n)) for n in range(clause.span.first, clause.span.end)]

    def text_of(self, clause: Clause) -> str:
        """Give a promise as it is written."""
        return self._written(clause.span)

    def mentions(self, name: str, *, besides: str = "") -> bool:
        """Tell whether a name stands anywhere in the table, but in the definition of one column."""
        left_out = self._columns.get(folded(besides), Span(0, 0))
        return any(
            folded(self._spelled(n)) == folded(name)
            for n in range(self._open, self._close)
            if not left_out.first <= n < left_out.end and self._tokens[n].kind in _NAMES
        )

    def without_clause(self, clause: Clause) -> "TableText":
        """Take a promise out."""
        for part in self._parts:
            if part.first == clause.span.first and not clause.column:
                return self._without_part(part)
        return self._edited(self._start_of_gap(clause.span.first), self._tokens[clause.span.end - 1].end, "")

    def without_column(self, column: str) -> "TableText":
        """Take a column out, with the promises behind it."""
        return self._without_part(self._columns[folded(column)])

    def with_clause(self, column: str, clause: str) -> "TableText":
        """Put a promise behind a column."""
        end = self._tokens[self._columns[folded(column)].end - 1].end
        return self._edited(end, end, f" {clause}")

    def with_type(self, column: str, declared: str) -> "TableText":
        """Give a column another type."""
        span = self._type_span(column)
        if span.first == span.end:
            end = self._tokens[span.first - 1].end
            return self._edited(end, end, f" {declared}")
        return self._edited(self._tokens[span.first].start, self._tokens[span.end - 1].end, declared)

    def with_column(self, definition: str, *, after: str | None = "") -> "TableText":
        """Put in a column: behind all others, behind one of them, or (None) before them."""
        if after is None:
            start = self._tokens[self._open + 1].start
            return self._edited(start, start, f"{definition}, ")
        part = self._columns.get(folded(after), list(self._columns.values())[-1])
        end = self._tokens[part.end - 1].end
        return self._edited(end, end, f", {definition}")

    def with_constraint(self, constraint: str) -> "TableText":
        """Put in a promise of the whole table."""
        end = self._tokens[self._parts[-1].end - 1].end
        return self._edited(end, end, f", {constraint}")

    def _spelled(self, position: int) -> str:
        token = self._tokens[position]
        return unquoted(self.sql[token.start : token.end]) if token.kind in _NAMES else token.text

    def _written(self, span: Span) -> str:
        if span.first == span.end:
            return ""
        return self.sql[self._tokens[span.first].start : self._tokens[span.end - 1].end]

    def _edited(self, start: int, end: int, text: str) -> "TableText":
        return TableText(self.sql[:start] + text + self.sql[end:])

    def _without_part(self, part: Span) -> "TableText":
        start, end = self._tokens[part.first].start, self._tokens[part.end - 1].end
        comma = self._tokens[part.first - 1]
        between = self.sql[comma.end : start]
        if comma.text == "," and (not between.strip() or self._words[part.end] != ","):
            # A comment behind the comma is about what stands before it: it stays.
            return self._edited(comma.start, end, between.rstrip(" ") if between.strip() else "")
        after = self._all[self._all.index(self._tokens[part.end]) + 1]
        return self._edited(start, after.start if after.kind != "comment" else self._tokens[part.end].end, "")

    def _start_of_gap(self, position: int) -> int:
        """Where the space before a token begins; after a comment to the end of the line it must stay."""
        start = self._tokens[position].start
        before = self._all[self._all.index(self._tokens[position]) - 1]
        if before.kind == "comment" and self.sql.startswith("--", before.start):
            return start
        return before.end

    def _group_end(self, start: int) -> int:
        depth = 0
        for position in range(start, len(self._words)):
            depth += {"(": 1, ")": -1}.get(self._words[position], 0)
            if depth == 0:
                return position + 1
        return len(self._words)

    def _split(self, first: int, end: int) -> Iterator[Span]:
        begun = position = first
        while position < end:
            if self._words[position] == ",":
                yield Span(begun, position)
                begun = position + 1
            position = self._group_end(position) if self._words[position] == "(" else position + 1
        yield Span(begun, end)

    def _type_span(self, column: str) -> Span:
        part = self._columns[folded(column)]
        end = next((n for n in range(part.first + 1, part.end) if self._words[n] in _CLAUSES), part.end)
        return Span(part.first + 1, end)

    def _clause_spans(self, first: int, end: int) -> Iterator[Span]:
        begun = position = first
        while position < end:
            if position > begun and self._words[position] in _CLAUSES and not self._goes_on(begun, position):
                yield Span(begun, position)
                begun = position
            position = self._group_end(position) if self._words[position] == "(" else position + 1
        if begun < end:
            yield Span(begun, end)

    def _goes_on(self, begun: int, position: int) -> bool:
        """Tell whether a word that could begin a promise belongs to the one before it."""
        word, before = self._words[position], self._words[position - 1]
        named = self._words[begun] == "constraint"
        first = begun + 2 if named else begun
        return (
            (named and position <= begun + 2)
            or (position == first + 1 and self._words[first] == "default")
            or (word == "null" and before in {"not", "set"})
            or (word == "default" and before == "set")
            or (word == "not" and self._words[position + 1 : position + 2] == ["deferrable"])
            or (word == "as" and before == "always")
            or (word == "references" and self._words[first] == "foreign")
        )

    def _clause(self, span: Span, column: str) -> Clause:
        named = self._words[span.first] == "constraint"
        first = span.first + 2 if named else span.first
        kind = self._words[first] if first < span.end else "constraint"
        kind = {"as": "generated"}.get(kind, kind)
        return Clause(kind, self._spelled(span.first + 1) if named else "", column, span)


def folded(name: str) -> str:
    """Write a name as SQLite compares it: only the letters of ASCII have no case."""
    return re.sub("[A-Z]+", lambda match: match[0].lower(), name)


def unquoted(name: str) -> str:
    """Take a name out of its quotes."""
    if name[:1] not in {'"', "'", "`", "["}:
        return name
    return name[1:-1] if name[0] == "[" else name[1:-1].replace(name[0] * 2, name[0])


def names_in_sql(sql: str) -> set[str]:
    """Give every name in a statement, folded."""
    return {folded(unquoted(sql[token.start : token.end])) for token in _names(tokens_of(sql))}


def _names(tokens: Sequence[Token]) -> Iterator[Token]:
    return (token for token in tokens if token.kind in _NAMES)
