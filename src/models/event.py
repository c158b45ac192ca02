"""One dated thing that Epic Events delivers under a signed contract."""

from datetime import datetime, timedelta
from typing import Any, ClassVar, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, literal, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.ext.hybrid import hybrid_method
from sqlalchemy.orm import Mapped, mapped_column, relationship
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from src.db.types import CleanText, FoldedText, UtcDateTime
from src.domain.values import fold
from src.models.base import Base, Record, table_args
from src.models.client import Client
from src.models.contract import Contract
from src.models.partial_indexes import partial_index
from src.models.user import User

HAS_NO_SUPPORT = "support_contact_id IS NULL"
# What asks who is where at a moment reads no further back: an index knows when events begin, not how long they last.
LONGEST = timedelta(days=31)
# Nearly all last no longer than this; the others have an index of their own, with a day to spare. Each engine subtracts
# moments in its own way.
_USUALLY = timedelta(days=3)
_IS_LONG = "julianday(event_end) - julianday(event_start) > 2"
_IS_LONG_ON_POSTGRESQL = "event_end - event_start > '2 days'::interval"


class ContactPerson(NamedTuple):
    """Somebody to call."""

    name: str
    phone: str
    email: str


class Event(Record, Base):
    """A party, meeting or off-site with a place and a time; at most one member of support is in charge of it."""

    __tablename__ = "events"
    __table_args__ = table_args(
        CheckConstraint("event_start < event_end", name="starts_before_end"),
        CheckConstraint("attendees >= 0", name="attendees_not_negative"),
        Index("ix_events_contract_id", "contract_id", "event_start", "id"),
        Index("ix_events_support_contact_id", "support_contact_id", "event_start", "id"),
        Index("ix_events_event_start", "event_start", "id"),
        Index("ix_events_event_end", "event_end", "id"),
        Index("ix_events_name_key", "name_key", "id"),
        Index("ix_events_location_key", "location_key", "id"),
        partial_index("ix_events_without_support", "event_start", "id", where=HAS_NO_SUPPORT),
        partial_index(
            "ix_events_long", "event_start", "event_end", where=_IS_LONG, on_postgresql=_IS_LONG_ON_POSTGRESQL
        ),
    )
    audit_ignored: ClassVar[frozenset[str]] = Record.audit_ignored | {"name_key", "location_key"}

    contract_id: Mapped[int] = mapped_column(ForeignKey("contracts.id", ondelete="RESTRICT"))
    name: Mapped[str] = mapped_column(CleanText(200))
    event_start: Mapped[datetime] = mapped_column(UtcDateTime)
    event_end: Mapped[datetime] = mapped_column(UtcDateTime)
    time_zone: Mapped[str] = mapped_column(String(64))
    location: Mapped[str] = mapped_column(CleanText(200), default="")
    attendees: Mapped[int] = mapped_column(default=0)
    notes: Mapped[str] = mapped_column(CleanText(10_000, multiline=True), default="")
    support_contact_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="RESTRICT"))
    # Whom to call on the client's side; empty means the client.
    contact_name: Mapped[str] = mapped_column(CleanText(200), default="")
    contact_phone: Mapped[str] = mapped_column(CleanText(40), default="")
    contact_email: Mapped[str] = mapped_column(CleanText(254), default="")
    name_key: Mapped[str] = mapped_column(FoldedText(420))
    location_key: Mapped[str] = mapped_column(FoldedText(420))

    contract: Mapped[Contract] = relationship(lazy="raise")
    support_contact: Mapped[User | None] = relationship(lazy="raise")

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of the place."""
        return ZoneInfo(self.time_zone)

    @property
    def contact(self) -> ContactPerson:
        """Whom to call on the client's side: the person named for it, or the client, perhaps at another number."""
        if self.contact_name:
            return ContactPerson(self.contact_name, self.contact_phone, self.contact_email)
        client = self.contract.client
        return ContactPerson(client.full_name, self.contact_phone or client.phone, self.contact_email or client.email)

    @hybrid_method
    def is_owned_by(self, user_id: int) -> Any:
        """An event is its support contact's own."""
        return self.support_contact_id == user_id

    def derive_keys(self) -> None:
        """Keep the comparable forms in step with what people typed."""
        self.name_key = fold(self.name)
        self.location_key = fold(self.location or "")


class _MayStillLast(FunctionElement[Any]):
    """The condition in the words of each engine; with the condition of the index to the letter, else it is not used."""

    inherit_cache = True


@compiles(_MayStillLast)
def _on_sqlite(element: _MayStillLast, compiler: SQLCompiler, **options: Any) -> str:
    return _begun_late_enough(_IS_LONG, element, compiler, options)


@compiles(_MayStillLast, "postgresql")
def _on_postgresql(element: _MayStillLast, compiler: SQLCompiler, **options: Any) -> str:
    return _begun_late_enough(_IS_LONG_ON_POSTGRESQL, element, compiler, options)


def _begun_late_enough(is_long: str, element: _MayStillLast, compiler: SQLCompiler, options: dict[str, Any]) -> str:
    moment, usually = (compiler.process(one, **options) for one in element.clauses)
    long_ones = f"{is_long} AND event_end >= {moment} AND event_start < {usually}"
    return f"events.event_start >= coalesce((SELECT min(event_start) FROM events WHERE {long_ones}), {usually})"  # noqa: S608 - words of ours, values bound


def may_still_last(moment: datetime) -> Any:
    """Give a condition that all events fulfil which last until a moment or beyond, for the index of when they begin.

    Asked only whether an event ends later, a database reads all that ever ended: 1.5 s of 700,000.
    """
    return _MayStillLast(*(literal(one, Event.event_start.type) for one in (moment, moment - _USUALLY)))


def events_of_clients_of(user_id: int) -> Any:
    """Give the condition of the events that a member of sales sold."""
    return Event.contract_id.in_(
        select(Contract.id).join(Client, Contract.client_id == Client.id).where(Client.sales_contact_id == user_id)
    )
