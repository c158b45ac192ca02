"""`epicevents db`: what an operator does to the database and reads about it, on both engines."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from src.schema.backup.backups import list_backups
from src.schema.revisions import head_revision
from src.services import CRM
from tests.cli.company import Answer, Company, execute
from tests.cli.terminals import at_terminal
from tests.cli.test_states_of_database import place_of
from tests.migrations.conftest import execute as run_sql
from tests.migrations.conftest import path_of, version_of
from tests.migrations.projects import add_revision, copy_project
from tests.program import HANG_SECONDS
from tests.shared_server import PROJECT

HEAD = head_revision(CRM.versions)
NEWER = "zzzz_change_nothing"


@pytest.fixture
def folder(home: Path) -> Path:
    """Where the backups of a test go."""
    return home / "backups"


def db(url: str, *words: str, answers: list[str] | None = None) -> Answer:
    """Run `epicevents db WORDS…` on a database."""
    return execute("db", *words, env={"DATABASE_URL": url}, answers=answers)


def test_what_a_downgrade_takes_a_restore_gives_back(company_on_both: Company, folder: Path) -> None:
    url, before = company_on_both.url, company_on_both.look()
    down = db(url, "downgrade", "base", "--yes", "--json")
    assert (down.code, down.json["before"], down.json["after"]) == (0, HEAD, None)
    name = down.json["backup"]
    assert down.err == f"Backup made: {folder / name}. To come back to it: epicevents db restore {name}\n"
    [listed] = db(url, "backups", "--json").items
    assert (listed["name"], listed["reason"], listed["state"]) == (name, "before a downgrade", "good")
    restored = db(url, "restore", name, "--yes", "--json")
    assert (restored.code, restored.json["restored"], restored.json["revision"]) == (0, name, HEAD)
    assert company_on_both.look() == before
    assert [one["name"] for one in db(url, "backups", "--json").items] == [restored.json["present"], name]
    status = db(url, "status", "--json")
    assert (status.code, status.json["state"], status.json["drifted"]) == (0, "at_head", False)
    assert status.json["last_backup"] == restored.json["present"]


def test_dangers_are_asked_about(quiet_company: Company) -> None:
    url, before = quiet_company.url, quiet_company.look()
    name = json.loads(db(url, "backup", "--json").out)["name"]
    for words in (["downgrade", "base"], ["restore", name]):
        unasked = db(url, *words)
        assert (unasked.code, unasked.message) == (2, "This needs a confirmation: add --yes.")
        refused = db(url, *words, answers=["n"])
        assert (refused.code, place_of(url) in refused.err, HEAD in refused.err) == (130, True, True)
    assert quiet_company.look() == before


def test_a_backup_of_another_database_is_told_before_anything_is_replaced(
    quiet_company: Company, tmp_path: Path
) -> None:
    made = json.loads(db(quiet_company.url, "backup", "--json").out)["name"]
    file = Path(db(quiet_company.url, "status", "--json").json["backup_folder"]) / made
    refused = db(f"sqlite:///{tmp_path / 'other.db'}", "restore", str(file), answers=["n"])
    told = f"It is a backup of another database, {place_of(quiet_company.url)}." in refused.err
    assert (refused.code, told, list(tmp_path.glob("other.db*"))) == (130, True, [])


def test_a_person_at_a_terminal_sees_where_the_backup_is(company: Company) -> None:
    seen = at_terminal(
        *("db", "downgrade", "-1"),
        answers=[("[y/N]", "y\r")],
        env={"DATABASE_URL": company.url},
        command=(sys.executable, "-m", "src"),
        width=300,
    )
    assert seen.code == 0
    assert "Backup made: " in seen.plain
    assert f"went from revision {HEAD} to " in seen.plain


def test_a_backup_is_made_listed_and_told_in_french(quiet_company: Company, folder: Path) -> None:
    url = quiet_company.url
    empty = db(url, "backups", "--lang", "fr")
    assert (empty.code, folder.exists()) == (0, False)
    made = db(url, "backup", "--lang", "fr")
    name = list_backups(folder)[0].file.name
    assert made.out == f"Sauvegarde faite\u00a0: {folder / name}. Pour y revenir\u00a0: epicevents db restore {name}\n"
    screen = execute("db", "status", "--lang", "fr", env={"DATABASE_URL": url}, screen=120)
    assert screen.code == 0
    for words in ("telle que ce programme en a besoin", "Dernière sauvegarde", name, "toujours bonne", HEAD):
        assert words in screen.out, words


def test_a_backup_with_a_changed_bit_is_named_and_not_used(quiet_company: Company, folder: Path) -> None:
    url, before = quiet_company.url, quiet_company.look()
    name = db(url, "backup", "--json").json["name"]
    damaged = bytearray((folder / name).read_bytes())
    damaged[5000] ^= 1
    (folder / name).write_bytes(damaged)

    assert [one["state"] for one in db(url, "backups", "--json").items] == ["damaged"]
    assert db(url, "status", "--json").json["last_backup_good"] is False
    refused = db(url, "restore", name, "--yes")
    assert (refused.code, f"The backup {name} is damaged" in refused.err) == (24, True)
    (folder / f"{name}.json").write_text("{}")
    assert [(one["name"], one["state"]) for one in db(url, "backups", "--json").items] == [(name, "damaged")]
    assert db(url, "restore", name, "--yes").code == 24
    assert quiet_company.look() == before


def test_a_backup_that_is_not_there_or_does_not_fit_is_refused(quiet_company: Company, postgres_url: str) -> None:
    url, before = quiet_company.url, quiet_company.look()
    unknown = db(url, "restore", "crm.sqlite", "--yes")
    assert (unknown.code, unknown.message) == (5, "There is no backup crm.sqlite.")
    name = db(url, "backup", "--json").json["name"]
    other = db(postgres_url, "restore", name, "--yes")
    assert (other.code, "it is of SQLite" in other.err) == (25, True)
    assert quiet_company.look() == before


def test_a_database_ahead_of_the_program_is_backed_up_and_that_backup_refused(company: Company) -> None:
    run_sql(company.url, "UPDATE alembic_version SET version_num = 'gone'")
    name = db(company.url, "backup", "--json").json["name"]
    before = company.look()
    refused = db(company.url, "restore", name, "--yes")
    assert (refused.code, "revision gone" in refused.err) == (25, True)
    assert company.look() == before


@pytest.mark.parametrize("wreck", ["garbage", "gone"])
def test_a_wrecked_file_comes_back_and_the_damaged_one_is_kept(company: Company, wreck: str) -> None:
    file, before = path_of(company.url), company.look()
    name = db(company.url, "backup", "--json").json["name"]
    company.database.close()
    file.unlink()
    for suffix in ("-wal", "-shm"):
        file.with_name(file.name + suffix).unlink(missing_ok=True)
    if wreck == "garbage":
        file.write_bytes(b"SQLite format 3\0" + b"\xff" * 9000)
    back = db(company.url, "restore", name, "--yes", "--json")
    assert back.code == 0, back
    assert company.look() == before
    aside = back.json["aside"]
    assert (aside is None) == (wreck == "gone")
    assert wreck == "gone" or Path(aside).stat().st_size == 9016
    assert back.json["present"] is None


def test_where_there_is_no_room_nothing_is_begun(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    before = company.look()
    usual = shutil.disk_usage(path_of(company.url).parent)
    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: usual._replace(free=700_000))
    for words in (["backup"], ["downgrade", "base", "--yes"]):
        refused = db(company.url, *words)
        assert refused.code == 18
        assert "MB are needed, 0 MB are free. Nothing was changed." in refused.err
    assert company.look() == before


def test_without_a_backup_if_somebody_wants_it_so(company: Company, folder: Path) -> None:
    down = db(company.url, "downgrade", "base", "--no-backup", "--yes", "--json")
    assert (down.code, down.json["backup"]) == (0, None)
    assert down.err.startswith("No backup was made, as you asked for")
    assert not folder.exists()


def test_a_revision_that_does_not_exist_is_named(quiet_company: Company) -> None:
    for words in (["upgrade", "nonsense"], ["upgrade", "+7"], ["downgrade", "-7", "--yes"]):
        refused = db(quiet_company.url, *words)
        assert refused.code == 5, (words, refused)
        assert refused.message == f"There is no revision {words[1]} to go to from here."


def test_the_history_is_told_from_the_newest(company: Company) -> None:
    assert db(company.url, "downgrade", "base", "--yes").code == 0
    assert db(company.url, "upgrade").code == 0
    steps = db(company.url, "history", "--json").items
    first_up, last_down = steps[-1], next(step for step in steps if step["direction"] == "downgrade")
    assert first_up["direction"] == steps[0]["direction"] == "upgrade"
    assert (first_up["backup"], last_down["backup"] is not None) == (None, True)
    assert {step["program"].partition(" ")[0] for step in steps} == {"epicevents"}


def test_the_linter_finds_nothing_in_our_own_revisions() -> None:
    assert execute("db", "lint", "--json").items == []


@pytest.fixture(scope="module")
def newer(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Answer]:
    """The command line of a program that has one revision more."""
    project = copy_project(tmp_path_factory.mktemp("newer"))
    add_revision(project, NEWER, after=HEAD)

    def run(url: str, *words: str) -> Answer:
        done = subprocess.run(
            [sys.executable, "-m", "src", *words],
            cwd=project,
            # The folder itself comes first, so that its own migrations are those of the program.
            env={**os.environ, "PYTHONPATH": f"{project}{os.pathsep}{PROJECT}", "DATABASE_URL": url},
            capture_output=True,
            text=True,
            timeout=HANG_SECONDS,
            check=False,
        )
        return Answer(done.returncode, done.stdout, done.stderr)

    run.project = project  # type: ignore[attr-defined]  # for those who edit its files
    return run


def test_a_database_that_is_behind_is_told_and_upgraded(company: Company, newer: Callable[..., Answer]) -> None:
    status = newer(company.url, "db", "status", "--json")
    assert (status.code, status.json["state"]) == (12, "behind")
    assert status.json["pending"] == [{"revision": NEWER, "title": "Change nothing", "changes_data": False}]
    upgraded = newer(company.url, "init", "--no-manager")
    assert upgraded.code == 0
    assert version_of(company.url) == NEWER
    again = newer(company.url, "db", "upgrade", "--json")
    assert (again.code, again.json["before"], again.json["backup"]) == (0, NEWER, None)
    [listed] = newer(company.url, "db", "backups", "--json").items
    assert listed["reason"] == "before an upgrade"


def test_an_edited_revision_is_named_by_every_command(company: Company, newer: Callable[..., Answer]) -> None:
    run_sql(company.url, "DELETE FROM schema_ledger")
    assert newer(company.url, "db", "upgrade").code == 0
    run_sql(company.url, f"UPDATE schema_ledger SET revision = '{HEAD}'")
    run_sql(company.url, f"UPDATE schema_ledger SET checksum = '{'0' * 64}'")
    before = company.look()
    for words in (["db", "status"], ["db", "upgrade"], ["db", "downgrade", "-1", "--yes"]):
        told = newer(company.url, *words)
        assert told.code == 26, (words, told)
        assert f"{HEAD.partition('_')[0]}_" in told.err
    assert company.look() == before


def test_an_edited_byte_in_an_applied_revision_stops_everything_until_it_is_put_back(
    company: Company, newer: Callable[..., Answer]
) -> None:
    assert newer(company.url, "db", "upgrade").code == 0
    [file] = (newer.project / "migrations" / "versions").glob(f"*{NEWER}*")  # type: ignore[attr-defined]  # set by us
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("Change nothing", "Change nothinh"), encoding="utf-8")
    try:
        codes = {"status": 26, "verify": 28, "upgrade": 26, "downgrade -1 --yes": 26}
        for words, code in codes.items():
            told = newer(company.url, "db", *words.split())
            assert (told.code, file.name in told.out + told.err) == (code, True), (words, told)
    finally:
        file.write_text(text, encoding="utf-8")
    assert newer(company.url, "db", "verify").code == 0
