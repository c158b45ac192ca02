"""Lists as somebody likes to see them, under names of their own.

A view is its maker's alone: no right is asked but to be logged in, nothing is in the audit log, and to everybody else
it is not there. What it asks of a list is read again by that list whenever it is opened.
"""

from collections.abc import Sequence
from functools import cache

from sqlalchemy import Row, Select, bindparam, func, select
from sqlalchemy.orm import Session

from src.db.session import ask
from src.domain.errors import AlreadyExists, Marked, NotFound, RuleBroken
from src.domain.permissions import Actor
from src.domain.values import parse_text
from src.i18n import N_
from src.models.saved_view import SavedView
from src.services.records import get_or_raise, name_of

MOST = 30
LONGEST_NAME = 60
LONGEST_QUERY = 1000


def list_views(session: Session, actor: Actor, list_name: str) -> Sequence[Row[int, str, str]]:
    """List one's own views of a list by name, as plain rows."""
    return ask(session, _kept(), {"owner": actor.user_id, "list": list_name}).all()


def save_view(session: Session, actor: Actor, *, list_name: str, name: str, query: str) -> SavedView:
    """Keep what a list shows now under a name.

    Raises:
        InvalidInput; AlreadyExists: one's own view of this list has this name; RuleBroken: there are too many.
    """
    view = SavedView(
        user_id=actor.user_id,
        list_name=list_name,
        name=_free_name(session, actor, list_name, name),
        query=parse_text(query, field=N_("view"), longest=LONGEST_QUERY),
    )
    of_the_list = SavedView.user_id == actor.user_id, SavedView.list_name == list_name
    if (session.scalar(select(func.count()).where(*of_the_list)) or 0) >= MOST:
        raise RuleBroken(N_("You have {most} views of this list already. Delete one first."), most=MOST)
    session.add(view)
    session.flush()
    return view


def show_view(session: Session, actor: Actor, view_id: int) -> SavedView:
    """Show one of one's own views.

    Raises:
        NotFound: there is none with this number, or it is somebody else's.
    """
    view = get_or_raise(session, SavedView, view_id)
    if not view.is_owned_by(actor.user_id):
        raise NotFound(record=name_of(SavedView), id=view_id)
    return view


def rename_view(session: Session, actor: Actor, view_id: int, name: str) -> SavedView:
    """Call one of one's own views something else.

    Raises:
        NotFound, InvalidInput, AlreadyExists.
    """
    view = show_view(session, actor, view_id)
    view.name = _free_name(session, actor, view.list_name, name, but_for=view_id)
    session.flush()
    return view


def delete_view(session: Session, actor: Actor, view_id: int) -> SavedView:
    """Forget one of one's own views; gives what it was.

    Raises:
        NotFound.
    """
    view = show_view(session, actor, view_id)
    session.delete(view)
    session.flush()
    return view


@cache
def _kept() -> Select[int, str, str]:
    # Made once: every page of every list asks.
    return (
        select(SavedView.id, SavedView.name, SavedView.query)
        .where(SavedView.user_id == bindparam("owner"), SavedView.list_name == bindparam("list"))
        .order_by(SavedView.name)
    )


def _free_name(session: Session, actor: Actor, list_name: str, name: str, *, but_for: int = 0) -> str:
    typed = parse_text(name, field=N_("name"), longest=LONGEST_NAME)
    holder = select(SavedView.id).where(
        SavedView.user_id == actor.user_id, SavedView.list_name == list_name, SavedView.name == typed
    )
    if session.scalar(holder) not in {None, but_for}:
        raise AlreadyExists(field=Marked(N_("name")), record=name_of(SavedView))
    return typed
