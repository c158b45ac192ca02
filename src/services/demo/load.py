"""Filling an empty database with the demo company: all of it or nothing, and never beside a real company's records."""

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from random import Random

from sqlalchemy import func, select, true
from sqlalchemy.orm import Session

from src.domain.errors import RuleBroken
from src.domain.permissions import Department
from src.i18n import N_
from src.models.audit_entry import AuditEntry
from src.models.client import Client
from src.models.contract import Contract
from src.models.event import Event
from src.models.user import User
from src.services.demo import bulk, history, samples
from src.services.demo.company import Company
from src.services.demo.deals import Deals, Numbers
from src.services.demo.rows import AuditRow, Batch, UserRow
from src.services.demo.staff import Staff, hire
from src.services.demo.timeline import Timeline, stored

CLIENTS = 60
SEED = 1
LOADED = "demo.load"

# Up to this size each record has the history that work would have left; beyond it one entry tells of the loading.
_WITH_HISTORY = 1_000
_BATCH = 4_096


@dataclass(frozen=True)
class Loaded:
    """How much was loaded."""

    staff: int
    clients: int
    contracts: int
    lines: int
    payments: int
    events: int


def load_demo_company(
    session: Session,
    *,
    clients: int = CLIENTS,
    seed: int = SEED,
    now: datetime,
    progress: Callable[[int], object] = lambda _clients: None,
) -> Loaded:
    """Fill an empty database with a company of so many clients; nobody can log in to it yet (see `people`).

    `now` is the moment around which its past and future lie; `progress` is told how many clients are stored.

    Raises:
        RuleBroken: the database holds records already; AlreadyExists: its only manager has the name of a demo person.
    """
    connection = session.connection()
    last_ids = bulk.take_over(connection, many=clients > _WITH_HISTORY)
    refuse_unless_empty(session)
    rng, timeline = Random(seed), Timeline(now)  # noqa: S311 - the same company each time is what is wanted
    staff = hire(clients=clients, first_id=last_ids["users"] + 1, timeline=timeline, rng=rng)
    bulk.store(connection, "users", UserRow, staff.rows)

    numbers = Numbers(last_ids["contracts"], last_ids["contract_lines"], last_ids["payments"], last_ids["events"])
    first_id = last_ids["clients"] + 1
    log = [] if clients > _WITH_HISTORY else history.of_staff(staff)
    stored_clients = 0
    for batch in _batches(clients, first_id, rng=rng, timeline=timeline, staff=staff, numbers=numbers):
        for table, kind, rows in batch.tables():
            bulk.store(connection, table, kind, rows)
        bulk.call_off(connection, batch.called_off)
        if clients <= _WITH_HISTORY:
            log += history.of_batch(batch, staff)
        stored_clients += len(batch.clients)
        progress(stored_clients)

    loaded = Loaded(
        staff=len(staff.rows),
        clients=stored_clients,
        contracts=numbers.contracts - last_ids["contracts"],
        lines=numbers.lines - last_ids["contract_lines"],
        payments=numbers.payments - last_ids["payments"],
        events=numbers.events - last_ids["events"],
    )
    log.sort(key=lambda entry: entry.created_at)
    bulk.store(connection, "audit_entries", AuditRow, [*log, _entry_of(loaded, seed, stored(now))])
    bulk.give_back(
        connection,
        {
            "users": staff.rows[-1].id,
            "clients": first_id + stored_clients - 1,
            "contracts": numbers.contracts,
            "contract_lines": numbers.lines,
            "payments": numbers.payments,
            "events": numbers.events,
        },
    )
    return loaded


def holds_demo_company(session: Session) -> bool:
    """Tell whether this database was filled with the demo company."""
    return session.scalar(select(AuditEntry.id).where(AuditEntry.action == LOADED).limit(1)) is not None


def refuse_unless_empty(session: Session) -> None:
    """Refuse to load the demo company where there is anything but, at most, the first manager that `init` creates.

    Raises:
        RuleBroken: the demo company is here already, or a real one.
    """
    if holds_demo_company(session):
        raise RuleBroken(N_("The demo company is in this database already."))
    is_founder = (User.department == Department.MANAGEMENT) & (User.is_active == true())
    accounts, founders = session.execute(select(func.count(), func.count().filter(is_founder)).select_from(User)).one()
    records = any(session.scalar(select(model.id).limit(1)) is not None for model in (Client, Contract, Event))
    if records or accounts > 1 or accounts != founders:
        raise RuleBroken(
            N_(
                "This database holds a company's own records, which the demo company must not mix with. Name another"
                " database in DATABASE_URL."
            )
        )


def _batches(
    clients: int, first_id: int, *, rng: Random, timeline: Timeline, staff: Staff, numbers: Numbers
) -> Iterator[Batch]:
    yield samples.sample_records(first_id=first_id, staff=staff, numbers=numbers)
    deals = Deals(
        timeline=timeline,
        staff=staff,
        numbers=numbers,
        first_block=rng.randrange(1 << 32),
        kate_is_busy=frozenset(timeline.number_of(day) for day in samples.KATES_DAYS),
    )
    company = Company(
        clients=clients - samples.CLIENTS,
        first_id=first_id + samples.CLIENTS,
        rng=rng,
        timeline=timeline,
        staff=staff,
        deals=deals,
    )
    yield from company.batches(_BATCH)


def _entry_of(loaded: Loaded, seed: int, at: str) -> AuditRow:
    changes = {**asdict(loaded), "seed": seed}
    return AuditRow(
        actor_id=None,
        actor_username="",
        interface="cli",
        action=LOADED,
        record_type="",
        record_id=None,
        record_version=None,
        changes=json.dumps({name: [None, number] for name, number in changes.items()}),
        reason="",
        created_at=at,
        updated_at=at,
        version=1,
    )
