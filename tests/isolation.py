"""What keeps the tests away from the user's own data and settings, and the user's settings away from the tests."""

import itertools
import os
import signal
import time
from pathlib import Path

import pytest

from src.i18n import DEFAULT_LANGUAGE, set_language
from tests.shared_server import PROJECT

# Opening it fails: a test that needs a database has to name it.
NO_DATABASE = "sqlite:////a-test-must-name-its-database/none.db"
FIXED = {"DATABASE_URL": NO_DATABASE, "LANG": "C.UTF-8", "TZ": "Europe/Paris", "TERM": "dumb"}
REMOVED = (
    *("LANGUAGE", "LC_ALL", "LC_CTYPE", "LC_MESSAGES", "LC_NUMERIC", "LC_TIME", "LC_MONETARY", "LC_COLLATE"),
    *("NO_COLOR", "FORCE_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "COLUMNS", "LINES", "PAGER", "EDITOR", "VISUAL"),
    *("TTY_COMPATIBLE", "TTY_INTERACTIVE", "POETRY_ACTIVE", "MAKEFLAGS", "MAKELEVEL", "MFLAGS"),
)
PRIVATE = ("epic_events_crm.db", "epic_events_crm.db-wal", "epic_events_crm.db-journal", ".env")


def pytest_configure(config: pytest.Config) -> None:
    """Give every process of the test run, and what it starts, the same settings on every machine."""
    for name in list(os.environ):
        if name in REMOVED or name.startswith(("EPICEVENTS_", "XDG_", "PG")):
            del os.environ[name]
    os.environ.update(FIXED)
    time.tzset()
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        # Started in the background, where Ctrl-C is ignored: the programs that tests interrupt would inherit that.
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(UntouchedFiles())


_numbers = itertools.count()


@pytest.fixture(scope="session")
def homes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the home folders of this process's tests are."""
    return tmp_path_factory.mktemp("homes")


@pytest.fixture(autouse=True)
def home(homes: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder for this test alone: no session, setting or backup of another test or of the user is found."""
    # Numbered here: pytest looks through all folders that it has made so far to find the next number.
    folder = homes / str(next(_numbers))
    folder.mkdir()
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(folder / ".config"))
    monkeypatch.setenv("BACKUP_FOLDER", str(folder / "backups"))
    set_language(DEFAULT_LANGUAGE)
    return folder


class UntouchedFiles:
    """Fails the test run if the project's own database or settings changed while it ran."""

    def __init__(self) -> None:
        self.before = self.look()
        self.touched: list[str] = []

    @staticmethod
    def look() -> dict[str, tuple[int, bytes]]:
        """What the user's files hold, and since when."""
        paths = [path for name in PRIVATE if (path := PROJECT / name).is_file()]
        return {path.name: (path.stat().st_mtime_ns, path.read_bytes()) for path in paths}

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Compare once all tests are over."""
        after = self.look()
        self.touched = [name for name in PRIVATE if self.before.get(name) != after.get(name)]
        if self.touched and session.exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Name the files."""
        for name in self.touched:
            terminalreporter.write_line(
                f"FAILED: {name} was created or changed while the tests ran. If you were not using the program "
                "yourself, a test has touched the configured database or settings.",
                red=True,
            )
