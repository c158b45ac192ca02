"""The people who work here: the directory that everybody reads, and for management adding and changing accounts."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from starlette.responses import Response

from src.domain.choices import parse_choice
from src.domain.permissions import Action, Department
from src.i18n import N_, _
from src.models.user import User
from src.presentation.fields import DEPARTMENTS
from src.presentation.users import COLUMNS
from src.security import passwords
from src.services import clients, events, lists, logging_in, users, workloads
from src.web.desk import Desk
from src.web.exports import export
from src.web.forms import Field
from src.web.histories import history_of
from src.web.lists import ROWS, list_page, listing_of
from src.web.pages import Pages

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

pages = Pages()

PATH = "/staff"
FILTERS = ("department", "accounts")
# On a card; whatever is more is a list of its own.
_SHOWN = 10
_ACCOUNTS = {"open": True, "closed": False}

FIELDS = (
    Field(name="first_name", required=True, longest=100),
    Field(name="last_name", required=True, longest=100),
    Field(name="username", required=True, longest=50, hint=N_("The name to log in with, such as kate.hastroff.")),
    Field(name="email", kind="email", required=True, longest=254),
    Field(name="phone", kind="tel", hint=N_("With its country code if it is not from here, such as +32.")),
    Field(
        name="department", kind="choice", required=True, choices=DEPARTMENTS, hint=N_("It decides what they may do.")
    ),
)
_NAMES = [one.name for one in FIELDS]


def step(desk: Desk, user: User, **shown: Any) -> Response:
    """Show the form of something done about an account, on the way back to the colleague's card."""
    return desk.page("step.html", trail=(f"{PATH}/{user.id}", user.full_name), **shown)


@pages.get(PATH, Action.USER_READ)
def list_users(desk: Desk) -> Response:
    """Show who works here."""
    listing = listing_of(desk, PATH, filters=FILTERS, sort="name")
    page = users.list_users(desk.session, desk.me, _filter(desk), sort=listing.sort, limit=ROWS, after=listing.after)
    return list_page(desk, "users/list.html", listing.showing(page))


@pages.post(f"{PATH}/export", Action.EXPORT)
def export_users(desk: Desk) -> Response:
    """Download the directory as it is narrowed down, all of it."""
    desk.form.require_only(())
    listing = listing_of(desk, PATH, filters=FILTERS, sort="name")
    filters = _filter(desk)

    def everything(session: "Session") -> Iterator[Any]:
        return lists.stream(session, users.select_users(desk.me, filters), users.user_order(listing.sort))

    asked = {"department": filters.department, "active": filters.active, "search": filters.search}
    return export(desk, COLUMNS, everything, record_type="users", filters=asked)


@pages.get(f"{PATH}/new", Action.USER_CREATE)
def show_new_user(desk: Desk) -> Response:
    """Ask who begins to work here."""
    return desk.page(
        "step.html",
        heading=_("New member of staff"),
        trail=(PATH, _("Staff")),
        consequences=[_("They get a one-time password, shown once, and choose their own at the first log-in.")],
        fields=FIELDS,
        submit=_("Create account"),
    )


@pages.post(f"{PATH}/new", Action.USER_CREATE, again=show_new_user, own_transactions=True)
def create_user(desk: Desk) -> Response:
    """Create an account; its one-time password is shown this once."""
    desk.form.require_only(_NAMES)
    details = users.UserDetails(**{name: desk.form.get(name) for name in _NAMES})
    # Hashing takes long: no transaction is open meanwhile.
    secret = passwords.random_password()
    hashed = passwords.STANDARD.hash(secret)
    with desk.site.database.writing() as session:
        added = users.create_user(session, desk.me, details, password_hash=hashed, region=desk.settings.phone_region)
    return desk.page(
        "users/one_time_password.html", user=added, secret=secret, is_new=True, days=logging_in.ONE_TIME_PASSWORD_DAYS
    )


@pages.get(f"{PATH}/{{user_id:int}}", Action.USER_READ)
def show_user(desk: Desk, user_id: int) -> Response:
    """Show a member of staff with what is in their charge and who changed what."""
    user = users.show_user(desk.session, desk.me, user_id)
    load = workloads.workload_of(desk.session, desk.me, user_id, now=desk.now)
    return desk.page(
        "users/card.html", user=user, load=load, **_in_charge_of(desk, user), **history_of(desk, User, user_id)
    )


@pages.get(f"{PATH}/{{user_id:int}}/edit", Action.USER_UPDATE)
def show_edit_user(desk: Desk, user_id: int) -> Response:
    """Ask what is to change about an account."""
    user = users.show_user(desk.session, desk.me, user_id)
    return step(
        desk,
        user,
        heading=_("Change {name}").format(name=user.full_name),
        consequences=[
            _("Another department ends their sessions; whoever is in charge of clients or events cannot change it.")
        ],
        record=user,
        fields=FIELDS,
        submit=_("Save"),
    )


@pages.post(f"{PATH}/{{user_id:int}}/edit", Action.USER_UPDATE, again=show_edit_user)
def edit_user(desk: Desk, user_id: int) -> Response:
    """Change an account: what was changed in the form, and nothing else."""
    desk.form.require_only([*_NAMES, "version"])
    users.update_user(
        desk.session,
        desk.me,
        user_id,
        users.UserDetails(**desk.form.changed(FIELDS)),
        region=desk.settings.phone_region,
        version=desk.form.version(),
    )
    return desk.done(_("Account saved."), to=f"{PATH}/{user_id}")


def _in_charge_of(desk: Desk, user: User) -> dict[str, Any]:
    """Fetch the beginning of what somebody looks after: sellers their clients, support its coming events."""
    found: dict[str, Any] = {"clients": None, "events": None}
    if user.department is Department.SALES:
        theirs = clients.ClientFilter(sales_contact_id=user.id)
        found["clients"] = clients.list_clients(desk.session, desk.me, theirs, limit=_SHOWN)
    if user.department is Department.SUPPORT:
        coming = events.EventFilter(support_contact_id=user.id, upcoming=True)
        found["events"] = events.list_events(desk.session, desk.me, coming, now=desk.now, zone=desk.zone, limit=_SHOWN)
    return found


def _filter(desk: Desk) -> users.UserFilter:
    department = desk.asked("department")
    accounts = parse_choice(desk.asked("accounts"), ("", *_ACCOUNTS), field=N_("accounts"))
    return users.UserFilter(
        department=users.parse_department(department) if department else None,
        active=_ACCOUNTS.get(accounts),
        search=desk.asked("q"),
    )
