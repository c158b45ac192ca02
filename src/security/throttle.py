"""Guessing passwords is slow: few tries are looked at, counted before they are, whatever interface they come through.

- 10 failures in 5 minutes for one account, and 10 in 5 minutes from one address (an IPv6 /64 is one address, because
  one customer holds all of it);
- 25 failures in 24 hours for one account, the last five of which are kept for places that have opened this account in
  the last 30 days.

A try is written down as failed in a transaction of its own before the password is looked at, and taken back if it was
right: a thousand parallel guesses find the same count, and a program killed in between has failed. A refused try is
not looked at and not counted, so waiting always helps; the error says how many seconds, exactly.

Why there is no lock-out until somebody unlocks: whoever knows a username could shut its owner out for good. Here a
stranger can make the owner wait, elsewhere than at their usual place, for a day at most; at the usual place for no
more than two times 5 minutes a day. What the stranger gets for it is 20 guesses a day. The share that strangers get
does not depend on whether the account exists or has ever been opened, so refusals tell them neither. A reset by
management clears the account's count (`forgive`), because guesses at the old password mean nothing for the new one.
A success clears nothing: it would give an insider unlimited guesses at a colleague's account from the same address.
"""

import hashlib
import ipaddress
import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, delete, exists, func, select, update
from sqlalchemy.orm import Session

from src.domain.errors import InvalidInput, TooManyAttempts
from src.domain.values import fold, parse_username
from src.models.login_attempt import LoginAttempt

FAILURES, SPAN = 10, timedelta(minutes=5)
FAILURES_A_DAY, DAY = 25, timedelta(hours=24)
KEPT_FOR_USUAL_PLACES = 5
USUAL_FOR = timedelta(days=30)
_PRUNED_AT_ONCE = 50
_LONGEST_TYPED = 200
_LOCAL = re.compile(r"local:[A-Za-z0-9_.-]{1,50}")


def account_name(typed: str) -> str | None:
    """Give the username that a person means by what they typed, or None if no account can have it."""
    try:
        return parse_username(typed[:_LONGEST_TYPED])
    except InvalidInput:
        return None


def account_key(typed: str) -> str:
    """Give the name under which tries are counted: all spellings that open one account share one.

    A SHA-256, because people type passwords into the field of the username by mistake.
    """
    name = account_name(typed) or fold(typed[:_LONGEST_TYPED])
    return hashlib.sha256(name.encode(errors="backslashreplace")).hexdigest()


def place_of(address: str) -> str:
    """Give the place that an address stands for: an IPv4 address, an IPv6 /64, a user of this machine (`local:1000`).

    Whatever else is given shares one place: an invented address must not be a fresh start.
    """
    if _LOCAL.fullmatch(address):
        return address
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(ip, ipaddress.IPv6Address):
        return str(ip.ipv4_mapped or ipaddress.IPv6Network((int(ip), 64), strict=False))
    return str(ip)


def reserve(session: Session, *, account: str, address: str, now: datetime) -> int:
    """Count a try as failed before it is looked at, or refuse it. Gives the number of the try.

    `account` is an account_key. The transaction must be committed before the password is verified.

    Raises:
        TooManyAttempts: with the seconds after which a try will be looked at again.
    """
    place = place_of(address)
    _one_at_a_time(session, f"account:{account}", f"place:{place}")
    _prune(session, now)
    of_account = _failures(session, LoginAttempt.account == account, since=now - DAY, most=FAILURES_A_DAY)
    at_place = _failures(session, LoginAttempt.address == place, since=now - SPAN, most=FAILURES)
    usual = session.scalar(select(exists(_successes(account, place).where(LoginAttempt.created_at > now - USUAL_FOR))))
    a_day = FAILURES_A_DAY if usual else FAILURES_A_DAY - KEPT_FOR_USUAL_PLACES
    open_again = max(
        _free_at(of_account, FAILURES, SPAN, now),
        _free_at(of_account, a_day, DAY, now),
        _free_at(at_place, FAILURES, SPAN, now),
    )
    if open_again > now:
        raise TooManyAttempts(retry_after_seconds=-((now - open_again) // timedelta(seconds=1)))
    attempt = LoginAttempt(account=account, address=place, created_at=now)
    session.add(attempt)
    session.flush()
    return attempt.id


def succeed(session: Session, attempt_id: int) -> None:
    """Note that a try was the right person: it no longer counts, and its place is now a usual one of the account."""
    attempt = session.execute(
        update(LoginAttempt)
        .where(LoginAttempt.id == attempt_id)
        .values(succeeded=True)
        .returning(LoginAttempt.account, LoginAttempt.address)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    if attempt is not None:
        # One row a place is enough to know it by.
        earlier = _successes(attempt.account, attempt.address).where(LoginAttempt.id < attempt_id)
        _delete(session, earlier)


def take_back(session: Session, attempt_id: int) -> None:
    """Forget a try that was no guess: the password was right, and something else is still wanted."""
    _delete(session, select(LoginAttempt.id).where(LoginAttempt.id == attempt_id))


def forgive(session: Session, username: str) -> None:
    """Clear an account's failures, so that a person whose password management has just reset can log in at once."""
    failed = LoginAttempt.succeeded.is_(False)
    _delete(session, select(LoginAttempt.id).where(LoginAttempt.account == account_key(username), failed))


def _failures(session: Session, condition: ColumnElement[bool], *, since: datetime, most: int) -> Sequence[datetime]:
    """Give when the latest failures were, newest first."""
    statement = select(LoginAttempt.created_at).where(
        condition, LoginAttempt.succeeded.is_(False), LoginAttempt.created_at > since
    )
    return session.scalars(statement.order_by(LoginAttempt.created_at.desc()).limit(most)).all()


def _free_at(failures: Sequence[datetime], allowed: int, span: timedelta, now: datetime) -> datetime:
    """Tell when fewer than `allowed` failures are younger than `span`."""
    return now if len(failures) < allowed else failures[allowed - 1] + span


def _successes(account: str, place: str) -> Select[int]:
    return select(LoginAttempt.id).where(
        LoginAttempt.account == account, LoginAttempt.address == place, LoginAttempt.succeeded.is_(True)
    )


def _prune(session: Session, now: datetime) -> None:
    """Remove what no longer counts, a few rows at a time, so that no log-in pays for an attack of yesterday."""
    useless = LoginAttempt.succeeded.is_(False) | (LoginAttempt.created_at <= now - USUAL_FOR)
    oldest = select(LoginAttempt.id).where(LoginAttempt.created_at <= now - DAY, useless)
    # Two log-ins that prune at once take different rows.
    few = oldest.order_by(LoginAttempt.created_at).limit(_PRUNED_AT_ONCE)
    _delete(session, few.with_for_update(skip_locked=True))


def _delete(session: Session, which: Select[int]) -> None:
    session.execute(delete(LoginAttempt).where(LoginAttempt.id.in_(which)).execution_options(synchronize_session=False))


def _one_at_a_time(session: Session, *names: str) -> None:
    """Let nobody else count the same account or place until this transaction ends (SQLite has one writer anyway)."""
    if session.get_bind().dialect.name == "postgresql":
        keys = {int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], signed=True) for name in names}
        for key in sorted(keys):
            session.execute(select(func.pg_advisory_xact_lock(key)))
