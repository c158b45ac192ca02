"""What staff do with the lines of a contract: they add up to its total, VAT included."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import func, select, type_coerce
from sqlalchemy.orm import Session, aliased, joinedload

from src.db.types import Money
from src.domain.errors import InvalidInput, NotFound, RuleBroken
from src.domain.line_amounts import MAX_UNIT_PRICE, amounts_of, parse_quantity, parse_rate
from src.domain.permissions import Action, Actor, granted
from src.domain.values import MAX_AMOUNT, MAX_ID, parse_money, parse_text
from src.i18n import N_
from src.models.base import now as current_moment
from src.models.client import Client
from src.models.contract import Contract, ContractStatus
from src.models.contract_line import ContractLine
from src.services.contracts import lock_contract, parse_reason, show_contract
from src.services.lists import select_rows
from src.services.records import authorize, check_version, get_or_raise, name_of


@dataclass(frozen=True, kw_only=True)
class LineDetails:
    """What is typed about a line; None leaves a field as it is."""

    description: str | None = None
    quantity: str | Decimal | None = None
    unit_price: str | Decimal | None = None
    vat_rate: str | Decimal | None = None

    def parsed(self) -> dict[str, Any]:
        """Read every given field.

        Raises:
            InvalidInput: naming the first field that cannot be read.
        """
        values: dict[str, Any] = {}
        if self.description is not None:
            values["description"] = parse_text(self.description, field=N_("description"))
        if self.quantity is not None:
            values["quantity"] = parse_quantity(self.quantity, field=N_("quantity"))
        if self.unit_price is not None:
            price = parse_money(self.unit_price, field=N_("unit price"), negative=True)
            if price.copy_abs() > MAX_UNIT_PRICE:
                raise InvalidInput(N_("{field}: the amount is too large."), field=N_("unit price"))
            values["unit_price"] = price
        if self.vat_rate is not None:
            values["vat_rate"] = parse_rate(self.vat_rate, field=N_("VAT rate"))
        return values


class Content(NamedTuple):
    """A contract and what it is made up of: its first lines, how many there are, and what all of them come to."""

    contract: Contract
    lines: Sequence[ContractLine]
    number: int
    net: Decimal
    vat: Decimal


def list_lines(session: Session, actor: Actor, contract_id: int) -> list[ContractLine]:
    """List what a contract is made up of, in the order in which it was written down.

    Raises:
        NotFound, Forbidden.
    """
    authorize(session, actor, Action.CONTRACT_READ)
    get_or_raise(session, Contract, contract_id)
    lines = select(ContractLine).where(ContractLine.contract_id == contract_id).order_by(ContractLine.id)
    return list(session.scalars(lines))


def show_content(session: Session, actor: Actor, contract_id: int, *, most: int) -> Content:
    """Show a contract with its first lines and what all of them add up to, in one question.

    Raises:
        NotFound, Forbidden.
    """
    authorize(session, actor, Action.CONTRACT_READ)
    lines = (
        select_rows(
            ContractLine,
            func.count().over().label("number_of_all"),
            type_coerce(func.sum(ContractLine.net).over(), Money()).label("net_of_all"),
            type_coerce(func.sum(ContractLine.vat).over(), Money()).label("vat_of_all"),
        )
        .where(ContractLine.contract_id == contract_id)
        .order_by(ContractLine.id)
        .limit(most)
        .subquery()
    )
    line = aliased(ContractLine, lines)
    found = (
        select_rows(Contract, line, lines.c.number_of_all, lines.c.net_of_all, lines.c.vat_of_all)
        .outerjoin(lines, lines.c.contract_id == Contract.id)
        .where(Contract.id == contract_id)
        .order_by(lines.c.id)
        .options(joinedload(Contract.client).joinedload(Client.sales_contact))
    )
    rows = session.execute(found).all() if 1 <= contract_id <= MAX_ID else []
    if not rows:
        raise NotFound(record=name_of(Contract), id=contract_id)
    contract, _line, number, net, vat = rows[0]
    lines_found = [row[1] for row in rows if row[1] is not None]
    return Content(contract, lines_found, number or 0, net or Decimal(0), vat or Decimal(0))


def show_line(session: Session, actor: Actor, line_id: int) -> tuple[ContractLine, Contract]:
    """Show one line with its contract.

    Raises:
        NotFound, Forbidden.
    """
    authorize(session, actor, Action.CONTRACT_READ)
    line = get_or_raise(session, ContractLine, line_id)
    return line, show_contract(session, actor, line.contract_id)


def total_without(session: Session, contract: Contract, line: ContractLine) -> Decimal:
    """Work out what the total becomes without a line: after the last one it stays as it is."""
    number, total = _others(session, contract, line.id)
    return total if number else contract.total


def add_line(
    session: Session,
    actor: Actor,
    contract_id: int,
    details: LineDetails,
    *,
    reason: str = "",
    version: int | None = None,
) -> ContractLine:
    """Put a line into a contract; the first one replaces the total that was typed.

    Raises:
        NotFound, Forbidden, InvalidInput, Conflict, RuleBroken: cancelled, or less than was paid.
    """
    contract = _open(session, actor, contract_id, reason, version)
    values = {"vat_rate": Decimal(0)} | details.parsed()
    for field, word in (
        ("description", N_("description")),
        ("quantity", N_("quantity")),
        ("unit_price", N_("unit price")),
    ):
        if field not in values:
            raise InvalidInput(N_("{field}: a value is required."), field=word)
    _check_total(session, contract, _gross_of(values), without=None)
    line = ContractLine(contract_id=contract.id, **values)
    session.add(line)
    _close(session, contract)
    return line


def change_line(
    session: Session, actor: Actor, line_id: int, details: LineDetails, *, reason: str = "", version: int | None = None
) -> ContractLine:
    """Correct a line; `version` is the contract's, which the editor read.

    Raises:
        NotFound, Forbidden, InvalidInput, Conflict, RuleBroken.
    """
    line, contract = _of_line(session, actor, line_id, reason, version)
    values = details.parsed()
    _check_total(session, contract, _gross_of(_factors_of(line) | values), without=line.id)
    for field, value in values.items():
        setattr(line, field, value)
    _close(session, contract)
    return line


def remove_line(
    session: Session, actor: Actor, line_id: int, *, reason: str = "", version: int | None = None
) -> Contract:
    """Take a line out of its contract; after the last one the total stays as it was.

    Raises:
        NotFound, Forbidden, Conflict, RuleBroken: cancelled, or the rest is less than was paid.
    """
    line, contract = _of_line(session, actor, line_id, reason, version)
    if _others(session, contract, line.id)[0]:
        _check_total(session, contract, Decimal(0), without=line.id)
    session.delete(line)
    _close(session, contract)
    return contract


def _of_line(
    session: Session, actor: Actor, line_id: int, reason: str, version: int | None
) -> tuple[ContractLine, Contract]:
    contract_id = get_or_raise(session, ContractLine, line_id).contract_id
    contract = _open(session, actor, contract_id, reason, version)
    # Once more, now that nobody else can change or remove it.
    return get_or_raise(session, ContractLine, line_id, lock=True), contract


def _open(session: Session, actor: Actor, contract_id: int, reason: str, version: int | None) -> Contract:
    contract = lock_contract(session, contract_id)
    if contract.status is ContractStatus.SIGNED and (reason or granted(actor, Action.CONTRACT_AMEND)):
        authorize(session, actor, Action.CONTRACT_AMEND, contract, reason=parse_reason(reason))
        contract.check_lines(amended=True)
    else:
        authorize(session, actor, Action.CONTRACT_UPDATE, contract)
        contract.check_lines(amended=False)
    check_version(session, contract, version, {})
    return contract


def _close(session: Session, contract: Contract) -> None:
    contract.updated_at = current_moment()
    session.flush()
    session.refresh(contract, ["total"])


def _factors_of(line: ContractLine) -> dict[str, Any]:
    return {"quantity": line.quantity, "unit_price": line.unit_price, "vat_rate": line.vat_rate}


def _gross_of(values: Mapping[str, Any]) -> Decimal:
    net, vat = amounts_of(values["quantity"], values["unit_price"], values["vat_rate"])
    if net.copy_abs() > MAX_AMOUNT:
        raise InvalidInput(N_("{field}: the amount is too large."), field=N_("unit price"))
    return net + vat


def _others(session: Session, contract: Contract, line_id: int | None) -> tuple[int, Decimal]:
    with session.no_autoflush:
        number, net, vat = session.execute(
            select(func.count(), func.sum(ContractLine.net), func.sum(ContractLine.vat)).where(
                ContractLine.contract_id == contract.id, ContractLine.id != (line_id or 0)
            )
        ).one()
    return number, (net or Decimal(0)) + (vat or Decimal(0))


def _check_total(session: Session, contract: Contract, gross: Decimal, *, without: int | None) -> None:
    total = _others(session, contract, without)[1] + gross
    if total > MAX_AMOUNT:
        raise InvalidInput(N_("{field}: the amount is too large."), field=N_("total"))
    if total < 0:
        raise RuleBroken(N_("The total of a contract must not be negative."))
    if total < contract.paid:
        raise RuleBroken(N_("The total cannot be less than what was already paid ({paid})."), paid=contract.paid)
