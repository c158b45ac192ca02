"""Personal tokens: what a member of staff lets a program do in their name, for how long, and how it ends."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import Select, bindparam
from sqlalchemy.orm import Session

from src.db.session import ask
from src.domain.errors import InvalidInput, NotAuthenticated
from src.domain.permissions import NEVER_BY_TOKEN, READING, Action, Actor, Department
from src.domain.values import MAX_NAME, parse_text
from src.i18n import N_
from src.models.api_token import ApiToken
from src.models.user import User
from src.security.tokens import hash_token, is_token, new_token
from src.services import keys
from src.services.lists import select_rows
from src.services.records import authorize

INTERFACE = "api"
READ = "read"
USUAL_DAYS, MOST_DAYS = 90, 366


@dataclass(frozen=True, kw_only=True)
class NewToken:
    """A token just made: its secret is said once, here."""

    id: int
    name: str
    scopes: tuple[str, ...]
    expires_at: datetime
    token: str = field(repr=False)


def create_token(
    session: Session, actor: Actor, *, name: str, scopes: Iterable[str] = (READ,), days: int = USUAL_DAYS, now: datetime
) -> NewToken:
    """Give a program the key to some of one's own rights.

    Raises:
        Forbidden: the one who asks is a program itself. InvalidInput.
    """
    authorize(session, actor, Action.OWN_SESSIONS)
    if not 1 <= days <= MOST_DAYS:
        raise InvalidInput(N_("{field}: write a whole number from 1 to {most}."), field=N_("days"), most=MOST_DAYS)
    words = parse_scopes(scopes)
    token = new_token()
    made = ApiToken(
        user_id=actor.user_id,
        name=parse_text(name, field=N_("name"), longest=MAX_NAME),
        token_hash=hash_token(token),
        scopes=" ".join(words),
        expires_at=now + timedelta(days=days),
        created_at=now,
    )
    session.add(made)
    session.flush()
    keys.note(session, actor.user_id, token_created=made.name)
    return NewToken(id=made.id, name=made.name, scopes=words, expires_at=made.expires_at, token=token)


def list_tokens(session: Session, actor: Actor, *, everybody: bool = False) -> Sequence[Any]:
    """List one's own tokens, or for management everybody's, the newest first.

    Raises:
        Forbidden.
    """
    rows = select_rows(
        ApiToken.id,
        User.username,
        ApiToken.name,
        ApiToken.scopes,
        ApiToken.created_at,
        ApiToken.last_used_at,
        ApiToken.expires_at,
        ApiToken.revoked_at,
    ).join(User, ApiToken.user_id == User.id)
    return keys.list_keys(session, actor, rows, ApiToken, own=Action.OWN_SESSIONS, everybody=everybody)


def revoke_token(session: Session, actor: Actor, token_id: int, *, now: datetime) -> ApiToken:
    """End a token at once: one's own, or for management anybody's.

    Raises:
        NotFound; Forbidden: it is somebody else's.
    """
    return keys.revoke_key(session, actor, ApiToken, token_id, own=Action.OWN_SESSIONS, noted="token_revoked", now=now)


@dataclass(frozen=True)
class Bearer:
    """A program that showed a token: for whom it works, and which token it was."""

    actor: Actor
    token_id: int


def recognise(session: Session, token: str, *, now: datetime, two_factor_for: Collection[Department] = ()) -> Bearer:
    """Know for whom a program works; account, department and token count as they are now.

    Raises:
        NotAuthenticated: unknown, ended or expired, or the account is closed.
        PasswordChangeRequired, TwoFactorRequired: its holder must first do that.
    """
    held = {"token_hash": hash_token(token)}
    found = ask(session, _holder_of(), held).one_or_none() if is_token(token) else None
    if found is None or not found.is_active or found.revoked_at is not None or found.expires_at <= now:
        raise NotAuthenticated(N_("This token is unknown, has expired or was ended. Make another one."))
    keys.require_ready(found, two_factor_for)
    scopes = actions_of(found.scopes)
    return Bearer(Actor(found.user_id, found.username, found.department, INTERFACE, scopes=scopes), found.token_id)


def parse_scopes(words: Iterable[str]) -> tuple[str, ...]:
    """Read what a token is given: `read`, or names of actions such as `client.create`.

    Raises:
        InvalidInput: none, or one that no token can have.
    """
    chosen = tuple(dict.fromkeys(word.strip().lower() for word in words if word.strip()))
    if not chosen or any(word not in SCOPES for word in chosen):
        raise InvalidInput(N_("{field}: choose from {choices}."), field=N_("scopes"), choices=", ".join(sorted(SCOPES)))
    return chosen


@lru_cache(1000)
def actions_of(scopes: str) -> frozenset[Action]:
    """Give the actions that a token's scopes stand for; a name that the rulebook no longer has stands for none.

    Whoever may change a kind of record reads it too: the answer to a change shows the record.
    """
    actions: set[Action] = set()
    for word in scopes.split(" "):
        if word == READ:
            actions |= READING
        elif word in SCOPES:
            actions.add(Action(word))
            actions |= {one for one in READING if one.value == f"{word.partition('.')[0]}.read"}
    return frozenset(actions)


SCOPES = frozenset({READ, *(action.value for action in Action if action not in NEVER_BY_TOKEN)})


@cache
def _holder_of() -> Select[Any]:
    # Made once: every request asks, and making the question costs more than answering it.
    return (
        select_rows(
            ApiToken.id.label("token_id"),
            ApiToken.scopes,
            ApiToken.expires_at,
            ApiToken.revoked_at,
            User.id.label("user_id"),
            User.username,
            User.department,
            User.is_active,
            User.must_change_password,
            User.totp_secret.is_not(None).label("has_two_factor"),
        )
        .join(User, ApiToken.user_id == User.id)
        .where(ApiToken.token_hash == bindparam("token_hash"))
    )
