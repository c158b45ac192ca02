"""One's own password."""

from starlette.responses import Response

from src.domain.errors import InvalidInput
from src.domain.permissions import Action
from src.i18n import N_, _
from src.services import own_account, users
from src.web.desk import Desk
from src.web.forms import Field
from src.web.pages import Pages
from src.web.refusals import PASSWORD

pages = Pages()

FIELDS = (
    Field(
        name="current",
        kind="password",
        required=True,
        heading=N_("Present password"),
        autocomplete="current-password",
    ),
    Field(
        name="new",
        kind="password",
        required=True,
        heading=N_("New password"),
        says="password",
        hint=N_("At least 15 characters, or 8 with two-factor log-in. A few unrelated words are best."),
        autocomplete="new-password",
    ),
    Field(
        name="repeated",
        kind="password",
        required=True,
        heading=N_("New password once more"),
        autocomplete="new-password",
    ),
)


@pages.get(PASSWORD, Action.OWN_PASSWORD)
def show_password_form(desk: Desk) -> Response:
    """Ask for another password."""
    me = users.show_user(desk.session, desk.me, desk.me.user_id)
    return desk.page("account/password.html", fields=FIELDS, is_forced=me.must_change_password)


@pages.post(PASSWORD, Action.OWN_PASSWORD, again=show_password_form, own_transactions=True)
def change_password(desk: Desk) -> Response:
    """Take another password; every other log-in of this person ends."""
    desk.form.require_only([one.name for one in FIELDS])
    if desk.form.get("new") != desk.form.get("repeated"):
        raise InvalidInput(N_("{field}: this is not what was typed above."), field=N_("new password once more"))
    own_account.change_password(
        desk.site.database,
        desk.me,
        current=desk.form.get("current"),
        new=desk.form.get("new"),
        address=desk.address,
        now=desk.now,
    )
    return desk.done(_("Your password is changed. Your other log-ins have ended."), to="/")
