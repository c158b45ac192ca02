"""Whoever wrecks a database gets it back with what the program prints, and nothing else.

Each wreck is made as people make them: with another program, an editor, a wrong file. What is typed afterwards is taken
out of the program's own answers.
"""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from src.db.driver import sqlite_module
from tests.cli.company import Answer, Company, execute
from tests.migrations.conftest import execute as run_sql
from tests.migrations.conftest import path_of, version_of
from tests.real_databases import Dump, dump, opened
from tests.shared_server import PROJECT

GIVE_BACK = "To give a backup back: epicevents db restore BACKUP (epicevents db backups lists them)"


def sql(*statements: str) -> Callable[[Path], None]:
    """Somebody at a SQLite shell."""

    def type_them(file: Path) -> None:
        shell = sqlite_module().connect(file, isolation_level=None)
        for statement in statements:
            shell.execute(statement)
        shell.close()

    return type_them


def cut_off(file: Path) -> None:
    """A copy that was interrupted."""
    file.write_bytes(file.read_bytes()[:100_000])


def flip_bits(file: Path) -> None:
    """A bad disk, in the first page after its first 16 bytes and in one of each ten pages."""
    content = bytearray(file.read_bytes())
    for place in (*range(100, 400, 7), *range(4096, len(content), 40_960)):
        content[place] ^= 0x81
    file.write_bytes(content)


def swap(file: Path) -> None:
    """Another program's database under this name."""
    file.unlink()
    sql("CREATE TABLE bookmarks (id INTEGER PRIMARY KEY, url TEXT)", "INSERT INTO bookmarks VALUES (1, 'x')")(file)


# What verify tells by itself; what nobody can see in a database (rows that are gone) is seen by people.
WRECKS = {
    "cut off": cut_off,
    "bits flipped": flip_bits,
    "a letter instead": lambda file: file.write_bytes(b"Dear Sir,\n" * 500),
    "a trigger dropped": sql("DROP TRIGGER tr_payments_never_deleted"),
    "an index dropped": sql("DROP INDEX ix_clients_sales_contact_id"),
    "a table dropped": sql("DROP TABLE payments"),
    "a column renamed": sql("ALTER TABLE events RENAME COLUMN location TO place"),
    "a column more": sql("ALTER TABLE clients ADD COLUMN fax TEXT"),
    "references broken": sql("PRAGMA foreign_keys=OFF", "DELETE FROM clients"),
}


def db(url: str, *words: str) -> Answer:
    """Run `epicevents db WORDS…`."""
    return execute("db", *words, env={"DATABASE_URL": url})


def everything_in(url: str) -> Dump:
    """Every row, read by a program that has just started."""
    with opened(url) as database, database.reading() as session:
        return dump(session)


def give_back(url: str, told: str) -> None:
    """Do what was told: list the backups, and restore the newest good one that somebody asked for."""
    assert GIVE_BACK in told, told
    listed = db(url, "backups", "--json").items
    name = next(one["name"] for one in listed if one["state"] == "good" and one["reason"] == "asked for")
    assert db(url, "restore", name, "--yes").code == 0


def alembic_as_told(url: str, told: str) -> None:
    """Type the `alembic stamp …` that was told."""
    found = re.search(r"alembic stamp (\w+)", told)
    assert found is not None, told
    environment = {**os.environ, "DATABASE_URL": url}
    subprocess.run(
        [sys.executable, "-m", "alembic", "stamp", found[1]],
        cwd=PROJECT,
        env=environment,
        check=True,
        capture_output=True,
    )


def test_every_wreck_is_told_and_undone_as_told(company: Company) -> None:
    url, before = company.url, company.look()
    company.database.close()
    assert db(url, "backup").code == 0
    for wreck, make in WRECKS.items():
        make(path_of(url))
        verified = db(url, "verify")
        assert verified.code in {14, 28}, (wreck, verified)
        give_back(url, verified.err)
        assert db(url, "verify").code == 0, wreck
        assert everything_in(url) == before, wreck


def test_rows_that_somebody_deleted_come_back(company_on_both: Company) -> None:
    url, before = company_on_both.url, company_on_both.look()
    made = db(url, "backup")
    company_on_both.database.close()
    run_sql(url, "DELETE FROM contract_lines")
    run_sql(url, "DELETE FROM events")
    told = re.search(r"To come back to it: epicevents db restore (\S+)", made.out)
    assert told is not None
    assert db(url, "restore", told[1], "--yes").code == 0
    assert everything_in(url) == before


def test_rows_that_somebody_deleted_past_the_program_are_named_beside_a_backup(company: Company) -> None:
    url = company.url
    company.database.close()
    assert db(url, "backup").code == 0
    run_sql(url, "DELETE FROM events WHERE id = (SELECT max(id) FROM events)")
    verified = db(url, "verify", "--full")
    assert (verified.code, "Rows of the last backup that are missing" in verified.out) == (28, True), verified
    give_back(url, verified.err)
    assert db(url, "verify", "--full").code == 0


def test_a_database_that_is_gone_or_emptied_is_given_back_as_its_status_tells(company: Company) -> None:
    url, before = company.url, company.look()
    company.database.close()
    assert db(url, "backup").code == 0
    for code, wreck in ((10, Path.unlink), (11, lambda file: file.write_bytes(b""))):
        wreck(path_of(url))
        status = db(url, "status")
        assert status.code == code, status
        give_back(url, status.err)
        assert everything_in(url) == before


def test_another_programs_database_is_told_from_ours(company: Company) -> None:
    url, before = company.url, company.look()
    company.database.close()
    assert db(url, "backup").code == 0
    swap(path_of(url))
    assert "mark it with: alembic stamp head" in db(url, "upgrade").err
    adopted = db(url, "adopt")
    assert (adopted.code, "- table bookmarks: no migration made it" in adopted.err) == (28, True)
    give_back(url, adopted.err)
    assert everything_in(url) == before


@pytest.mark.parametrize("mark", ["0001_initial", "gone"])
def test_a_wrong_version_is_corrected_as_told(company_on_both: Company, mark: str) -> None:
    url, before = company_on_both.url, company_on_both.look()
    version = version_of(url)
    company_on_both.database.close()
    run_sql(url, f"UPDATE alembic_version SET version_num = '{mark}'")
    if mark == "0001_initial":
        failed = db(url, "upgrade")
        assert (failed.code, "What differs: epicevents db verify" in failed.err) == (19, True), failed
        assert "What differs: epicevents db verify" in db(url, "status").err
        told = db(url, "verify").err
        assert "Its tables are those of revision" in told
    else:
        told = company_on_both.run("sales", "client", "list").err
    alembic_as_told(url, told)
    assert (version_of(url), db(url, "verify").code) == (version, 0)
    assert everything_in(url) == before


def test_two_versions_at_once_are_corrected_as_told(company_on_both: Company) -> None:
    url, before = company_on_both.url, company_on_both.look()
    version = version_of(url)
    company_on_both.database.close()
    run_sql(url, "INSERT INTO alembic_version VALUES ('0001_initial')")
    alembic_as_told(url, company_on_both.run("sales", "client", "list").err)
    assert (version_of(url), db(url, "verify").code) == (version, 0)
    assert everything_in(url) == before


def test_a_schema_that_somebody_dropped_comes_back(company_on_postgres: Company) -> None:
    url, before = company_on_postgres.url, company_on_postgres.look()
    made = db(url, "backup")
    company_on_postgres.database.close()
    run_sql(url, "DROP SCHEMA public CASCADE")
    told = re.search(r"To come back to it: epicevents db restore (\S+)", made.out)
    assert told is not None
    assert db(url, "restore", told[1], "--yes").code == 0
    assert everything_in(url) == before


def test_a_version_that_is_too_new_is_corrected_as_told(company: Company) -> None:
    url, version = company.url, version_of(company.url)
    company.database.close()
    assert db(url, "downgrade", "-1", "--yes").code == 0
    older = version_of(url)
    run_sql(url, f"UPDATE alembic_version SET version_num = '{version}'")
    told = db(url, "verify").err
    assert f"Its tables are those of revision {older}" in told
    alembic_as_told(url, told)
    assert (version_of(url), db(url, "verify").code, db(url, "upgrade").code) == (older, 0, 0)
    assert version_of(url) == version


def test_a_damaged_backup_names_the_list_of_the_good_ones(company: Company) -> None:
    url, before = company.url, company.look()
    company.database.close()
    good, bad = (db(url, "backup", "--json").json["name"] for _ in range(2))
    folder = Path(db(url, "status", "--json").json["backup_folder"])
    cut_off(folder / bad)
    cut_off(path_of(url))
    refused = db(url, "restore", bad, "--yes")
    assert (refused.code, "Take another one: epicevents db backups tells which are good" in refused.err) == (24, True)
    states = {one["name"]: one["state"] for one in db(url, "backups", "--json").items}
    assert states == {good: "good", bad: "damaged"}
    assert db(url, "restore", good, "--yes").code == 0
    assert everything_in(url) == before
