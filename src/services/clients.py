"""What staff do with clients: add the person met this morning, keep the card right, log contacts, hand over."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, joinedload

from src.domain.contact_details import parse_email, parse_phone
from src.domain.errors import AlreadyExists, Marked, RuleBroken
from src.domain.permissions import Action, Actor, Department, require
from src.domain.values import parse_name, parse_text
from src.i18n import N_
from src.models.client import Client
from src.models.user import User, full_name_of
from src.services import audit_trail
from src.services.lists import Order, Page, order_from, read_page, select_rows
from src.services.records import authorize, check_version, get_or_raise, name_of
from src.services.search import Words, holds, in_all, may_hold, starting_with, words_of


@dataclass(frozen=True, kw_only=True)
class ClientDetails:
    """What is typed about a client; None leaves a field as it is."""

    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None
    phone: str | None = None
    company_name: str | None = None

    def parsed(self, *, region: str) -> dict[str, str]:
        """Read every given field; `region` tells how to read a phone number without a country code.

        Raises:
            InvalidInput: naming the first field that cannot be read.
        """
        values: dict[str, str] = {}
        if self.first_name is not None:
            values["first_name"] = parse_name(self.first_name, field=N_("first name"))
        if self.last_name is not None:
            values["last_name"] = parse_name(self.last_name, field=N_("last name"))
        if self.email is not None:
            values["email"] = parse_email(self.email)
        if self.phone is not None:
            values["phone"] = parse_phone(self.phone, region=region)
        if self.company_name is not None:
            values["company_name"] = parse_text(self.company_name, field=N_("company"), required=False)
        return values


@dataclass(frozen=True, kw_only=True)
class ClientFilter:
    """Which clients a list shows."""

    mine: bool = False
    sales_contact_id: int | None = None
    search: str = ""


_SEARCHED = (Client.first_name_key, Client.company_key, Client.email_key)
# All that a search looks for a word in.
TEXT = Client.first_name_key + " " + Client.company_key + " " + Client.email_key

SORTS: Mapping[str, Any] = {
    "name": Client.name_key,
    "company": Client.company_key,
    "email": Client.email_key,
    "last-contact": Client.last_contact_at,
    "created": Client.created_at,
    "id": Client.id,
}


def add_client(session: Session, actor: Actor, details: ClientDetails, *, region: str, now: datetime) -> Client:
    """Add a person met today; whoever adds them becomes their sales contact.

    Raises:
        Forbidden, InvalidInput, AlreadyExists: the e-mail belongs to another client.
    """
    authorize(session, actor, Action.CLIENT_CREATE)
    values = replace(
        details,
        first_name=details.first_name or "",
        last_name=details.last_name or "",
        email=details.email or "",
    ).parsed(region=region)
    _refuse_taken_email(session, values["email"], client_id=None)
    client = Client(**values, sales_contact_id=actor.user_id, last_contact_at=now, created_at=now)
    session.add(client)
    session.flush()
    return client


def update_client(
    session: Session, actor: Actor, client_id: int, details: ClientDetails, *, region: str, version: int | None = None
) -> Client:
    """Correct a client's card; `version` is the one the editor read.

    Raises:
        NotFound, Forbidden, InvalidInput, AlreadyExists, Conflict: somebody else saved first.
    """
    client = get_or_raise(session, Client, client_id, lock=True)
    authorize(session, actor, Action.CLIENT_UPDATE, client)
    values = details.parsed(region=region)
    check_version(session, client, version, values)
    if values.get("email", client.email) != client.email:
        _refuse_taken_email(session, values["email"], client_id=client.id)
    for field, value in values.items():
        setattr(client, field, value)
    session.flush()
    return client


def log_contact(session: Session, actor: Actor, client_id: int, *, at: datetime, now: datetime) -> Client:
    """Note that somebody spoke with the client; a contact logged late does not move the last one back.

    Raises:
        NotFound, Forbidden, RuleBroken: the moment lies in the future.
    """
    client = get_or_raise(session, Client, client_id, lock=True)
    authorize(session, actor, Action.CLIENT_LOG_CONTACT, client)
    if at > now:
        raise RuleBroken(N_("A contact cannot lie in the future."))
    if at > client.last_contact_at:
        client.last_contact_at = at
        session.flush()
    else:
        # The card stays as it is, so nothing else would remember this contact.
        audit_trail.note(session, record_type=Client.__tablename__, record_id=client.id, contacted_at=at)
    return client


def reassign_client(
    session: Session, actor: Actor, client_id: int, sales_contact_id: int, *, version: int | None = None
) -> Client:
    """Give a client to another sales contact.

    Raises:
        NotFound, Forbidden, RuleBroken: the person is not an active member of sales; Conflict.
    """
    client = get_or_raise(session, Client, client_id, lock=True)
    authorize(session, actor, Action.CLIENT_REASSIGN, client)
    check_version(session, client, version, {"sales_contact_id": sales_contact_id})
    client.sales_contact_id = active_member(session, sales_contact_id, Department.SALES).id
    session.flush()
    return client


def active_member(session: Session, user_id: int, department: Department) -> User:
    """Fetch somebody who can be put in charge: active, and of the department it takes.

    Raises:
        NotFound, RuleBroken.
    """
    user = get_or_raise(session, User, user_id, lock=True)
    if not user.is_active:
        raise RuleBroken(N_("{name} is deactivated and cannot be put in charge."), name=user.full_name)
    if user.department is not department:
        raise RuleBroken(
            N_("{name} is not in the department {department}."),
            name=user.full_name,
            department=Marked(department.label),
        )
    return user


def show_client(session: Session, actor: Actor, client_id: int) -> Client:
    """Show one client with their sales contact.

    Raises:
        NotFound, Forbidden.
    """
    authorize(session, actor, Action.CLIENT_READ)
    return get_or_raise(session, Client, client_id, joinedload(Client.sales_contact))


def list_clients(
    session: Session, actor: Actor, filters: ClientFilter, *, sort: str = "name", limit: int, after: str | None = None
) -> Page:
    """List one page of clients.

    Raises:
        Forbidden, InvalidInput: unknown sort, limit or cursor.
    """
    return read_page(session, select_clients(actor, filters), client_order(sort), limit=limit, after=after)


def client_order(sort: str) -> Order:
    """Read the sort of a list of clients."""
    return order_from(sort, SORTS, Client.id)


def select_clients(actor: Actor, filters: ClientFilter) -> Select[Any]:
    """Select the clients of a list, as plain rows: lists need no records."""
    require(actor, Action.CLIENT_READ)
    statement = _rows()
    if filters.mine:
        statement = statement.where(Client.is_owned_by(actor.user_id))
    if filters.sales_contact_id is not None:
        statement = statement.where(Client.sales_contact_id == filters.sales_contact_id)
    if words := words_of(filters.search):
        statement = statement.where(_found(words), *holds(words, TEXT))
    return statement


def may_be_found(words: Sequence[str]) -> Select[Any]:
    """Select the ids of the clients whose name, company or e-mail may hold all these words."""
    return select(Client.id).where(may_hold(words, *_SEARCHED))


def beginning_with(text: str) -> list[Select[Any]]:
    """Select the ids of the clients whose name, company or e-mail begins with this."""
    return starting_with(text, *((Client.id, key) for key in (*_SEARCHED, Client.name_key)))


@cache
def _rows() -> Select[Any]:
    return select_rows(
        Client.id,
        Client.first_name,
        Client.last_name,
        Client.company_name,
        Client.email,
        Client.phone,
        User.username.label("sales_contact"),
        full_name_of(User).label("sales_contact_name"),
        Client.last_contact_at,
        Client.created_at,
    ).join(User, Client.sales_contact_id == User.id)


def _found(words: Words) -> Any:
    if words.sought:
        return may_hold(words.sought, *_SEARCHED)
    return in_all(Client.id, [beginning_with(words.every[0])])


def _refuse_taken_email(session: Session, email: str, *, client_id: int | None) -> None:
    holder = session.scalar(select(Client.id).where(Client.email == email))
    if holder is not None and holder != client_id:
        raise AlreadyExists(field=Marked(N_("e-mail")), record=name_of(Client))
