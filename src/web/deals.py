"""What happens to a contract, one step at a time, each with what follows from it: send, sign, amend, cancel."""

from typing import Any

from starlette.responses import Response

from src.domain.permissions import Action, require
from src.i18n import N_, _, format_money
from src.models.contract import Contract
from src.services import contracts
from src.web.contracts import PATH, TERMS
from src.web.desk import Desk
from src.web.forms import MOMENT, Field
from src.web.pages import Pages

pages = Pages()

REASON = Field(name="reason", required=True, longest=500, hint=N_("It is kept in the contract's history."))


def opened_for(desk: Desk, contract_id: int, right: Action) -> Contract:
    """Fetch the contract of a form, for whoever may send it."""
    contract = contracts.show_contract(desk.session, desk.me, contract_id)
    require(desk.me, right, contract)
    return contract


def step(desk: Desk, contract: Contract, **shown: Any) -> Response:
    """Show the form of one step of a contract, on the way back to its card."""
    return desk.page("step.html", trail=(f"{PATH}/{contract.id}", contract.title), **shown)


def money(desk: Desk, contract: Contract, name: str) -> str:
    """Write one of a contract's amounts."""
    return format_money(getattr(contract, name), desk.settings.currency)


@pages.get(f"{PATH}/{{contract_id:int}}/send", Action.CONTRACT_SEND)
def show_send_contract(desk: Desk, contract_id: int) -> Response:
    """Ask whether the contract went out."""
    contract = opened_for(desk, contract_id, Action.CONTRACT_SEND)
    return step(
        desk,
        contract,
        heading=_("Note that {title} was sent").format(title=contract.title),
        consequences=[_("The CRM sends nothing itself: this notes that you did.")],
        submit=_("It was sent"),
    )


@pages.post(f"{PATH}/{{contract_id:int}}/send", Action.CONTRACT_SEND, again=show_send_contract)
def send_contract(desk: Desk, contract_id: int) -> Response:
    """Note that the contract went out to the client."""
    desk.form.require_only(())
    contracts.send_contract(desk.session, desk.me, contract_id)
    return desk.done(_("Contract sent."), to=f"{PATH}/{contract_id}")


@pages.get(f"{PATH}/{{contract_id:int}}/sign", Action.CONTRACT_SIGN)
def show_sign_contract(desk: Desk, contract_id: int) -> Response:
    """Ask when the client signed."""
    contract = opened_for(desk, contract_id, Action.CONTRACT_SIGN)
    return step(
        desk,
        contract,
        heading=_("The client has signed {title}").format(title=contract.title),
        consequences=[
            _("{amount} become due.").format(amount=money(desk, contract, "due")),
            _("Payments and events are possible from now on."),
            _("Title and total can then be changed by management only, with a reason."),
        ],
        fields=(MOMENT,),
        submit=_("It is signed"),
    )


@pages.post(f"{PATH}/{{contract_id:int}}/sign", Action.CONTRACT_SIGN, again=show_sign_contract)
def sign_contract(desk: Desk, contract_id: int) -> Response:
    """Note that the client has signed."""
    desk.form.require_only((MOMENT.name,))
    contracts.sign_contract(desk.session, desk.me, contract_id, at=desk.moment_typed())
    return desk.done(_("Contract signed."), to=f"{PATH}/{contract_id}")


@pages.get(f"{PATH}/{{contract_id:int}}/amend", Action.CONTRACT_AMEND)
def show_amend_contract(desk: Desk, contract_id: int) -> Response:
    """Ask what was agreed on anew, and why."""
    contract = opened_for(desk, contract_id, Action.CONTRACT_AMEND)
    return step(
        desk,
        contract,
        heading=_("Amend {title}").format(title=contract.title),
        consequences=[
            _("Paid so far: {amount}. The total cannot be less.").format(amount=money(desk, contract, "paid"))
        ],
        record=contract,
        fields=(*TERMS, REASON),
        submit=_("Amend"),
    )


@pages.post(f"{PATH}/{{contract_id:int}}/amend", Action.CONTRACT_AMEND, again=show_amend_contract)
def amend_contract(desk: Desk, contract_id: int) -> Response:
    """Change what was signed, by agreement with the client."""
    desk.form.require_only([one.name for one in (*TERMS, REASON)] + ["version"])
    changed = desk.form.changed(TERMS)
    contracts.amend_contract(
        desk.session,
        desk.me,
        contract_id,
        reason=desk.form.get("reason"),
        title=changed.get("title"),
        total=changed.get("total"),
        version=desk.form.version(),
    )
    return desk.done(_("Contract amended."), to=f"{PATH}/{contract_id}")


@pages.get(f"{PATH}/{{contract_id:int}}/cancel", Action.CONTRACT_CANCEL)
def show_cancel_contract(desk: Desk, contract_id: int) -> Response:
    """Ask why the deal is off."""
    contract = opened_for(desk, contract_id, Action.CONTRACT_CANCEL)
    return step(
        desk,
        contract,
        heading=_("Cancel {title}").format(title=contract.title),
        consequences=[
            *_stays_paid(desk, contract),
            _("Its events stay in the calendar. This cannot be undone."),
        ],
        fields=(REASON,),
        submit=_("Cancel the contract"),
        is_dangerous=True,
    )


@pages.post(f"{PATH}/{{contract_id:int}}/cancel", Action.CONTRACT_CANCEL, again=show_cancel_contract)
def cancel_contract(desk: Desk, contract_id: int) -> Response:
    """Call the deal off."""
    desk.form.require_only(("reason",))
    contracts.cancel_contract(desk.session, desk.me, contract_id, reason=desk.form.get("reason"))
    return desk.done(_("Contract cancelled."), to=f"{PATH}/{contract_id}")


def _stays_paid(desk: Desk, contract: Contract) -> list[str]:
    if not contract.paid:
        return []
    amount = money(desk, contract, "paid")
    return [_("Paid so far: {amount}. It stays recorded; give money back with a refund.").format(amount=amount)]
