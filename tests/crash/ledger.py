"""What must be true of a database after its writers were killed."""

import time
from collections.abc import Iterator

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from src.models.audit_entry import AuditEntry
from src.models.contract import Contract, Payment
from tests.crash.writer import Work


class Ledger:
    """Remembers what writers acknowledged, and compares it with what the database holds."""

    def __init__(self, work: Work, *, already: set[str]) -> None:
        self.work = work
        self.acknowledged = set(already)
        self.stored = set(already)

    def faults_after(self, acknowledged: set[str], *, writers: int) -> list[str]:
        """Open the database again after a crash; gives what is wrong with it."""
        self.acknowledged |= acknowledged
        self._wait_for_the_dead()
        try:
            with self.work.database.reading() as session:
                return list(self._faults(session, writers))
        finally:
            self.work.database.close()  # the next writer is a copy of this process

    def _faults(self, session: Session, writers: int) -> Iterator[str]:
        before = self.stored
        self.stored = set(session.scalars(select(Payment.idempotency_key)))
        if lost := self.acknowledged - self.stored:
            yield f"{len(lost)} acknowledged payments are lost: {sorted(lost)[:5]}"
        # Killed between the commit and the acknowledgement: one for each writer at the most.
        unsaid = self.stored - before - self.acknowledged
        if len(unsaid) > writers:
            yield f"{len(unsaid)} payments are stored that nobody acknowledged: {sorted(unsaid)[:5]}"
        paid = session.get_one(Contract, self.work.contract_id).paid
        total = session.scalar(select(func.sum(Payment.amount)))
        if paid != (total or 0):
            yield f"the contract says that {paid} is paid, its payments add up to {total}"
        logged = session.scalar(select(func.count()).where(AuditEntry.action == "contract.record_payment"))
        if logged != len(self.stored):
            yield f"{len(self.stored)} payments have {logged} entries in the audit log"
        if session.get_bind().dialect.name == "sqlite":
            found = [row[0] for row in session.execute(text("PRAGMA integrity_check"))]
            if found != ["ok"]:
                yield f"integrity_check says {found[:5]}"
            if orphans := session.execute(text("PRAGMA foreign_key_check")).all():
                yield f"foreign_key_check finds {len(orphans)} orphans"

    def _wait_for_the_dead(self) -> None:
        """Let a PostgreSQL server finish what a killed client had asked for; SQLite has no server."""
        if self.work.database.engine.dialect.name != "postgresql":
            return
        others = text(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        while True:
            with self.work.database.reading() as session:
                if session.scalar(others) == 0:
                    return
            time.sleep(0.005)
