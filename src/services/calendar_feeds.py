"""Calendar feeds: somebody's events at a secret address, for a telephone that reads them by itself.

Whoever has the address reads what its holder may see at that moment, and can do nothing else with it.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Select, bindparam
from sqlalchemy.orm import Session, aliased

from src.db.session import ask
from src.domain.choices import parse_choice
from src.domain.errors import NotFound
from src.domain.permissions import Action, Actor, Department, granted, require
from src.domain.values import MAX_NAME, parse_text
from src.i18n import N_
from src.models.calendar_feed import CalendarFeed, FeedKind
from src.models.client import Client
from src.models.contract import Contract
from src.models.event import Event
from src.models.user import User
from src.security.tokens import hash_token, is_token, new_token
from src.services import keys
from src.services.events import EventFilter, which_events
from src.services.lists import select_rows
from src.services.records import authorize

INTERFACE = "calendar"
# Nobody scrolls further in a calendar; of more than so many, those that are furthest away are left out.
MOST_EVENTS, DAYS_BACK = 10_000, 365

_TAKES: Mapping[FeedKind, Action] = {
    FeedKind.MINE: Action.EVENT_READ,
    FeedKind.DEPARTMENT: Action.EVENT_READ,
    FeedKind.WITHOUT_SUPPORT: Action.EVENT_ASSIGN_SUPPORT,
}
_FILTERS: Mapping[FeedKind, EventFilter] = {
    FeedKind.MINE: EventFilter(mine=True),
    FeedKind.DEPARTMENT: EventFilter(),
    FeedKind.WITHOUT_SUPPORT: EventFilter(without_support=True),
}


@dataclass(frozen=True, kw_only=True)
class NewFeed:
    """A feed just made: its secret is said once, here."""

    id: int
    kind: FeedKind
    name: str
    secret: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class OpenFeed:
    """A feed that somebody's calendar asks for, and whose it is."""

    id: int
    kind: FeedKind
    name: str
    actor: Actor


def create_feed(session: Session, actor: Actor, *, kind: str, name: str, now: datetime) -> NewFeed:
    """Open a secret address at which one's own calendar finds the events.

    Raises:
        Forbidden: a program that was not given the right, or may not read events itself.
        InvalidInput: a kind that this person cannot have.
    """
    authorize(session, actor, Action.OWN_CALENDAR_FEEDS)
    require(actor, Action.EVENT_READ)
    secret = new_token()
    feed = CalendarFeed(
        user_id=actor.user_id,
        kind=FeedKind(parse_choice(kind, kinds_for(actor), field=N_("events shown"))),
        name=parse_text(name, field=N_("name"), longest=MAX_NAME),
        token_hash=hash_token(secret),
        created_at=now,
    )
    session.add(feed)
    session.flush()
    keys.note(session, actor.user_id, feed_created=feed.name)
    return NewFeed(id=feed.id, kind=feed.kind, name=feed.name, secret=secret)


def kinds_for(actor: Actor) -> Sequence[FeedKind]:
    """Give the feeds that somebody can have: nobody in management is in charge of events."""
    return [
        kind
        for kind, action in _TAKES.items()
        if granted(actor, action) is True and not (kind is FeedKind.MINE and actor.department is Department.MANAGEMENT)
    ]


def list_feeds(session: Session, actor: Actor, *, everybody: bool = False) -> Sequence[Any]:
    """List one's own feeds, or for management everybody's, the newest first.

    Raises:
        Forbidden.
    """
    rows = select_rows(
        CalendarFeed.id,
        User.username,
        CalendarFeed.name,
        CalendarFeed.kind,
        CalendarFeed.created_at,
        CalendarFeed.last_used_at,
        CalendarFeed.revoked_at,
    ).join(User, CalendarFeed.user_id == User.id)
    return keys.list_keys(session, actor, rows, CalendarFeed, own=Action.OWN_CALENDAR_FEEDS, everybody=everybody)


def revoke_feed(session: Session, actor: Actor, feed_id: int, *, now: datetime) -> CalendarFeed:
    """End a feed at once: one's own, or for management anybody's.

    Raises:
        NotFound; Forbidden: it is somebody else's.
    """
    return keys.revoke_key(
        session, actor, CalendarFeed, feed_id, own=Action.OWN_CALENDAR_FEEDS, noted="feed_ended", now=now
    )


def open_feed(session: Session, secret: str, *, two_factor_for: Collection[Department] = ()) -> OpenFeed:
    """Know which feed a calendar asks for; account and department of its holder count as they are now.

    Raises:
        NotFound: there is none at this address, it was ended, or its holder's account is closed: all alike.
        Forbidden: its holder's department has not the right any more.
        PasswordChangeRequired, TwoFactorRequired: its holder must first do that.
    """
    found = ask(session, _holder_of(), {"token_hash": hash_token(secret)}).one_or_none() if is_token(secret) else None
    if found is None or not found.is_active or found.revoked_at is not None:
        raise NotFound(N_("There is no calendar at this address, or it was ended. Make another one in your account."))
    keys.require_ready(found, two_factor_for)
    right = _TAKES[found.kind]
    actor = Actor(
        found.user_id,
        found.username,
        found.department,
        INTERFACE,
        scopes=frozenset({Action.EVENT_READ, right}),
        language=found.language,
    )
    require(actor, right)
    return OpenFeed(id=found.feed_id, kind=found.kind, name=found.name, actor=actor)


def read_events(session: Session, feed: OpenFeed, *, now: datetime) -> Sequence[Any]:
    """Read what a feed shows: what is to come, then the latest of the past year, in the order in which they start.

    Raises:
        Forbidden.
    """
    require(feed.actor, Action.EVENT_READ)
    statement = _rows().where(*which_events(feed.actor, _FILTERS[feed.kind]))
    ahead = session.execute(
        statement.where(Event.event_start >= now).order_by(Event.event_start, Event.id).limit(MOST_EVENTS)
    ).all()
    back = session.execute(
        statement.where(Event.event_start < now, Event.event_start >= now - timedelta(days=DAYS_BACK))
        .order_by(Event.event_start.desc(), Event.id.desc())
        .limit(MOST_EVENTS - len(ahead))
    ).all()
    return [*reversed(back), *ahead]


@cache
def _holder_of() -> Select[Any]:
    # Made once: calendars ask all day long.
    return (
        select_rows(
            CalendarFeed.id.label("feed_id"),
            CalendarFeed.kind,
            CalendarFeed.name,
            CalendarFeed.revoked_at,
            User.id.label("user_id"),
            User.username,
            User.department,
            User.language,
            User.is_active,
            User.must_change_password,
            User.totp_secret.is_not(None).label("has_two_factor"),
        )
        .join(User, CalendarFeed.user_id == User.id)
        .where(CalendarFeed.token_hash == bindparam("token_hash"))
    )


@cache
def _rows() -> Select[Any]:
    support = aliased(User)
    return (
        select_rows(
            Event.id,
            Event.created_at,
            Event.updated_at,
            Event.version,
            Event.name,
            Event.event_start,
            Event.event_end,
            Event.time_zone,
            Event.location,
            Event.attendees,
            Event.notes,
            Contract.status.label("contract_status"),
            Contract.version.label("contract_version"),
            Contract.updated_at.label("contract_updated_at"),
            Client.first_name.label("client_first_name"),
            Client.last_name.label("client_last_name"),
            Client.company_name,
            support.first_name.label("support_first_name"),
            support.last_name.label("support_last_name"),
        )
        .join(Contract, Event.contract_id == Contract.id)
        .join(Client, Contract.client_id == Client.id)
        .outerjoin(support, Event.support_contact_id == support.id)
    )
