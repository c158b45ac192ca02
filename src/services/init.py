"""What whoever administers the database may do before, or without, anybody logged in: first manager, last resort.

Nobody can grant these rights, and nobody needs to: a person who may write to the database can already do anything.
"""

from dataclasses import replace

from sqlalchemy import exists, select, text
from sqlalchemy.orm import Session

from src.domain.errors import InvalidInput, RuleBroken
from src.domain.permissions import Action, Department
from src.domain.values import is_username
from src.i18n import N_
from src.models.user import User
from src.services import audit_trail
from src.services.users import UserDetails, add_account, give_one_time_password


def has_staff(session: Session) -> bool:
    """Tell whether there is any account yet."""
    return bool(session.scalar(select(exists(select(User.id)))))


def create_first_manager(
    session: Session, details: UserDetails, *, password_hash: str, region: str, must_change: bool
) -> User:
    """Create the account that creates all others; possible only while there is no account at all.

    Raises:
        RuleBroken: there are accounts already; InvalidInput.
    """
    if session.get_bind().dialect.name == "postgresql":
        # Two of these at once must not both find the table empty (SQLite has one writer at a time).
        session.execute(text("LOCK TABLE users IN SHARE ROW EXCLUSIVE MODE"))
    if has_staff(session):
        raise RuleBroken(N_("There are accounts already; a member of management creates further ones."))
    audit_trail.sign_as_system(session, Action.USER_CREATE, interface="cli")
    manager = replace(details, department=Department.MANAGEMENT)
    return add_account(session, manager, password_hash, region, must_change=must_change)


def rescue_manager(session: Session, username: str, *, password_hash: str) -> User:
    """Let a manager in again who lost every key; only for whoever administers the database itself.

    The account gets a one-time password, loses its second factor and is opened again; the log says it was no colleague.

    Raises:
        InvalidInput: there is no manager of this name.
    """
    audit_trail.sign_as_system(session, Action.USER_RESET_PASSWORD, interface="cli")
    typed = username.strip().lower()
    statement = select(User).where(User.username == typed).with_for_update()
    user = session.scalars(statement).one_or_none() if is_username(typed) else None
    if user is None or user.department is not Department.MANAGEMENT:
        raise InvalidInput(N_("{field}: no member of management has this username."), field=N_("username"))
    user.is_active = True
    give_one_time_password(session, user, password_hash)
    return user
