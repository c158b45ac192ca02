"""Doing once what is asked twice: a program that got no answer asks again with the same key and gets the same answer.

The answer is written in the transaction of the change itself. A crash after the commit therefore loses nothing: the
second time the change is there, and so is its answer.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from src.domain.errors import InvalidInput
from src.domain.permissions import Actor
from src.i18n import N_
from src.models.idempotency_key import IdempotencyKey

KEPT_FOR = timedelta(hours=24)
LONGEST_KEY = 100
_PRUNED_AT_ONCE = 50
_NOT_ANSWERED_YET = 0
_KEY = re.compile(rf"[!-~]{{1,{LONGEST_KEY}}}")


@dataclass(frozen=True, kw_only=True)
class Answered:
    """What a request was answered, and whether it was this request."""

    is_same_request: bool
    status: int
    headers: Mapping[str, str]
    body: str = field(repr=False)


def claim_key(session: Session, actor: Actor, key: str, *, request_hash: str, now: datetime) -> Answered | None:
    """Take a key for this request, or give what was answered when it was taken; waits for whoever is taking it now.

    Raises:
        InvalidInput: it is empty, longer than 100 characters, or holds others than printable ASCII.
    """
    _check_key(key)
    _prune(session, now)
    taking = {
        "user_id": actor.user_id,
        "key": key,
        "request_hash": request_hash,
        "status": _NOT_ANSWERED_YET,
        "headers": {},
        "body": "",
        "created_at": now,
    }
    # Two at once: the second waits here until the first has committed, on both engines, and then finds its answer.
    if session.get_bind().dialect.name == "postgresql":
        from sqlalchemy.dialects.postgresql import insert as upsert  # noqa: PLC0415 - SQLite never loads it

        taken = session.execute(
            upsert(IdempotencyKey).values(taking).on_conflict_do_nothing().returning(IdempotencyKey.id)
        )
        if taken.first() is not None:
            return None
    elif _found(session, actor, key) is None:
        session.execute(insert(IdempotencyKey).values(taking))
        return None
    answered = _found(session, actor, key)
    if answered is None:
        raise RuntimeError("an idempotency key vanished while it was read")
    return Answered(
        is_same_request=answered.request_hash == request_hash,
        status=answered.status,
        headers=answered.headers,
        body=answered.body,
    )


def keep_answer(
    session: Session, actor: Actor, key: str, *, status: int, headers: Mapping[str, str], body: str
) -> None:
    """Write down what a claimed key was answered."""
    session.execute(
        update(IdempotencyKey)
        .where(IdempotencyKey.user_id == actor.user_id, IdempotencyKey.key == key)
        .values(status=status, headers=dict(headers), body=body)
        .execution_options(synchronize_session=False)
    )


def _check_key(key: str) -> None:
    if not _KEY.fullmatch(key):
        raise InvalidInput(
            N_("{field}: use up to {longest} letters without accents, digits and signs, and no spaces."),
            field=N_("idempotency key"),
            longest=LONGEST_KEY,
        )


def _found(session: Session, actor: Actor, key: str) -> Any:
    return session.execute(
        select(IdempotencyKey.request_hash, IdempotencyKey.status, IdempotencyKey.headers, IdempotencyKey.body).where(
            IdempotencyKey.user_id == actor.user_id, IdempotencyKey.key == key
        )
    ).one_or_none()


def _prune(session: Session, now: datetime) -> None:
    old = select(IdempotencyKey.id).where(IdempotencyKey.created_at < now - KEPT_FOR).limit(_PRUNED_AT_ONCE)
    session.execute(
        delete(IdempotencyKey).where(IdempotencyKey.id.in_(old)).execution_options(synchronize_session=False)
    )
