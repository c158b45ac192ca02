"""What a contract is made up of: lines are added, changed and taken out, and the total follows."""

from decimal import Decimal
from typing import Any

from starlette.responses import Response

from src.domain.permissions import Action, require
from src.i18n import N_, _, format_money
from src.models.contract import Contract, ContractStatus
from src.models.contract_line import ContractLine
from src.services import contract_lines, contracts
from src.web.contracts import PATH
from src.web.deals import REASON, money, step
from src.web.desk import Desk
from src.web.forms import Field
from src.web.pages import Pages

pages = Pages()

LINES = "/lines"
FIELDS = (
    Field(name="description", required=True),
    Field(name="quantity", kind="money", required=True, longest=40, hint=N_("How much of it, such as 3 or 2.5.")),
    Field(
        name="unit_price",
        kind="money",
        required=True,
        says=N_("unit price"),
        longest=40,
        hint=N_("What one costs without VAT; with a minus sign it is a discount."),
    ),
    Field(name="vat_rate", kind="money", required=True, says=N_("VAT rate"), longest=10),
)
_NAMES = [one.name for one in FIELDS]
_USUAL = {"quantity": "1", "vat_rate": "20"}


@pages.get(f"{PATH}/{{contract_id:int}}/lines/new", Action.CONTRACT_UPDATE)
def show_new_line(desk: Desk, contract_id: int) -> Response:
    """Ask what is sold besides."""
    contract, _lines, number, *_sums = contract_lines.show_content(desk.session, desk.me, contract_id, most=1)
    replaced = _("The first line replaces the total that was typed: {total}.").format(
        total=money(desk, contract, "total")
    )
    return _step(
        desk,
        contract,
        heading=_("New line for {title}").format(title=contract.title),
        consequences=[] if number else [replaced],
        before=_USUAL,
        fields=FIELDS,
        submit=_("Add the line"),
    )


@pages.post(f"{PATH}/{{contract_id:int}}/lines/new", Action.CONTRACT_UPDATE, again=show_new_line)
def add_line(desk: Desk, contract_id: int) -> Response:
    """Put a line into a contract."""
    desk.form.require_only([*_NAMES, REASON.name, "version"])
    details = contract_lines.LineDetails(**{name: desk.form.get(name) for name in _NAMES})
    contract_lines.add_line(desk.session, desk.me, contract_id, details, **_why_and_version(desk))
    return _done(desk, contract_id, _("Line added."))


@pages.get(f"{LINES}/{{line_id:int}}/edit", Action.CONTRACT_UPDATE)
def show_edit_line(desk: Desk, line_id: int) -> Response:
    """Ask what is to change in a line."""
    line, contract = contract_lines.show_line(desk.session, desk.me, line_id)
    return _step(
        desk,
        contract,
        heading=_("Change {name}").format(name=line.description),
        before={name: _as_typed(getattr(line, name)) for name in _NAMES},
        fields=FIELDS,
        submit=_("Save"),
    )


@pages.post(f"{LINES}/{{line_id:int}}/edit", Action.CONTRACT_UPDATE, again=show_edit_line)
def edit_line(desk: Desk, line_id: int) -> Response:
    """Change a line: what was changed in the form, and nothing else."""
    desk.form.require_only([*_NAMES, REASON.name, "version"])
    details = contract_lines.LineDetails(**desk.form.changed(FIELDS))
    line = contract_lines.change_line(desk.session, desk.me, line_id, details, **_why_and_version(desk))
    return _done(desk, line.contract_id, _("Line saved."))


@pages.get(f"{LINES}/{{line_id:int}}/remove", Action.CONTRACT_UPDATE)
def show_remove_line(desk: Desk, line_id: int) -> Response:
    """Ask whether a line is no longer sold."""
    line, contract = contract_lines.show_line(desk.session, desk.me, line_id)
    return _step(
        desk,
        contract,
        heading=_("Take {name} out").format(name=line.description),
        consequences=[_total_without(desk, contract, line)],
        submit=_("Take the line out"),
        is_dangerous=True,
    )


@pages.post(f"{LINES}/{{line_id:int}}/remove", Action.CONTRACT_UPDATE, again=show_remove_line)
def remove_line(desk: Desk, line_id: int) -> Response:
    """Take a line out of its contract."""
    desk.form.require_only([REASON.name, "version"])
    contract = contract_lines.remove_line(desk.session, desk.me, line_id, **_why_and_version(desk))
    return _done(desk, contract.id, _("Line taken out."))


def _step(desk: Desk, contract: Contract, *, fields: Any = (), consequences: Any = (), **shown: Any) -> Response:
    """Show a form about a contract's lines to whoever may send it; a signed contract is amended, with a reason."""
    is_amended = contract.status is ContractStatus.SIGNED and desk.may(Action.CONTRACT_AMEND, contract)
    require(desk.me, Action.CONTRACT_AMEND if is_amended else Action.CONTRACT_UPDATE, contract)
    contract.check_lines(amended=is_amended)
    total = _("The contract's total so far: {total}. It follows from its lines, VAT included.")
    paid = _("Paid so far: {amount}. The total cannot be less.")
    return step(
        desk,
        contract,
        consequences=[
            total.format(total=money(desk, contract, "total")),
            *([paid.format(amount=money(desk, contract, "paid"))] if contract.paid else []),
            *consequences,
        ],
        hidden={"version": str(contract.version)},
        fields=(*fields, REASON) if is_amended else fields,
        **shown,
    )


def _why_and_version(desk: Desk) -> dict[str, Any]:
    return {"reason": desk.form.get(REASON.name), "version": desk.form.version()}


def _done(desk: Desk, contract_id: int, sentence: str) -> Response:
    contract = contracts.show_contract(desk.session, desk.me, contract_id)
    total = _("The contract's total: {total}.").format(total=money(desk, contract, "total"))
    return desk.done(f"{sentence} {total}", to=f"{PATH}/{contract_id}")


def _total_without(desk: Desk, contract: Contract, line: ContractLine) -> str:
    total = format_money(contract_lines.total_without(desk.session, contract, line), desk.settings.currency)
    return _("The total becomes {total}.").format(total=total)


def _as_typed(value: str | Decimal) -> str:
    # 2.500 and 20.00 are stored; nobody writes them so.
    return f"{value.normalize():f}" if isinstance(value, Decimal) else value
