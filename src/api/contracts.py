"""What clients buy, step by step."""

from typing import Any

from src.api.answering import Listed, Made
from src.api.desk import Desk
from src.api.fields import Field, requiring
from src.api.histories import history_of
from src.api.operations import Operations
from src.api.pages import part_of
from src.domain.permissions import Action
from src.i18n import N_
from src.models.contract import Contract, ContractStatus
from src.presentation.contracts import COLUMNS, RECORD, SORTS
from src.presentation.fields import STATUSES
from src.presentation.histories import COLUMNS as HISTORY
from src.services import contracts

operations = Operations()

PATH = "/contracts"
ONE = PATH + "/{contract_id:int}"

TERMS = (Field(name="title"), Field(name="total", kind="money"))
REASON = Field(name="reason", required=True, about="Why; it is kept in the contract's history.")
FILTERS = (
    Field(name="search", about="Words or parts of words, in the title or the client's name, company or e-mail."),
    Field(name="mine", kind="bool", about="Only those of clients in the charge of the token's holder."),
    Field(name="client_id", kind="number"),
    Field(name="status", kind="choice", choices=tuple(STATUSES)),
    Field(name="unsigned", kind="bool", about="Only those still to be signed."),
    Field(name="unpaid", kind="bool", about="Only signed ones that are not fully paid."),
)


@operations.list(PATH, Action.CONTRACT_READ, answers=COLUMNS, sorts=SORTS, words=FILTERS)
def list_contracts(desk: Desk) -> Listed:
    """List contracts."""
    status = desk.asked.get("status")
    filters = contracts.ContractFilter(
        mine=desk.asked.get("mine", False),
        client_id=desk.asked.get("client_id"),
        status=ContractStatus(status) if status else None,
        unsigned=desk.asked.get("unsigned", False),
        unpaid=desk.asked.get("unpaid", False),
        search=desk.asked.get("search", ""),
    )
    page = contracts.list_contracts(desk.session, desk.me, filters, **part_of(desk, sort="-id"))
    return Listed(page.items, page.next, lambda: contracts.select_contracts(desk.me, filters))


@operations.post(
    PATH,
    Action.CONTRACT_CREATE,
    fields=(Field(name="client_id", kind="number", required=True), *requiring(TERMS, {"title", "total"})),
    answers=RECORD,
    status=201,
)
def create_contract(desk: Desk) -> Made:
    """Draw up a contract; it starts as a draft."""
    made = contracts.create_contract(desk.session, desk.me, **desk.sent)
    return Made(shown(desk, made.id), location=f"{PATH}/{made.id}")


@operations.get(ONE, Action.CONTRACT_READ, answers=RECORD)
def show_contract(desk: Desk, contract_id: int) -> Any:
    """Show a contract."""
    return shown(desk, contract_id)


@operations.patch(ONE, Action.CONTRACT_UPDATE, fields=TERMS, answers=RECORD, shown=show_contract)
def update_contract(desk: Desk, contract_id: int) -> Any:
    """Change what an unsigned contract offers."""
    contracts.update_contract(desk.session, desk.me, contract_id, **desk.sent, version=desk.version)
    return shown(desk, contract_id)


@operations.post(f"{ONE}/send", Action.CONTRACT_SEND, answers=RECORD)
def send_contract(desk: Desk, contract_id: int) -> Any:
    """Note that the contract went out to the client."""
    contracts.send_contract(desk.session, desk.me, contract_id)
    return shown(desk, contract_id)


@operations.post(
    f"{ONE}/sign",
    Action.CONTRACT_SIGN,
    fields=(Field(name="at", kind="moment", says=N_("moment"), about="When; now if it is not sent."),),
    answers=RECORD,
)
def sign_contract(desk: Desk, contract_id: int) -> Any:
    """Note that the client has signed."""
    contracts.sign_contract(desk.session, desk.me, contract_id, at=desk.moment("at", field=N_("moment")))
    return shown(desk, contract_id)


@operations.post(f"{ONE}/amend", Action.CONTRACT_AMEND, fields=(*TERMS, REASON), answers=RECORD)
def amend_contract(desk: Desk, contract_id: int) -> Any:
    """Change what was signed, by agreement with the client."""
    contracts.amend_contract(desk.session, desk.me, contract_id, **desk.sent, version=desk.version)
    return shown(desk, contract_id)


@operations.post(f"{ONE}/cancel", Action.CONTRACT_CANCEL, fields=(REASON,), answers=RECORD)
def cancel_contract(desk: Desk, contract_id: int) -> Any:
    """Call the deal off."""
    contracts.cancel_contract(desk.session, desk.me, contract_id, reason=desk.sent["reason"])
    return shown(desk, contract_id)


@operations.history(f"{ONE}/history", Action.AUDIT_READ_HISTORY, answers=HISTORY)
def show_contract_history(desk: Desk, contract_id: int) -> Listed:
    """List who changed what on a contract, newest first."""
    return history_of(desk, Contract, contract_id)


def shown(desk: Desk, contract_id: int) -> Contract:
    """Give a contract as it is after what was done to it."""
    return contracts.show_contract(desk.session, desk.me, contract_id)
