"""The worker: finds what is due, sends it from several threads, notes how it ended; any number of workers may run.

No transaction is open while something is sent. A receiver has at most two threads of a worker, and one that gives no
answer is left alone for a while, so that the others never wait for it.
"""

import logging
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from secrets import SystemRandom
from typing import Any

from src.db.session import Database
from src.domain.errors import CrmError
from src.presentation import log_lines
from src.schema.state import require_current
from src.security.signatures import signed_headers
from src.services import CRM, outbox
from src.worker.messages import body_of, message_id
from src.worker.sending import GONE, Outcome, post

SENDERS = 16
SENDERS_TO_ONE = 2
_SECONDS_BETWEEN_LOOKS = 1.0
# Where nobody subscribed, and where the database cannot be used now.
_SECONDS_OF_REST = 5.0
_FIRST_BREAK, _LONGEST_BREAK = 10.0, 300.0
_CLEARING = timedelta(hours=1)
_HEADERS = {"Content-Type": "application/json; charset=utf-8", "User-Agent": "EpicEventsCRM-Webhooks/1"}

write_down = partial(log_lines.write_down, logging.getLogger("epicevents.worker"))
_random = SystemRandom()


class Worker:
    """One worker; `run` returns once `stop` was called and what was being sent has ended."""

    def __init__(self, database: Database, *, allow_private: bool) -> None:
        self.database = database
        self.allow_private = allow_private
        self.delivered = self.failed = 0
        self._stopping = threading.Event()
        # Set whenever there may be something to do before the next look.
        self._news = threading.Event()
        self._lock = threading.Lock()
        self._sending: Counter[int] = Counter()
        # Until when a receiver without an answer is left alone, and how long the break was.
        self._breaks: dict[int, tuple[float, float]] = {}
        self._cleared_at: datetime | None = None

    def run(self) -> None:
        """Send what is due, and whatever will be, until somebody says stop."""
        self._work(once=False)

    def run_once(self) -> None:
        """Send what is due now, and leave; what is in a break or failed just now is for the next time."""
        self._work(once=True)

    def stop(self) -> None:
        """Begin nothing more; may be called by a signal."""
        self._stopping.set()
        self._news.set()

    def _work(self, *, once: bool) -> None:
        with ThreadPoolExecutor(SENDERS, "sends") as senders:
            trouble = ""
            while not self._stopping.is_set():
                self._news.clear()
                # Asked before the look: what was being sent then may have hidden what waits for the same receiver.
                was_sending = self._is_sending()
                try:
                    began, pause = self._send_due(senders)
                    trouble = ""
                except Exception as failure:
                    if once:
                        raise
                    # A worker that ended would be missed by nobody: it waits until this is over, and says so once.
                    if type(failure).__name__ != trouble:
                        trouble = type(failure).__name__
                        unforeseen = None if isinstance(failure, CrmError) else failure
                        write_down("worker waits", level=logging.WARNING, failure=unforeseen, reason=trouble)
                    began, pause = 0, _SECONDS_OF_REST
                if once and not began and not was_sending:
                    return
                if not began:
                    self._news.wait(pause)

    def _is_sending(self) -> bool:
        with self._lock:
            return self._sending.total() > 0

    def _send_due(self, senders: ThreadPoolExecutor) -> tuple[int, float]:
        """Begin to send what is due as far as there are threads; gives how much, and how long to wait if nothing."""
        now = datetime.now(UTC)
        with self._lock:
            free = SENDERS - self._sending.total()
            sending = Counter(self._sending)
            left_alone = {webhook for webhook, (until, _length) in self._breaks.items() if until > time.monotonic()}
        if free <= 0:
            return 0, _SECONDS_BETWEEN_LOOKS
        busy = {webhook for webhook, number in sending.items() if number >= SENDERS_TO_ONE}
        with self.database.reading() as session:
            require_current(session.connection(), CRM)
            due = outbox.due_deliveries(session, now=now, but_for=busy | left_alone, limit=SENDERS * SENDERS_TO_ONE)
            pause = _SECONDS_BETWEEN_LOOKS if due or outbox.is_anybody_subscribed(session) else _SECONDS_OF_REST
        self._clear_old(now)
        chosen: list[int] = []
        for delivery, webhook in due:
            if len(chosen) < free and sending[webhook] < SENDERS_TO_ONE:
                sending[webhook] += 1
                chosen.append(delivery)
        if not chosen:
            return 0, pause
        with self.database.writing() as session:
            parcels = outbox.claim(session, chosen, now=now)
        with self._lock:
            self._sending.update(parcel.webhook_id for parcel in parcels)
        for parcel in parcels:
            senders.submit(self._deliver, parcel)
        return len(parcels), pause

    def _clear_old(self, now: datetime) -> None:
        if self._cleared_at is None or now - self._cleared_at > _CLEARING:
            self._cleared_at = now
            with self.database.writing() as session:
                outbox.clear_old(session, now=now)

    def _deliver(self, parcel: outbox.Parcel) -> None:
        begun = time.monotonic()
        facts: dict[str, Any] = {"webhook": parcel.webhook_id, "delivery": parcel.id, "attempt": parcel.attempt}
        try:
            outcome = self._send(parcel, facts)
            facts |= {"status": outcome.status, "seconds": round(time.monotonic() - begun, 3)}
            self._note(parcel, outcome, facts)
        except Exception as failure:  # noqa: BLE001 - whatever it is, the claim runs out and the change is sent again
            write_down("delivery not noted", level=logging.ERROR, failure=failure, **facts)
        finally:
            with self._lock:
                self._sending[parcel.webhook_id] -= 1
            self._news.set()

    def _send(self, parcel: outbox.Parcel, facts: dict[str, Any]) -> Outcome:
        try:
            body = body_of(parcel)
            signed = signed_headers(parcel.secret, message_id=message_id(parcel), at=datetime.now(UTC), body=body)
            return post(parcel.url, _HEADERS | signed, body, allow_private=self.allow_private)
        except Exception as failure:  # noqa: BLE001 - it counts as an attempt: what always fails must end some day
            write_down("delivery failed unforeseen", level=logging.ERROR, failure=failure, **facts)
            return Outcome(None, outbox.UNFORESEEN)

    def _note(self, parcel: outbox.Parcel, outcome: Outcome, facts: dict[str, Any]) -> None:
        self._give_break(parcel.webhook_id, outcome)
        now = datetime.now(UTC)
        with self.database.writing() as session:
            if not outcome.error:
                outbox.note_delivered(session, parcel, status=outcome.status or 0, now=now)
            elif outcome.status == GONE:
                outbox.note_gone(session, parcel, status=GONE, error=outcome.error)
            else:
                due_at = outbox.note_failed(
                    session,
                    parcel,
                    status=outcome.status,
                    error=outcome.error,
                    jitter=_random.uniform(0.8, 1.2),
                    now=now,
                )
                facts["again_at"] = due_at and due_at.isoformat(timespec="seconds")
        with self._lock:
            self.delivered += not outcome.error
            self.failed += bool(outcome.error)
        if outcome.error:
            write_down("delivery failed", level=logging.WARNING, error=outcome.error, **facts)
        else:
            write_down("delivered", **facts)

    def _give_break(self, webhook_id: int, outcome: Outcome) -> None:
        with self._lock:
            if outcome.status is not None:
                self._breaks.pop(webhook_id, None)
                return
            until, length = self._breaks.get(webhook_id, (0.0, _FIRST_BREAK / 2))
            if until <= time.monotonic():
                length = min(2 * length, _LONGEST_BREAK)
                self._breaks[webhook_id] = time.monotonic() + length, length
