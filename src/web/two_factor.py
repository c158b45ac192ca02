"""The second key of one's own account: a code from a telephone."""

import io

import segno
from markupsafe import Markup
from starlette.responses import Response

from src.domain.permissions import Action
from src.i18n import N_, _
from src.services import own_account
from src.web.desk import Desk
from src.web.forms import Field
from src.web.pages import Pages
from src.web.refusals import TWO_FACTOR

pages = Pages()

PASSWORD_FIELD = Field(
    name="password",
    kind="password",
    required=True,
    heading=N_("Present password"),
    autocomplete="current-password",
)
CODE_FIELD = Field(
    name="code",
    required=True,
    heading=N_("Code"),
    hint=N_("The six digits that the app shows now."),
    autocomplete="one-time-code",
    longest=20,
)


@pages.get(TWO_FACTOR, Action.OWN_TWO_FACTOR)
def show_two_factor(desk: Desk) -> Response:
    """Show whether the second key is on, and what it takes to turn it on or off."""
    state = own_account.two_factor_state(desk.session, desk.me)
    setup = (
        None
        if state.is_on
        else own_account.start_two_factor(desk.session, desk.me, shown_before=desk.form.get("secret"))
    )
    return desk.page(
        "account/two_factor.html",
        state=state,
        setup=setup,
        drawing=setup and _drawing(setup.uri),
        fields=(PASSWORD_FIELD,) if state.is_on else (CODE_FIELD, PASSWORD_FIELD),
        is_forced=not state.is_on and desk.me.department in desk.site.two_factor_for,
    )


@pages.post(TWO_FACTOR, Action.OWN_TWO_FACTOR, again=show_two_factor, own_transactions=True)
def confirm_two_factor(desk: Desk) -> Response:
    """Turn the second key on; the recovery codes are shown this once."""
    desk.form.require_only(("secret", "code", "password"))
    codes = own_account.confirm_two_factor(
        desk.site.database,
        desk.me,
        secret=desk.form.get("secret"),
        code=desk.form.get("code"),
        password=desk.form.get("password"),
        address=desk.address,
        now=desk.now,
    )
    return desk.page("account/recovery_codes.html", codes=codes)


@pages.post(f"{TWO_FACTOR}/off", Action.OWN_TWO_FACTOR, again=show_two_factor, own_transactions=True)
def disable_two_factor(desk: Desk) -> Response:
    """Turn the second key off."""
    desk.form.require_only(("password",))
    own_account.disable_two_factor(
        desk.site.database, desk.me, password=desk.form.get("password"), address=desk.address, now=desk.now
    )
    return desk.done(_("Two-factor log-in is off."), to="/account")


@pages.post(f"{TWO_FACTOR}/codes", Action.OWN_TWO_FACTOR, again=show_two_factor, own_transactions=True)
def renew_recovery_codes(desk: Desk) -> Response:
    """Make new recovery codes, shown this once."""
    desk.form.require_only(("password",))
    codes = own_account.new_recovery_codes(
        desk.site.database, desk.me, password=desk.form.get("password"), address=desk.address, now=desk.now
    )
    return desk.page("account/recovery_codes.html", codes=codes)


def _drawing(uri: str) -> Markup:
    """Draw what the telephone scans; light squares stay light on a dark screen, or no telephone reads it."""
    drawn = io.BytesIO()
    segno.make(uri, error="m").save(
        drawn, kind="svg", xmldecl=False, svgns=False, omitsize=True, light="#fff", border=2, svgclass="qr"
    )
    return Markup(drawn.getvalue().decode())  # noqa: S704 - squares that the library drew
