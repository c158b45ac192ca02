"""What a command works with: the settings, the database in one transaction, and whoever is logged in."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, time
from functools import cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from src.cli.outcome import SAVED, SAVING, mark
from src.cli.session_file import read_token
from src.config import PROJECT_ROOT, SettingError, Settings, load_settings
from src.domain.errors import Marked, WrongSetting
from src.domain.values import parse_date, parse_moment
from src.i18n import offer_language
from src.presentation.columns import Manner

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from src.db.session import Database
    from src.domain.permissions import Action, Actor

INTERFACE = "cli"


@dataclass(frozen=True)
class Desk:
    """One person at work: who they are, the open transaction, and how this installation writes things."""

    session: "Session"
    actor: "Actor"
    settings: Settings
    now: datetime

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of the installation."""
        return ZoneInfo(self.settings.time_zone)

    @property
    def manner(self) -> Manner:
        """How values are written for people here."""
        return manner_of(self.settings)

    def moment(self, text: str, *, field: str) -> datetime:
        """Read a moment typed as the clock on the wall shows it.

        Raises:
            InvalidInput.
        """
        return parse_moment(text, field=field, zone=self.zone)

    def start(self, text: str, *, field: str) -> datetime:
        """Read a moment, or a day, which begins at midnight here.

        Raises:
            InvalidInput.
        """
        if ":" in text or "h" in text.lower():
            return self.moment(text, field=field)
        return datetime.combine(parse_date(text, field=field), time(), self.zone)

    def number_of(self, person: str | None) -> int | None:
        """Read which colleague a list is narrowed down to, as a number or a username; None for all.

        Raises:
            InvalidInput.
        """
        if person is None:
            return None
        from src.services.users import find_user  # here: 10 ms of the lists that name nobody

        return find_user(self.session, self.actor, person).id


@contextmanager
def reading(purpose: "Action | None" = None) -> Iterator[Desk]:
    """Open a transaction that only reads, for whoever is logged in.

    `purpose` names what someone may do before they have chosen a password or set up a second factor (services.auth).
    """
    database = open_database()
    with database.reading() as session:
        yield _desk(session, database, purpose)


@contextmanager
def writing(purpose: "Action | None" = None) -> Iterator[Desk]:
    """Open a transaction that commits when the block ends without an error; only then say "done"."""
    database = open_database()
    with database.writing() as session:
        yield _desk(session, database, purpose)
        mark(SAVING)  # what Ctrl-C says from here on
    mark(SAVED)


@cache
def settings() -> Settings:
    """Read this installation's settings once a command.

    Raises:
        WrongSetting.
    """
    try:
        return load_settings()
    except SettingError as error:
        refusal = WrongSetting(setting=error.setting, source=error.source, reason=Marked(error.reason))
    raise refusal


@cache
def open_database() -> "Database":
    """Open the configured database, once a command; nothing is created.

    Raises:
        WrongSetting.
    """
    from src.db.session import Database
    from src.db.url import parse_database_url

    given = settings()
    url = parse_database_url(given.database_url, source=given.database_url_source, root=PROJECT_ROOT)
    return Database(url)


def manner_of(given: Settings) -> Manner:
    """Tell how this installation writes values for people."""
    return Manner(zone=ZoneInfo(given.time_zone), currency=given.currency)


def address_of_this_computer() -> str:
    """Tell from where a log-in on this computer comes, as the throttle counts it."""
    return f"local:{os.getuid()}" if hasattr(os, "getuid") else "local"


def _desk(session: "Session", database: "Database", purpose: "Action | None") -> Desk:
    from src.domain.permissions import Department
    from src.schema.state import require_current
    from src.services import CRM
    from src.services.auth import authenticate

    # The database first: without one, nobody can be logged in.
    require_current(session.connection(), CRM)
    now = datetime.now(UTC)
    actor = authenticate(
        session,
        read_token(database.place),
        now=now,
        interface=INTERFACE,
        purpose=purpose,
        two_factor_for=[Department(code) for code in settings().two_factor_for],
    )
    offer_language(actor.language)
    return Desk(session, actor, settings(), now)
