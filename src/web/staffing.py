"""What management does about an account: close it, open it again, delete it, give a new password, end its sessions."""

from starlette.responses import Response

from src.domain.permissions import Action
from src.i18n import _, ngettext
from src.security import passwords
from src.services import lists, logging_in, users, workloads
from src.web.desk import Desk
from src.web.once import KEY, key_of, was_sent_before
from src.web.pages import Pages
from src.web.users import PATH, step

pages = Pages()

_ONE = f"{PATH}/{{user_id:int}}"


@pages.get(f"{_ONE}/deactivate", Action.USER_DEACTIVATE)
def show_deactivate_user(desk: Desk, user_id: int) -> Response:
    """Ask whether an account is to be closed, and tell what stays in the person's charge."""
    user = users.show_user(desk.session, desk.me, user_id)
    load = workloads.workload_of(desk.session, desk.me, user_id, now=desk.now)
    return step(
        desk,
        user,
        heading=_("Close the account of {name}").format(name=user.full_name),
        consequences=[
            _("They are logged out everywhere at once, and cannot log in any more."),
            _("They stay in charge of what is theirs: {records}.").format(records=_records(load)),
            _("The account can be opened again."),
        ],
        submit=_("Close account"),
        is_dangerous=True,
    )


@pages.post(f"{_ONE}/deactivate", Action.USER_DEACTIVATE, again=show_deactivate_user)
def deactivate_user(desk: Desk, user_id: int) -> Response:
    """Close an account at once."""
    desk.form.require_only(())
    closed = users.set_active(desk.session, desk.me, user_id, active=False)
    return desk.done(_("The account of {name} is closed.").format(name=closed.full_name), to=f"{PATH}/{user_id}")


@pages.get(f"{_ONE}/reactivate", Action.USER_DEACTIVATE)
def show_reactivate_user(desk: Desk, user_id: int) -> Response:
    """Ask whether a closed account is to be opened again."""
    user = users.show_user(desk.session, desk.me, user_id)
    return step(
        desk,
        user,
        heading=_("Open the account of {name} again").format(name=user.full_name),
        consequences=[_("They log in with the password that they had.")],
        submit=_("Open account"),
    )


@pages.post(f"{_ONE}/reactivate", Action.USER_DEACTIVATE, again=show_reactivate_user)
def reactivate_user(desk: Desk, user_id: int) -> Response:
    """Open a closed account again."""
    desk.form.require_only(())
    opened = users.set_active(desk.session, desk.me, user_id, active=True)
    return desk.done(_("The account of {name} is open again.").format(name=opened.full_name), to=f"{PATH}/{user_id}")


@pages.get(f"{_ONE}/delete", Action.USER_DELETE)
def show_delete_user(desk: Desk, user_id: int) -> Response:
    """Ask whether an account is to go for good, and who takes over what is in the person's charge."""
    user = users.show_user(desk.session, desk.me, user_id)
    load = workloads.workload_of(desk.session, desk.me, user_id, now=desk.now)
    colleagues = users.UserFilter(department=user.department, active=True)
    found = users.list_users(desk.session, desk.me, colleagues, limit=lists.MAX_LIMIT).items if load.records else ()
    return desk.page(
        "users/delete.html",
        user=user,
        load=load,
        in_charge=_records(load),
        heirs=[person for person in found if person.id != user_id],
    )


@pages.post(f"{_ONE}/delete", Action.USER_DELETE, again=show_delete_user)
def delete_user(desk: Desk, user_id: int) -> Response:
    """Delete an account; whatever the person is in charge of goes to a colleague."""
    desk.form.require_only(("reassign_to",))
    heir = desk.form.get("reassign_to")
    name = users.show_user(desk.session, desk.me, user_id).full_name
    reassign_to = users.find_user(desk.session, desk.me, heir).id if heir else None
    moved = users.delete_user(desk.session, desk.me, user_id, reassign_to=reassign_to)
    said = _("The account of {name} is deleted; records handed over: {count}.")
    return desk.done(said.format(name=name, count=moved), to=PATH)


@pages.get(f"{_ONE}/password", Action.USER_RESET_PASSWORD)
def show_reset_password(desk: Desk, user_id: int) -> Response:
    """Ask whether somebody needs another password."""
    user = users.show_user(desk.session, desk.me, user_id)
    return step(
        desk,
        user,
        heading=_("New password for {name}").format(name=user.full_name),
        consequences=[
            _("A one-time password is shown once; they choose their own when they log in with it."),
            _("They are logged out everywhere, and their second factor is taken off."),
        ],
        submit=_("Reset password"),
        is_dangerous=True,
        hidden=key_of(desk),
    )


@pages.post(f"{_ONE}/password", Action.USER_RESET_PASSWORD, again=show_reset_password, own_transactions=True)
def reset_password(desk: Desk, user_id: int) -> Response:
    """Give somebody a one-time password, shown this once."""
    desk.form.require_only((KEY,))
    # Hashing takes long: no transaction is open meanwhile.
    secret = passwords.random_password()
    hashed = passwords.STANDARD.hash(secret)
    with desk.site.database.writing() as session:
        if was_sent_before(desk, session):
            return desk.done(
                _("This password was made before and shown once. If you did not keep it, reset the password again."),
                to=f"{PATH}/{user_id}",
            )
        user = users.reset_password(session, desk.me, user_id, password_hash=hashed)
    return desk.page(
        "users/one_time_password.html", user=user, secret=secret, is_new=False, days=logging_in.ONE_TIME_PASSWORD_DAYS
    )


@pages.get(f"{_ONE}/sessions/end", Action.USER_END_SESSIONS)
def show_end_sessions(desk: Desk, user_id: int) -> Response:
    """Ask whether somebody is to be logged out everywhere."""
    user = users.show_user(desk.session, desk.me, user_id)
    return step(
        desk,
        user,
        heading=_("Log {name} out everywhere").format(name=user.full_name),
        consequences=[_("Say after a lost telephone or laptop. They can log in again with their password.")],
        submit=_("End all sessions"),
        is_dangerous=True,
    )


@pages.post(f"{_ONE}/sessions/end", Action.USER_END_SESSIONS, again=show_end_sessions)
def end_sessions(desk: Desk, user_id: int) -> Response:
    """Log somebody out everywhere."""
    desk.form.require_only(())
    ended = users.end_user_sessions(desk.session, desk.me, user_id)
    return desk.done(_("Log-ins ended: {number}.").format(number=ended), to=f"{PATH}/{user_id}")


def _records(load: workloads.Workload) -> str:
    if load.clients:
        return ngettext("{number} client", "{number} clients", load.clients).format(number=load.clients)
    return ngettext("{number} event", "{number} events", load.events).format(number=load.events)
