"""Whom a program works for, and what it may do."""

from typing import Any

from src.api.answering import Listed
from src.api.desk import Desk
from src.api.operations import Operations
from src.domain.permissions import RULEBOOK, Action, granted
from src.i18n import N_, _
from src.presentation.columns import Column
from src.presentation.fields import DEPARTMENTS

operations = Operations()

ME = (
    Column(key="user_id", heading=N_("No."), kind="number"),
    Column(key="username", heading=N_("Username")),
    Column(key="department", heading=N_("Department"), kind="choice", labels=DEPARTMENTS),
)
RIGHTS = (
    Column(key="action", heading=N_("Action")),
    Column(key="label", heading=N_("Meaning")),
    Column(key="reach", heading=N_("Reach"), kind="choice", labels={"any": N_("any"), "own": N_("own")}),
)


@operations.get("/me", None, answers=ME)
def show_me(desk: Desk) -> Any:
    """Tell for whom this token works."""
    return desk.me


class _Right:
    def __init__(self, desk: Desk, action: Action) -> None:
        self.action, self.label = action.value, _(action.label)
        self.reach = RULEBOOK[action][desk.me.department].value


@operations.get("/permissions", None, answers=RIGHTS, many=True)
def list_permissions(desk: Desk) -> Listed:
    """Tell what this token may do now: its scopes, of what its holder's department may."""
    return Listed([_Right(desk, action) for action in Action if granted(desk.me, action) is True])
