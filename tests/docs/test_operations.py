"""What docs/operations.md and the READMEs tell an operator to do, done on real databases."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from pathlib import Path

import pyotp
import pytest
from sqlalchemy import select, text, update

from src.db.driver import sqlite_module
from src.db.session import Database
from src.db.url import parse_database_url
from src.domain.errors import RuleBroken
from src.domain.permissions import Actor, Department
from src.models import Base
from src.models.base import now
from src.models.contract import Contract, Payment, PaymentMethod
from src.models.user import User
from src.services import clients, contracts, init, payments, users
from tests.program import Program

PROJECT = Path(__file__).parents[2]
GUIDE = (PROJECT / "docs" / "operations.md").read_text(encoding="utf-8")
PAGES = ("docs/operations.md",)
PLACE = "epic_events_crm.db"


@contextmanager
def company(url: str) -> Iterator[Database]:
    """A database with the application's connection to it."""
    database = Database(parse_database_url(url, source="test", root=PROJECT))
    try:
        yield database
    finally:
        database.close()


def person(number: int, department: str) -> users.UserDetails:
    return users.UserDetails(
        username=f"person{number}",
        email=f"person{number}@epicevents.fr",
        first_name="Zoé",
        last_name=f"Œuvrard {chr(64 + number)}",
        department=department,
    )


def do_business(database: Database) -> None:
    """Leave what a plain copy would stumble over: a refund below an amended total, a cancelled contract, a lost id."""
    with database.writing() as session:
        init.create_first_manager(session, person(1, "management"), password_hash="-", region="FR", must_change=False)
        boss = Actor(1, "person1", Department.MANAGEMENT)
        seller = users.create_user(session, boss, person(2, "sales"), password_hash="-", region="FR")
        gone = users.create_user(session, boss, person(3, "support"), password_hash="-", region="FR")
        users.delete_user(session, boss, gone.id)
        sales = Actor(seller.id, seller.username, Department.SALES)
        details = clients.ClientDetails(first_name="Élodie", last_name="Ouick", email="elodie@ouick.fr")
        client = clients.add_client(session, sales, details, region="FR", now=now())
        for title in ("Mariage", "Séminaire"):
            contract = contracts.create_contract(session, boss, client_id=client.id, title=title, total="1000")
            contracts.sign_contract(session, boss, contract.id, at=now())
            payments.record_payment(session, boss, contract.id, payment("1000", f"{title} paid"))
            payments.refund_payment(session, boss, contract.id, payment("-500", f"{title} back"))
            contracts.amend_contract(session, boss, contract.id, total="600.50", reason="fewer guests")
        contracts.cancel_contract(session, boss, contract.id, reason="rain")


def payment(amount: str, key: str) -> payments.NewPayment:
    return payments.NewPayment(
        amount=Decimal(amount),
        received_on=date(2026, 11, 20),
        method=PaymentMethod.CARD,
        idempotency_key=key,
        reason="for the test",
    )


def run_script(name: str, *arguments: str, folder: Path, **env: str) -> "subprocess.CompletedProcess[str]":
    """Save a script of the guide and run it, as the guide says."""
    [script] = re.findall(rf"^```python\n(# {re.escape(name)}\n.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)
    (folder / name).write_text(script, encoding="utf-8")
    return subprocess.run(
        [sys.executable, str(folder / name), *arguments],
        env={**os.environ, "PYTHONPATH": str(PROJECT), **env},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


def everything_in(database: Database) -> dict[str, list[tuple[object, ...]]]:
    with database.reading() as session:
        return {
            table.name: [tuple(row) for row in session.execute(select(table).order_by("id"))]
            for table in Base.metadata.sorted_tables
        }


@pytest.mark.parametrize("page", PAGES)
def test_the_documented_backup_has_the_commits_that_a_copy_of_the_file_lacks(
    page: str, migrated_sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    [statement] = set(
        re.findall(r'^sqlite3 -readonly \S+ "(VACUUM INTO .*)"$', (PROJECT / page).read_text(), re.MULTILINE)
    )
    monkeypatch.chdir(tmp_path)
    Path(PLACE).write_bytes((tmp_path / "migrated.db").read_bytes())
    Path("backups").mkdir()
    with company(f"sqlite:///{tmp_path / PLACE}") as database, database.reading() as somebody_is_reading:
        somebody_is_reading.execute(text("SELECT 1 FROM users"))
        do_business(database)
        copied = sqlite_module().connect("file:epic_events_crm.db?immutable=1", uri=True)
        assert copied.execute("SELECT count(*) FROM payments").fetchone() == (0,)
        copied.close()
        backing_up = sqlite_module().connect(f"file:{PLACE}?mode=ro", uri=True)
        backing_up.execute(statement)
        backing_up.close()
        wanted = everything_in(database)
    [backup] = Path("backups").iterdir()
    with company(f"sqlite:///{tmp_path / backup}") as restored:
        assert everything_in(restored) == wanted
    assert len(wanted["payments"]) == 4


def test_everything_moves_to_postgresql(migrated_sqlite_url: str, migrated_postgres_url: str, tmp_path: Path) -> None:
    with company(migrated_sqlite_url) as old, company(migrated_postgres_url) as new:
        do_business(old)
        moved = run_script(
            "move.py", folder=tmp_path, DATABASE_URL=migrated_sqlite_url, NEW_DATABASE_URL=migrated_postgres_url
        )
        assert moved.returncode == 0, moved.stderr
        assert everything_in(new) == everything_in(old)
        boss = Actor(1, "person1", Department.MANAGEMENT)
        with new.writing() as session:
            assert session.get_one(Contract, 2).paid == Decimal("500.00")
            newcomer = users.create_user(session, boss, person(4, "support"), password_hash="-", region="FR")
        assert newcomer.id == 4
        with pytest.raises(RuleBroken, match="A payment is never edited"), new.writing() as session:
            session.execute(update(Payment).values(amount=Decimal(1)))


def test_a_second_move_changes_nothing(migrated_sqlite_url: str, migrated_postgres_url: str, tmp_path: Path) -> None:
    with company(migrated_sqlite_url) as old, company(migrated_postgres_url) as new:
        do_business(old)
        urls = {"DATABASE_URL": migrated_sqlite_url, "NEW_DATABASE_URL": migrated_postgres_url}
        run_script("move.py", folder=tmp_path, **urls)
        before = everything_in(new)
        again = run_script("move.py", folder=tmp_path, **urls)
        assert "AlreadyExists" in again.stderr
        assert everything_in(new) == before


def test_the_last_manager_gets_in_again(migrated_url: str, program: Program) -> None:
    [command] = re.findall(r"^epicevents (rescue) diane.roy$", GUIDE, re.MULTILINE)
    with company(migrated_url) as database:
        do_business(database)
        with database.writing() as session:
            session.execute(update(User).where(User.id == 1).values(totp_secret=pyotp.random_base32(32)))
    rescued = program(command, "person1", "--yes", database=migrated_url)
    assert rescued.returncode == 0, rescued.stderr
    [password] = re.findall(r"\b[a-z2-9]{4}(?:-[a-z2-9]{4})+\b", rescued.stderr)
    entered = program("login", "--username", "person1", "--password-stdin", input=password, database=migrated_url)
    assert (entered.returncode, entered.stderr) == (0, "")
