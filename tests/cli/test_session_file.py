"""The file that keeps a person logged in: private from its first moment, whole or absent, one for each database."""

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from src.cli import folders, session_file
from src.cli.errors import LocalFileError
from src.domain.errors import NotAuthenticated
from tests.cli.terminals import PROJECT

HERE, THERE = "/data/epic_events_crm.db", "postgresql://server/epicevents"


@pytest.fixture
def odd_umask() -> Iterator[None]:
    before = os.umask(0o777)
    yield
    os.umask(before)


def test_a_token_is_found_again_with_its_database_alone() -> None:
    session_file.store_token(HERE, "eecrm_here")
    session_file.store_token(THERE, "eecrm_there")

    assert session_file.read_token(HERE) == "eecrm_here"
    assert session_file.read_token(THERE) == "eecrm_there"
    session_file.forget_token(THERE)
    assert session_file.read_token(HERE) == "eecrm_here"
    with pytest.raises(NotAuthenticated):
        session_file.read_token(THERE)


def test_the_name_of_the_file_tells_nothing_of_the_database() -> None:
    name = session_file.session_file("postgresql://secret-server/clients").name

    assert name == session_file.session_file("postgresql://secret-server/clients").name
    assert "secret" not in name
    assert len(name) == 32 + len(".token")


def test_the_file_is_private_and_alone_in_its_private_folder(home: Path) -> None:
    file = session_file.store_token(HERE, "eecrm_one")
    session_file.store_token(HERE, "eecrm_two")

    assert file.parent == home / ".config" / "epicevents" / "sessions"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert [path.name for path in file.parent.iterdir()] == [file.name]
    assert session_file.read_token(HERE) == "eecrm_two"


@pytest.mark.usefixtures("odd_umask")
def test_no_umask_changes_the_rights_of_the_file() -> None:
    folders.config_folder().parent.mkdir(mode=0o700, exist_ok=True)
    (folders.config_folder().parent).chmod(0o700)
    for folder in (folders.config_folder(), folders.config_folder() / "sessions"):
        folder.mkdir()
        folder.chmod(0o700)

    file = session_file.store_token(HERE, "eecrm_one")

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert session_file.read_token(HERE) == "eecrm_one"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602, 0o644, 0o666])
def test_a_file_that_others_could_read_or_write_is_not_used(mode: int) -> None:
    file = session_file.store_token(HERE, "eecrm_one")
    file.chmod(mode)

    with pytest.raises(NotAuthenticated, match="could be read or written by others"):
        session_file.read_token(HERE)
    session_file.store_token(HERE, "eecrm_two")
    assert session_file.read_token(HERE) == "eecrm_two"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_file_of_somebody_else_is_not_used() -> None:
    file = session_file.store_token(HERE, "eecrm_one")
    os.chown(file, 65534, 65534)

    with pytest.raises(NotAuthenticated, match="could be read or written by others"):
        session_file.read_token(HERE)


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    file = session_file.store_token(HERE, "eecrm_one")
    elsewhere = tmp_path / "token"
    file.rename(elsewhere)
    file.symlink_to(elsewhere)

    with pytest.raises(LocalFileError, match="it is a symbolic link"):
        session_file.read_token(HERE)
    session_file.store_token(HERE, "eecrm_two")
    assert (session_file.read_token(HERE), elsewhere.read_text()) == ("eecrm_two", "eecrm_one\n")


def test_a_folder_in_its_place_is_said() -> None:
    session_file.session_file(HERE).mkdir(parents=True)

    with pytest.raises(LocalFileError, match="it is not an ordinary file"):
        session_file.read_token(HERE)
    with pytest.raises(LocalFileError, match="it is a folder"):
        session_file.store_token(HERE, "eecrm_one")
    assert [path.name for path in session_file.session_file(HERE).parent.iterdir()] == [
        session_file.session_file(HERE).name
    ]


@pytest.mark.parametrize("content", [b"", b"\n", b"  \n"])
def test_an_empty_file_is_nobody(content: bytes) -> None:
    session_file.store_token(HERE, "eecrm_one").write_bytes(content)

    with pytest.raises(NotAuthenticated):
        session_file.read_token(HERE)


def test_the_environment_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    session_file.store_token(HERE, "eecrm_file")
    monkeypatch.setenv("EPICEVENTS_TOKEN", " eecrm_environment\n")

    assert session_file.read_token(HERE) == "eecrm_environment"


def test_logging_out_twice_is_no_error() -> None:
    session_file.forget_token(HERE)
    session_file.store_token(HERE, "eecrm_one")
    session_file.forget_token(HERE)
    session_file.forget_token(HERE)


def test_a_home_that_cannot_be_written_is_said_with_what_to_do(home: Path) -> None:
    (home / ".config").write_text("a file where a folder is needed")

    with pytest.raises(LocalFileError, match=r"a part of the path is not a folder.*Set XDG_CONFIG_HOME"):
        session_file.store_token(HERE, "eecrm_one")
    with pytest.raises(NotAuthenticated):
        session_file.read_token(HERE)
    session_file.forget_token(HERE)


def test_a_killed_log_in_leaves_the_old_session_or_the_new_one_never_half_a_file() -> None:
    session_file.store_token(HERE, "eecrm_old")
    code = """
import os, sys
from src.cli import session_file
calls = {"fsync": os.fsync, "replace": os.replace}
def stop(*_arguments):
    os._exit(9)
setattr(os, sys.argv[1], stop)
session_file.store_token(sys.argv[2], "eecrm_new")
"""
    for moment, kept in (("fsync", "eecrm_old"), ("fchmod", "eecrm_old")):
        killed = subprocess.run([sys.executable, "-c", code, moment, HERE], cwd=PROJECT, check=False)
        assert killed.returncode == 9
        assert session_file.read_token(HERE) == kept


@pytest.mark.parametrize(
    ("environment", "folder"),
    [
        ({"HOME": "/home/kate"}, "/home/kate/.config/epicevents"),
        ({"HOME": "/home/kate", "XDG_CONFIG_HOME": "/conf"}, "/conf/epicevents"),
        ({"HOME": "/home/kate", "XDG_CONFIG_HOME": "relative"}, "/home/kate/.config/epicevents"),
        ({"HOME": "/home/kate", "XDG_CONFIG_HOME": ""}, "/home/kate/.config/epicevents"),
    ],
)
def test_the_folder_follows_the_rules_of_the_desktop(environment: dict[str, str], folder: str) -> None:
    assert str(folders.config_folder(environment)) == folder


def test_the_log_has_a_folder_of_its_own() -> None:
    assert str(folders.state_folder({"HOME": "/home/kate"})) == "/home/kate/.local/state/epicevents"


@pytest.mark.parametrize(
    ("system", "config", "state"),
    [
        ("darwin", "/home/kate/Library/Application Support/epicevents", "/home/kate/Library/Logs/epicevents"),
        ("win32", "/roaming/epicevents", "/local/epicevents"),
    ],
)
def test_each_system_has_its_own_folders(system: str, config: str, state: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", system)
    environment = {"HOME": "/home/kate", "APPDATA": "/roaming", "LOCALAPPDATA": "/local"}

    assert (str(folders.config_folder(environment)), str(folders.state_folder(environment))) == (config, state)


def test_a_relative_home_is_refused_with_what_to_do() -> None:
    with pytest.raises(LocalFileError, match="set HOME, or XDG_CONFIG_HOME to a folder of your own"):
        folders.config_folder({"HOME": "relative"})
