"""What may I do? The rulebook itself, as the services apply it."""

from starlette.responses import Response

from src.domain.permissions import DEPARTMENT_LABELS, RULEBOOK, Department
from src.web.desk import Desk
from src.web.pages import Access, Pages

pages = Pages()


@pages.get("/rulebook", Access.SIGNED_IN)
def show_rulebook(desk: Desk) -> Response:
    """Show every right and who has it, one's own department first."""
    mine = desk.me.department
    departments = sorted(Department, key=lambda department: department is not mine)
    return desk.page("rulebook.html", rulebook=RULEBOOK, departments=departments, labels=DEPARTMENT_LABELS, mine=mine)
