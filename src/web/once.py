"""Forms that do something once: sent again (a second click, a page loaded anew, the way back), they do nothing more."""

import hashlib
from typing import TYPE_CHECKING
from uuid import uuid4

from src.services import idempotency
from src.web.desk import Desk

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

KEY = "key"


def key_of(desk: Desk) -> dict[str, str]:
    """Give the hidden field of a form that is opened: what is sent with the same one is the same request."""
    return {KEY: desk.form.get(KEY) or str(uuid4())}


def was_sent_before(desk: Desk, session: "Session | None" = None) -> bool:
    """Tell whether this form was sent, and its deed done, before; if not, it has been now.

    Args:
        session: the transaction in which the deed is done, if not the page's own.

    Raises:
        InvalidInput: the form has no key that can be kept.
    """
    session = session or desk.session
    path = hashlib.sha256(desk.request.url.path.encode()).hexdigest()
    key = desk.form.get(KEY)
    if idempotency.claim_key(session, desk.me, key, request_hash=path, now=desk.now) is not None:
        return True
    idempotency.keep_answer(session, desk.me, key, status=200, headers={}, body="")
    return False
