"""Nothing is said to differ that does not; and looking for differences leaves nothing behind."""

import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, create_engine, make_url, text
from sqlalchemy.pool import NullPool

from src.db.driver import sqlite_module
from src.domain.errors import DatabaseError
from src.schema.backup.create import create_backup
from src.schema.backup.postgresql_programs import login_of
from src.schema.backup.restore import restore_backup
from src.schema.drift.differences import compare
from src.schema.drift.drift import closest_revision, find_drift
from src.schema.drift.reference import objects_in, reference
from src.schema.revisions import head_revision
from src.schema.state import looking_at
from src.services import CRM
from tests.databases import new_database, text_of
from tests.migrations.conftest import create_all, execute
from tests.schema.aside import test_aside
from tests.schema.drift import on_postgresql, on_sqlite
from tests.schema.guard.foreign_project import ForeignProject

HEAD = head_revision(CRM.versions)


@pytest.fixture(scope="module")
def scripts() -> ScriptDirectory:
    """The revisions of the CRM."""
    return ScriptDirectory.from_config(Config(CRM.ini))


def differences(url: str, scripts: ScriptDirectory, revision: str = HEAD) -> list[str]:
    """What differs, in words."""
    with looking_at(make_url(url), CRM) as connection:
        return [str(one) for one in find_drift(connection, scripts, [revision])]


def open_to_write(url: str) -> Connection:
    """A connection that commits each statement by itself."""
    engine = create_engine(url, poolclass=NullPool, module=sqlite_module() if "sqlite" in url else None)
    return engine.connect().execution_options(isolation_level="AUTOCOMMIT")


def test_the_migrated_crm_is_what_its_migrations_make_also_after_housekeeping(
    migrated_url: str, scripts: ScriptDirectory, tmp_path: Path, programs: Path
) -> None:
    assert differences(migrated_url, scripts) == []
    row = "('a', 'b', true, '2026-01-01', '2026-01-01', 1)"
    columns = "account, address, succeeded, created_at, updated_at, version"
    execute(migrated_url, f"INSERT INTO login_attempts ({columns}) VALUES {row}")
    with open_to_write(migrated_url) as connection:
        for statement in ("VACUUM", "ANALYZE", "REINDEX" if "sqlite" in migrated_url else "SELECT 1"):
            connection.execute(text(statement))
    assert differences(migrated_url, scripts) == []
    url, now = make_url(migrated_url), datetime.now(UTC)
    backup = create_backup(url, tmp_path / "backups", reason="test", now=now, programs=programs)
    execute(migrated_url, "DROP TABLE payments")
    assert differences(migrated_url, scripts) != []
    restore_backup(url, backup, now=now, programs=programs)
    assert differences(migrated_url, scripts) == []


def test_the_tables_that_the_models_make_are_those_of_the_newest_revision(
    database_url: str, scripts: ScriptDirectory
) -> None:
    create_all(database_url)
    assert differences(database_url, scripts) == []
    with looking_at(make_url(database_url), CRM) as connection:
        assert closest_revision(connection, scripts) == (HEAD, [])


def test_a_foreign_project_down_and_up_again_and_in_between(tmp_path: Path, database_url: str) -> None:
    project = ForeignProject(tmp_path / "foreign", database_url)
    workshop = on_sqlite.WORKSHOP if project.dialect == "sqlite" else on_postgresql.WORKSHOP
    project.start_with(*workshop)
    project.add(
        "second",
        "with op.get_context().autocommit_block():\n"
        "    op.create_index('ix_tool', 'loans', ['tool_id'], postgresql_concurrently=True, if_not_exists=True)\n"
        "op.add_column('loans', sa.Column('until', sa.Date()))",
        "op.drop_index('ix_tool', 'loans')\nop.drop_column('loans', 'until')",
    )
    scripts = ScriptDirectory.from_config(project.config)
    assert differences(database_url, scripts, "first") == []
    assert [line.partition(":")[0] for line in differences(database_url, scripts, "second")] == ["loans", "loans"]
    for _time in range(2):
        project.upgrade()
        assert differences(database_url, scripts, "second") == []
        project.downgrade("first")
        assert differences(database_url, scripts, "first") == []
    with looking_at(make_url(database_url), CRM) as connection:
        assert closest_revision(connection, scripts) == ("first", [])


def test_what_was_set_aside_is_no_difference_and_neither_is_what_came_back(tmp_path: Path, database_url: str) -> None:
    project = ForeignProject(tmp_path / "foreign", database_url)
    project.start_with(*(test_aside.SQLITE if project.dialect == "sqlite" else test_aside.POSTGRESQL))
    project.add(
        "aside",
        "op.set_aside_column('clients', 'fax')\nop.set_aside_table('faxes')",
        "op.bring_back_table('faxes')\nop.bring_back_column('clients', 'fax')",
    )
    scripts = ScriptDirectory.from_config(project.config)
    project.upgrade()
    assert differences(database_url, scripts, "aside") == []
    project.downgrade("first")
    assert differences(database_url, scripts, "first") == []


def test_definitions_that_a_dump_has_written_otherwise_are_the_same(
    tmp_path: Path, postgres_server: URL, postgres_url: str, programs: Path
) -> None:
    project = ForeignProject(tmp_path / "foreign", postgres_url)
    project.start_with(*on_postgresql.WORKSHOP)
    scripts = ScriptDirectory.from_config(project.config)
    dump = tmp_path / "workshop.dump"
    login = login_of(make_url(postgres_url))
    env = login.environment
    subprocess.run([programs / "pg_dump", "-Fc", f"--file={dump}", f"--dbname={login.address}"], env=env, check=True)
    with new_database(postgres_server) as url:
        there = f"--dbname={login_of(url).address}"
        subprocess.run([programs / "pg_restore", "--no-owner", there, dump], env=env, check=True)
        with looking_at(url, CRM) as connection:
            found, schema = objects_in(connection)
            with reference(url, scripts, ["first"], schema=schema) as expected:
                written_otherwise = {one.short for one in compare([expected.objects], found)}
        assert written_otherwise == {"tools: ck_tools_kind", "tools: ix_tools_power", "power"}
        assert differences(text_of(url), scripts, "first") == []
        with looking_at(url, CRM) as connection:
            assert closest_revision(connection, scripts) == ("first", [])
        # What is really another is seen there too.
        execute(text_of(url), "ALTER TABLE tools DROP CONSTRAINT ck_tools_kind")
        execute(text_of(url), "ALTER TABLE tools ADD CONSTRAINT ck_tools_kind CHECK (kind IN ('hand', 'pouwer'))")
        assert [line.partition(":")[0] for line in differences(text_of(url), scripts, "first")] == ["tools"]


def test_the_migrations_are_tried_out_where_nobody_sees_it(
    migrated_postgres_url: str, scripts: ScriptDirectory
) -> None:
    schemas = "SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'migrations%'"
    with reference(make_url(migrated_postgres_url), scripts, [HEAD], schema="public") as expected:
        assert len(expected.objects) > 100
        assert execute(migrated_postgres_url, schemas) == [(0,)]
    assert execute(migrated_postgres_url, schemas) == [(0,)]


def test_who_may_not_create_a_schema_is_told_what_to_ask_for(
    migrated_postgres_url: str, scripts: ScriptDirectory
) -> None:
    url = make_url(migrated_postgres_url)
    execute(migrated_postgres_url, f"REVOKE ALL ON DATABASE {url.database} FROM {url.username}")
    with pytest.raises(DatabaseError, match=f"GRANT CREATE ON DATABASE {url.database} TO {url.username}"):
        differences(migrated_postgres_url, scripts)


@pytest.mark.parametrize("statement", ["UPDATE public.loans SET id = 1", 'DROP TABLE "public" . loans'])
def test_a_migration_that_names_the_company_s_schema_is_not_tried_out_beside_it(
    tmp_path: Path, postgres_url: str, statement: str
) -> None:
    project = ForeignProject(tmp_path / "foreign", postgres_url)
    project.start_with("CREATE TABLE loans (id integer)")
    project.add("second", f"op.execute(sa.text({statement!r}))")
    with pytest.raises(DatabaseError, match="name the schema of those tables themselves"):
        differences(postgres_url, ScriptDirectory.from_config(project.config), "second")
    assert execute(postgres_url, "SELECT count(*) FROM loans") == [(0,)]


def test_migrations_that_fail_from_the_beginning_are_told_so(tmp_path: Path, database_url: str) -> None:
    project = ForeignProject(tmp_path / "foreign", database_url)
    project.start_with("CREATE TABLE loans (id integer)")
    project.add("second", "op.drop_column('nowhere', 'nothing')")
    with pytest.raises(DatabaseError, match="cannot be tried out from the beginning"):
        differences(database_url, ScriptDirectory.from_config(project.config), "second")
