"""What a contract step sets aside comes back whole, on both engines and whatever was in it, until it is purged."""

import re
from contextlib import closing

import pytest

from src.db.driver import sqlite_module
from src.domain.errors import DatabaseError, DataLossRefused
from src.schema.aside.catalogue import aside_name
from tests.schema.guard.foreign_project import ForeignProject

SQLITE = (
    "CREATE TABLE parents (id INTEGER PRIMARY KEY)",
    "INSERT INTO parents VALUES (1), (2)",
    # The column that goes is in the middle, and much hangs on it.
    """CREATE TABLE clients (
  id INTEGER PRIMARY KEY AUTOINCREMENT, -- never used again
  fax DEFAULT ('nö' || 'ne') COLLATE NOCASE CHECK (fax <> 'no') /* by hand */ CONSTRAINT ck CHECK (fax <> 'never'),
  name TEXT NOT NULL, CONSTRAINT uq UNIQUE (name, fax), CHECK (name <> fax || 'x')
)""",
    "CREATE INDEX ix_clients_fax ON clients (fax COLLATE BINARY DESC) WHERE fax > 'a'",
    "CREATE INDEX ix_clients_name ON clients (lower(name))",
    "CREATE TRIGGER tr AFTER UPDATE ON clients BEGIN UPDATE clients SET name = name || '!' WHERE id = NEW.id; END",
    "INSERT INTO clients (name, fax) VALUES ('a', 'é😀'), ('b', NULL), ('c', ''), ('d', 9223372036854775807),"
    " ('e', -0.0), ('f', 1e308), ('g', x'00ff'), ('h', CAST(x'6100c328' AS TEXT)), ('i', ' 007 '), ('j', 1.0)",
    "DELETE FROM clients WHERE id = 10",
    """CREATE TABLE faxes (
  "sent on" TEXT, client INT REFERENCES clients ON DELETE CASCADE, parent INT REFERENCES parents ON DELETE SET NULL,
  page REAL, body, size INT AS (length(body)), CHECK (page <> 7), UNIQUE (client, page)
)""",
    'CREATE UNIQUE INDEX ix_faxes ON faxes ("sent on" DESC) WHERE page > 1',
    "CREATE TRIGGER tr_faxes BEFORE INSERT ON faxes BEGIN SELECT RAISE(ABORT, 'no') WHERE NEW.body = 'no'; END",
    "INSERT INTO faxes (rowid, \"sent on\", client, parent, page, body) VALUES (7, '9999-12-31', 1, 1, 0.1, x'00'),"
    " (5, NULL, 1, NULL, -0.0, 'é'), (900, '', 3, 2, 1e-300, NULL)",
)
POSTGRESQL = (
    "CREATE TABLE parents (id int PRIMARY KEY)",
    "INSERT INTO parents VALUES (1), (2)",
    "CREATE FUNCTION shout() RETURNS trigger LANGUAGE plpgsql AS"
    " $$ BEGIN NEW.name := NEW.name || '!'; RETURN NEW; END $$",
    "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'never'; END $$",
    "CREATE TABLE clients (id serial PRIMARY KEY, name text NOT NULL, amount numeric DEFAULT 0 NOT NULL,"
    # It comes back at the end, where PostgreSQL puts every new column.
    " fax varchar(90) COLLATE \"C\" DEFAULT 'none' CHECK (fax <> 'no'), CONSTRAINT uq UNIQUE (name, fax))",
    "CREATE INDEX ix_clients_fax ON clients (lower(fax) DESC) WHERE fax > 'a'",
    "CREATE TRIGGER tr BEFORE UPDATE ON clients FOR EACH ROW EXECUTE FUNCTION shout()",
    "CREATE TRIGGER tr_off BEFORE UPDATE ON clients FOR EACH ROW EXECUTE FUNCTION shout()",
    "ALTER TABLE clients DISABLE TRIGGER tr_off",
    "COMMENT ON COLUMN clients.fax IS 'by hand, isn''t it'",
    "INSERT INTO clients (name, fax, amount) VALUES ('a', 'é😀', 9223372036854775807), ('b', NULL, 1e30),"
    " ('c', '', 0.10), ('d', ' 007 ', 'NaN'), ('e', E'\\t\\n\\\\', -1)",
    "CREATE TABLE faxes (id serial PRIMARY KEY, client int REFERENCES clients ON DELETE CASCADE,"
    " parent int CONSTRAINT fk REFERENCES parents ON DELETE SET NULL, page double precision CHECK (page <> 7),"
    " body bytea, sent timestamptz, UNIQUE (client, page))",
    "CREATE UNIQUE INDEX ix_faxes ON faxes (sent DESC) WHERE page > 1",
    "INSERT INTO faxes (client, parent, page, body, sent) VALUES (1, 1, '-0', '\\x00ff', '9999-12-31'),"
    " (1, NULL, 1e-300, '', 'infinity'), (3, 2, 'NaN', NULL, NULL)",
    "DELETE FROM faxes WHERE id = 2",
    "CREATE TRIGGER tr_faxes BEFORE UPDATE ON faxes FOR EACH ROW EXECUTE FUNCTION refuse()",
)
COLUMN = ("op.set_aside_column('clients', 'fax')", "op.bring_back_column('clients', 'fax')")
TABLE = ("op.set_aside_table('faxes')", "op.bring_back_table('faxes')")


@pytest.fixture
def company(project: ForeignProject) -> ForeignProject:
    """Clients with faxes."""
    project.start_with(*(SQLITE if project.dialect == "sqlite" else POSTGRESQL))
    return project


def state(project: ForeignProject) -> list[object]:
    """Everything, to the letter and to the type of each value."""
    if project.dialect == "postgresql":
        return [line for line in project.dump() if not re.search("alembic_version|schema_ledger", str(line))]
    found: list[object] = list(project.rows("SELECT name, sql FROM sqlite_master ORDER BY name"))
    for table, columns in (("clients", "id, name, fax"), ("faxes", '"sent on", client, parent, page, body')):
        values = ", ".join(
            f"hex({c}), typeof({c}), CASE typeof({c}) WHEN 'text' THEN '' ELSE quote({c}) END"
            for c in columns.split(", ")
        )
        found += project.rows(f"SELECT rowid, {values} FROM {table} ORDER BY rowid")
    return [*found, *project.rows("SELECT * FROM sqlite_sequence ORDER BY 1")]


@pytest.mark.parametrize("steps", [COLUMN, TABLE], ids=["column", "table"])
def test_what_was_set_aside_comes_back_whole(company: ForeignProject, steps: tuple[str, str]) -> None:
    before = state(company)
    company.add("contract", *steps)
    for _ in range(2):
        company.upgrade()
        gone = company.rows("SELECT * FROM clients LIMIT 0") if steps is COLUMN else tables(company)
        assert "faxes" not in gone
        company.downgrade("-1")
        assert state(company) == before


def test_both_at_once_come_back(company: ForeignProject) -> None:
    before = state(company)
    company.add("contract", f"{TABLE[0]}\n{COLUMN[0]}", f"{COLUMN[1]}\n{TABLE[1]}")
    company.upgrade()
    assert tables(company) == {"alembic_version", "schema_ledger", "clients", "parents", "schema_aside", *asides()}
    company.downgrade("-1")
    assert state(company) == before


def asides() -> set[str]:
    return {aside_name("faxes"), aside_name("clients", "fax")}


def tables(project: ForeignProject) -> set[str]:
    query = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
        "postgresql": "SELECT tablename FROM pg_tables WHERE schemaname = 'public'",
    }[project.dialect]
    return {name for (name,) in project.rows(query)}


def fax(project: ForeignProject, name: str) -> object:
    return project.rows(f"SELECT fax FROM clients WHERE name = '{name}'")[0][0]


def test_rows_that_came_or_went_meanwhile(company: ForeignProject) -> None:
    company.add("contract", *COLUMN)
    company.upgrade()
    for statement in (
        "INSERT INTO clients (name) VALUES ('new')",
        "INSERT INTO clients (id, name) VALUES (1000, 'moved')",
        "DELETE FROM clients WHERE name = 'moved'",
    ):
        company.rows(statement)
    keep_references(company, "DELETE FROM clients WHERE name = 'c'")
    company.rows("INSERT INTO clients (id, name) VALUES (3, 'somebody else')")
    company.downgrade("-1")
    default = "nöne" if company.dialect == "sqlite" else "none"
    assert [fax(company, name) for name in ("a", "b", "new", "somebody else")] == ["é😀", None, default, default]


def keep_references(project: ForeignProject, statement: str) -> None:
    """Do what the application does: with foreign keys on."""
    if project.dialect == "postgresql":
        project.rows(statement)
        return
    with closing(sqlite_module().connect(project.url.removeprefix("sqlite:///"))) as connection:
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute(statement)
        connection.commit()


def test_rows_of_a_table_follow_parents_that_were_deleted_meanwhile(company: ForeignProject) -> None:
    company.add("contract", *TABLE)
    company.upgrade()
    keep_references(company, "DELETE FROM parents WHERE id = 1")
    keep_references(company, "DELETE FROM clients WHERE name = 'c'")
    company.downgrade("-1")
    # The one of client c went with the client; the one of parent 1 has no parent any more.
    assert {*company.rows("SELECT client, parent FROM faxes")} == {(1, None)}


@pytest.mark.parametrize("steps", [COLUMN, TABLE], ids=["column", "table"])
def test_what_is_purged_is_gone_and_the_way_back_is_not(company: ForeignProject, steps: tuple[str, str]) -> None:
    arguments = steps[0].split("(", 1)[1].removesuffix(")")
    company.add("contract", *steps)
    company.add("purge", f"op.purge_set_aside({arguments}, because='unused since 0007')", "pass")
    company.upgrade()
    left = company.rows("SELECT purged_because FROM schema_aside")
    assert left == [("unused since 0007",)]
    assert not (tables(company) & asides()) or company.rows("SELECT count(*) FROM schema_aside_faxes") == [(0,)]
    company.downgrade("first")
    if steps is COLUMN:
        default = "nöne" if company.dialect == "sqlite" else "none"
        assert company.rows("SELECT DISTINCT fax FROM clients") == [(default,)]
    else:
        assert company.rows("SELECT count(*) FROM faxes") == [(0,)]
    assert tables(company) == {"alembic_version", "schema_ledger", "clients", "faxes", "parents"}


WRONG = {
    "op.set_aside_column('clients', 'id')": "no primary key tells which row|no column that has values",
    "op.set_aside_column('clients', 'nothing')": "no column that has values of its own",
    "op.set_aside_table('clients')": "clients cannot be set aside while faxes refer to it",
    "op.bring_back_column('clients', 'fax')": "clients.fax was never set aside",
    "op.purge_set_aside('faxes', because='x')": "faxes was never set aside",
    f"{COLUMN[0]}\nop.purge_set_aside('clients', 'fax', because=' ')": "says why it may happen",
    f"{COLUMN[0]}\n{COLUMN[0]}": "has been set aside before",
    f"{TABLE[0]}\nop.get_bind().exec_driver_sql('DELETE FROM clients')": "rows are gone",
}


@pytest.mark.parametrize("upgrade", WRONG)
def test_what_cannot_be_done_is_refused_and_changes_nothing(company: ForeignProject, upgrade: str) -> None:
    before = company.dump()
    company.add("wrong", upgrade)
    with pytest.raises(DataLossRefused, match=WRONG[upgrade]):
        company.upgrade()
    assert company.dump() == before


@pytest.mark.parametrize(
    "user",
    ["CREATE VIEW v AS SELECT fax FROM clients", "CREATE TRIGGER t2 AFTER DELETE ON parents BEGIN DELETE FROM clients"
     " WHERE fax = OLD.id; END"],
)  # fmt: skip
def test_what_uses_the_column_is_named(sqlite_project: ForeignProject, user: str) -> None:
    sqlite_project.start_with(*SQLITE, user)
    sqlite_project.add("contract", *COLUMN)
    with pytest.raises(DatabaseError, match=r"(view v|trigger t2) would not work any more: no such column: fax"):
        sqlite_project.upgrade()


def test_names_of_any_length_have_a_name_aside() -> None:
    names = [aside_name("é" * 60, "x" * 60), aside_name("é" * 60, "y" * 60), aside_name("a", "b"), aside_name("a__b")]
    assert len(set(names)) == 3
    assert max(len(name.encode()) for name in names) <= 63
