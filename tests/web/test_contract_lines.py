"""The lines of a contract in the browser: whoever may changes them, the total follows, and nothing is overwritten."""

import re
from decimal import Decimal

import pytest

from tests.web.servers import Server, fields_of, words_of
from tests.web.test_contracts import draw_up, facts, log_of, signed

DINNER = {"description": "Dîner", "quantity": "75", "unit_price": "48", "vat_rate": "10"}


def add_line(server: Server, contract_id: int, who: str = "sales", **typed: str) -> int:
    """Put a line into a contract; gives the number of the newest."""
    visitor, path = server.at_work(who), f"/contracts/{contract_id}/lines/new"
    sent = visitor.send_form(path, **visitor.open_form(path) | DINNER | typed)
    assert sent.status_code == 303, words_of(sent.text)
    page = visitor.get(f"/contracts/{contract_id}").text
    assert "Line added. The contract's total: €" in words_of(page)
    return max(map(int, re.findall(r"/lines/(\d+)/edit", page)))


def test_lines_are_added_changed_and_taken_out_and_the_total_follows(either_server: Server) -> None:
    contract_id = draw_up(either_server, total="500")
    seller, path = either_server.at_work("sales"), f"/contracts/{contract_id}"
    before = words_of(seller.get(f"{path}/lines/new").text)
    assert "The first line replaces the total that was typed: €500.00." in before
    dinner = add_line(either_server, contract_id)
    assert facts(either_server, contract_id)[1] == Decimal(3960)
    discount = add_line(either_server, contract_id, description="Remise", quantity="1", unit_price="-60", vat_rate="0")
    assert facts(either_server, contract_id)[1] == Decimal(3900)

    form = seller.open_form(f"/lines/{dinner}/edit")
    assert (form["quantity"], form["unit_price"], form["vat_rate"]) == ("75", "48", "10")
    assert seller.send_form(f"/lines/{dinner}/edit", **form | {"quantity": "80,5"}).status_code == 303
    assert facts(either_server, contract_id)[1] == Decimal("4190.40")
    card = words_of(seller.get(path).text)
    assert "Dîner" in card
    assert "80.5 €48.00 10 €4,250.40" in card
    assert "Net €3,804.00 VAT €386.40 Total €4,190.40" in card

    asked = seller.get(f"/lines/{discount}/remove")
    assert "The total becomes €4,250.40." in words_of(asked.text)
    removed = seller.send_form(f"/lines/{discount}/remove", **fields_of(asked.text, f"/lines/{discount}/remove"))
    assert removed.status_code == 303
    assert facts(either_server, contract_id)[1] == Decimal("4250.40")
    assert [entry[:3] for entry in log_of(either_server, contract_id)[1:]] == [("sales", "contract.update", "web")] * 4


def test_two_people_change_lines_and_the_second_is_told(server: Server) -> None:
    contract_id = draw_up(server)
    line = add_line(server, contract_id)
    seller, boss = server.at_work("sales"), server.at_work("management")
    form = boss.open_form(f"/lines/{line}/edit")
    assert seller.send_form(f"/lines/{line}/edit", **seller.open_form(f"/lines/{line}/edit") | {"quantity": "1"})
    late = boss.send_form(f"/lines/{line}/edit", **form | {"unit_price": "50"})
    assert late.status_code == 409
    assert fields_of(late.text, f"/lines/{line}/edit")["unit_price"] == "50"
    assert facts(server, contract_id)[1] == Decimal("52.80")


def test_a_signed_contract_is_amended_by_management_with_a_reason(server: Server) -> None:
    contract_id = signed(server)
    path, boss = f"/contracts/{contract_id}/lines/new", server.at_work("management")
    form = boss.open_form(path) | DINNER
    without = boss.send_form(path, **form | {"reason": ""})
    assert (without.status_code, facts(server, contract_id)[1]) == (422, Decimal(1000))
    assert boss.send_form(path, **form | {"reason": "Plus de convives"}).status_code == 303
    assert log_of(server, contract_id)[-1] == ("management", "contract.amend", "web", "Plus de convives")
    assert facts(server, contract_id)[1] == Decimal(3960)
    assert server.at_work("sales").get(path).status_code == 409


@pytest.mark.parametrize(
    ("wrong", "field"),
    [({"quantity": "0"}, "quantity"), ({"unit_price": "x"}, "unit_price"), ({"vat_rate": "101"}, "vat_rate")],
)
def test_what_is_refused_is_marked_in_the_form(server: Server, wrong: dict[str, str], field: str) -> None:
    path, seller = f"/contracts/{server.company.office.own.draft}/lines/new", server.at_work("sales")
    refused = seller.send_form(path, **seller.open_form(path) | DINNER | wrong)
    assert refused.status_code == 422
    assert f'id="f-{field}" name="{field}" required aria-invalid="true"' in refused.text
    assert fields_of(refused.text, path)["description"] == "Dîner"


def test_only_whose_contract_it_is_and_management_change_its_lines(server: Server) -> None:
    """Each form of a line, opened and sent by each department, about one's own contract and another's."""
    office = server.company.office
    before = server.records()
    for who in ("nobody", "sales", "support", "management"):
        visitor = server.visitor() if who == "nobody" else server.at_work(who)
        for whose, records in (("own", office.own), ("other", office.other)):
            is_granted = who == "management" or (who == "sales" and whose == "own")
            for path in (
                f"/contracts/{records.draft}/lines/new",
                f"/lines/{records.line}/edit",
                f"/lines/{records.line}/remove",
            ):
                expected = 200 if is_granted else 303 if who == "nobody" else 403
                assert visitor.get(path).status_code == expected, (who, whose, path)
                if not is_granted:
                    sent = visitor.send_form(path, **DINNER if "remove" not in path else {})
                    assert sent.status_code == (401 if who == "nobody" else 403), (who, whose, path)
            assert ("/lines/" in visitor.get(f"/contracts/{records.draft}").text) is is_granted, (who, whose)
    assert server.records() == before
    seller = server.at_work("sales")
    assert [seller.get(path).status_code for path in ("/lines/999999/edit", "/lines/0/remove")] == [404, 404]
