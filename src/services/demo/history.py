"""Who did what at the demo company: the audit entries that its records would have left, where it is of modest size."""

import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from src.domain.permissions import Action
from src.models.client import Client
from src.models.contract import Contract, Payment
from src.models.contract_line import ContractLine
from src.models.event import Event
from src.models.user import User
from src.services.demo.rows import AuditRow, Batch, ClientRow, ContractRow, EventRow, LineRow, PaymentRow, Row, UserRow
from src.services.demo.staff import Member, Staff
from src.services.demo.timeline import aware

INTERFACE = "demo"
DECLINED = "Le client a choisi un autre prestataire."

_CENTS = {"total", "paid", "amount", "unit_price"}
_QUANTITIES = {"quantity": 3, "vat_rate": 2}
_MOMENTS = {"last_contact_at", "signed_at", "event_start", "event_end"}
_IGNORED: Mapping[type[Row], frozenset[str]] = {
    UserRow: User.audit_ignored,
    ClientRow: Client.audit_ignored,
    ContractRow: Contract.audit_ignored,
    LineRow: ContractLine.audit_ignored,
    PaymentRow: Payment.audit_ignored,
    EventRow: Event.audit_ignored,
}


class _Change(NamedTuple):
    """What one entry says was done to a record, at which moment and by whom."""

    at: str
    by: Member | None
    action: Action
    version: int
    changes: dict[str, list[Any]]
    reason: str = ""


def of_staff(staff: Staff) -> list[AuditRow]:
    """Tell who opened the accounts: the first manager, whose own account nobody opened."""
    founder = staff.managers[0]
    return [
        _entry("users", row.id, _created(row, None if row.id == founder.id else founder, Action.USER_CREATE))
        for row in staff.rows
    ]


def of_batch(batch: Batch, staff: Staff) -> list[AuditRow]:
    """Tell what was done with some clients and all that belongs to them."""
    sellers = {member.id: member for member in staff.sales}
    seller_of_client = {row.id: sellers[row.sales_contact_id] for row in batch.clients}
    seller_of_contract = {row.id: seller_of_client[row.client_id] for row in batch.contracts}
    payments: dict[int, list[PaymentRow]] = {}
    for payment in batch.payments:
        payments.setdefault(payment.contract_id, []).append(payment)
    lines: dict[int, list[LineRow]] = {}
    for line in batch.lines:
        lines.setdefault(line.contract_id, []).append(line)
    entries = []
    for client in batch.clients:
        entries += [_entry("clients", client.id, change) for change in _client(client, seller_of_client[client.id])]
    for contract in batch.contracts:
        seller, manager = seller_of_contract[contract.id], staff.managers[contract.id % len(staff.managers)]
        changes = [
            *_terms(contract, lines.get(contract.id, []), seller, manager),
            *_money(contract, len(lines.get(contract.id, [])), payments.get(contract.id, []), seller, manager),
        ]
        entries += [_entry("contracts", contract.id, change) for change in changes]
    for event in batch.events:
        seller, manager = seller_of_contract[event.contract_id], staff.managers[event.id % len(staff.managers)]
        entries += [_entry("events", event.id, change) for change in _event(event, seller, manager)]
    return entries


def _client(row: ClientRow, seller: Member) -> Iterator[_Change]:
    yield _created(row._replace(last_contact_at=row.created_at), seller, Action.CLIENT_CREATE)
    if row.version > 1:
        contacted = {"last_contact_at": [aware(row.created_at), aware(row.last_contact_at)]}
        yield _Change(row.updated_at, seller, Action.CLIENT_LOG_CONTACT, 2, contacted)


def _terms(row: ContractRow, lines: list[LineRow], seller: Member, manager: Member) -> Iterator[_Change]:
    yield _created(row._replace(status="draft", signed_at=None), manager, Action.CONTRACT_CREATE)
    version, total, added = 1, row.total, 0  # the first line replaces the total
    for line in lines:
        version += 1
        added += line.net + line.vat
        changed: dict[str, list[Any]] = {"total": [_amount(total), _amount(added)]} if added != total else {}
        total = added
        changes = {"line": [None, line.id], **changed, **_filled(line)}
        yield _Change(line.created_at, seller, Action.CONTRACT_UPDATE, version, changes)
    if row.version > version:
        yield _Change(row.created_at, seller, Action.CONTRACT_SEND, version + 1, {"status": ["draft", "sent"]})
    if row.signed_at is not None:
        signed: dict[str, list[Any]] = {"status": ["sent", "signed"], "signed_at": [None, aware(row.signed_at)]}
        yield _Change(row.signed_at, seller, Action.CONTRACT_SIGN, version + 2, signed)
    elif row.version > version + 1:
        yield _Change(
            row.updated_at, manager, Action.CONTRACT_CANCEL, version + 2, {"status": ["sent", "cancelled"]}, DECLINED
        )


def _money(
    row: ContractRow, lines: int, payments: list[PaymentRow], seller: Member, manager: Member
) -> Iterator[_Change]:
    paid, version = 0, 3 + lines
    for payment in payments:
        version += 1
        before, paid = paid, paid + payment.amount
        changes = {"paid": [_amount(before), _amount(paid)], **_filled(payment)}
        if payment.amount > 0:
            yield _Change(payment.created_at, seller, Action.CONTRACT_RECORD_PAYMENT, version, changes)
        else:
            yield _Change(payment.created_at, manager, Action.CONTRACT_REFUND, version, changes, payment.reason)
    if row.signed_at is not None and row.version > version:
        called_off = {"status": ["signed", "cancelled"]}
        yield _Change(row.updated_at, manager, Action.CONTRACT_CANCEL, row.version, called_off, DECLINED)


def _event(row: EventRow, seller: Member, manager: Member) -> Iterator[_Change]:
    yield _created(row._replace(support_contact_id=None), seller, Action.EVENT_CREATE)
    if row.support_contact_id is not None:
        assigned = {"support_contact_id": [None, row.support_contact_id]}
        yield _Change(row.updated_at, manager, Action.EVENT_ASSIGN_SUPPORT, 2, assigned)


def _created(row: UserRow | ClientRow | ContractRow | EventRow, by: Member | None, action: Action) -> _Change:
    return _Change(row.created_at, by, action, 1, _filled(row))


def _filled(row: Row) -> dict[str, list[Any]]:
    """Give what a new record was filled in with, as the audit log writes it (services.audit_trail)."""
    fields = row._asdict().items()
    return {
        field: [None, _plain(field, value)]
        for field, value in fields
        if field not in _IGNORED[type(row)] and value not in (None, "")
    }


def _plain(field: str, value: Any) -> Any:
    if field in _CENTS:
        return _amount(value)
    if field in _QUANTITIES:
        return str(Decimal(value).scaleb(-_QUANTITIES[field]))
    return aware(value) if field in _MOMENTS else value


def _amount(cents: int) -> str:
    return str(Decimal(cents).scaleb(-2))


def _entry(table: str, record_id: int, change: _Change) -> AuditRow:
    return AuditRow(
        actor_id=change.by.id if change.by else None,
        actor_username=change.by.username if change.by else "",
        interface=INTERFACE,
        action=change.action.value,
        record_type=table,
        record_id=record_id,
        record_version=change.version,
        changes=json.dumps(change.changes),
        reason=change.reason,
        created_at=change.at,
        updated_at=change.at,
        version=1,
    )
