"""One's events in the calendar of a telephone: secret addresses, made, shown once, ended."""

from starlette.responses import Response

from src.domain.permissions import Action
from src.i18n import N_, _
from src.presentation.calendar_feeds import KINDS, address_of
from src.services import calendar_feeds
from src.web.desk import Desk
from src.web.forms import Field
from src.web.once import KEY, key_of, was_sent_before
from src.web.pages import Pages

pages = Pages()

PATH = "/account/calendar-feeds"

NAME = Field(
    name="name",
    required=True,
    longest=100,
    hint=N_("What reads it; you will know it again by this."),
)


@pages.get(PATH, Action.OWN_CALENDAR_FEEDS)
def list_feeds(desk: Desk) -> Response:
    """Show what reads one's events."""
    return desk.page("account/calendar_feeds.html", feeds=calendar_feeds.list_feeds(desk.session, desk.me), kinds=KINDS)


@pages.get(f"{PATH}/new", Action.OWN_CALENDAR_FEEDS)
def show_new_feed(desk: Desk) -> Response:
    """Ask which events a calendar is to show."""
    return desk.page(
        "step.html",
        heading=_("New calendar feed"),
        trail=(PATH, _("Calendar feeds")),
        consequences=[_("Whoever has the address sees the events, without logging in. It is shown once.")],
        fields=(NAME, _kind_for(desk)),
        hidden=key_of(desk),
        submit=_("Make the address"),
    )


@pages.post(f"{PATH}/new", Action.OWN_CALENDAR_FEEDS, again=show_new_feed)
def create_feed(desk: Desk) -> Response:
    """Make a secret address; it is shown this once."""
    desk.form.require_only((NAME.name, "kind", KEY))
    if was_sent_before(desk):
        return desk.done(
            _("This address was made before and shown once. If you did not keep it, end it and make another one."),
            to=PATH,
        )
    made = calendar_feeds.create_feed(
        desk.session, desk.me, kind=desk.form.get("kind"), name=desk.form.get(NAME.name), now=desk.now
    )
    address = address_of(made.secret, server=str(desk.request.base_url))
    return desk.page("account/feed_made.html", made=made, address=address)


@pages.post(f"{PATH}/{{feed_id:int}}/end", Action.OWN_CALENDAR_FEEDS)
def end_feed(desk: Desk, feed_id: int) -> Response:
    """End one of one's own feeds."""
    desk.form.require_only(())
    ended = calendar_feeds.revoke_feed(desk.session, desk.me, feed_id, now=desk.now)
    return desk.done(_("Calendar feed {name} ended.").format(name=ended.name), to=PATH)


def _kind_for(desk: Desk) -> Field:
    choices = {kind.value: KINDS[kind.value] for kind in calendar_feeds.kinds_for(desk.me)}
    return Field(name="kind", kind="choice", required=True, heading=N_("Events shown"), choices=choices)
