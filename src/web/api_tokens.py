"""Personal tokens: what programs may do in one's name."""

from collections.abc import Mapping

from starlette.responses import Response

from src.domain.permissions import READING, Action, granted
from src.domain.values import parse_count
from src.i18n import N_, _
from src.services import api_tokens
from src.services.api_tokens import READ, SCOPES, USUAL_DAYS
from src.web.desk import Desk
from src.web.forms import Field
from src.web.once import KEY, key_of, was_sent_before
from src.web.pages import Pages

pages = Pages()

PATH = "/account/tokens"
# A box for each right: a form has one value under each name.
_BOX = "scope."

NAME = Field(
    name="name",
    required=True,
    longest=100,
    hint=N_("What it is for; you will know it again by this."),
)
DAYS = Field(
    name="days",
    kind="number",
    required=True,
    heading=N_("Days"),
    longest=3,
    hint=N_("For how long, at most 366 days."),
)
SCOPE = Field(name="scopes", heading=N_("Rights"), says=N_("scopes"))


@pages.get(PATH, Action.OWN_SESSIONS)
def list_tokens(desk: Desk) -> Response:
    """Show the keys that one gave to programs."""
    return desk.page("account/tokens.html", tokens=api_tokens.list_tokens(desk.session, desk.me))


@pages.get(f"{PATH}/new", Action.OWN_SESSIONS)
def show_new_token(desk: Desk) -> Response:
    """Ask what a program may do, and for how long."""
    return desk.page(
        "account/new_token.html",
        trail=(PATH, _("Tokens")),
        fields=(NAME, DAYS),
        scope=SCOPE,
        before={"days": str(USUAL_DAYS)},
        reading={_BOX + READ: _("everything that you may read"), **_boxes(desk, reading=True)},
        changing=_boxes(desk, reading=False),
        chosen={name for name in desk.form.values if name.startswith(_BOX)} if desk.form else {_BOX + READ},
        hidden=key_of(desk),
    )


@pages.post(f"{PATH}/new", Action.OWN_SESSIONS, again=show_new_token)
def create_token(desk: Desk) -> Response:
    """Make a token; it is shown this once."""
    boxes = [_BOX + scope for scope in SCOPES]
    desk.form.require_only((NAME.name, DAYS.name, KEY, *boxes))
    if was_sent_before(desk):
        return desk.done(
            _("This token was made before and shown once. If you did not keep it, end it and make another one."),
            to=PATH,
        )
    made = api_tokens.create_token(
        desk.session,
        desk.me,
        name=desk.form.get(NAME.name),
        scopes=[name.removeprefix(_BOX) for name in boxes if name in desk.form.values],
        days=parse_count(desk.form.get(DAYS.name), field=N_("days")),
        now=desk.now,
    )
    return desk.page("account/token_made.html", made=made)


@pages.post(f"{PATH}/{{token_id:int}}/end", Action.OWN_SESSIONS)
def end_token(desk: Desk, token_id: int) -> Response:
    """End one of one's own tokens."""
    desk.form.require_only(())
    ended = api_tokens.revoke_token(desk.session, desk.me, token_id, now=desk.now)
    return desk.done(_("Token {name} ended.").format(name=ended.name), to=PATH)


def _boxes(desk: Desk, *, reading: bool) -> Mapping[str, str]:
    """Give the rights that somebody can pass on, each with its words."""
    return {
        _BOX + action.value: _(action.label)
        for action in Action
        if action.value in SCOPES and (action in READING) is reading and granted(desk.me, action) is True
    }
