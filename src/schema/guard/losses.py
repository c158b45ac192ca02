"""What is not there any more, or not as it was, that the revision does not declare."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from src.domain.errors import Marked
from src.i18n import N_, _
from src.schema.guard.column_types import holds_at_least
from src.schema.guard.declarations import NAMED, Accepted, Declarations
from src.schema.guard.objects import ATTRIBUTES, KINDS, SEQUENCE_VALUE, Definition, Key, Objects, columns_of, table_key
from src.schema.guard.sql_text import normal, renamed


@dataclass(frozen=True)
class Loss:
    """One thing that a revision would lose, and the declaration that would let it."""

    table: str
    column: str
    what: str
    facts: Mapping[str, Any]
    declaration: str = ""

    def __str__(self) -> str:
        words = {name: _(fact) if isinstance(fact, Marked) else fact for name, fact in self.facts.items()}
        place = ".".join(part for part in (self.table, self.column) if part)
        return (f"{place}: " if place else "") + _(self.what).format_map(words)


def lost_objects(
    before: Objects, after: Objects, declared: Declarations, *, empty: frozenset[Key], dialect: str
) -> Iterator[Loss]:
    """Compare what the database is made of; `empty` are the tables and columns that held nothing."""
    words = _new_words(declared)
    unnamed = {(key.kind, key.table, said.get("definition")) for key, said in after.items()}
    for key, said in before.items():
        if key.kind == "index" and said.get("definition", "").endswith(" invalid"):
            continue  # PostgreSQL could not finish it, and nobody can use it
        if table_key(key.table) in before and table_key(declared.new_name(key.table)) not in after:
            # A table takes along all that is on it.
            if key.kind == "table" and not declared.loses(key.table) and key not in empty:
                declaration = f'op.accept_loss(table="{key.table}", because="…")'
                yield Loss(key.table, "", N_("the table is gone with all its rows"), {}, declaration)
            continue
        now = after.get(_new_key(key, declared, words))
        if now is None:
            kept_unnamed = key.name.startswith("(") and any(
                (key.kind, declared.new_name(key.table), text) in unnamed
                for text in (said.get("definition", ""), renamed(said.get("definition", ""), words))
            )
            if not kept_unnamed and not _may_go(key, declared, empty):
                yield _gone(key, said)
        elif not _may_change(key, declared):
            yield from _changed(key, said, now, words, dialect)


def _gone(key: Key, said: Definition) -> Loss:
    if key.kind == "column":
        declaration = f'op.accept_loss(table="{key.table}", column="{key.name}", because="…")'
        return Loss(key.table, key.name, N_("the column is gone with all its values"), {}, declaration)
    facts = {"kind": Marked(KINDS[key.kind]), "name": key.name, "definition": said.get("definition", "")}
    if key.name.startswith("("):
        return Loss(key.table, "", N_("this is gone: {kind} {name}"), facts, _drop(key))
    if facts["definition"]:
        return Loss(key.table, "", N_("this is gone: {kind} {name}: {definition}"), facts, _drop(key))
    return Loss(key.table, "", N_("this is gone: {kind} {name}"), facts, _drop(key))


def _changed(key: Key, said: Definition, now: Definition, words: Mapping[str, str], dialect: str) -> Iterator[Loss]:
    for attribute, old in said.items():
        new = now.get(attribute, "")
        if new in {old, renamed(old, words)}:
            continue
        if key.kind == "sequence" and attribute == SEQUENCE_VALUE:
            if new and int(new) >= int(old):
                continue
            facts: dict[str, Any] = {"name": key.name, "old": old, "new": new or "0"}
            yield Loss(key.table, "", N_("the sequence {name} went back from {old} to {new}"), facts, _drop(key))
            continue
        if key.kind == "column":
            if attribute == "type" and holds_at_least(new, old, dialect=dialect):
                continue
            facts = {"attribute": Marked(ATTRIBUTES.get(attribute, attribute)), "old": old, "new": new or "–"}
            declaration = f'op.accept_change(table="{key.table}", columns=["{key.name}"], because="…")'
            yield Loss(key.table, key.name, N_("{attribute}: {old} became {new}"), facts, declaration)
            continue
        facts = {"kind": Marked(KINDS[key.kind]), "name": key.name, "old": old, "new": new or "–"}
        yield Loss(key.table, "", N_("{kind} {name}: {old} became {new}"), facts, _drop(key))


def stale(before: Objects, after: Objects, declared: Declarations, *, again: bool) -> Iterator[Accepted]:
    """Give the declarations that name nothing: misspelt, or left over from an earlier draft.

    `again`: a block of the revision may have dropped its indexes before somebody was killed.
    """
    for one in declared.accepted:
        new = declared.new_name(one.table)
        columns = columns_of(before, one.table)
        if one.what == NAMED or (again and (one.what, one.detail) == ("drop", "index")):
            continue
        if one.what == "drop":
            key = Key(one.detail, one.table, one.names[0])
            fits = key in before and (table_key(new) not in after or after.get(key) != before[key])
        elif table_key(one.table) not in before:
            fits = False
        elif one.what == "loss" and one.detail:
            fits = one.detail in columns and one.detail not in columns_of(after, new)
        elif one.what == "loss":
            fits = table_key(one.table) not in after
        elif one.what == "rename" and one.names:
            fits = one.names[0] in columns and one.detail in columns_of(after, new)
        elif one.what == "rename":
            fits = table_key(one.detail) in after and table_key(one.table) not in after
        else:
            fits = set(one.names) <= {*columns, "rowid"}
        if not fits:
            yield one


def _may_go(key: Key, declared: Declarations, empty: frozenset[Key]) -> bool:
    if key.kind == "column":
        return declared.loses(key.table, key.name) or key in empty
    return declared.drops(*key)


def _may_change(key: Key, declared: Declarations) -> bool:
    return declared.changes(key.table, key.name) if key.kind == "column" else declared.drops(*key)


def _new_key(key: Key, declared: Declarations, words: Mapping[str, str]) -> Key:
    name = key.name
    if key.kind == "column":
        name = declared.new_columns(key.table).get(name, name)
    elif name.startswith("("):
        name = f"({renamed(name[1:-1], words)})"
    return Key(key.kind, declared.new_name(key.table), name)


def _new_words(declared: Declarations) -> dict[str, str]:
    """Give the names that definitions hold afterwards in place of the old ones."""
    return {
        normal(one.names[0] if one.names else one.table): normal(one.detail)
        for one in declared.accepted
        if one.what == "rename"
    }


def _drop(key: Key) -> str:
    table = f', table="{key.table}"' if key.table else ""
    name = f", name={_in_quotes(key.name)}" if key.name else ""
    return f'op.accept_drop(kind="{key.kind}"{table}{name}, because="…")'


def _in_quotes(text: str) -> str:
    written = re.sub(r'(["\\])', r"\\\1", text).replace("\n", "\\n")
    return f'"{written}"'
