"""How somebody likes to read. It is theirs alone: no right is asked, and nothing of it is in the audit log."""

from sqlalchemy import update
from sqlalchemy.orm import Session

from src.domain.permissions import Actor
from src.models.user import User


def keep_preferences(session: Session, actor: Actor, **chosen: str | None) -> None:
    """Keep one's own language or theme for every browser one logs in with; None is as the browser says."""
    session.execute(
        update(User)
        .where(User.id == actor.user_id)
        # No edit of the account: whoever is changing it at this moment must not be told of a conflict.
        .values(**chosen, updated_at=User.updated_at)
        .execution_options(synchronize_session=False)
    )
