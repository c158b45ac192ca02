"""A program that records payments one after the other, says which are saved, and may be killed at any moment."""

import itertools
import os
import random
import signal
import time
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from src.db.session import Database
from src.domain.permissions import Actor, Department
from src.models.contract import PaymentMethod
from src.services.payments import NewPayment, record_payment


@dataclass(frozen=True)
class Work:
    """What a writer writes to, and in whose name."""

    database: Database
    contract_id: int
    manager_id: int


class Writer:
    """One process that writes; it is a copy of this one, which spares it the start."""

    def __init__(self, work: Work, *, name: str, seed: int) -> None:
        self.name = name
        self._heard = b""
        self._said, saying = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            try:
                signal.signal(signal.SIGINT, signal.SIG_DFL)
                os.close(self._said)
                chance = random.Random(seed)  # noqa: S311 - chance, no secret
                _write_until_killed(work, name, chance, saying)
            finally:
                os._exit(1)
        os.close(saying)

    def live(self, *, payments: int, then: float) -> None:
        """Let it acknowledge so many payments, and work on for so many seconds."""
        while self._heard.count(b"\n") < payments:
            heard = os.read(self._said, 4096)
            if not heard:
                return  # it ended by itself; kill() tells
            self._heard += heard
        time.sleep(then)

    def kill(self) -> tuple[set[str], bool]:
        """Kill it without warning; gives the payments it had acknowledged, and whether it was still at work."""
        os.kill(self.pid, signal.SIGKILL)
        _pid, status = os.waitpid(self.pid, 0)
        with os.fdopen(self._said, "rb") as said:
            self._heard += said.read()
        acknowledged = {line.decode("ascii") for line in self._heard.split(b"\n")[:-1]}
        return acknowledged, os.WIFSIGNALED(status)


def record(work: Work, *, key: str, amount: Decimal) -> None:
    """Record one payment, saved for good when this returns."""
    actor = Actor(work.manager_id, "crash", Department.MANAGEMENT, "test")
    payment = NewPayment(amount=amount, received_on=date(2026, 11, 22), method=PaymentMethod.CARD, idempotency_key=key)
    with work.database.writing() as session:
        record_payment(session, actor, work.contract_id, payment)


def _write_until_killed(work: Work, name: str, chance: random.Random, saying: int) -> None:
    for number in itertools.count():
        key = f"{name} {number}"
        record(work, key=key, amount=Decimal(chance.randrange(1, 1000)).scaleb(-2))
        # Only now, after the commit. Lines this short reach the pipe whole or not at all.
        os.write(saying, f"{key}\n".encode("ascii"))
