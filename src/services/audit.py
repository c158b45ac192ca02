"""Reading the audit log: all of it for management, a record's own history for everybody."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Label, Select, cast, select
from sqlalchemy.orm import Session

from src.db.types import RecordId
from src.domain.permissions import Action, Actor, require
from src.models.audit_entry import AuditEntry
from src.models.base import Record
from src.models.user import User
from src.services.audit_trail import table_of
from src.services.lists import Order, Page, order_from, read_page, select_rows
from src.services.records import get_or_raise

# The field of a record that holds the number of a member of staff.
_PEOPLE = {"clients": "sales_contact_id", "events": "support_contact_id"}
SORTS: Mapping[str, Any] = {"id": AuditEntry.id}


@dataclass(frozen=True, kw_only=True)
class AuditFilter:
    """Which entries a list shows."""

    actor_id: int | None = None
    action: str = ""
    record_type: str = ""
    record_id: int | None = None
    since: datetime | None = None
    until: datetime | None = None


def list_audit(
    session: Session, actor: Actor, filters: AuditFilter, *, sort: str = "-id", limit: int, after: str | None = None
) -> Page:
    """List one page of the audit log, newest first.

    Raises:
        Forbidden: not management; InvalidInput.
    """
    return read_page(session, select_audit(actor, filters), audit_order(sort), limit=limit, after=after)


def record_history(
    session: Session, actor: Actor, model: type[Record], record_id: int, *, limit: int, after: str | None = None
) -> Page:
    """List who changed what on one record, newest first; a deleted record keeps its history for management only.

    Raises:
        NotFound, Forbidden, InvalidInput.
    """
    require(actor, Action.AUDIT_READ_HISTORY)
    get_or_raise(session, model, record_id)
    statement = entries_about(model).where(AuditEntry.record_id == record_id)
    return read_page(session, statement, audit_order("-id"), limit=limit, after=after)


def entries_about(model: type[Record]) -> Select[Any]:
    """Select the entries about one kind of record, with the names of the people whose numbers are in them."""
    table = table_of(model)
    statement = _filtered(AuditFilter(record_type=table))
    if field := _PEOPLE.get(table):
        # Who is named comes with the entries: a card is six questions, and this is none of its own.
        statement = statement.add_columns(_username(field, 0), _username(field, 1))
    return statement


def people_named(model: type[Record], history: Page) -> dict[int, str]:
    """Name the members of staff whose numbers a record's history holds; who was deleted is missing."""
    field = _PEOPLE.get(table_of(model), "")
    named = [entry for entry in history.items if field in entry.changes]
    sides = [
        pair for entry in named for pair in zip(entry.changes[field], (entry.person_0, entry.person_1), strict=True)
    ]
    return {number: username for number, username in sides if username is not None}


def usernames(session: Session) -> dict[int, str]:
    """Name the staff, so that a history says `bill.boquet` where the log holds a number; who was deleted is missing."""
    return dict(session.execute(select(User.id, User.username)).all())


def audit_order(sort: str) -> Order:
    """Read the sort of the audit log."""
    return order_from(sort, SORTS, AuditEntry.id)


def select_audit(actor: Actor, filters: AuditFilter) -> Select[Any]:
    """Select the entries of a list, as plain rows.

    Raises:
        Forbidden: only management reads the whole log.
    """
    require(actor, Action.AUDIT_READ_ALL)
    return _filtered(filters)


def _username(field: str, side: int) -> Label[str]:
    number = cast(AuditEntry.changes[(field, side)].as_string(), RecordId)
    return select(User.username).where(User.id == number).scalar_subquery().label(f"person_{side}")


def _filtered(filters: AuditFilter) -> Select[Any]:
    statement = select_rows(
        AuditEntry.id,
        AuditEntry.created_at,
        AuditEntry.actor_id,
        AuditEntry.actor_username,
        AuditEntry.interface,
        AuditEntry.action,
        AuditEntry.record_type,
        AuditEntry.record_id,
        AuditEntry.changes,
        AuditEntry.reason,
    )
    if filters.actor_id is not None:
        statement = statement.where(AuditEntry.actor_id == filters.actor_id)
    if filters.action:
        statement = statement.where(AuditEntry.action == filters.action)
    if filters.record_type:
        statement = statement.where(AuditEntry.record_type == filters.record_type)
    if filters.record_id is not None:
        statement = statement.where(AuditEntry.record_id == filters.record_id)
    if filters.since is not None:
        statement = statement.where(AuditEntry.created_at >= filters.since)
    if filters.until is not None:
        statement = statement.where(AuditEntry.created_at < filters.until)
    return statement
