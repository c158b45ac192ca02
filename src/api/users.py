"""The staff directory, and for management its accounts."""

from typing import Any

from src.api.answering import Listed, Made
from src.api.desk import Desk
from src.api.fields import Field, requiring
from src.api.histories import history_of
from src.api.operations import Operations
from src.api.pages import part_of
from src.domain.permissions import Action
from src.models.user import User
from src.presentation.fields import DEPARTMENTS
from src.presentation.histories import COLUMNS as HISTORY
from src.presentation.users import COLUMNS, RECORD, SORTS
from src.security import passwords
from src.services import users

operations = Operations()

PATH = "/users"
ONE = PATH + "/{user_id:int}"
# A one-time password is said once; asked again with the same key, it is not repeated.
SECRET = "one_time_password"  # noqa: S105 - the name of a field

DETAILS = (
    Field(name="username"),
    Field(name="email"),
    Field(name="first_name"),
    Field(name="last_name"),
    Field(name="phone"),
    Field(name="department", kind="choice", choices=tuple(DEPARTMENTS)),
)
NEW = requiring(DETAILS, {"username", "email", "first_name", "last_name", "department"})
FILTERS = (
    Field(name="search", about="Beginning of a name or username."),
    Field(name="department", kind="choice", choices=tuple(DEPARTMENTS)),
    Field(name="active", kind="bool", about="Only accounts that are open, or only closed ones."),
)


def new_password() -> tuple[str, str]:
    """Make a one-time password and its hash, which takes too long to hold up everybody's writing."""
    secret = passwords.random_password()
    return secret, passwords.STANDARD.hash(secret)


@operations.list(PATH, Action.USER_READ, answers=COLUMNS, sorts=SORTS, words=FILTERS)
def list_users(desk: Desk) -> Listed:
    """List the members of staff."""
    department = desk.asked.get("department")
    filters = users.UserFilter(
        department=users.parse_department(department) if department else None,
        active=desk.asked.get("active"),
        search=desk.asked.get("search", ""),
    )
    page = users.list_users(desk.session, desk.me, filters, **part_of(desk, sort="name"))
    return Listed(page.items, page.next, lambda: users.select_users(desk.me, filters))


@operations.post(PATH, Action.USER_CREATE, fields=NEW, answers=RECORD, status=201, secret=SECRET, prepare=new_password)
def create_user(desk: Desk) -> Made:
    """Create an account; its one-time password is in the answer, and nowhere else."""
    secret, hashed = desk.prepared
    added = users.create_user(
        desk.session,
        desk.me,
        users.UserDetails(**desk.sent),
        password_hash=hashed,
        region=desk.settings.phone_region,
    )
    return Made(added, location=f"{PATH}/{added.id}", more={SECRET: secret})


@operations.get(ONE, Action.USER_READ, answers=RECORD)
def show_user(desk: Desk, user_id: int) -> Any:
    """Show a member of staff."""
    return users.show_user(desk.session, desk.me, user_id)


@operations.patch(ONE, Action.USER_UPDATE, fields=DETAILS, answers=RECORD, shown=show_user)
def update_user(desk: Desk, user_id: int) -> Any:
    """Change an account; a new department ends its sessions."""
    return users.update_user(
        desk.session,
        desk.me,
        user_id,
        users.UserDetails(**desk.sent),
        region=desk.settings.phone_region,
        version=desk.version,
    )


@operations.post(f"{ONE}/deactivate", Action.USER_DEACTIVATE, answers=RECORD)
def deactivate_user(desk: Desk, user_id: int) -> Any:
    """Close an account at once, in every interface."""
    return users.set_active(desk.session, desk.me, user_id, active=False)


@operations.post(f"{ONE}/reactivate", Action.USER_DEACTIVATE, answers=RECORD)
def reactivate_user(desk: Desk, user_id: int) -> Any:
    """Open a closed account again."""
    return users.set_active(desk.session, desk.me, user_id, active=True)


@operations.post(
    f"{ONE}/reset-password", Action.USER_RESET_PASSWORD, answers=RECORD, secret=SECRET, prepare=new_password
)
def reset_password(desk: Desk, user_id: int) -> Made:
    """Give somebody a one-time password; all their sessions and tokens end."""
    secret, hashed = desk.prepared
    changed = users.reset_password(desk.session, desk.me, user_id, password_hash=hashed)
    return Made(changed, more={SECRET: secret})


@operations.post(f"{ONE}/end-sessions", Action.USER_END_SESSIONS, status=204)
def end_sessions(desk: Desk, user_id: int) -> None:
    """End all log-ins of somebody."""
    users.end_user_sessions(desk.session, desk.me, user_id)


@operations.delete(
    ONE,
    Action.USER_DELETE,
    words=(Field(name="reassign_to", kind="number", about="Who takes over what the person is in charge of."),),
    status=204,
)
def delete_user(desk: Desk, user_id: int) -> None:
    """Delete an account; whatever the person is in charge of goes to a colleague."""
    users.delete_user(desk.session, desk.me, user_id, reassign_to=desk.asked.get("reassign_to"))


@operations.history(f"{ONE}/history", Action.AUDIT_READ_HISTORY, answers=HISTORY)
def show_user_history(desk: Desk, user_id: int) -> Listed:
    """List who changed what on an account, newest first."""
    return history_of(desk, User, user_id)
