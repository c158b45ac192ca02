"""Reads all that a SQLite database holds, in the order in which it holds it: one scan a table."""

import hashlib
import marshal
from collections.abc import Sequence
from typing import Any

from src.db.driver import sqlite_module
from src.schema.backup.content import Advance, Content, TableContent
from src.schema.guard.sqlite_rows import quoted
from src.schema.state import VERSION_TABLE

_BLOCK = 1000
# The first form of marshal that writes floats exactly, and the last in which equal values always give equal bytes:
# from 3 on it depends on how often Python refers to an object.
_MARSHAL_FORM = 2
# How the file is laid out does not matter; these change what programs see.
_PRAGMAS = ("encoding", "user_version", "application_id", "auto_vacuum")


def read_sqlite_content(driver: Any, advance: Advance) -> Content:
    """Read everything, in the transaction that is open."""
    definitions = driver.execute(
        "SELECT type, name, tbl_name, sql FROM main.sqlite_master ORDER BY type, name"
    ).fetchall()
    settings = [(name, driver.execute(f"PRAGMA main.{name}").fetchone()) for name in _PRAGMAS]
    listed = driver.execute(
        "SELECT name, wr FROM pragma_table_list WHERE schema = 'main' AND type IN ('table', 'shadow')"
        " AND name NOT IN ('sqlite_schema', 'sqlite_master') ORDER BY name"
    ).fetchall()
    tables = {}
    for number, (table, without_rowid) in enumerate(listed):
        tables[table] = _read_table(driver, table, has_rowid=not without_rowid)
        advance((number + 1) / len(listed))
    revisions: Sequence[tuple[Any, ...]] = ()
    if VERSION_TABLE in tables:
        revisions = driver.execute(f"SELECT version_num FROM main.{VERSION_TABLE}").fetchall()  # noqa: S608 - a constant
    return Content(
        definition=hashlib.sha256(marshal.dumps((definitions, settings), _MARSHAL_FORM)).hexdigest(),
        tables=tables,
        revisions=tuple(sorted(str(revision) for (revision,) in revisions)),
    )


def _read_table(driver: Any, table: str, *, has_rowid: bool) -> TableContent:
    try:
        return _scan(driver, table, has_rowid=has_rowid)
    except sqlite_module().OperationalError as error:
        if "decode" not in str(error):
            raise
    # SQLite hands over texts that are not UTF-8 only as bytes.
    usual, driver.text_factory = driver.text_factory, bytes
    try:
        return _scan(driver, table, has_rowid=has_rowid)
    finally:
        driver.text_factory = usual


def _scan(driver: Any, table: str, *, has_rowid: bool) -> TableContent:
    # NOT INDEXED: an index that covers all columns would be scanned in its own order.
    cursor = driver.execute(
        f"SELECT {_rowid(driver, table) if has_rowid else ''}* FROM main.{quoted(table)} NOT INDEXED"  # noqa: S608 - names from the schema
    )
    rows, digest = 0, hashlib.sha256()
    while block := cursor.fetchmany(_BLOCK):
        rows += len(block)
        digest.update(marshal.dumps(block, _MARSHAL_FORM))
    return TableContent(rows, digest.hexdigest())


def _rowid(driver: Any, table: str) -> str:
    columns = {name.lower() for (name,) in driver.execute("SELECT name FROM pragma_table_xinfo(?)", (table,))}
    # A table may have columns of these names; of one that has all three SQLite itself gives no rowid.
    return next((f"{name}, " for name in ("rowid", "_rowid_", "oid") if name not in columns), "")
