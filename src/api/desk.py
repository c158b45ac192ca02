"""What an operation works with: who asks, the open transaction, and what was asked."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from starlette.requests import Request

from src.api.limits import Limits
from src.config import Settings
from src.db.session import Database
from src.domain.permissions import Actor, Department
from src.domain.values import parse_date, parse_moment
from src.services.last_noted import LastNoted

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


@dataclass(frozen=True)
class Office:
    """What all requests of a process share."""

    settings: Settings
    database: Database
    limits: Limits
    noted: LastNoted = field(default_factory=LastNoted)
    feeds_noted: LastNoted = field(default_factory=LastNoted)

    @property
    def two_factor_for(self) -> list[Department]:
        """The departments that must log in with a second factor."""
        return [Department(code) for code in self.settings.two_factor_for]


@dataclass
class Desk:
    """One request of a program, for whoever it works for.

    `asked` is what the address says after its question mark, `sent` the body, `version` the one that If-Match names.
    `prepared` is what took too long to be done inside the transaction.
    """

    office: Office
    request: Request
    now: datetime
    session: "Session"
    me: Actor
    asked: Mapping[str, Any] = field(default_factory=dict)
    sent: Any = None
    version: int | None = None
    prepared: Any = None

    @property
    def settings(self) -> Settings:
        """How this installation writes things."""
        return self.office.settings

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of the installation."""
        return ZoneInfo(self.settings.time_zone)

    def moment(self, name: str, *, field: str) -> datetime:
        """Read a moment of the body; not sent is now.

        Raises:
            InvalidInput.
        """
        return parse_moment(self.sent[name], field=field, zone=self.zone) if name in self.sent else self.now

    def start(self, name: str, *, field: str) -> datetime | None:
        """Read a moment or a day of the address; a day begins at midnight here.

        Raises:
            InvalidInput.
        """
        text = self.asked.get(name)
        if text is None:
            return None
        if ":" in text:
            return parse_moment(text, field=field, zone=self.zone)
        return datetime.combine(parse_date(text, field=field), time(), self.zone)

    def day(self, name: str, *, field: str) -> date:
        """Read a day of the body; not sent is today here.

        Raises:
            InvalidInput.
        """
        if name in self.sent:
            return parse_date(self.sent[name], field=field)
        return self.now.astimezone(self.zone).date()


View = Callable[..., Any]
