"""Adding thousands of clients at once, with all that is checked of one: all of them are saved, or none."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from src.db.many import insert_rows, sent_rows
from src.domain.errors import AlreadyExists, CrmError, InvalidInput, Marked
from src.domain.permissions import Action, Actor
from src.i18n import N_
from src.models.client import Client, client_keys
from src.services import audit_trail
from src.services.clients import ClientDetails
from src.services.records import authorize, name_of

MOST = 10_000
_TABLE: Any = Client.__table__


def add_clients(
    session: Session, actor: Actor, many: Sequence[ClientDetails], *, region: str, now: datetime
) -> tuple[list[int], list[tuple[int, CrmError]]]:
    """Add people met elsewhere, all in the charge of whoever adds them.

    Returns their numbers, in order; or none, and each row that is refused with why (counted from 0).

    Raises:
        Forbidden; InvalidInput: more than 10,000.
    """
    authorize(session, actor, Action.CLIENT_CREATE)
    if len(many) > MOST:
        raise InvalidInput(N_("{field}: at most {most} at once."), field=N_("rows"), most=MOST)
    rows: list[dict[str, Any]] = []
    refused: list[tuple[int, CrmError]] = []
    for number, details in enumerate(many):
        try:
            rows.append(_values(details, region))
        except CrmError as refusal:
            refused.append((number, refusal))
            rows.append({})
    refused += _taken(session, rows)
    if refused:
        return [], sorted(refused, key=lambda one: one[0])
    return _insert(session, actor, rows, now), []


def _values(details: ClientDetails, region: str) -> dict[str, Any]:
    given = replace(
        details,
        first_name=details.first_name or "",
        last_name=details.last_name or "",
        email=details.email or "",
        phone=details.phone or "",
        company_name=details.company_name or "",
    )
    return given.parsed(region=region)


def _taken(session: Session, rows: Sequence[dict[str, Any]]) -> Iterator[tuple[int, CrmError]]:
    emails = [row.get("email", "") for row in rows]
    sent = sent_rows(session.connection(), [_TABLE.c.email], [emails])
    known = set(session.scalars(select(Client.email).where(Client.email.in_(sent))))
    for number, email in enumerate(emails):
        if email and email in known:
            yield number, AlreadyExists(field=Marked(N_("e-mail")), record=name_of(Client))
        known.add(email)


def _insert(session: Session, actor: Actor, rows: Sequence[dict[str, Any]], now: datetime) -> list[int]:
    if not rows:
        return []
    ids = _new_ids(session, len(rows))
    keys = [client_keys(row["first_name"], row["last_name"], row["company_name"], row["email"]) for row in rows]
    in_charge = {"sales_contact_id": actor.user_id, "last_contact_at": now}
    insert_rows(
        session.connection(),
        _TABLE,
        same=in_charge | {"created_at": now, "updated_at": now, "version": 1},
        each={"id": ids} | _by_column(rows) | _by_column(keys),
    )
    audit_trail.note_created(session, Client, ids, rows, same=in_charge)
    return ids


def _by_column(rows: Sequence[dict[str, Any]]) -> dict[str, list[Any]]:
    return {name: [row[name] for row in rows] for name in rows[0]}


def _new_ids(session: Session, many: int) -> list[int]:
    """Take numbers for so many clients: asked back one by one, they cost as much as all the rest of the insert."""
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        taken = "SELECT nextval(pg_get_serial_sequence('clients', 'id')) FROM generate_series(1, :many)"
        return list(connection.execute(text(taken), {"many": many}).scalars())
    # Nobody else adds a client meanwhile: a transaction that writes has the file to itself from its beginning.
    last = connection.execute(text("SELECT seq FROM sqlite_sequence WHERE name = 'clients'")).scalar() or 0
    return list(range(last + 1, last + 1 + many))
