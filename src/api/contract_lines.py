"""What a contract is made up of; its lines share the contract's version."""

from typing import Any

from src.api.answering import Listed, Made
from src.api.contracts import ONE, shown
from src.api.desk import Desk
from src.api.fields import Field, requiring
from src.api.operations import Operations
from src.domain.permissions import Action
from src.i18n import N_
from src.presentation.contract_lines import COLUMNS
from src.presentation.contracts import RECORD
from src.services import contract_lines

operations = Operations()

LINE = "/contract-lines/{line_id:int}"

_REASON = Field(name="reason", about="Why; required for a signed contract, which is amended.")
DETAILS = (
    Field(name="description"),
    Field(name="quantity", kind="decimal"),
    Field(name="unit_price", kind="money", about="Without VAT; negative for a discount."),
    Field(name="vat_rate", kind="decimal", says=N_("VAT rate"), about="In percent."),
)
NEW = requiring(DETAILS, {"description", "quantity", "unit_price"})


@operations.get(f"{ONE}/lines", Action.CONTRACT_READ, answers=COLUMNS, many=True)
def list_lines(desk: Desk, contract_id: int) -> Listed:
    """List what a contract is made up of, in the order in which it was written down."""
    return Listed(contract_lines.list_lines(desk.session, desk.me, contract_id))


@operations.post(f"{ONE}/lines", Action.CONTRACT_UPDATE, fields=(*NEW, _REASON), answers=RECORD, status=201)
def add_line(desk: Desk, contract_id: int) -> Made:
    """Put a line into a contract, whose total follows; answers with the contract."""
    details, reason = _split(desk)
    contract_lines.add_line(desk.session, desk.me, contract_id, details, reason=reason, version=desk.version)
    return Made(shown(desk, contract_id))


@operations.post(f"{LINE}/change", Action.CONTRACT_UPDATE, fields=(*DETAILS, _REASON), answers=RECORD)
def change_line(desk: Desk, line_id: int) -> Any:
    """Correct a line; answers with its contract."""
    details, reason = _split(desk)
    line = contract_lines.change_line(desk.session, desk.me, line_id, details, reason=reason, version=desk.version)
    return shown(desk, line.contract_id)


@operations.post(f"{LINE}/remove", Action.CONTRACT_UPDATE, fields=(_REASON,), answers=RECORD)
def remove_line(desk: Desk, line_id: int) -> Any:
    """Take a line out of its contract; answers with the contract."""
    contract = contract_lines.remove_line(
        desk.session, desk.me, line_id, reason=desk.sent.get("reason", ""), version=desk.version
    )
    return shown(desk, contract.id)


def _split(desk: Desk) -> tuple[contract_lines.LineDetails, str]:
    details = {name: value for name, value in desk.sent.items() if name != "reason"}
    return contract_lines.LineDetails(**details), desk.sent.get("reason", "")
