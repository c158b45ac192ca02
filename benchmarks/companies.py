"""The databases that are measured: demo companies of several sizes, made once and kept, with somebody logged in.

Run in a process of its own (`python -m benchmarks.companies FILE CLIENTS INTERFACE`), which prints a token: the
process that measures must stay small.
"""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
# What the content of a database depends on, but for the day on which it is made.
_MAKERS = ("src/services/demo", "migrations/versions")


def default_folder() -> Path:
    """Where databases are kept between runs: the user's cache, outside the project."""
    chosen = os.environ.get("XDG_CACHE_HOME", "")
    cache = Path(chosen) if Path(chosen).is_absolute() else Path.home() / ".cache"
    return cache / "epicevents-benchmarks"


def database_of(clients: int, folder: Path) -> Path:
    """Name the file of a company of so many clients; it changes with the code that makes it."""
    digest = hashlib.sha256()
    for maker in _MAKERS:
        for file in sorted((PROJECT / maker).rglob("*.py")):
            digest.update(file.read_bytes())
    return folder / f"{clients}-clients-{digest.hexdigest()[:12]}.db"


def prepared(file: Path, clients: int, *, interface: str = "cli") -> str:
    """Make a company if it is not there yet; gives the token of a member of sales, or of their program."""
    file.parent.mkdir(parents=True, exist_ok=True)
    for old in file.parent.glob(f"{clients}-clients-*.db*"):
        if not old.name.startswith(file.name):
            old.unlink()
    command = [sys.executable, "-m", "benchmarks.companies", str(file), str(clients), interface]
    done = subprocess.run(command, cwd=PROJECT, stdout=subprocess.PIPE, encoding="utf-8", check=True)
    return done.stdout.strip()


def _prepare(file: Path, clients: int, interface: str) -> str:
    from datetime import UTC, datetime

    from sqlalchemy import URL, select

    from src.db.session import Database
    from src.domain.permissions import Actor
    from src.models.user import User
    from src.schema.upgrade import upgrade_to_head
    from src.security.passwords import STANDARD, random_password
    from src.services import CRM, logging_in
    from src.services.api_tokens import SCOPES, create_token
    from src.services.demo.load import load_demo_company
    from src.services.demo.people import TOUR, give_passwords

    now = datetime.now(UTC)
    if not file.exists():
        # Under another name until it is complete: an interrupted run leaves no half company to measure.
        draft = file.with_suffix(".new")
        for leftover in draft.parent.glob(f"{draft.name}*"):
            leftover.unlink()
        upgrade_to_head(CRM, f"sqlite:///{draft}")
        filled = Database(URL.create("sqlite", database=str(draft)))
        with filled.writing() as session:
            load_demo_company(session, clients=clients, now=now)
        filled.close()
        draft.rename(file)
    database = Database(URL.create("sqlite", database=str(file)))
    seller, password = TOUR[0], random_password()
    with database.writing() as session:
        give_passwords(session, {seller: STANDARD.hash(password)})
    if interface == "api":
        with database.writing() as session:
            user = session.scalars(select(User).where(User.username == seller)).one()
            asking = Actor(user.id, user.username, user.department)
            token = create_token(session, asking, name="benchmark", scopes=SCOPES, now=now).token
    else:
        token = logging_in.log_in(
            database, seller, password, address="local:benchmark", interface=interface, now=now
        ).token
    database.close()
    return token


if __name__ == "__main__":
    print(_prepare(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]))
