"""Sets columns and tables of PostgreSQL aside: values are copied with their keys, a table takes another name."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, text

from src.domain.errors import DataLossRefused
from src.i18n import N_
from src.schema.aside.catalogue import aside_name
from src.schema.guard.declarations import NAMED, Accepted

_VALUE = "schema_value"
_OF_TABLE = "FROM pg_constraint c WHERE c.conrelid = to_regclass(:table)"
_COLUMN = """
    SELECT a.attnum, format_type(a.atttypid, a.atttypmod) AS type, a.attnotnull,
        pg_get_expr(d.adbin, d.adrelid) AS default,
        CASE WHEN a.attcollation <> t.typcollation THEN a.attcollation::regcollation::text END AS collation,
        col_description(a.attrelid, a.attnum) AS comment,
        a.attidentity <> '' OR a.attgenerated <> '' OR pg_get_serial_sequence(:table, :column) IS NOT NULL AS computed
    FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
        LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    WHERE a.attrelid = to_regclass(:table) AND a.attname = :column AND NOT a.attisdropped
"""
_KEY = """
    SELECT a.attname FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
    WHERE i.indrelid = to_regclass(:table) AND i.indisprimary ORDER BY array_position(i.indkey::int2[], a.attnum)
"""
# What PostgreSQL drops along with a column.
_CONSTRAINTS = f"SELECT conname, pg_get_constraintdef(oid) {_OF_TABLE} AND :number = ANY (conkey) AND contype <> 'n'"
_INDEXES = """
    SELECT c.relname, pg_get_indexdef(i.indexrelid) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
    WHERE i.indrelid = to_regclass(:table)
        AND NOT EXISTS (SELECT 1 FROM pg_constraint o WHERE o.conindid = i.indexrelid AND o.conrelid = i.indrelid)
        AND EXISTS (SELECT 1 FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = i.indexrelid
            AND d.refobjid = i.indrelid AND d.refobjsubid = :number)
"""
_USERS_OF_COLUMN = """
    SELECT pg_describe_object(d.classid, d.objid, d.objsubid) FROM pg_depend d
        LEFT JOIN pg_constraint c ON d.classid = 'pg_constraint'::regclass AND c.oid = d.objid
    WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid = to_regclass(:table) AND d.refobjsubid = :number
        AND (d.classid IN ('pg_trigger'::regclass, 'pg_rewrite'::regclass, 'pg_policy'::regclass)
            OR c.conrelid <> d.refobjid) ORDER BY 1
"""
_TRIGGERS = """
    SELECT tgname, tgenabled::text FROM pg_trigger
    WHERE tgrelid = to_regclass(:table) AND NOT tgisinternal AND tgenabled <> 'D'
"""
_ENABLE = {"O": "ENABLE TRIGGER", "A": "ENABLE ALWAYS TRIGGER", "R": "ENABLE REPLICA TRIGGER"}
_USERS = """
    SELECT c.conrelid::regclass::text FROM pg_constraint c
    WHERE c.contype = 'f' AND c.confrelid = to_regclass(:table) AND c.conrelid <> c.confrelid
    UNION SELECT r.ev_class::regclass::text FROM pg_depend d
        JOIN pg_rewrite r ON r.oid = d.objid AND d.classid = 'pg_rewrite'::regclass
    WHERE d.refobjid = to_regclass(:table) AND r.ev_class <> d.refobjid ORDER BY 1
"""
_PARTS = """
    SELECT c.relkind::text, c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
    WHERE i.indrelid = to_regclass(:table)
    UNION SELECT 'S', c.relname FROM pg_class c JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = c.oid
    WHERE c.relkind = 'S' AND d.deptype IN ('a', 'i') AND d.refobjid = to_regclass(:table) ORDER BY 2
"""
_FOREIGN_KEYS = f"""
    SELECT conname, pg_get_constraintdef(oid), confdeltype::text, confrelid::regclass::text,
        ARRAY(SELECT attname::text FROM unnest(conkey) WITH ORDINALITY k (n, place)
            JOIN pg_attribute ON attrelid = conrelid AND attnum = n ORDER BY place),
        ARRAY(SELECT attname::text FROM unnest(confkey) WITH ORDINALITY k (n, place)
            JOIN pg_attribute ON attrelid = confrelid AND attnum = n ORDER BY place)
    {_OF_TABLE} AND contype = 'f' ORDER BY 1
"""


def set_column_aside(
    connection: Connection, table: str, column: str, aside: str
) -> tuple[Mapping[str, Any], list[Accepted]]:
    """Move a column's values out of their table; give what defined it, and what goes by that."""
    name, value, kept = _quoted(table), _quoted(column), _quoted(aside)
    run = connection.exec_driver_sql
    facts = connection.execute(text(_COLUMN), {"table": name, "column": column}).mappings().first()
    if facts is None or facts["computed"]:
        raise DataLossRefused(
            N_("The migration was undone: {column} is no column that has values of its own to set aside."),
            column=f"{table}.{column}",
        )
    key = list(connection.scalars(text(_KEY), {"table": name}))
    if not key or column in key:
        raise DataLossRefused(
            N_("The migration was undone: {column} cannot be set aside, no primary key tells which row a value is of."),
            column=f"{table}.{column}",
        )
    found = {"table": name, "number": facts["attnum"]}
    _require_no_users(connection, f"{table}.{column}", _USERS_OF_COLUMN, found)
    keys = ", ".join(map(_quoted, key))
    run("SET LOCAL row_security = off")  # rather an error than rows that a policy hides
    run(f"CREATE TABLE {kept} AS SELECT {keys}, {value} AS {_VALUE} FROM {name}")
    run(f"ALTER TABLE {kept} ADD PRIMARY KEY ({keys})")
    # Whoever deletes a row meanwhile deletes what was kept of it; whoever renumbers it takes that along.
    run(f"ALTER TABLE {kept} ADD FOREIGN KEY ({keys}) REFERENCES {name} ({keys}) ON DELETE CASCADE ON UPDATE CASCADE")
    same = " AND ".join(f"a.{_quoted(k)} = o.{_quoted(k)}" for k in key)
    _require_all(connection, f"{table}.{column}", f"{name} AS o LEFT JOIN {kept} AS a ON {same}", column)
    constraints = [tuple(row) for row in connection.execute(text(_CONSTRAINTS), found)]
    indexes = [tuple(row) for row in connection.execute(text(_INDEXES), found)]
    run(f"ALTER TABLE {name} DROP COLUMN {value}")
    definition = {
        **{fact: facts[fact] for fact in ("type", "attnotnull", "default", "collation", "comment")},
        "constraints": constraints,
        "indexes": [definition for _name, definition in indexes],
    }
    gone = [Accepted(NAMED, "", "set aside", names=(name,)) for name, _definition in (*constraints, *indexes)]
    if facts["comment"]:
        gone.append(Accepted("drop", table, "set aside", names=(column,), detail="comment"))
    return definition, gone


def bring_column_back(
    connection: Connection, table: str, column: str, aside: str | None, definition: Mapping[str, Any]
) -> None:
    """Add a column as it was, each value in the row that it belongs to; rows that came meanwhile have the default."""
    name, value = _quoted(table), _quoted(column)
    run = connection.exec_driver_sql
    collation = f" COLLATE {definition['collation']}" if definition["collation"] else ""
    default = f" DEFAULT {definition['default']}" if definition["default"] else ""
    run(f"ALTER TABLE {name} ADD COLUMN {value} {definition['type']}{collation}{default}")
    if aside is not None:
        key = list(connection.scalars(text(_KEY), {"table": _quoted(aside)}))
        theirs = list(connection.scalars(text(_KEY), {"table": name}))
        same = " AND ".join(f"a.{_quoted(a)} = o.{_quoted(o)}" for a, o in zip(key, theirs, strict=True))
        run("SET LOCAL row_security = off")
        with _without_triggers(connection, name):
            run(f"UPDATE {name} AS o SET {value} = a.{_VALUE} FROM {_quoted(aside)} AS a WHERE {same}")
        _require_all(connection, f"{table}.{column}", f"{_quoted(aside)} AS a LEFT JOIN {name} AS o ON {same}", column)
    if definition["attnotnull"]:
        run(f"ALTER TABLE {name} ALTER COLUMN {value} SET NOT NULL")
    for constraint, words in definition["constraints"]:
        run(f"ALTER TABLE {name} ADD CONSTRAINT {_quoted(constraint)} {words}")
    for index in definition["indexes"]:
        run(index)
    if definition["comment"]:
        comment = connection.scalar(text("SELECT quote_literal(:comment)"), {"comment": definition["comment"]})
        run(f"COMMENT ON COLUMN {name}.{value} IS {comment}")


def set_table_aside(connection: Connection, table: str, aside: str) -> tuple[Mapping[str, Any], list[Accepted]]:
    """Take a table out of the way under another name, with all that is on it but its foreign keys."""
    name, kept = _quoted(table), _quoted(aside)
    run = connection.exec_driver_sql
    _require_no_users(connection, table, _USERS, {"table": name})
    # Kept, they would stop people from deleting a parent of rows that nobody sees.
    foreign_keys = [list(row) for row in connection.execute(text(_FOREIGN_KEYS), {"table": name})]
    for foreign_key, *_ in foreign_keys:
        run(f"ALTER TABLE {name} DROP CONSTRAINT {_quoted(foreign_key)}")
    parts = [(kind, part, aside_name(part)) for kind, part in connection.execute(text(_PARTS), {"table": name})]
    for kind, part, other in parts:
        run(f"ALTER {_kind(kind)} {_quoted(part)} RENAME TO {_quoted(other)}")
    run(f"ALTER TABLE {name} RENAME TO {kept}")
    return {"parts": parts, "foreign_keys": foreign_keys}, []


def bring_table_back(connection: Connection, table: str, aside: str, definition: Mapping[str, Any]) -> None:
    """Give a table its name back, and all that is on it theirs."""
    name = _quoted(table)
    run = connection.exec_driver_sql
    run(f"ALTER TABLE {_quoted(aside)} RENAME TO {name}")
    for kind, part, other in definition["parts"]:
        run(f"ALTER {_kind(kind)} {_quoted(other)} RENAME TO {_quoted(part)}")
    for foreign_key, words, *reference in definition["foreign_keys"]:
        with _without_triggers(connection, name):
            _follow_deleted_parents(connection, name, reference)
        run(f"ALTER TABLE {name} ADD CONSTRAINT {_quoted(foreign_key)} {words}")


def empty(connection: Connection, aside: str) -> None:
    """Take all rows of a table that is aside; its definition stays, under the name that it has there."""
    connection.exec_driver_sql(f"TRUNCATE {_quoted(aside)}")


def drop(connection: Connection, aside: str) -> None:
    """Drop the table that held what was aside."""
    connection.exec_driver_sql(f"DROP TABLE {_quoted(aside)}")


def _require_no_users(connection: Connection, what: str, query: str, found: Mapping[str, Any]) -> None:
    users = list(connection.scalars(text(query), found))
    if users:
        raise DataLossRefused(
            N_("The migration was undone: {table} cannot be set aside while {others} refer to it."),
            table=what,
            others=", ".join(users),
        )


def _require_all(connection: Connection, what: str, source: str, column: str) -> None:
    lost = connection.exec_driver_sql(
        f"SELECT count(*) FROM {source} WHERE a.{_VALUE}::text IS DISTINCT FROM o.{_quoted(column)}::text"
    ).scalar()
    if lost:
        raise DataLossRefused(
            N_("The migration was undone: {count} values of {what} would not be kept aside as they are."),
            count=lost,
            what=what,
        )


@contextmanager
def _without_triggers(connection: Connection, table: str) -> Iterator[None]:
    """Let nothing be done beside what is done: these rows were there before, whatever the triggers think of it."""
    triggers = connection.execute(text(_TRIGGERS), {"table": table}).fetchall()
    for trigger, _state in triggers:
        connection.exec_driver_sql(f"ALTER TABLE {table} DISABLE TRIGGER {_quoted(trigger)}")
    yield
    for trigger, state in triggers:
        connection.exec_driver_sql(f"ALTER TABLE {table} {_ENABLE[state]} {_quoted(trigger)}")


def _follow_deleted_parents(connection: Connection, table: str, reference: Sequence[Any]) -> None:
    """Let rows whose parents were deleted meanwhile go the way that their foreign key says."""
    action, parent, columns, referred = reference
    same = " AND ".join(f"p.{_quoted(r)} = o.{_quoted(c)}" for c, r in zip(columns, referred, strict=True))
    all_there = " AND ".join(f"o.{_quoted(c)} IS NOT NULL" for c in columns)
    orphans = f"{all_there} AND NOT EXISTS (SELECT 1 FROM {parent} AS p WHERE {same})"
    if action == "c":
        connection.exec_driver_sql(f"DELETE FROM {table} AS o WHERE {orphans}")
    elif action == "n":
        nothing = ", ".join(f"{_quoted(c)} = NULL" for c in columns)
        connection.exec_driver_sql(f"UPDATE {table} AS o SET {nothing} WHERE {orphans}")


def _kind(kind: str) -> str:
    return "SEQUENCE" if kind == "S" else "INDEX"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
