"""What opens the door without a password: the tokens and calendar feeds of all staff, for management to end."""

from starlette.responses import Response

from src.domain.permissions import Action
from src.i18n import _
from src.presentation.calendar_feeds import KINDS
from src.services import api_tokens, calendar_feeds
from src.web.desk import Desk
from src.web.pages import Pages

pages = Pages()

PATH = "/staff/tokens"


@pages.get(PATH, Action.USER_END_SESSIONS)
def list_everybodys(desk: Desk) -> Response:
    """Show what is open now, whosever it is."""
    tokens = api_tokens.list_tokens(desk.session, desk.me, everybody=True)
    feeds = calendar_feeds.list_feeds(desk.session, desk.me, everybody=True)
    return desk.page(
        "users/tokens.html",
        tokens=[one for one in tokens if one.revoked_at is None and one.expires_at > desk.now],
        feeds=[one for one in feeds if one.revoked_at is None],
        kinds=KINDS,
    )


@pages.post(f"{PATH}/{{token_id:int}}/end", Action.USER_END_SESSIONS)
def end_anybodys_token(desk: Desk, token_id: int) -> Response:
    """End somebody's token."""
    desk.form.require_only(())
    ended = api_tokens.revoke_token(desk.session, desk.me, token_id, now=desk.now)
    return desk.done(_("Token {name} ended.").format(name=ended.name), to=PATH)


@pages.post("/staff/calendar-feeds/{feed_id:int}/end", Action.USER_END_SESSIONS)
def end_anybodys_feed(desk: Desk, feed_id: int) -> Response:
    """End somebody's calendar feed."""
    desk.form.require_only(())
    ended = calendar_feeds.revoke_feed(desk.session, desk.me, feed_id, now=desk.now)
    return desk.done(_("Calendar feed {name} ended.").format(name=ended.name), to=PATH)
