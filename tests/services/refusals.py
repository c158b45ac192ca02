"""How tests see a use case refused: in a transaction of its own, which must leave nothing behind."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy.orm import Session

from src.domain.errors import CrmError
from tests.real_databases import dump


def refused(session: Session, error: type[CrmError], verb: Callable[..., Any], *facts: Any, **more: Any) -> str:
    """Ask; gives the sentence of the refusal, which is exactly of this kind and has changed nothing."""
    session.flush()
    before = dump(session)
    with pytest.raises(error) as refusal:
        verb(session, *facts, **more)
    assert type(refusal.value) is error
    session.expire_all()
    assert dump(session) == before
    return str(refusal.value)
