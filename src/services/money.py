"""How the money stands: what waits for a signature, what is due and since when, what came in each month."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import cache
from itertools import pairwise
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import Select, bindparam, case, func, select, text, type_coerce
from sqlalchemy.orm import Session

from src.db.session import ask
from src.db.types import Money
from src.domain.permissions import Action, Actor, require
from src.models.contract import Contract, ContractStatus, Payment
from src.services.contracts import QUALIFIED_SIGNED, QUALIFIED_UNPAID, ContractFilter, contract_order, select_contracts
from src.services.lists import Page, read_page, select_rows

# The days since a contract was signed at which the money still due on it has waited longer.
AGES = (30, 60, 90)
MONTHS = 12
_UNSIGNED = len(AGES) + 1
_NOTHING = Decimal("0.00")
# Said like this SQLite reads the table from end to end, which takes two thirds of the time of the status' index.
_UNSIGNED_STATUSES = (ContractStatus.DRAFT, ContractStatus.SENT)


class Sum(NamedTuple):
    """So many contracts, and the money in question."""

    number: int
    amount: Decimal


class Waiting(NamedTuple):
    """What waits: offers that nobody has signed yet, and what is due on signed contracts by how long it has been."""

    unsigned: Sum
    due_by_age: Sequence[Sum]

    @property
    def due(self) -> Sum:
        """All that is still due."""
        return Sum(sum(age.number for age in self.due_by_age), sum((age.amount for age in self.due_by_age), _NOTHING))


class Month(NamedTuple):
    """One month: what was signed in it (of what still stands) and what was received, less what was given back."""

    first_day: date
    signed: Decimal
    received: Decimal


def money_waiting(session: Session, actor: Actor, *, mine: bool, now: datetime, zone: ZoneInfo) -> Waiting:
    """Add up, in one question, what waits to be signed and to be paid; `mine` of the actor's own clients only.

    The age of what is due counts the days of the calendar since the contract was signed: 0-30, 31-60, 61-90, more.

    Raises:
        Forbidden.
    """
    require(actor, Action.CONTRACT_READ)
    today = now.astimezone(zone).date()
    is_unsigned = Contract.status.in_(_UNSIGNED_STATUSES)
    kind = case(
        (is_unsigned, _UNSIGNED),
        *((Contract.signed_at >= _midnight(today - timedelta(days=days), zone), age) for age, days in enumerate(AGES)),
        else_=len(AGES),
    )
    rows = select(kind.label("kind"), case((is_unsigned, Contract.total), else_=Contract.due).label("amount"))
    rows = rows.where(is_unsigned | text(f"({QUALIFIED_UNPAID})"))
    if mine:
        rows = rows.where(Contract.is_owned_by(actor.user_id))
    of = rows.subquery()
    added = select(of.c.kind, func.count(), type_coerce(func.sum(of.c.amount), Money())).group_by(of.c.kind)
    sums = {found: Sum(number, amount) for found, number, amount in session.execute(added)}
    nothing = Sum(0, _NOTHING)
    return Waiting(sums.get(_UNSIGNED, nothing), [sums.get(age, nothing) for age in range(len(AGES) + 1)])


def contracts_with_money(session: Session, actor: Actor, client_id: int, *, limit: int) -> tuple[Page, Waiting]:
    """List a client's latest contracts, and add up, in the same question, what waits on all of them.

    Raises:
        Forbidden.
    """
    is_unsigned, is_due = Contract.status.in_(_UNSIGNED_STATUSES), text(QUALIFIED_UNPAID)
    statement = select_contracts(actor, ContractFilter(client_id=client_id)).add_columns(
        *(
            column
            for name, condition, amount in (("unsigned", is_unsigned, Contract.total), ("unpaid", is_due, Contract.due))
            for column in (
                func.count(case((condition, 1))).over().label(f"number_{name}"),
                type_coerce(func.sum(case((condition, amount), else_=0)).over(), Money()).label(f"sum_{name}"),
            )
        )
    )
    page = read_page(session, statement, contract_order("-id"), limit=limit, after=None)
    if not page.items:
        return page, Waiting(Sum(0, _NOTHING), [])
    first = page.items[0]
    return page, Waiting(Sum(first.number_unsigned, first.sum_unsigned), [Sum(first.number_unpaid, first.sum_unpaid)])


def money_by_month(session: Session, actor: Actor, *, now: datetime, zone: ZoneInfo) -> list[Month]:
    """Add up what was signed and what was received in this month and the eleven before it, in one question.

    A month begins at midnight here. Of a cancelled contract nothing counts as signed; payments count on the day on
    which they were received, refunds against them.

    Raises:
        Forbidden.
    """
    require(actor, Action.CONTRACT_READ)
    firsts = _first_days(now.astimezone(zone).date())
    facts: dict[str, Any] = {f"first_{month}": first for month, first in enumerate(firsts)}
    facts |= {f"midnight_{month}": _midnight(first, zone) for month, first in enumerate(firsts)}
    sums = ask(session, _by_month(), facts).one()
    return [
        Month(first, signed or _NOTHING, received or _NOTHING)
        for first, signed, received in zip(firsts[:MONTHS], sums[:MONTHS], sums[MONTHS:], strict=True)
    ]


@cache
def _by_month() -> Select[Any]:
    # Each sum is a range of an index that holds the amounts: grouped by month instead, every row is looked up and
    # sorted (2.3 s in a company of a million clients).
    return select_rows(
        *_of_each_month("midnight", Contract.signed_at, func.sum(Contract.total), text(QUALIFIED_SIGNED)),
        *_of_each_month("first", Payment.received_on, func.sum(Payment.amount)),
    )


def _of_each_month(edge: str, moment: Any, added: Any, *conditions: Any) -> Iterator[Any]:
    edges = [bindparam(f"{edge}_{number}", type_=moment.type) for number in range(MONTHS + 1)]
    for begin, end in pairwise(edges):
        month = select(added).where(*conditions, moment >= begin, moment < end)
        yield type_coerce(month.scalar_subquery(), Money())


def _first_days(today: date) -> list[date]:
    """Give the first days of the months, and of the one that follows: where the last of them ends."""
    following = today.year * 12 + today.month
    return [date(month // 12, month % 12 + 1, 1) for month in range(following - MONTHS, following + 1)]


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)
