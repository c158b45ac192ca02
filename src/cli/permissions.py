"""`epicevents permissions`: the rulebook as the program applies it."""

from src.cli.commands import command
from src.cli.render import output_options, show_list
from src.domain.permissions import RULEBOOK, Action, Department, Scope
from src.i18n import N_, _
from src.presentation.columns import Column, Manner

SCOPES = {Scope.ANY.value: N_("any"), Scope.OWN.value: N_("own")}


def _scope(action: Action, department: Department) -> str | None:
    scope = RULEBOOK[action].get(department)
    return None if scope is None else scope.value


COLUMNS = (
    Column(key="action", heading=N_("Code"), importance=3),
    Column(key="right", heading=N_("Right"), importance=1, wraps=True),
    *(
        Column(key=department.lower(), heading=department.label, kind="choice", importance=1, labels=SCOPES)
        for department in Department
    ),
)


@command(
    "permissions",
    help=N_("Show what each department may do."),
    examples=("epicevents permissions", "epicevents permissions --json"),
)
@output_options
def permissions() -> None:
    """Show the rulebook: what is absent is refused."""
    rows = (
        [action.value, _(action.label), *(_scope(action, department) for department in Department)]
        for action in RULEBOOK
    )
    show_list(COLUMNS, rows, empty="", manner=Manner())
