"""What a SQLite database is made of, read from the statements that it keeps."""

from functools import lru_cache
from typing import Any

from src.schema.guard.create_table import read_create_table
from src.schema.guard.objects import SEQUENCE_VALUE, Key, Objects, table_key
from src.schema.guard.sql_text import comments_in, normal, tokens_of, without_comments

_EVERYTHING = """
    SELECT s.type, s.name, s.tbl_name, s.sql, (SELECT l.type FROM pragma_table_list(s.name) l WHERE l.schema = 'main')
    FROM main.sqlite_master s WHERE s.sql IS NOT NULL AND s.name NOT LIKE 'sqlite~_%' ESCAPE '~'
    ORDER BY s.rowid
"""


def read_sqlite_objects(driver: Any) -> Objects:
    """Read all tables, columns, constraints, indexes, triggers, views, sequences and comments."""
    found: dict[Key, dict[str, str]] = {}
    autoincrement = False
    for kind, name, table, sql, table_type in driver.execute(_EVERYTHING).fetchall():
        if kind == "table" and table_type == "shadow":
            continue  # kept by a virtual table for itself, as it sees fit
        if kind == "table" and table_type == "virtual":
            found[table_key(name)] = {"virtual": normal(sql)}
        elif kind == "table":
            autoincrement |= _read_table(found, driver, name, sql)
        else:
            owner = "" if kind == "view" else table
            definition, comments = _read_statement(kind, sql)
            found[Key(kind, owner, name)] = {"definition": definition}
            found |= {Key("comment", table, text): {} for text in comments}
    if autoincrement:
        for table, value in driver.execute("SELECT name, seq FROM main.sqlite_sequence").fetchall():
            if table_key(table) in found:
                found[Key("sequence", table, "")] = {SEQUENCE_VALUE: str(value)}
    return found


def is_virtual(objects: Objects, table: str) -> bool:
    """Tell whether a table's rows are kept by a module, such as a full-text index."""
    return "virtual" in objects[table_key(table)]


def _read_table(found: dict[Key, dict[str, str]], driver: Any, table: str, sql: str) -> bool:
    text = read_create_table(sql)
    found[table_key(table)] = {}
    rows = driver.execute("SELECT name, type, hidden FROM pragma_table_xinfo(?)", (table,)).fetchall()
    for name, declared, hidden in rows:
        # The text of CREATE TABLE … AS has types and names too, but quoted as they please: the pragma always knows.
        said = dict(text.columns.get(_folded(name), {}))
        if hidden in {0, 1}:
            said.pop("generated", None)
        found[Key("column", table, name)] = {**said, "type": declared.upper()}
    for option in text.options:
        found[Key("table option", table, option)] = {}
    for comment in text.comments:
        found[Key("comment", table, comment)] = {}
    if text.autoincrement:
        found[Key("autoincrement", table, "")] = {}
    for constraint in text.constraints:
        name = "" if constraint.kind == "primary key" else constraint.name or f"({constraint.definition})"
        found[Key(constraint.kind, table, name)] = {"definition": constraint.definition}
    return text.autoincrement


def _folded(name: str) -> str:
    return name.lower().replace(" ", "\u2423")


@lru_cache(maxsize=2000)
def _read_statement(kind: str, sql: str) -> tuple[str, tuple[str, ...]]:
    tokens = tokens_of(sql)
    words = " ".join(without_comments(tokens)).split(" ")
    # IF NOT EXISTS is kept by SQLite and means nothing afterwards.
    if words[1:] and "if" in words[:4]:
        start = words.index("if")
        if words[start : start + 3] == ["if", "not", "exists"]:
            del words[start : start + 3]
    if kind == "index":
        words = [word for word in words if word != "asc"]
    return " ".join(words), tuple(comments_in(tokens))
