"""What management does with staff accounts: create, change, deactivate, delete, reset a password, end sessions."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Select, and_, func, select, true, union_all, update
from sqlalchemy.orm import Session

from src.domain.contact_details import parse_email, parse_phone
from src.domain.errors import AlreadyExists, InvalidInput, Marked, RuleBroken
from src.domain.permissions import Action, Actor, Department, require
from src.domain.values import is_username, parse_name, parse_username
from src.i18n import N_
from src.models.base import now as current_moment
from src.models.client import Client
from src.models.event import Event
from src.models.user import User
from src.security import throttle, two_factor
from src.services import audit_trail, auth
from src.services.clients import active_member
from src.services.lists import Order, Page, order_from, read_page, select_rows
from src.services.records import authorize, check_version, get_or_raise, name_of
from src.services.search import starting_with, words_of


@dataclass(frozen=True, kw_only=True)
class UserDetails:
    """What is typed about a member of staff; None leaves a field as it is."""

    username: str | None = None
    email: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    phone: str | None = None
    department: str | None = None

    def parsed(self, *, region: str) -> dict[str, Any]:
        """Read every given field.

        Raises:
            InvalidInput: naming the first field that cannot be read.
        """
        values: dict[str, Any] = {}
        if self.username is not None:
            values["username"] = parse_username(self.username)
        if self.email is not None:
            values["email"] = parse_email(self.email)
        if self.first_name is not None:
            values["first_name"] = parse_name(self.first_name, field=N_("first name"))
        if self.last_name is not None:
            values["last_name"] = parse_name(self.last_name, field=N_("last name"))
        if self.phone is not None:
            values["phone"] = parse_phone(self.phone, region=region)
        if self.department is not None:
            values["department"] = parse_department(self.department)
        return values


@dataclass(frozen=True, kw_only=True)
class UserFilter:
    """Which members of staff a list shows."""

    department: Department | None = None
    active: bool | None = None
    search: str = ""


SORTS: Mapping[str, Any] = {"name": User.name_key, "username": User.username, "created": User.created_at, "id": User.id}


def parse_department(word: str) -> Department:
    """Read a department: sales, support or management, in English or in French.

    Raises:
        InvalidInput: anything else.
    """
    words = {"commercial": "SALES", "gestion": "MANAGEMENT"}
    typed = word.strip()
    try:
        return Department(words.get(typed.lower(), typed.upper()))
    except ValueError:
        raise InvalidInput(
            N_("{field}: choose one of {choices}."), field=N_("department"), choices="sales, support, management"
        ) from None


def create_user(session: Session, actor: Actor, details: UserDetails, *, password_hash: str, region: str) -> User:
    """Create a member of staff, who chooses a password of their own at the first log-in.

    `password_hash` comes from `security.passwords`; hashing takes too long to hold the write lock meanwhile.

    Raises:
        Forbidden, InvalidInput, AlreadyExists.
    """
    authorize(session, actor, Action.USER_CREATE)
    return add_account(session, details, password_hash, region, must_change=True)


def update_user(
    session: Session, actor: Actor, user_id: int, details: UserDetails, *, region: str, version: int | None = None
) -> User:
    """Change a member of staff; a new department ends their sessions.

    Raises:
        NotFound, Forbidden, InvalidInput, AlreadyExists, Conflict, RuleBroken: they are in charge of something, or the
            last manager.
    """
    _lock_managers(session)
    user = get_or_raise(session, User, user_id, lock=True)
    authorize(session, actor, Action.USER_UPDATE)
    values = details.parsed(region=region)
    check_version(session, user, version, values)
    _refuse_taken(session, values, user_id=user.id)
    if values.get("department", user.department) is not user.department:
        _refuse_last_manager(session, user)
        if _in_charge_of(session, user.id):
            raise RuleBroken(N_("This person is in charge of clients or events. Reassign them first."))
        auth.end_sessions(session, user.id)
    for field, value in values.items():
        setattr(user, field, value)
    session.flush()
    return user


def set_active(session: Session, actor: Actor, user_id: int, *, active: bool) -> User:
    """Close an account at once, in every interface, or open it again; what they are in charge of stays theirs.

    Raises:
        NotFound, Forbidden, RuleBroken: the last active manager.
    """
    _lock_managers(session)
    user = get_or_raise(session, User, user_id, lock=True)
    authorize(session, actor, Action.USER_DEACTIVATE)
    if not active:
        _refuse_last_manager(session, user)
        auth.end_sessions(session, user.id)
    user.is_active = active
    session.flush()
    return user


def delete_user(session: Session, actor: Actor, user_id: int, *, reassign_to: int | None = None) -> int:
    """Delete an account; whatever the person is in charge of goes to a colleague. Returns how many records moved.

    Raises:
        NotFound, Forbidden, RuleBroken: the last active manager; in charge of something and no (or no fitting) heir.
    """
    _lock_managers(session)
    user = get_or_raise(session, User, user_id, lock=True)
    authorize(session, actor, Action.USER_DELETE)
    _refuse_last_manager(session, user)
    moved = _in_charge_of(session, user.id)
    if moved and reassign_to is None:
        raise RuleBroken(
            N_("{name} is still in charge of records ({count}). Give them to a colleague, or deactivate the account."),
            name=user.full_name,
            count=moved,
        )
    if moved and reassign_to is not None:
        if reassign_to == user.id:
            raise RuleBroken(N_("The records must go to somebody else."))
        heir = active_member(session, reassign_to, user.department)
        _hand_over(session, user, heir)
    session.delete(user)
    session.flush()
    return moved


def reset_password(session: Session, actor: Actor, user_id: int, *, password_hash: str) -> User:
    """Give somebody a one-time password: all their sessions end, and they choose their own at the next log-in.

    Their second factor goes too, because a lost phone is the usual reason.

    Raises:
        NotFound, Forbidden.
    """
    user = get_or_raise(session, User, user_id, lock=True)
    authorize(session, actor, Action.USER_RESET_PASSWORD)
    give_one_time_password(session, user, password_hash)
    return user


def end_user_sessions(session: Session, actor: Actor, user_id: int) -> int:
    """End all sessions of somebody, say after a lost laptop. Returns how many.

    Raises:
        NotFound, Forbidden.
    """
    user = get_or_raise(session, User, user_id)
    authorize(session, actor, Action.USER_END_SESSIONS)
    ended = auth.end_sessions(session, user.id)
    audit_trail.note(session, record_type=User.__tablename__, record_id=user.id, sessions_ended=ended)
    return ended


def show_user(session: Session, actor: Actor, user_id: int) -> User:
    """Show one member of staff.

    Raises:
        NotFound, Forbidden.
    """
    authorize(session, actor, Action.USER_READ)
    return get_or_raise(session, User, user_id)


def find_user(session: Session, actor: Actor, person: str) -> User:
    """Find a colleague by number or username, as people type them.

    Raises:
        InvalidInput: nobody has this number or username.
    """
    authorize(session, actor, Action.USER_READ)
    typed = person.strip()
    user = None
    if typed.isascii() and typed.isdigit() and len(typed) < 19:
        user = session.get(User, int(typed))
    elif is_username(typed):
        user = session.scalars(select(User).where(User.username == typed.lower())).one_or_none()
    if user is None:
        raise InvalidInput(N_("{field}: nobody has this username or number."), field=N_("member of staff"))
    return user


def list_users(
    session: Session, actor: Actor, filters: UserFilter, *, sort: str = "name", limit: int, after: str | None = None
) -> Page:
    """List one page of the staff directory.

    Raises:
        InvalidInput: unknown sort, limit or cursor.
    """
    return read_page(session, select_users(actor, filters), user_order(sort), limit=limit, after=after)


def user_order(sort: str) -> Order:
    """Read the sort of the staff directory."""
    return order_from(sort, SORTS, User.id)


def select_users(actor: Actor, filters: UserFilter) -> Select[Any]:
    """Select the members of staff of a list, as plain rows without anything secret."""
    require(actor, Action.USER_READ)
    statement = select_rows(
        User.id, User.username, User.first_name, User.last_name, User.email, User.phone, User.department, User.is_active
    )
    if filters.department is not None:
        statement = statement.where(User.department == filters.department)
    if filters.active is not None:
        statement = statement.where(User.is_active == filters.active)
    names = ((User.id, User.name_key), (User.id, User.first_name_key), (User.id, User.username))
    if words := words_of(filters.search):
        statement = statement.where(User.id.in_(union_all(*starting_with(words.whole, *names))))
    return statement


def add_account(session: Session, details: UserDetails, password_hash: str, region: str, *, must_change: bool) -> User:
    """Add an account in a transaction that is already signed by whoever may."""
    required = ("username", "email", "first_name", "last_name", "department")
    values = replace(details, **{field: getattr(details, field) or "" for field in required}).parsed(region=region)
    _refuse_taken(session, values, user_id=None)
    user = User(**values, password_hash=password_hash, must_change_password=must_change)
    session.add(user)
    session.flush()
    return user


def give_one_time_password(session: Session, user: User, password_hash: str) -> None:
    """Replace every key of an account by a password that only opens the door to choosing another."""
    user.password_hash = password_hash
    user.must_change_password = True
    user.totp_secret = user.totp_last_step = None
    two_factor.remove_recovery_codes(session, user.id)
    throttle.forgive(session, user.username)
    auth.end_sessions(session, user.id)
    from src.services.keys import end_keys  # noqa: PLC0415 - lists of clients load this file, and no keys

    end_keys(session, user.id, now=current_moment())
    session.flush()


def _refuse_taken(session: Session, values: Mapping[str, Any], *, user_id: int | None) -> None:
    for field, column, word in (("username", User.username, N_("username")), ("email", User.email, N_("e-mail"))):
        if field in values:
            holder = session.scalar(select(User.id).where(column == values[field]))
            if holder is not None and holder != user_id:
                raise AlreadyExists(field=Marked(word), record=name_of(User))


def _lock_managers(session: Session) -> None:
    # Two managers who deactivate each other at the same moment must not both succeed (SQLite has one writer anyway).
    managers = and_(User.department == Department.MANAGEMENT, User.is_active == true())
    session.execute(select(User.id).where(managers).order_by(User.id).with_for_update())


def _refuse_last_manager(session: Session, user: User) -> None:
    if user.department is not Department.MANAGEMENT or not user.is_active:
        return
    others = select(func.count()).where(
        User.department == Department.MANAGEMENT, User.is_active == true(), User.id != user.id
    )
    if not session.scalar(others):
        raise RuleBroken(N_("The last active member of management can be neither deactivated, deleted nor moved."))


def _in_charge_of(session: Session, user_id: int) -> int:
    clients = session.scalar(select(func.count()).where(Client.sales_contact_id == user_id)) or 0
    events = session.scalar(select(func.count()).where(Event.support_contact_id == user_id)) or 0
    return clients + events


def _hand_over(session: Session, user: User, heir: User) -> None:
    """Move everything in one statement a table, however much it is; each record's history says so."""
    for model, field in ((Client, Client.sales_contact_id), (Event, Event.support_contact_id)):
        held = field == user.id
        audit_trail.note_for_all(session, model, held, {field.key: [user.id, heir.id]})
        session.execute(
            update(model)
            .where(held)
            .values({field: heir.id, model.version: model.version + 1, model.updated_at: current_moment()})
            .execution_options(synchronize_session=False)
        )
