"""One's own account: where one is logged in."""

from starlette.responses import Response

from src.domain.permissions import Action
from src.i18n import N_, _
from src.services import own_account, users
from src.web.cookies import LANGUAGE, SESSION, THEME, drop_cookie
from src.web.desk import Desk
from src.web.pages import Pages
from src.web.preferences import AS_THE_BROWSER
from src.web.refusals import LOG_IN

pages = Pages()

READING = (
    (
        LANGUAGE,
        N_("Language"),
        {AS_THE_BROWSER[LANGUAGE]: N_("As the browser says"), "en": "English", "fr": "Français"},
    ),
    (THEME, N_("Screen"), {AS_THE_BROWSER[THEME]: N_("As the system"), "light": N_("Light"), "dark": N_("Dark")}),
)


@pages.get("/account", Action.OWN_SESSIONS)
def show_account(desk: Desk) -> Response:
    """Show who is logged in, where, and how they read."""
    return desk.page(
        "account/account.html",
        person=users.show_user(desk.session, desk.me, desk.me.user_id),
        sessions=own_account.list_sessions(desk.session, desk.me, now=desk.now),
        two_factor=own_account.two_factor_state(desk.session, desk.me),
        reading=READING,
        chosen={LANGUAGE: desk.me.language or AS_THE_BROWSER[LANGUAGE], THEME: desk.me.theme or AS_THE_BROWSER[THEME]},
    )


@pages.post("/account/sessions/{session_id:int}/end", Action.OWN_SESSIONS)
def end_session(desk: Desk, session_id: int) -> Response:
    """End one of one's own log-ins."""
    desk.form.require_only(())
    own_account.end_session(desk.session, desk.me, session_id)
    if session_id == desk.me.session_id:
        response = desk.go(LOG_IN)
        drop_cookie(desk.request, response, SESSION)
        return response
    return desk.done(_("That log-in has ended."), to="/account")


@pages.post("/account/sessions/end-all", Action.OWN_SESSIONS)
def end_every_session(desk: Desk) -> Response:
    """End every log-in of one's own, this one too."""
    desk.form.require_only(())
    own_account.end_all_sessions(desk.session, desk.me, keep_current=False)
    response = desk.go(LOG_IN)
    drop_cookie(desk.request, response, SESSION)
    return response


@pages.post("/account/sessions/end", Action.OWN_SESSIONS)
def end_other_sessions(desk: Desk) -> Response:
    """End every other log-in of one's own."""
    desk.form.require_only(())
    ended = own_account.end_all_sessions(desk.session, desk.me)
    return desk.done(_("Log-ins ended: {number}.").format(number=ended), to="/account")
