"""What a database is made of that its migrations did not make, and what they made that is not there."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from src.i18n import N_, _
from src.schema.guard.objects import (
    ATTRIBUTES,
    KINDS,
    SEQUENCE_VALUE,
    Definition,
    Key,
    Objects,
    table_key,
)
from src.schema.own_tables import is_layer_table
from src.schema.state import VERSION_TABLE


class Sort(Enum):
    """In which way something differs; the value is what to do about it."""

    MISSING = N_("What is missing: put it back as it is shown, or restore a backup from before it was lost.")
    EXTRA = N_("What no migration made: remove it, or write a migration that makes it.")
    CHANGED = N_("What was changed: change it back to what is expected, or write a migration that makes it so.")


@dataclass(frozen=True, order=True)
class Difference:
    """One thing that differs; `attribute` is which of its sides, "" for the thing as a whole."""

    table: str
    kind: str
    name: str
    attribute: str
    expected: str | None
    found: str | None

    @property
    def sort(self) -> Sort:
        """In which way it differs."""
        if self.attribute:
            return Sort.CHANGED
        return Sort.EXTRA if self.expected is None else Sort.MISSING

    @property
    def short(self) -> str:
        """Name it in few words: `−people` is missing, `+people` is too much, `people.email (type)` is changed."""
        name = ".".join(part for part in (self.table, self.name) if part) if self.kind == "column" else self.table
        if self.kind not in {"table", "column"}:
            name = f"{self.table}: {self.name or _(KINDS[self.kind])}" if self.table else self.name
        if self.attribute:
            return name if self.attribute == "definition" else f"{name} ({_(ATTRIBUTES[self.attribute])})"
        return ("+" if self.expected is None else "−") + name

    def __str__(self) -> str:
        place = f"{self.table}: " if self.table and self.kind != "table" else ""
        words = {
            "what": " ".join(part for part in (_(KINDS[self.kind]), self._called()) if part),
            "expected": self.expected or "–",
            "found": self.found or "–",
            "attribute": _(ATTRIBUTES.get(self.attribute, self.attribute)),
        }
        if self.attribute and self.attribute != "definition":
            sentence = N_("{what}: {attribute}: expected: {expected}; found: {found}")
        elif self.attribute:
            sentence = N_("{what}: expected: {expected}; found: {found}")
        elif self.expected is None:
            sentence = N_("{what}: no migration made it")
        elif self.expected:
            sentence = N_("{what} is missing: {expected}")
        else:
            sentence = N_("{what} is missing")
        return place + _(sentence).format_map(words)

    def _called(self) -> str:
        return self.table if self.kind == "table" else self.name


def compare(expected: Sequence[Objects], found: Objects) -> list[Difference]:
    """Compare what migrations make with what is there, but for the tables that Alembic and this layer keep.

    `expected` may hold the same things in several ways of writing them: each definition may be any of them.
    """
    differences = [*_missing_or_changed(expected, found), *_extra(expected[0], found)]
    return sorted(one for one in differences if one.table != VERSION_TABLE and not is_layer_table(one.table))


def advice(differences: Iterable[Difference]) -> list[str]:
    """Say what to do about each sort of difference that there is."""
    sorts = {difference.sort for difference in differences}
    return [_(sort.value) for sort in Sort if sort in sorts]


# What may be there besides: people grant rights and install extensions for their own work, and SQLite's comments are
# read by people only.
_ALLOWED_BESIDES = frozenset({"privilege", "extension"})


def _missing_or_changed(expected: Sequence[Objects], found: Objects) -> Iterator[Difference]:
    for key, said in expected[0].items():
        now = found.get(key)
        if now is None:
            if not _goes_with_its_table(key, expected[0], found) and not _is_only_a_number(said):
                yield Difference(*_place(key), "", _in_words(said), None)
            continue
        ways = [way[key] for way in expected if key in way]
        for attribute in sorted({*said, *now} - {SEQUENCE_VALUE}):
            there = now.get(attribute, "")
            if there not in {way.get(attribute, "") for way in ways}:
                yield Difference(*_place(key), attribute, said.get(attribute, ""), there)


def _extra(expected: Objects, found: Objects) -> Iterator[Difference]:
    for key, said in found.items():
        besides = key.kind in _ALLOWED_BESIDES or (key.kind == "comment" and not said) or _is_only_a_number(said)
        if key not in expected and not besides and not _goes_with_its_table(key, found, expected):
            yield Difference(*_place(key), "", None, _in_words(said))


def _goes_with_its_table(key: Key, there: Objects, elsewhere: Objects) -> bool:
    """Tell whether the table is what is missing, which says enough."""
    table = table_key(key.table)
    return key != table and table in there and table not in elsewhere


def _is_only_a_number(said: Definition) -> bool:
    """Tell whether this is SQLite's note of the last id in a table, which is there as soon as there was a row."""
    return set(said) == {SEQUENCE_VALUE}


def _place(key: Key) -> tuple[str, str, str]:
    return key.table, key.kind, key.name


def _in_words(said: Definition) -> str:
    # A column's sides are words by themselves: integer, not null, default 1…
    return " ".join(
        value if attribute in _SAY_THEMSELVES else f"{attribute} {value}"
        for attribute, value in said.items()
        if attribute != SEQUENCE_VALUE and value
    )


_SAY_THEMSELVES = frozenset({"definition", "type", "not null", "virtual"})
