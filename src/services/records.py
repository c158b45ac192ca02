"""What every use case does with a record: fetch it or say it is missing, ask the rulebook, compare versions."""

from collections.abc import Mapping
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlalchemy.sql.base import ExecutableOption

from src.domain.errors import Conflict, FieldChange, Marked, NotFound
from src.domain.permissions import Action, Actor, Owned, require
from src.domain.values import MAX_ID
from src.i18n import N_
from src.models.base import Record
from src.services import audit_trail

RECORD_NAMES: Mapping[str, str] = {
    "users": N_("member of staff"),
    "clients": N_("client"),
    "contracts": N_("contract"),
    "contract_lines": N_("line"),
    "payments": N_("payment"),
    "events": N_("event"),
    "sessions": N_("session"),
    "saved_views": N_("saved view"),
    "api_tokens": N_("token"),
    "calendar_feeds": N_("calendar feed"),
    "webhooks": N_("webhook"),
    "webhook_deliveries": N_("delivery"),
}

HIDDEN = "•••"

Model = TypeVar("Model", bound=Record)


def name_of(model: type[Record]) -> Marked:
    """Give the word people use for a kind of record."""
    return Marked(RECORD_NAMES[audit_trail.table_of(model)])


def get_or_raise(
    session: Session, model: type[Model], record_id: int, *options: ExecutableOption, lock: bool = False
) -> Model:
    """Fetch one record; with `lock`, nobody else can change it until this transaction ends.

    Raises:
        NotFound: there is none with this number.
    """
    if not 1 <= record_id <= MAX_ID:  # the SQLite driver answers a greater number with an OverflowError
        raise NotFound(record=name_of(model), id=record_id)
    if not options and not lock:
        record = session.get(model, record_id)  # without a question where this transaction has read it already
    else:
        statement = select(model).where(model.id == record_id).options(*options)
        if lock:
            # PostgreSQL locks the row; SQLite's writers already hold the one write lock.
            statement = statement.with_for_update(of=model).execution_options(populate_existing=True)
        record = session.scalars(statement).one_or_none()
    if record is None:
        raise NotFound(record=name_of(model), id=record_id)
    return record


def authorize(session: Session, actor: Actor, action: Action, target: Owned | None = None, *, reason: str = "") -> None:
    """Let a use case go on only if the rulebook grants it, and sign what it changes with who did what and why.

    Raises:
        Forbidden: the rulebook refuses; the rule is named.
    """
    require(actor, action, target)
    audit_trail.sign(session, actor, action, reason=reason)


def check_version(session: Session, record: Record, expected: int | None, wanted: Mapping[str, Any]) -> None:
    """Refuse to overwrite what somebody else saved after the editor read version `expected` (None: not editing).

    Raises:
        Conflict: with each field that changed since: what the editor wants, what is stored now.
    """
    if expected is None or record.version == expected:
        return
    from src.models.audit_entry import AuditEntry  # noqa: PLC0415 - a list needs none of it (decision 57)

    since = select(AuditEntry.changes).where(
        AuditEntry.record_type == audit_trail.table_of(type(record)),
        AuditEntry.record_id == record.id,
        # Within what was ever a version: a driver refuses numbers that are too great with an error of its own.
        AuditEntry.record_version > max(0, min(expected, record.version)),
    )
    changed = dict.fromkeys(field for changes in session.scalars(since) for field in changes if hasattr(record, field))
    raise Conflict(
        record=name_of(type(record)),
        changes=tuple(_change(record, field, wanted.get(field)) for field in changed),
    )


def _change(record: Record, field: str, yours: object) -> FieldChange:
    if field in record.audit_secrets:
        # That a colleague changed it is told, what it is now to nobody.
        return FieldChange(field, yours and HIDDEN, HIDDEN)
    return FieldChange(field, yours, getattr(record, field))
