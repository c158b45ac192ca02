"""What staff do with contracts: draw up, send, sign, cancel, amend, list; the money is in payments.py."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Select, case, func, select, text
from sqlalchemy.orm import Session, joinedload

from src.domain.errors import RuleBroken
from src.domain.permissions import Action, Actor, require
from src.domain.values import parse_money, parse_text
from src.i18n import N_
from src.models.base import now as current_moment
from src.models.client import Client
from src.models.contract import IS_SIGNED, IS_UNPAID, IS_UNSIGNED, Contract, ContractStatus
from src.models.user import User, full_name_of
from src.services import clients
from src.services.lists import Order, Page, order_from, read_page, select_rows
from src.services.records import authorize, check_version, get_or_raise
from src.services.search import Words, holds, in_all, may_hold, starting_with, words_of


@dataclass(frozen=True, kw_only=True)
class ContractFilter:
    """Which contracts a list shows."""

    mine: bool = False
    client_id: int | None = None
    status: ContractStatus | None = None
    unsigned: bool = False
    unpaid: bool = False
    search: str = ""


class ContractTotals(NamedTuple):
    """What a list of contracts adds up to."""

    number: int
    total: Decimal
    paid: Decimal
    due: Decimal


QUALIFIED_UNPAID = IS_UNPAID.replace("status", "contracts.status").replace("paid", "contracts.paid")
QUALIFIED_UNSIGNED, QUALIFIED_SIGNED = f"contracts.{IS_UNSIGNED}", f"contracts.{IS_SIGNED}"
SORTS: Mapping[str, Any] = {
    "id": Contract.id,
    "title": Contract.title_key,
    "total": Contract.total,
    "created": Contract.created_at,
}


def create_contract(session: Session, actor: Actor, *, client_id: int, title: str, total: str | Decimal) -> Contract:
    """Draw up a contract for a client; it starts as a draft.

    Raises:
        Forbidden, NotFound, InvalidInput.
    """
    authorize(session, actor, Action.CONTRACT_CREATE)
    get_or_raise(session, Client, client_id)
    contract = Contract(
        client_id=client_id, title=_title(title), total=parse_money(total, field=N_("total")), paid=Decimal("0.00")
    )
    session.add(contract)
    session.flush()
    return contract


def update_contract(
    session: Session,
    actor: Actor,
    contract_id: int,
    *,
    title: str | None = None,
    total: str | Decimal | None = None,
    version: int | None = None,
) -> Contract:
    """Change what an unsigned contract offers.

    Raises:
        Forbidden, NotFound, InvalidInput, Conflict, RuleBroken: it is signed or cancelled.
    """
    contract = lock_contract(session, contract_id)
    authorize(session, actor, Action.CONTRACT_UPDATE, contract)
    contract.change(**_terms(session, contract, title, total, version))
    session.flush()
    return contract


def amend_contract(
    session: Session,
    actor: Actor,
    contract_id: int,
    *,
    reason: str,
    title: str | None = None,
    total: str | Decimal | None = None,
    version: int | None = None,
) -> Contract:
    """Change what was signed, by agreement with the client; the reason goes into the audit log.

    Raises:
        Forbidden, NotFound, InvalidInput, Conflict, RuleBroken: it is not signed, or less than was paid.
    """
    contract = lock_contract(session, contract_id)
    authorize(session, actor, Action.CONTRACT_AMEND, contract, reason=parse_reason(reason))
    contract.amend(**_terms(session, contract, title, total, version))
    session.flush()
    return contract


def send_contract(session: Session, actor: Actor, contract_id: int) -> Contract:
    """Note that the contract went out to the client.

    Raises:
        Forbidden, NotFound, RuleBroken.
    """
    contract = lock_contract(session, contract_id)
    authorize(session, actor, Action.CONTRACT_SEND, contract)
    contract.send()
    session.flush()
    return contract


def sign_contract(session: Session, actor: Actor, contract_id: int, *, at: datetime) -> Contract:
    """Note that the client has signed.

    Raises:
        Forbidden, NotFound, RuleBroken: already signed or cancelled, or a signing date in the future.
    """
    contract = lock_contract(session, contract_id)
    authorize(session, actor, Action.CONTRACT_SIGN, contract)
    if at > current_moment():
        raise RuleBroken(N_("A contract cannot be signed in the future."))
    contract.sign(at)
    session.flush()
    return contract


def cancel_contract(session: Session, actor: Actor, contract_id: int, *, reason: str) -> Contract:
    """Call the deal off; the reason goes into the audit log.

    Raises:
        Forbidden, NotFound, InvalidInput, RuleBroken: already cancelled.
    """
    contract = lock_contract(session, contract_id)
    authorize(session, actor, Action.CONTRACT_CANCEL, contract, reason=parse_reason(reason))
    contract.cancel()
    session.flush()
    return contract


def show_contract(session: Session, actor: Actor, contract_id: int) -> Contract:
    """Show one contract with its client and sales contact.

    Raises:
        Forbidden, NotFound.
    """
    authorize(session, actor, Action.CONTRACT_READ)
    return get_or_raise(session, Contract, contract_id, joinedload(Contract.client).joinedload(Client.sales_contact))


def list_contracts(
    session: Session, actor: Actor, filters: ContractFilter, *, sort: str = "-id", limit: int, after: str | None = None
) -> Page:
    """List one page of contracts.

    Raises:
        InvalidInput: unknown sort, limit or cursor.
    """
    return read_page(session, select_contracts(actor, filters), contract_order(sort), limit=limit, after=after)


def contract_totals(session: Session, actor: Actor, filters: ContractFilter) -> ContractTotals:
    """Add up all contracts of a list, whatever page is shown; nothing is due any more on a cancelled one."""
    require(actor, Action.CONTRACT_READ)
    statement = _filtered(
        select_rows(
            func.count(Contract.id),
            func.coalesce(func.sum(Contract.total), 0),
            func.coalesce(func.sum(Contract.paid), 0),
            func.coalesce(func.sum(case((Contract.status != ContractStatus.CANCELLED, Contract.due))), 0),
        ),
        actor,
        filters,
    )
    number, total, paid, due = session.execute(statement).one()
    return ContractTotals(number, total, paid, due)


def lock_contract(session: Session, contract_id: int) -> Contract:
    """Fetch a contract in order to change it: nobody else does meanwhile.

    Raises:
        NotFound.
    """
    return get_or_raise(session, Contract, contract_id, joinedload(Contract.client, innerjoin=True), lock=True)


def parse_reason(reason: str) -> str:
    """Read why something is done to a contract; it stays in its history.

    Raises:
        InvalidInput: none was given.
    """
    return parse_text(reason, field=N_("reason"), longest=500)


def contract_order(sort: str) -> Order:
    """Read the sort of a list of contracts."""
    return order_from(sort, SORTS, Contract.id)


def select_contracts(actor: Actor, filters: ContractFilter) -> Select[Any]:
    """Select the contracts of a list, as plain rows."""
    require(actor, Action.CONTRACT_READ)
    return _filtered(_rows(), actor, filters)


@cache
def _rows() -> Select[Any]:
    return (
        select_rows(
            Contract.id,
            Contract.title,
            Contract.client_id,
            Client.first_name.label("client_first_name"),
            Client.last_name.label("client_last_name"),
            Client.company_name.label("company_name"),
            User.username.label("sales_contact"),
            full_name_of(User).label("sales_contact_name"),
            Contract.status,
            Contract.total,
            Contract.paid,
            Contract.due.label("due"),
            Contract.signed_at,
            Contract.created_at,
        )
        .join(Client, Contract.client_id == Client.id)
        .join(User, Client.sales_contact_id == User.id)
    )


def _found(words: Words) -> list[Any]:
    """Give the conditions of the contracts that, with their clients, hold every word."""
    candidates = [
        [
            select(Contract.id).where(may_hold([word], Contract.title_key)),
            _of(clients.may_be_found([word])),
        ]
        for word in words.sought
    ] or [
        [
            *starting_with(words.every[0], (Contract.id, Contract.title_key)),
            *(_of(found) for found in clients.beginning_with(words.every[0])),
        ]
    ]
    of_client = select(clients.TEXT).where(Client.id == Contract.client_id).correlate(Contract).scalar_subquery()
    return [
        in_all(Contract.id, candidates),
        *holds(words, Contract.title_key + " " + of_client),
    ]


def _of(clients_found: Select[Any]) -> Select[Any]:
    return select(Contract.id).where(Contract.client_id.in_(clients_found))


def _filtered(statement: Select[Any], actor: Actor, filters: ContractFilter) -> Select[Any]:
    if filters.mine:
        statement = statement.where(Contract.is_owned_by(actor.user_id))
    if filters.client_id is not None:
        statement = statement.where(Contract.client_id == filters.client_id)
    if filters.status is not None:
        statement = statement.where(Contract.status == filters.status)
    if filters.unsigned:
        statement = statement.where(text(QUALIFIED_UNSIGNED))
    if filters.unpaid:
        statement = statement.where(text(QUALIFIED_UNPAID))
    if words := words_of(filters.search):
        statement = statement.where(*_found(words))
    return statement


def _title(title: str) -> str:
    return parse_text(title, field=N_("title"))


def _terms(
    session: Session, contract: Contract, title: str | None, total: str | Decimal | None, version: int | None
) -> dict[str, Any]:
    terms: dict[str, Any] = {}
    if title is not None:
        terms["title"] = _title(title)
    if total is not None:
        terms["total"] = parse_money(total, field=N_("total"))
    check_version(session, contract, version, terms)
    return terms
