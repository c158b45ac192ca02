"""`epicevents db verify`, `adopt` and `plan` on a database in every state, and what they find and take over."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from src.db.driver import sqlite_module
from src.schema.ledger import LEDGER
from src.schema.revisions import head_revision
from src.services import CRM
from tests.cli.company import Answer, execute
from tests.cli.test_states_of_database import place_of
from tests.databases import migrate
from tests.migrations.conftest import create_all, path_of, version_of
from tests.migrations.conftest import execute as run_sql
from tests.migrations.projects import add_revision, copy_project
from tests.migrations.test_states import NO_FILES, fingerprint
from tests.program import HANG_SECONDS
from tests.schema.backup.conftest import programs
from tests.shared_server import PROJECT

__all__ = ["programs"]

HEAD = head_revision(CRM.versions)
COMMANDS = ("verify", "plan", "adopt")


class State(NamedTuple):
    """How a database comes to be in this state, and what each command says to it, `{place}` and `{head}` filled in."""

    make: Callable[[str], object]
    verify: tuple[int, str]
    plan: tuple[int, str]
    adopt: tuple[int, str]


def nothing(_url: str) -> None:
    """No file."""


def empty(url: str) -> None:
    """A file without a byte, or a database without a table."""
    if url.startswith("sqlite"):
        path_of(url).touch()


def a_letter(url: str) -> None:
    """Something else."""
    path_of(url).write_text("Dear Mrs Roy,", encoding="utf-8")


def foreign(url: str) -> None:
    """The tables of another program."""
    run_sql(url, "CREATE TABLE bookmarks (id INTEGER PRIMARY KEY)")


def a_file(make: Callable[[Path], None]) -> Callable[[str], None]:
    """What is no database."""
    return lambda url: make(path_of(url))


def a_catalogue_that_is_no_text(file: Path) -> None:
    """One bit is flipped in a table's definition."""
    create_all(f"sqlite:///{file}")
    run_sql(f"sqlite:///{file}", "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
    run_sql(f"sqlite:///{file}", f"INSERT INTO alembic_version VALUES ('{HEAD}')")
    file.write_bytes(file.read_bytes().replace(b"CREATE TABLE events", b"CREATE TABLE ev\xe5nts"))


MISSING = (10, "There is no database at {place}. Create it with: epicevents init")
EMPTY = (11, "The database at {place} has no schema version. It is empty; create its tables with: epicevents init")
UNVERSIONED = (
    11,
    "The database at {place} has no schema version. If its tables are those of this program, mark it with: "
    "alembic stamp head (it compares them first)",
)
GIVE_BACK = "To give a backup back: epicevents db restore BACKUP (epicevents db backups lists them)"
NO_DATABASE = (
    14,
    f"{{place}} is not a database, or it is damaged. Restore a backup or choose another file. {GIVE_BACK}",
)
UNKNOWN = (
    13,
    "The database at {place} is at revision gone, which this program does not know."
    " Install the newer program that wrote it. If only its mark is wrong: alembic stamp head (it compares the tables"
    " first)",
)
SOUND = (0, "The database at {place} is what the migrations make, at revision {head}.")
STATES = {
    "no file": State(nothing, MISSING, MISSING, MISSING),
    "not a database": State(a_letter, NO_DATABASE, NO_DATABASE, NO_DATABASE),
    # Each has its answer at once: opening a pipe into which nobody writes waits for ever.
    **{
        make.__name__: State(a_file(make), NO_DATABASE, NO_DATABASE, NO_DATABASE)
        for make in (*NO_FILES, a_catalogue_that_is_no_text)
    },
    "empty": State(empty, EMPTY, EMPTY, EMPTY),
    "made by create_all": State(create_all, UNVERSIONED, UNVERSIONED, (0, "")),
    "of another program": State(foreign, UNVERSIONED, UNVERSIONED, (28, GIVE_BACK)),
}


@pytest.mark.parametrize("state", STATES)
def test_every_state(request: pytest.FixtureRequest, state: str) -> None:
    """PostgreSQL has no files."""
    everywhere = {"empty", "made by create_all", "of another program"}
    engines = ["sqlite_url", "postgres_url"] if state in everywhere else ["sqlite_url"]
    for engine in engines:
        url: str = request.getfixturevalue(engine)
        STATES[state].make(url)
        before = fingerprint(url)
        for command in COMMANDS:
            check(url, command, getattr(STATES[state], command))
            assert fingerprint(url) == before or getattr(STATES[state], command)[0] == 0


def test_at_head(migrated_url: str) -> None:
    before = fingerprint(migrated_url)
    check(migrated_url, "verify", SOUND)
    answer = check(migrated_url, "plan", (0, ""))
    nothing_to_do = f"There is nothing to do: the database at {place_of(migrated_url)} is at revision {HEAD}.\n"
    assert answer.out == nothing_to_do
    assert execute("db", "plan", "nowhere", env={"DATABASE_URL": migrated_url}).code == 5
    answer = check(migrated_url, "adopt", (0, ""))
    assert (
        answer.out == f"The database at {place_of(migrated_url)} was at revision {HEAD} already; nothing was changed.\n"
    )
    assert fingerprint(migrated_url) == before


def test_at_a_revision_that_is_not_known(migrated_url: str) -> None:
    run_sql(migrated_url, "UPDATE alembic_version SET version_num = 'gone'")
    before = fingerprint(migrated_url)
    for command in COMMANDS:
        check(migrated_url, command, UNKNOWN)
    assert fingerprint(migrated_url) == before


def test_at_two_revisions_of_which_one_follows_the_other(migrated_url: str) -> None:
    run_sql(migrated_url, "INSERT INTO alembic_version VALUES ('0001_initial')")
    told = (
        f"The database at {place_of(migrated_url)} says that it is at 0001_initial, {HEAD}, of which one follows the"
        " other. If its tables are those of this program, mark it with: alembic stamp head (it compares them first)"
    )
    for command in ("verify", "plan"):
        check(migrated_url, command, (11, told))
    check(migrated_url, "adopt", (0, ""))
    check(migrated_url, "verify", SOUND)


def test_behind(migrated_url: str, tmp_path_factory: pytest.TempPathFactory, programs: Path) -> None:
    """In a copy of the project that has revisions of its own; the last of them would lose something."""
    project = copy_project(tmp_path_factory.mktemp("newer"))
    run_sql(migrated_url, INSERT_USER)
    add_revision(project, "two", after=HEAD, upgrade="op.execute('CREATE TABLE rooms (id INTEGER)')", imports=IMPORT_OP)
    path = {"PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"}

    add_revision(project, "six", after="two", upgrade="op.execute('DELETE FROM users')", imports=IMPORT_OP)
    before = fingerprint(migrated_url)
    asked = [["verify"], ["adopt"], ["plan", "two"], ["plan", "--json", "--lang", "fr"], ["plan", "two", "--csv"]]
    done = subprocess.run(
        [sys.executable, "-c", RUN],
        cwd=project,
        input=json.dumps([["db", *words] for words in asked]),
        env={**os.environ, **path, "PYTHONPATH": str(PROJECT), "DATABASE_URL": migrated_url},
        stdout=subprocess.PIPE,
        encoding="utf-8",
        timeout=HANG_SECONDS,
        check=True,
    )
    verified, behind, plan, lossy, table = (Answer(*answer) for answer in json.loads(done.stdout))
    assert verified.message == SOUND[1].format(place=place_of(migrated_url), head=HEAD)
    assert (behind.code, "is older than this program" in behind.message) == (12, True)
    assert plan.code == 0, plan
    assert plan.out.splitlines()[1].startswith("two\tChange nothing\t0.")
    assert plan.out.endswith("\tCREATE TABLE rooms (id INTEGER)\n")
    assert table.out.startswith("revision,title,seconds,rows,statements\r\ntwo,Change nothing,0.")
    assert plan.message == "Nothing was changed: this was a rehearsal on a copy."
    assert lossy.code == 22, lossy
    assert [step["revision"] for step in lossy.json["steps"]] == ["two", "six"]
    assert lossy.json["refusal"].startswith("La migration a été annulée\u00a0: la révision six perdrait")
    assert lossy.json_error == lossy.json["refusal"]
    assert fingerprint(migrated_url) == before


# In the copy's folder, so that its migrations are those of the program.
RUN = """
import dataclasses, json, sys
from tests.cli.company import execute
print(json.dumps([dataclasses.astuple(execute(*words)) for words in json.load(sys.stdin)]))
"""
IMPORT_OP = "from alembic import op"
INSERT_USER = (
    "INSERT INTO users (username, email, password_hash, first_name, last_name, phone, department, is_active,"
    " must_change_password, first_name_key, name_key, created_at, updated_at, version)"
    " VALUES ('ana', 'ana@epic.example', '', '', '', '', 'SALES', true, false, '', '', '2026-11-24', '2026-11-24', 1)"
)


def check(url: str, command: str, expected: tuple[int, str]) -> Answer:
    """Run a command; nobody sees a traceback, and a refusal that was asked for with --json is one."""
    code, says = expected
    answer = execute("db", command, env={"DATABASE_URL": url})
    said = says.format(place=place_of(url), head=HEAD)
    assert (answer.code, answer.message if said else "") == (code, said), (command, answer)
    if code:
        told = execute("db", command, "--json", env={"DATABASE_URL": url})
        assert (told.code, said in told.json_error) == (code, True)
    return answer


def test_what_create_all_made_is_adopted_and_verified(database_url: str) -> None:
    create_all(database_url)
    answer = execute("db", "adopt", "--json", env={"DATABASE_URL": database_url})
    assert (answer.code, answer.json) == (0, {"place": place_of(database_url), "revision": HEAD})
    assert version_of(database_url) == HEAD
    check(database_url, "verify", SOUND)


def test_the_tables_of_an_older_revision_are_adopted_as_that_and_then_upgraded(database_url: str) -> None:
    migrate(database_url, "0001_initial")
    run_sql(database_url, "DROP TABLE alembic_version")
    answer = execute("db", "adopt", env={"DATABASE_URL": database_url})
    assert (answer.code, version_of(database_url)) == (0, "0001_initial")
    assert answer.err == "Upgrade it with: alembic upgrade head\n"
    migrate(database_url)
    check(database_url, "verify", SOUND)


def test_what_differs_is_listed_and_the_database_is_not_adopted(database_url: str) -> None:
    create_all(database_url)
    run_sql(database_url, "CREATE INDEX ix_more ON users (phone)")
    answer = execute("db", "adopt", "--lang", "fr", env={"DATABASE_URL": database_url})
    assert answer.code == 28
    assert answer.err.startswith(f"Erreur\u00a0: Les tables de la base de données {place_of(database_url)} ne sont")
    assert "- users: index ix_more\u00a0: aucune migration ne l’a créé" in answer.err
    assert version_of(database_url) is None


def test_verify_names_everything_that_is_wrong_and_what_to_do(migrated_sqlite_url: str) -> None:
    run_sql(migrated_sqlite_url, "DROP TRIGGER tr_payments_never_deleted")
    run_sql(migrated_sqlite_url, "CREATE TABLE notes (user_id INTEGER REFERENCES users (id))")
    run_sql(migrated_sqlite_url, "INSERT INTO notes VALUES (7), (8)")
    run_sql(
        migrated_sqlite_url,
        "INSERT INTO contracts (client_id, title, total, paid, status, created_at, updated_at, version, title_key)"
        " VALUES (5, 'x', 1, 0, 'draft', '2026-11-30', '2026-11-30', 1, '')",
    )
    before = fingerprint(migrated_sqlite_url)
    answer = execute("db", "verify", "--json", env={"DATABASE_URL": migrated_sqlite_url})
    found = [(item["check"], item["table"], item["kind"], item["name"]) for item in answer.items]
    assert answer.code == 28
    assert found == [
        ("tables", "notes", "table", ""),
        ("tables", "payments", "trigger", "tr_payments_never_deleted"),
        ("references", "contracts", None, None),
        ("references", "notes", None, None),
    ]
    french = execute("db", "verify", "--lang", "fr", screen=400, env={"DATABASE_URL": migrated_sqlite_url})
    assert french.code == 28
    assert "il manque\u00a0: déclencheur tr_payments_never_deleted" in french.out
    assert "2 lignes se rapportent à des lignes de users qui n’existent pas" in french.out
    assert french.err.startswith("Ce qui manque\u00a0: ")
    assert fingerprint(migrated_sqlite_url) == before


def test_verify_names_a_table_that_is_gone_and_counts_nothing_from_it(migrated_url: str) -> None:
    place = {"DATABASE_URL": migrated_url}
    assert execute("db", "backup", env=place).code == 0
    run_sql(migrated_url, "DROP TABLE payments")
    answer = execute("db", "verify", "--full", "--json", env=place)
    found = [(item["check"], item["table"], item["kind"]) for item in answer.items]
    assert (answer.code, found) == (28, [("tables", "payments", "table")])
    assert "put it back as it is shown, or restore a backup" in answer.err
    # Without it nothing else can be compared, and nobody is told that it was.
    assert "compared with the backup" not in answer.err


def test_verify_finds_rows_that_refer_to_nothing_on_a_server_that_was_told_not_to_look(
    migrated_postgres_url: str,
) -> None:
    run_sql(
        migrated_postgres_url,
        'CREATE TABLE "No tes" (user_id bigint, "of" bigint, FOREIGN KEY ("of") REFERENCES users)',
    )
    run_sql(migrated_postgres_url, 'INSERT INTO "No tes" VALUES (NULL, NULL), (7, NULL)')
    run_sql(
        migrated_postgres_url,
        'ALTER TABLE "No tes" ADD CONSTRAINT fk_notes FOREIGN KEY (user_id) REFERENCES users NOT VALID',
    )
    answer = execute("db", "verify", "--json", env={"DATABASE_URL": migrated_postgres_url})
    broken = [(item["table"], item["what"]) for item in answer.items if item["check"] == "references"]
    says = "1 rows refer to rows of users that do not exist: put those back, or remove these."
    assert (answer.code, broken) == (28, [("No tes", says)])


def test_verify_sees_a_damaged_file(migrated_sqlite_url: str) -> None:
    file = path_of(migrated_sqlite_url)
    root = run_sql(migrated_sqlite_url, "SELECT rootpage FROM sqlite_master WHERE name = 'ix_users_department'")[0][0]
    damaged = bytearray(file.read_bytes())
    damaged[(int(str(root)) - 1) * 4096] ^= 0xFF
    file.write_bytes(damaged)
    answer = execute("db", "verify", "--json", env={"DATABASE_URL": migrated_sqlite_url})
    assert answer.code == 28
    assert {item["check"] for item in answer.items} == {"file"}
    assert file.read_bytes() == damaged


def test_verify_names_values_that_cannot_be_right(migrated_sqlite_url: str) -> None:
    run_sql(migrated_sqlite_url, INSERT_USER)
    run_sql(migrated_sqlite_url, "UPDATE users SET phone = CAST(x'2b33e9' AS TEXT), created_at = '2026-11-2t'")
    answer = execute("db", "verify", "--json", env={"DATABASE_URL": migrated_sqlite_url})
    found = [(item["check"], item["table"], item["name"], item["what"]) for item in answer.items]
    assert answer.code == 28
    assert found == [
        ("values", "users", "phone", "Values that are not text (their bytes are not UTF-8): 1, the first in row 1."),
        ("values", "users", "created_at", "Values that are no moment: 1, the first in row 1."),
    ]


def test_what_a_deleted_log_took_with_it_is_an_older_database_that_says_so(sqlite_url: str) -> None:
    """A log holds what was committed last: without it, the file is whole, and as it was before."""
    file = path_of(sqlite_url)
    migrate(sqlite_url, "0001_initial")
    with sqlite_module().connect(file, isolation_level=None) as reader:
        reader.execute("PRAGMA journal_mode=WAL").close()
        reader.execute("BEGIN").close()
        reader.execute("SELECT count(*) FROM users").fetchone()
        # The upgrade is in the log until the reader has ended.
        migrate(sqlite_url)
        check(sqlite_url, "verify", SOUND)
        main = file.read_bytes()
        reader.execute("COMMIT").close()
    for left in file.parent.glob(f"{file.name}*"):
        left.unlink()
    file.write_bytes(main)
    status = execute("db", "status", "--json", env={"DATABASE_URL": sqlite_url})
    assert (status.code, status.json["revision"], status.json["drifted"]) == (12, "0001_initial", False)
    assert execute("db", "upgrade", env={"DATABASE_URL": sqlite_url}).code == 0
    check(sqlite_url, "verify", SOUND)


def test_verify_names_a_revision_s_file_that_was_changed_after_it_was_applied(migrated_url: str) -> None:
    with create_engine(migrated_url, poolclass=NullPool).begin() as connection:
        LEDGER.create(connection, checkfirst=True)
        connection.execute(LEDGER.delete())
        step = {"id": 1, "revision": HEAD, "direction": "upgrade", "checksum": "another", "applied_at": "2026-11-24"}
        counts = dict.fromkeys(("duration_ms", "rows_inserted", "rows_updated", "rows_deleted"), 0)
        connection.execute(LEDGER.insert().values(**step, **counts, program="0.1.0"))
    answer = execute("db", "verify", "--json", env={"DATABASE_URL": migrated_url})
    assert answer.code == 28
    assert [(item["check"], Path(item["name"]).suffix) for item in answer.items] == [("revisions", ".py")]


def test_a_person_at_a_terminal_sees_how_far_it_is(migrated_sqlite_url: str) -> None:
    place = {"DATABASE_URL": migrated_sqlite_url, "TERM": "xterm"}
    assert "Revisions" in execute("db", "verify", answers=[""], screen=100, env=place).err
    assert "Copying, then rehearsing" in execute("db", "plan", "base", answers=[""], screen=100, env=place).err


def test_verify_tells_programs_where_nobody_looks(migrated_sqlite_url: str) -> None:
    answer = execute("db", "verify", env={"DATABASE_URL": migrated_sqlite_url})
    assert (answer.code, answer.out) == (0, "check\ttable\tkind\tname\texpected\tfound\twhat\n")
    assert json.loads(execute("db", "verify", "--json", env={"DATABASE_URL": migrated_sqlite_url}).out)["items"] == []
