"""Lists as somebody likes to see them: saved under a name, opened with a click, renamed, deleted."""

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.responses import Response

from src.domain.choices import parse_choice
from src.i18n import N_, _
from src.models.saved_view import SavedView
from src.services import saved_views
from src.web import audit, clients, contracts, events, users
from src.web.desk import Desk
from src.web.forms import Field
from src.web.lists import known_query
from src.web.pages import Access, Pages

pages = Pages()

PATH = "/views"
NAME = Field(name="name", required=True, heading=N_("Name"), longest=saved_views.LONGEST_NAME)


@dataclass(frozen=True)
class _List:
    """A list that can be saved as it is shown."""

    path: str
    heading: str
    filters: Sequence[str]


_LISTS = {
    "clients": _List(clients.PATH, N_("Clients"), clients.FILTERS),
    "contracts": _List(contracts.PATH, N_("Contracts"), contracts.FILTERS),
    "events": _List(events.PATH, N_("Events"), events.FILTERS),
    "staff": _List(users.PATH, N_("Staff"), users.FILTERS),
    "audit": _List(audit.PATH, N_("Audit log"), audit.FILTERS),
}


@pages.get(f"{PATH}/new", Access.SIGNED_IN)
def show_new_view(desk: Desk) -> Response:
    """Ask under which name a list is to be kept as it is shown now."""
    wanted = {name: desk.form.get(name) or desk.asked(name) for name in ("list", "query")}
    shown = _list_named(wanted["list"])
    query = known_query(wanted["query"], shown.filters)
    return desk.page(
        "step.html",
        heading=_("Save this view"),
        trail=(_address(shown, query), _(shown.heading)),
        note=_("It is yours alone, and stands above the list."),
        fields=(NAME,),
        hidden={"list": wanted["list"], "query": query},
        submit=_("Save view"),
    )


@pages.post(f"{PATH}/new", Access.SIGNED_IN, again=show_new_view)
def save_view(desk: Desk) -> Response:
    """Keep a list as it is shown, under a name."""
    desk.form.require_only(("list", "query", NAME.name))
    shown = _list_named(desk.form.get("list"))
    query = known_query(desk.form.get("query"), shown.filters)
    view = saved_views.save_view(
        desk.session, desk.me, list_name=desk.form.get("list"), name=desk.form.get("name"), query=query
    )
    return desk.done(_("View saved: {name}.").format(name=view.name), to=_address(shown, query))


@pages.get(f"{PATH}/{{view_id:int}}", Access.SIGNED_IN)
def open_view(desk: Desk, view_id: int) -> Response:
    """Open a list as it was saved; what it cannot be asked for any more is left out."""
    view = saved_views.show_view(desk.session, desk.me, view_id)
    return desk.go(_address_of(view))


@pages.get(f"{PATH}/{{view_id:int}}/edit", Access.SIGNED_IN)
def show_rename_view(desk: Desk, view_id: int) -> Response:
    """Ask what a view is to be called, or whether it is to go."""
    view = saved_views.show_view(desk.session, desk.me, view_id)
    return desk.page(
        "views/edit.html", view=view, trail=(_address_of(view), _(_list_named(view.list_name).heading)), name=NAME
    )


@pages.post(f"{PATH}/{{view_id:int}}/edit", Access.SIGNED_IN, again=show_rename_view)
def rename_view(desk: Desk, view_id: int) -> Response:
    """Call a view something else."""
    desk.form.require_only((NAME.name,))
    view = saved_views.rename_view(desk.session, desk.me, view_id, desk.form.get("name"))
    return desk.done(_("View saved: {name}.").format(name=view.name), to=_address_of(view))


@pages.post(f"{PATH}/{{view_id:int}}/delete", Access.SIGNED_IN)
def delete_view(desk: Desk, view_id: int) -> Response:
    """Forget a view."""
    desk.form.require_only(())
    view = saved_views.delete_view(desk.session, desk.me, view_id)
    return desk.done(_("View deleted: {name}.").format(name=view.name), to=_list_named(view.list_name).path)


def _list_named(name: str) -> _List:
    return _LISTS[parse_choice(name, _LISTS, field=N_("list"))]


def _address_of(view: SavedView) -> str:
    shown = _list_named(view.list_name)
    return _address(shown, known_query(view.query, shown.filters))


def _address(shown: _List, query: str) -> str:
    return f"{shown.path}?{query}" if query else shown.path
