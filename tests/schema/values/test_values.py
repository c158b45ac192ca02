"""`db verify` sees values that nobody can have put there, and takes no work that was done for damage."""

from pathlib import Path

import pytest
from sqlalchemy import make_url

from src.schema.promises import Steady, Total
from src.schema.state import open_to_look
from src.schema.values.readable import unreadable_values
from src.schema.values.totals import wrong_totals
from src.schema.values.unnoticed import unnoticed_changes
from src.services import CRM
from tests.cli.command_lines import LINES, SECRETS, asked
from tests.cli.company import Company
from tests.cli.conftest import company, office_file
from tests.migrations.conftest import execute
from tests.schema.values.flips import make_company, run

__all__ = ["company", "office_file"]

BOATS = (
    "CREATE TABLE boats (id INTEGER PRIMARY KEY AUTOINCREMENT, name VARCHAR(9) COLLATE NOCASE, at DATETIME, day DATE,"
    " clock TIME, afloat BOOLEAN, more JSON, picture BLOB, version INTEGER DEFAULT 1,"
    " changed_at TEXT DEFAULT '2026-11-30')",
    "CREATE TABLE tolls (id INTEGER PRIMARY KEY, boat_id INTEGER, cents INTEGER)",
    'CREATE TABLE "no rowid" (code TEXT PRIMARY KEY, at DATE) WITHOUT ROWID',
    "INSERT INTO boats (name, at, day, clock, afloat, more, picture) VALUES"
    " ('Zoé', '2026-11-30 10:00:00.000000', '2026-11-30', '10:00:00.000000', 1, '{}', x'ff00'),"
    " ('', '0001-01-01 00:00:00.000000', NULL, NULL, 0, 'null', NULL)",
    "INSERT INTO tolls VALUES (1, 1, 500), (2, 1, 250)",
    "INSERT INTO \"no rowid\" VALUES ('a', '2026-11-30')",
)
STEADY = {
    "boats": Steady(counted_by=("version", "changed_at"), but=frozenset({"afloat"})),
    "tolls": Steady(),
    "no rowid": Steady(may_go=True),
}


@pytest.fixture
def harbour(tmp_path: Path) -> Path:
    """The file of somebody else's program."""
    for statement in BOATS:
        execute(f"sqlite:///{tmp_path / 'harbour.db'}", statement)
    return tmp_path / "harbour.db"


@pytest.mark.parametrize(
    ("statement", "place", "says"),
    [
        ("UPDATE boats SET name = CAST(x'5a6fe9' AS TEXT) WHERE id = 1", ("boats", "name", 1), "not text"),
        ("UPDATE boats SET at = '2026-11-3p 10:00:00.000000' WHERE id = 1", ("boats", "at", 1), "no moment"),
        ("UPDATE boats SET at = '2026-13-30 10:00:00.000000' WHERE id = 1", ("boats", "at", 1), "no moment"),
        ("UPDATE boats SET at = ''", ("boats", "at", 1), "no moment: 2"),
        ("UPDATE boats SET day = '2026-02-30' WHERE id = 2", ("boats", "day", 2), "no date"),
        ("UPDATE boats SET day = '2026-02-03' || char(10) || '2026-02-04'", ("boats", "day", 1), "no date: 2"),
        ("UPDATE boats SET clock = '1p:00:00' WHERE id = 1", ("boats", "clock", 1), "no time of day"),
        ("UPDATE boats SET afloat = 3 WHERE id = 2", ("boats", "afloat", 2), "neither true nor false"),
        ("UPDATE boats SET more = '{]' WHERE id = 1", ("boats", "more", 1), "not JSON"),
        ("UPDATE \"no rowid\" SET at = 'x'", ("no rowid", "at", None), "no date: 1, the first in row ?"),
    ],
)
def test_a_value_that_cannot_be_read_is_named(
    harbour: Path, statement: str, place: tuple[str, str, int | None], says: str
) -> None:
    assert unreadable(harbour) == []
    execute(f"sqlite:///{harbour}", statement)
    [found] = unreadable(harbour)
    assert found[:3] == place
    assert says in found[3]


def unreadable(file: Path) -> list[tuple[str, str, object, str]]:
    """What cannot be read."""
    with open_to_look(make_url(f"sqlite:///{file}")).connect() as connection:
        return [(one.table, one.column, one.row, str(one)) for one in unreadable_values(connection)]


@pytest.mark.parametrize(
    ("statement", "seen"),
    [
        ("UPDATE boats SET name = 'zoé' WHERE id = 1", [("boats", "name", 1)]),
        ("UPDATE boats SET picture = x'fe00' WHERE id = 1", [("boats", "picture", 1)]),
        ("UPDATE boats SET day = NULL, at = '2026-11-30 10:00:00.000001'", [("boats", "at", 1), ("boats", "day", 1)]),
        ("UPDATE boats SET name = 'Max', version = version + 1, changed_at = '2026-12-01' WHERE id = 1", []),
        ("UPDATE boats SET version = 17 WHERE id = 1", [("boats", "version", 1)]),
        ("UPDATE boats SET changed_at = '2026-11-31' WHERE id = 1", [("boats", "changed_at", 1)]),
        ("UPDATE boats SET afloat = 0", []),
        ("DELETE FROM boats WHERE id = 1", [("boats", "", 1)]),
        ("DELETE FROM \"no rowid\" WHERE code = 'a'", []),
        ("INSERT INTO boats (name) VALUES ('Neu')", []),
        ("UPDATE tolls SET cents = 501 WHERE id = 1", [("tolls", "cents", 1)]),
        ("DELETE FROM tolls WHERE id = 2", [("tolls", "", 2)]),
        ("INSERT INTO tolls VALUES (3, 1, 1)", []),
        ("CREATE INDEX ix_more ON boats (name)", []),
    ],
)
def test_what_changed_since_the_backup_though_nobody_changed_it_is_named(
    harbour: Path, statement: str, seen: list[tuple[str, str, int]]
) -> None:
    backup = harbour.with_name("backup.db")
    backup.write_bytes(harbour.read_bytes())
    assert unnoticed(harbour, backup) == []
    execute(f"sqlite:///{harbour}", statement)
    assert unnoticed(harbour, backup) == seen


def test_a_backup_that_the_database_does_not_go_on_from_tells_nothing(harbour: Path) -> None:
    older = harbour.with_name("older.db")
    older.write_bytes(harbour.read_bytes())
    execute(f"sqlite:///{harbour}", "INSERT INTO boats (name) VALUES ('Later')")
    execute(f"sqlite:///{older}", "UPDATE boats SET name = 'restored, then changed'")
    assert unnoticed_changes(older, harbour, STEADY) is None
    execute(f"sqlite:///{harbour}", "ALTER TABLE boats ADD COLUMN fax TEXT")
    assert unnoticed_changes(harbour, older, STEADY) is None


def unnoticed(file: Path, backup: Path) -> list[tuple[str, str, object]]:
    """What differs though nobody changed it."""
    found = unnoticed_changes(file, backup, STEADY)
    assert found is not None
    return [(one.table, one.column, one.row) for one in found]


def test_a_total_that_its_rows_do_not_give_is_named(database_url: str) -> None:
    execute(database_url, "CREATE TABLE boats (id INTEGER PRIMARY KEY, due INTEGER)")
    execute(database_url, "INSERT INTO boats VALUES (1, 3), (2, 4), (3, 5)")
    total = Total("boats", "due", "SELECT id FROM boats WHERE due <> id + 2")
    with open_to_look(make_url(database_url)).connect() as connection:
        assert list(wrong_totals(connection, [total])) == []
    execute(database_url, "UPDATE boats SET due = 9 WHERE id > 1")
    with open_to_look(make_url(database_url)).connect() as connection:
        [found] = wrong_totals(connection, [total])
    assert (found.table, found.column, found.rows, found.row) == ("boats", "due", 2, 2)


def test_every_bit_that_changes_a_record_is_seen_where_there_is_a_backup(tmp_path: Path) -> None:
    """`python -m tests.schema.values.flips` flips a thousand."""
    tally = run(make_company(tmp_path, clients=60), trials=40, seed=1)
    assert [what for what in tally.missed if what.partition(":")[0] in CRM.steady] == []
    assert tally.seen["values"] > 5


def test_whatever_was_done_with_the_program_since_the_backup_is_no_damage(company: Company) -> None:
    name = company.run(None, "db", "backup", "--json").json["name"]
    before = company.look()
    for person in company.office.people.values():
        for line in LINES:
            company.run(person, *asked(company.office, person, line.words, own=True), env=SECRETS)
    after = company.look()
    assert [table for table in CRM.steady if before[table] == after[table]] == []
    verified = company.run(None, "db", "verify", "--full", "--json")
    assert (verified.code, verified.items) == (0, [])
    assert verified.message == f"Records that nobody changed were compared with the backup {name}."
