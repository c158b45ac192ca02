"""The audit log: who did what to which record, when, from where; before and after.

Nothing has to remember to write it. `authorize` signs the transaction with actor and action, and every record flushed
in it leaves its entry in the same transaction. A change in an unsigned transaction is a programming error and is
refused, so no use case can forget the rulebook either.

Records are told apart by their tables, and the log's own is loaded when something is written: reading a list is no
change, and must not pay for the tables that changes need (decision 57).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import event, insert, inspect, literal, select
from sqlalchemy.orm import Session, UOWTransaction

from src.db.many import insert_rows
from src.domain.permissions import Action, Actor
from src.models.base import Record

_SIGNATURE = "signature"
AUDITED = frozenset({"users", "clients", "contracts", "contract_lines", "payments", "events", "webhooks"})
# What is part of its contract's history.
_PARTS = frozenset({"contract_lines", "payments"})


@dataclass(frozen=True)
class Signature:
    """Who is acting in a transaction, and as what."""

    actor_id: int | None
    username: str
    interface: str
    action: str
    reason: str = ""


def sign(session: Session, actor: Actor, action: Action, *, reason: str = "") -> None:
    """Answer for the changes that follow in this transaction."""
    session.info[_SIGNATURE] = Signature(actor.user_id, actor.username, actor.interface, action, reason)


def sign_as_system(session: Session, action: str, *, interface: str = "system") -> None:
    """Answer as the program itself: for the first manager, who cannot be created by anybody."""
    session.info[_SIGNATURE] = Signature(None, "", interface, action)


def table_of(model: type[Record]) -> str:
    """Name the table of a kind of record, which is how the log names records."""
    return model.audit_name or str(model.__tablename__)  # type: ignore[attr-defined]  # every Record is mapped to a table


def note(session: Session, *, record_type: str = "", record_id: int | None = None, **changes: Any) -> None:
    """Write an entry for something done that changes no record by itself, such as an export."""
    _write(
        session,
        [
            _entry(
                session, record_type, record_id, None, {field: [None, plain(value)] for field, value in changes.items()}
            )
        ],
    )


def note_created(
    session: Session,
    model: type[Record],
    ids: Sequence[int],
    records: Sequence[Mapping[str, Any]],
    *,
    same: Mapping[str, Any],
) -> None:
    """Write the entries of many records that were made at once, each as if it had been made alone.

    `same` is what all of them have in common.
    """
    from src.models.audit_entry import AuditEntry  # noqa: PLC0415 - only what writes needs the log's own table

    entry = _entry(session, table_of(model), None, 1, {})
    in_common = _created(same)
    each = {"record_id": ids, "changes": [_created(record) | in_common for record in records]}
    insert_rows(
        session.connection(),
        AuditEntry.__table__,  # type: ignore[arg-type]  # it is a Table
        same={name: value for name, value in entry.items() if name not in each},
        each=each,
    )


def _created(record: Mapping[str, Any]) -> dict[str, list[Any]]:
    return {field: [None, plain(value)] for field, value in record.items() if value not in (None, "")}


def note_for_all(session: Session, model: type[Record], condition: Any, changes: dict[str, list[Any]]) -> None:
    """Write an entry for each record that one statement is about to change, however many there are."""
    from src.models.audit_entry import AuditEntry  # noqa: PLC0415 - only what writes needs the log's own table

    entry = _entry(session, table_of(model), None, None, changes)
    columns = AuditEntry.__table__.c
    values: dict[str, Any] = {name: literal(value, columns[name].type) for name, value in entry.items()}
    values |= {"record_id": model.id, "record_version": model.version + 1}
    session.execute(insert(AuditEntry).from_select(list(values), select(*values.values()).where(condition)))


def plain(value: Any) -> Any:
    """Give a value as JSON keeps it: money as exact text, times in UTC, whatever zone they were told in."""
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    return value


def _signature(session: Session) -> Signature:
    signature = session.info.get(_SIGNATURE)
    if not isinstance(signature, Signature):
        raise RuntimeError("a record was changed in a transaction that nobody authorised")
    return signature


def _entry(
    session: Session, record_type: str, record_id: int | None, record_version: int | None, changes: dict[str, Any]
) -> dict[str, Any]:
    signature = _signature(session)
    return {
        "actor_id": signature.actor_id,
        "actor_username": signature.username,
        "interface": signature.interface,
        "action": signature.action,
        "reason": signature.reason,
        "record_type": record_type,
        "record_id": record_id,
        "record_version": record_version,
        "changes": changes,
    }


def _write(session: Session, entries: list[dict[str, Any]]) -> None:
    if entries:
        from src.models.audit_entry import AuditEntry  # noqa: PLC0415 - only what writes needs the log's own table

        session.connection().execute(insert(AuditEntry.__table__), entries)  # type: ignore[arg-type]  # it is a Table


@event.listens_for(Session, "before_flush")
def _derive_keys(session: Session, _context: UOWTransaction, _instances: object) -> None:
    for record in (*session.new, *session.dirty):
        derive = getattr(record, "derive_keys", None)
        if derive is not None:
            derive()


@event.listens_for(Session, "after_flush")
def _log_changes(session: Session, _context: UOWTransaction) -> None:
    entries = []
    for record in (*session.new, *session.dirty, *session.deleted):
        if table_of(type(record)) in AUDITED and (changes := dict(_changes(session, record))):
            owner = _contract_of(session, record) if table_of(type(record)) in _PARTS else record
            if owner is not None:
                entries.append(_entry(session, table_of(type(owner)), owner.id, owner.version, changes))
    _write(session, entries)


def _changes(session: Session, record: Record) -> Iterator[tuple[str, list[Any]]]:
    created, deleted = record in session.new, record in session.deleted
    yield from _changes_of_contract(session, record)
    for attribute in inspect(record).mapper.column_attrs:
        field = attribute.key
        if field in record.audit_ignored:
            continue
        value = getattr(record, field)
        if created:
            before, after = None, value
        elif deleted:
            before, after = value, None
        else:
            history = inspect(record).attrs[field].history
            if not history.has_changes():
                continue
            before, after = (history.deleted[0] if history.deleted else None), value
        if (before is None and after in (None, "")) or (created and before == after):
            continue
        if plain(before) == plain(after):
            continue
        if field in record.audit_secrets:
            # That it changed is history; what it was is nobody's business.
            before, after = ("•••" if before else None), ("•••" if after else None)
        yield field, [plain(before), plain(after)]


def _changes_of_contract(session: Session, record: Any) -> Iterator[tuple[str, list[Any]]]:
    """Tell what a payment or a line changes of its contract; the database has added up again by now."""
    contract = _contract_of(session, record) if table_of(type(record)) in _PARTS else None
    if contract is None:
        return
    if table_of(type(record)) == "payments":
        yield "paid", [plain(contract.paid), plain(contract.paid + record.amount)]
    else:
        yield "line", [None, record.id]
        total = session.scalar(select(type(contract).total).where(type(contract).id == contract.id))
        if total != contract.total:
            yield "total", [plain(contract.total), plain(total)]


def _contract_of(session: Session, part: Any) -> Any:
    from src.models.contract import Contract  # noqa: PLC0415 - a list of clients needs no table of contracts

    return session.get(Contract, part.contract_id)
