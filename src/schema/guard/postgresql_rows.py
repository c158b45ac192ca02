"""Takes a PostgreSQL table's checksums on the server, in one scan of it.

Every value is hashed as the text that PostgreSQL writes for it, with a seed that depends on its row's primary key, so
that two values which change places are seen. Whole numbers and moments are hashed as they are, a numeric key is the
seed itself, and any other is computed once a row: PostgreSQL computes an expression as often as it is written.
"""

import re
from array import array
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from src.schema.guard.rows import ColumnPrint, Range, TablePrint

# How values are written depends on these, and a migration may have changed them; row_security=off refuses to give
# fewer rows than there are.
_SETTINGS = {
    "TimeZone": "UTC",
    "DateStyle": "ISO",
    "IntervalStyle": "iso_8601",
    "extra_float_digits": "1",
    "bytea_output": "hex",
    "row_security": "off",
}
_FETCHED = 10_000
# How the types are hashed whose text says no more than their value; NULL stays NULL. A column may have become wider.
_EXACT = {
    "smallint": "hashint8extended({}::bigint, {})",
    "integer": "hashint8extended({}::bigint, {})",
    "bigint": "hashint8extended({}, {})",
    "boolean": "hashint8extended({}::integer::bigint, {})",
    "timestamp without time zone": "timestamp_hash_extended({}, {})",
    "timestamp with time zone": "timestamp_hash_extended({} AT TIME ZONE 'UTC', {})",
}
_PRECISION = re.compile(r"\(\d+\)")
_SEED = '"schema guard seed"'


def print_postgresql_table(
    driver: Any,
    table: str,
    columns: Mapping[str, str],
    *,
    within: Range,
    key: Sequence[str],
    numbered: bool,
) -> TablePrint:
    """Scan a table (its name is given quoted) and these columns with their types; `numbered`: its key is one number."""
    conditions = []
    if within.deleted is not None:
        conditions.append(f"({within.deleted}) IS NOT TRUE")
    if within.highest is not None and key:
        conditions.append(f"{quoted(key[0])} <= {within.highest}")
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    # Where there is no key, the values of a column may change places; the checksums of whole rows see that.
    seed, source, highest = "0", f"{table}{where}", "NULL"
    if numbered and key:
        highest = f"max({quoted(key[0])})"
        seed = f"{quoted(key[0])}::bigint"
    elif key:
        written = f'hashtextextended(ROW({", ".join(map(quoted, key))})::text COLLATE "C", 0)'
        seed, source = _SEED, f"(SELECT *, {written} AS {_SEED} FROM {source} OFFSET 0) AS seeded"  # noqa: S608 - names of the schema
    total = "bit_xor({})" if key else "sum({}::numeric)"
    facts = ["count(*)", highest, f"bit_xor({_EXACT['bigint'].format(seed, 0) if numbered else seed})"]
    for column, kind in columns.items():
        name = quoted(column)
        text = f'{name}::text COLLATE "C"'
        exact = _EXACT.get(_PRECISION.sub("", kind))
        digest = exact.format(name, seed) if exact is not None else f"hashtextextended({text}, {seed})"
        # To write moments down costs as much as all the rest, and they are all of one size.
        size = "0" if exact is not None and kind.startswith("timestamp") else f"coalesce(sum(octet_length({text})), 0)"
        facts += [f"count({name})", size, f"coalesce({total.format(digest)}, 0)"]
    with _same_writing(driver):
        query = f"SELECT {', '.join(facts)} FROM {source}"  # noqa: S608 - names of the schema
        rows, highest, identity, *values = driver.execute(query).fetchone()
        row_digests = None
        if not numbered:
            texts = [f'{quoted(column)}::text COLLATE "C"' for column in columns]
            whole = f'SELECT hashtextextended(ROW({", ".join(texts)})::text COLLATE "C", 0) FROM {table}{where}'  # noqa: S608 - names of the schema
            row_digests = _fetch(driver, whole)
    return TablePrint(
        rows=rows,
        columns={
            column: ColumnPrint(present=present, size=int(size), kinds={}, digest=int(digest))
            for column, present, size, digest in zip(columns, values[0::3], values[1::3], values[2::3], strict=True)
        },
        identity=int(identity or 0) if key else None,
        highest=highest,
        row_digests=row_digests,
        key=tuple(key),
    )


def quoted(name: str) -> str:
    """Write a name so that PostgreSQL reads no keyword in it."""
    return '"' + name.replace('"', '""') + '"'


def _fetch(driver: Any, query: str) -> "array[int]":
    digests = array("q")
    with driver.cursor(name="schema_guard_rows") as cursor:
        cursor.itersize = _FETCHED
        cursor.execute(query)
        digests.extend(digest for (digest,) in cursor)
    return digests


@contextmanager
def _same_writing(driver: Any) -> Iterator[None]:
    names = list(_SETTINGS)
    question = ", ".join(f"current_setting('{name}')" for name in names)
    before = driver.execute(f"SELECT {question}").fetchone()
    answer = ", ".join("set_config(%s, %s, false)" for _ in names)

    def set_all(values: Sequence[str]) -> None:
        driver.execute(f"SELECT {answer}", [part for pair in zip(names, values, strict=True) for part in pair])

    set_all(list(_SETTINGS.values()))
    yield
    # After a failure the transaction is lost, and with it what was set in it.
    set_all(before)
