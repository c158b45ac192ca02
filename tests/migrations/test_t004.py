"""T004, sentence by sentence: the files, the commands, the one database, and the troubleshooting section."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.migrations.command_line import CommandLine, command_line
from tests.migrations.conftest import BEFORE, FIRST, create_all, execute, path_of, version_of
from tests.migrations.projects import PROJECT, add_revision, copy_project

ALEMBIC = str(Path(sys.executable).with_name("alembic"))


@pytest.fixture
def fresh(tmp_path: Path) -> Path:
    """The project as cloned."""
    return copy_project(tmp_path / "project-12-architecture-back-end")


@pytest.fixture
def fresh_alembic(fresh: Path) -> Iterator[CommandLine]:
    """Alembic's command line in the project as cloned."""
    with command_line(fresh) as running:
        yield running


def test_the_files_are_where_t004_puts_them() -> None:
    ini = (PROJECT / "alembic.ini").read_text(encoding="utf-8").splitlines()
    assert "sqlalchemy.url = sqlite:///epic_events_crm.db" in ini
    environment = (PROJECT / "migrations" / "env.py").read_text(encoding="utf-8")
    for line in (
        "from src.models.user import User",
        "from src.models.client import Client",
        "from src.models.contract import Contract",
        "from src.models.event import Event",
        "from src.models import Base",
        "target_metadata = Base.metadata",
    ):
        assert re.search(rf"^{re.escape(line)}( |$)", environment, re.MULTILINE), line
    assert (PROJECT / "migrations" / "script.py.mako").is_file()
    assert (PROJECT / "migrations" / "README").is_file()
    assert (PROJECT / "migrations" / "versions").is_dir()


def test_step_1_makes_the_files_that_are_here_and_does_not_overwrite_them(
    alembic: CommandLine, fresh: Path, tmp_path: Path
) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    assert alembic("init", "migrations", cwd=empty).code == 0
    made = sorted(str(path.relative_to(empty)) for path in empty.rglob("*") if "__pycache__" not in path.parts)
    assert made == [
        *("alembic.ini", "migrations", "migrations/README", "migrations/env.py", "migrations/script.py.mako"),
        "migrations/versions",
    ]
    assert [path for path in made if not (fresh / path).exists()] == []
    before = {path: path.read_bytes() for path in fresh.rglob("*") if path.is_file()}
    again = alembic("init", "migrations", cwd=fresh)
    assert (again.code, again.out) == (255, "FAILED: Directory migrations already exists and is not empty\n")
    assert {path: path.read_bytes() for path in fresh.rglob("*") if path.is_file()} == before


@pytest.mark.long
def test_the_commands_of_t004_run_as_written_on_the_file_beside_alembic_ini(fresh: Path) -> None:
    """With the installed `alembic` script itself, one process a command."""
    database = fresh / "epic_events_crm.db"
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}

    def run(command: str) -> str:
        arguments = [ALEMBIC, *command.split()]
        done = subprocess.run(arguments, cwd=fresh, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done
        return done.stdout

    assert run("current") == ""
    assert not database.exists()
    assert run("upgrade head") == ""
    assert database.exists()
    assert run("current") == f"{FIRST} (head)\n"
    newest, *_older, oldest = run("history").splitlines()
    assert newest.startswith(f"{BEFORE} -> {FIRST} (head), ")
    assert oldest == "<base> -> 0001_initial, Create initial tables"
    assert run("downgrade -1") == ""
    assert run("current") == f"{BEFORE}\n"
    assert run("downgrade base") == ""
    assert execute(f"sqlite:///{database}", "SELECT name FROM sqlite_master WHERE name = 'clients'") == []


def test_downgrade_goes_to_the_revision_it_names(alembic: CommandLine, fresh: Path, sqlite_url: str) -> None:
    add_revision(fresh, "second", after=FIRST)
    add_revision(fresh, "third", after="second")
    in_fresh = alembic.in_project(fresh)
    assert in_fresh("upgrade", "head", url=sqlite_url).code == 0
    assert in_fresh("downgrade", FIRST, url=sqlite_url).code == 0
    assert in_fresh("current", url=sqlite_url).out == f"{FIRST}\n"
    assert in_fresh("downgrade", "base", url=sqlite_url).code == 0
    assert in_fresh("current", url=sqlite_url).out == ""


def test_every_command_uses_the_one_database_from_any_folder(
    fresh: Path, fresh_alembic: CommandLine, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere"
    # Another project's `src`, in the current folder and on Python's path, must not be taken for ours.
    (elsewhere / "src" / "models").mkdir(parents=True)
    (elsewhere / "src" / "__init__.py").write_text("raise RuntimeError('the wrong src')\n", encoding="utf-8")
    ini = str(fresh / "alembic.ini")
    path = {"PYTHONPATH": str(elsewhere)}
    assert fresh_alembic("-c", ini, "upgrade", "head", cwd=elsewhere, env=path).code == 0
    assert fresh_alembic("-c", ini, "current", cwd=elsewhere).out == f"{FIRST} (head)\n"
    assert fresh_alembic("-c", "../alembic.ini", "current", cwd=fresh / "migrations").out == f"{FIRST} (head)\n"
    assert fresh_alembic("current").out == f"{FIRST} (head)\n"
    assert [file.name for file in elsewhere.iterdir()] == ["src"]
    assert version_of(f"sqlite:///{fresh / 'epic_events_crm.db'}") == FIRST
    # The same from a cold start, where `python -m` puts the current folder first.
    command = [sys.executable, "-m", "alembic", "-c", ini, "current"]
    environment = {**os.environ, **path, "DATABASE_URL": ""}
    cold = subprocess.run(command, cwd=elsewhere, env=environment, capture_output=True, text=True, check=False)
    assert (cold.returncode, cold.stdout) == (0, f"{FIRST} (head)\n"), cold


def test_the_application_finds_the_same_database(fresh: Path, fresh_alembic: CommandLine) -> None:
    assert fresh_alembic("upgrade", "head").code == 0
    code = (
        "from src.config import PROJECT_ROOT, load_settings; from src.db.url import parse_database_url, place_of;"
        "s = load_settings(); print(place_of(parse_database_url(s.database_url, source='', root=PROJECT_ROOT)))"
    )
    environment = {**os.environ, "DATABASE_URL": "", "PYTHONPATH": str(fresh)}
    python = [sys.executable, "-P", "-c", code]
    found = subprocess.run(python, cwd="/", env=environment, capture_output=True, text=True, check=True).stdout
    assert found == f"{fresh / 'epic_events_crm.db'}\n"
    assert Path(found.strip()).is_file()


def test_the_first_place_that_names_a_database_counts(fresh: Path, fresh_alembic: CommandLine, tmp_path: Path) -> None:
    """`-x url` > environment > .env > alembic.ini; each names a database at a revision of its own."""
    places = {name: tmp_path / f"{name}.db" for name in ("option", "environment", "file", "ini")}
    for number, (name, place) in enumerate(places.items()):
        execute(f"sqlite:///{place}", "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)")
        execute(f"sqlite:///{place}", f"INSERT INTO alembic_version VALUES ('{name}')")
        add_revision(fresh, name, after=FIRST if number == 0 else list(places)[number - 1])
    ini = fresh / "alembic.ini"
    ini.write_text(ini.read_text().replace("sqlite:///epic_events_crm.db", f"sqlite:///{places['ini']}"))
    (fresh / ".env").write_text(f'export DATABASE_URL="sqlite:///{places["file"]}"\n')
    url = f"sqlite:///{places['environment']}"
    option = ("-x", f"url=sqlite:///{places['option']}")
    assert fresh_alembic(*option, "current", url=url).out == "option\n"
    assert fresh_alembic("current", url=url).out == "environment\n"
    assert fresh_alembic("current", url="").out == "file\n"
    (fresh / ".env").write_text("DATABASE_URL=\n")
    assert fresh_alembic("current", url="").out == "ini (head)\n"


def test_a_misspelt_option_is_refused_rather_than_ignored(alembic: CommandLine) -> None:
    for option in ("url=", "uri=sqlite:///x.db", "stamp=never", "sqlite:///secret.db"):
        answer = alembic("-x", option, "upgrade", "head")
        assert answer.code == 255, answer
        assert "secret" not in answer.text
    assert not (alembic.project / "epic_events_crm.db").exists()


def test_the_initial_migration_can_be_generated_before_there_is_any_database(
    alembic: CommandLine, fresh: Path, sqlite_url: str
) -> None:
    """Step 5 of T004, on an empty versions/."""
    in_fresh = alembic.in_project(fresh)
    versions = fresh / "migrations" / "versions"
    shutil.rmtree(versions)
    versions.mkdir()
    assert in_fresh("current", url=sqlite_url).code == 0
    written = in_fresh("revision", "--autogenerate", "-m", "Create initial tables", url=sqlite_url)
    assert written.code == 0, written
    assert not path_of(sqlite_url).exists()
    assert len(list(versions.glob("*.py"))) == 1
    assert in_fresh("upgrade", "head", url=sqlite_url).code == 0
    assert in_fresh("check", url=sqlite_url).code == 0


def test_cannot_locate_revision_is_solved_by_stamp_head(alembic: CommandLine, migrated_url: str) -> None:
    execute(migrated_url, "UPDATE alembic_version SET version_num = '1a2b3c'")
    answer = alembic("upgrade", "head", url=migrated_url)
    assert answer.code == 255
    assert answer.out.startswith("FAILED: Can't locate revision identified by '1a2b3c'")
    assert "alembic stamp head" in answer.out
    assert alembic("stamp", "head", url=migrated_url).code == 0
    assert alembic("upgrade", "head", url=migrated_url).code == 0
    assert alembic("current", url=migrated_url).out.endswith(" (head)\n")
    assert alembic("check", url=migrated_url).code == 0


def test_not_up_to_date_is_solved_by_upgrade_head(alembic: CommandLine, migrated_url: str) -> None:
    """The database of the fixture is one revision behind the project copy that `alembic` runs in."""
    answer = alembic("check", url=migrated_url)
    assert answer.code == 255
    assert answer.out.startswith("FAILED: Target database is not up to date.")
    assert "alembic upgrade head" in answer.out
    assert alembic("upgrade", "head", url=migrated_url).code == 0
    assert alembic("check", url=migrated_url).code == 0


@pytest.mark.parametrize("change", ["DROP TABLE events", "ALTER TABLE users ADD COLUMN nickname VARCHAR(5)"])
def test_stamp_refuses_a_database_that_is_not_what_it_would_be_said_to_be(
    alembic: CommandLine, migrated_url: str, change: str
) -> None:
    execute(migrated_url, change)
    execute(migrated_url, "UPDATE alembic_version SET version_num = 'gone'")
    answer = alembic("stamp", "head", url=migrated_url)
    assert answer.code == 255
    assert ("−events" if "DROP" in change else "+users.nickname") in answer.out
    assert version_of(migrated_url) == "gone"
    assert alembic("-x", "stamp=anyway", "stamp", "head", url=migrated_url).code == 0
    assert alembic("current", url=migrated_url).out.endswith(" (head)\n")


def test_stamp_with_an_older_revision_is_for_experts(alembic: CommandLine, migrated_url: str) -> None:
    assert alembic("upgrade", "head", url=migrated_url).code == 0
    answer = alembic("stamp", FIRST, url=migrated_url)
    assert answer.code == 255
    assert "alembic -x stamp=anyway stamp" in answer.out
    assert alembic("-x", "stamp=anyway", "stamp", FIRST, url=migrated_url).code == 0
    assert version_of(migrated_url) == FIRST


def test_stamp_anyway_may_create_the_file_it_marks(alembic: CommandLine, sqlite_url: str) -> None:
    assert alembic("-x", "stamp=anyway", "stamp", FIRST, url=sqlite_url).code == 0
    assert version_of(sqlite_url) == FIRST
    assert path_of(sqlite_url).stat().st_mode & 0o777 == 0o600


def test_answers_are_french_where_the_environment_is(alembic: CommandLine, sqlite_url: str) -> None:
    create_all(sqlite_url)
    english = alembic("check", url=sqlite_url).out
    french = alembic("check", url=sqlite_url, env={"LANG": "fr_FR.UTF-8"}).out
    assert french.startswith("FAILED: Target database is not up to date. La base")
    assert alembic("check", url=sqlite_url, env={"EPICEVENTS_LANG": "fr"}).out == french
    assert alembic("check", url=sqlite_url, env={"EPICEVENTS_LANG": "en", "LANG": "fr_FR.UTF-8"}).out == english


def test_a_wrong_setting_is_named(alembic: CommandLine) -> None:
    answer = alembic("current", url="mysql://root:s3cret@localhost/crm")
    assert answer.code == 255
    assert answer.out == (
        "FAILED: DATABASE_URL (environment): this setting cannot be used: only SQLite (sqlite:///…) and PostgreSQL"
        " (postgresql://…) are supported.\n"
    )
