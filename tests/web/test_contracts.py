"""The contracts' pages on both engines: drawn up, sent, signed, paid once, refunded, amended, cancelled."""

import csv
import io
import re
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import func, select

from src.models.audit_entry import AuditEntry
from src.models.contract import Contract, ContractStatus, Payment
from tests.web.servers import Server, fields_of, words_of
from tests.web.test_clients import add


def draw_up(server: Server, total: str = "1 000,00", title: str = "Soirée d’été") -> int:
    """A contract for a client of the seller's own, drawn up by management; gives its number."""
    path = f"/clients/{add(server)}/contracts/new"
    sent = server.at_work("management").send_form(path, title=title, total=total)
    assert sent.status_code == 303, words_of(sent.text)
    return int(sent.headers["location"].rpartition("/")[2])


def signed(server: Server) -> int:
    """A contract that the client has signed."""
    contract_id = draw_up(server)
    assert server.at_work("sales").send_form(f"/contracts/{contract_id}/sign", at="").status_code == 303
    return contract_id


def stored(server: Server, contract_id: int) -> Contract:
    """A contract as the database has it."""
    with server.company.database.reading() as session:
        return session.get_one(Contract, contract_id)


def facts(server: Server, contract_id: int) -> tuple[str, Decimal, Decimal, str]:
    """What matters of a contract."""
    contract = stored(server, contract_id)
    return contract.title, contract.total, contract.paid, contract.status.value


def log_of(server: Server, contract_id: int) -> list[tuple[str, str, str, str]]:
    """Who did what to a contract, oldest first."""
    with server.company.database.reading() as session:
        entries = session.scalars(
            select(AuditEntry)
            .where(AuditEntry.record_type == "contracts", AuditEntry.record_id == contract_id)
            .order_by(AuditEntry.id)
        )
        return [(entry.actor_username, entry.action, entry.interface, entry.reason) for entry in entries]


def test_a_contract_goes_its_way_from_draft_to_paid(either_server: Server) -> None:
    contract_id = draw_up(either_server)
    path, seller = f"/contracts/{contract_id}", either_server.at_work("sales")
    assert facts(either_server, contract_id) == ("Soirée d’été", Decimal(1000), Decimal(0), "draft")

    assert seller.send_form(f"{path}/edit", **seller.open_form(f"{path}/edit") | {"total": "1200"}).status_code == 303
    assert seller.send_form(f"{path}/send").status_code == 303
    assert seller.send_form(f"{path}/sign", at="2026-01-02 10:00").status_code == 303
    form = seller.open_form(f"{path}/pay")
    assert form["amount"] == "1200.00"
    paid = seller.send_form(f"{path}/pay", **form | {"amount": "200,50", "reference": "VIR 7"})
    assert paid.status_code == 303
    card = words_of(seller.get(path).text)

    assert facts(either_server, contract_id) == ("Soirée d’été", Decimal(1200), Decimal("200.50"), "signed")
    assert "Payment of €200.50 recorded. Still due: €999.50." in card
    assert "VIR 7" in card
    assert log_of(either_server, contract_id) == [
        ("management", "contract.create", "web", ""),
        *(("sales", f"contract.{verb}", "web", "") for verb in ("update", "send", "sign", "record_payment")),
    ]


def test_a_payment_sent_twice_is_recorded_once(either_server: Server) -> None:
    contract_id = signed(either_server)
    seller, path = either_server.at_work("sales"), f"/contracts/{contract_id}/pay"
    form = seller.open_form(path) | {"amount": "400"}
    assert form["key"] != seller.open_form(path)["key"]

    answers = [seller.send_form(path, **form).status_code for _time in range(3)]

    assert answers == [303, 303, 303]
    with either_server.company.database.reading() as session:
        of_contract = select(func.count()).select_from(Payment).where(Payment.contract_id == contract_id)
        assert session.scalar(of_contract) == 1
    assert stored(either_server, contract_id).paid == 400
    other = seller.send_form(path, **form | {"amount": "300"})
    assert (other.status_code, stored(either_server, contract_id).paid) == (409, Decimal(400))


def test_the_consequences_are_shown_before_and_what_is_refused_is_shown_in_the_form(either_server: Server) -> None:
    contract_id = signed(either_server)
    seller, path = either_server.at_work("sales", language="fr"), f"/contracts/{contract_id}/pay"
    opened = seller.get(path)
    assert "Dû après un paiement de 1\u202f000,00\u00a0€\u00a0: 0,00\u00a0€." in opened.text
    form = fields_of(opened.text, path)
    assert form["amount"] == "1000,00"
    for wrong, status, field in (
        ({"amount": "1000,01"}, 409, ""),
        ({"amount": "0"}, 422, "amount"),
        ({"amount": "-5"}, 422, "amount"),
        ({"amount": "1,200"}, 422, "amount"),
        ({"received_on": "31/02/2026"}, 422, "received_on"),
        ({"method": "barter"}, 422, "method"),
        ({"paid": "1"}, 422, ""),
    ):
        refused = seller.send_form(path, **form | wrong)
        assert (refused.status_code, refused.text.count('aria-invalid="true"')) == (status, 1 if field else 0), wrong
        if "paid" not in wrong:
            assert fields_of(refused.text, path)["key"] == form["key"]
    assert stored(either_server, contract_id).paid == 0


def test_management_gives_back_amends_and_cancels_with_a_reason(either_server: Server) -> None:
    contract_id = signed(either_server)
    path, manager = f"/contracts/{contract_id}", either_server.at_work("management")
    manager.send_form(f"{path}/pay", **manager.open_form(f"{path}/pay") | {"amount": "500"})

    assert "Given back on" in words_of(manager.get(f"{path}/refund").text)
    without = manager.send_form(f"{path}/refund", **manager.open_form(f"{path}/refund") | {"amount": "100"})
    assert without.status_code == 422
    back = manager.open_form(f"{path}/refund") | {"amount": "100", "reason": "no fireworks"}
    assert manager.send_form(f"{path}/refund", **back).status_code == 303
    less = manager.open_form(f"{path}/amend") | {"total": "399.99", "reason": "smaller hall"}
    assert manager.send_form(f"{path}/amend", **less).status_code == 409
    assert manager.send_form(f"{path}/amend", **less | {"total": "400"}).status_code == 303
    assert manager.send_form(f"{path}/cancel", reason="the client moved").status_code == 303
    again = manager.send_form(f"{path}/cancel", reason="the client moved")

    assert (again.status_code, "This contract is already cancelled." in words_of(again.text)) == (409, True)
    assert facts(either_server, contract_id) == ("Soirée d’été", Decimal(400), Decimal(400), "cancelled")
    assert [entry[1:] for entry in log_of(either_server, contract_id)][-3:] == [
        ("contract.refund", "web", "no fireworks"),
        ("contract.amend", "web", "smaller hall"),
        ("contract.cancel", "web", "the client moved"),
    ]


def test_only_who_cancels_what_was_paid_is_reminded_of_the_money(server: Server) -> None:
    office, manager = server.company.office.own, server.at_work("management")
    sentence = "It stays recorded; give money back with a refund."
    paid = stored(server, office.signed).paid
    assert paid > 0
    shown = {
        number: sentence in words_of(manager.get(f"/contracts/{number}/cancel").text)
        for number in (office.sent, office.signed)
    }
    assert shown == {office.sent: False, office.signed: True}


def test_an_amount_that_is_only_opened_in_french_stays_what_it_is(server: Server) -> None:
    contract_id = draw_up(server, total="1234,50")
    seller, path = server.at_work("sales", language="fr"), f"/contracts/{contract_id}/edit"
    form = seller.open_form(path)
    assert (form["total"], form["was.total"]) == ("1234,50", "1234,50")
    assert seller.send_form(path, **form | {"title": "Autre titre"}).status_code == 303
    assert facts(server, contract_id) == ("Autre titre", Decimal("1234.50"), Decimal(0), "draft")


def test_two_people_who_change_an_offer_see_both_versions(server: Server) -> None:
    contract_id = draw_up(server)
    path, seller, manager = f"/contracts/{contract_id}/edit", server.at_work("sales"), server.at_work("management")
    mine, theirs = seller.open_form(path), manager.open_form(path)
    assert manager.send_form(path, **theirs | {"total": "1100"}).status_code == 303

    refused = seller.send_form(path, **mine | {"total": "900", "title": "Soirée"})

    assert refused.status_code == 409
    assert "Total €900.00 €1,100.00" in words_of(refused.text)
    assert fields_of(refused.text, path)["title"] == "Soirée"
    assert stored(server, contract_id).total == 1100


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("show=unsigned", {"draft", "sent"}),
        ("show=unpaid", {"signed"}),
        ("show=signed", {"signed"}),
        ("show=cancelled", {"cancelled"}),
        ("mine=1", {"draft", "sent", "signed", "cancelled"}),
    ],
)
def test_a_list_shows_what_its_address_asks_for(server: Server, asked: str, expected: set[str]) -> None:
    page = server.at_work("sales").get(f"/contracts?{asked}&client={server.company.office.own.client}").text
    assert set(re.findall(r'class="badge (\w+)"', page)) == expected


def test_a_list_is_added_up_when_asked(server: Server) -> None:
    visitor, client = server.at_work("sales"), server.company.office.own.client
    plain, sums = (visitor.get(f"/contracts?client={client}{more}").text for more in ("", "&sums=1"))
    assert "Contracts 5 Total €4,100.00 Paid €300.00 Due (without cancelled) €2,800.00" in words_of(sums)
    assert ("Add this list up" in plain, "Add this list up" in sums) == (True, False)
    assert [visitor.get(f"/contracts?{wrong}").status_code for wrong in ("show=all", "client=x", "sort=paid")] == [
        422
    ] * 3


def test_a_list_leaves_as_csv(server: Server) -> None:
    sent = server.at_work("sales").send_form(f"/contracts/export?client={server.company.office.own.client}&show=signed")
    rows: list[dict[str, Any]] = list(csv.DictReader(io.StringIO(sent.text.removeprefix("\ufeff"))))
    assert [(row["id"], row["status"], row["due"]) for row in rows] == [
        (str(server.company.office.own.signed), "signed", "700.00")
    ]


def test_the_client_of_a_new_contract_is_looked_for(server: Server) -> None:
    client_id = add(server, last_name="Quelqu’un à trouver")
    page = server.at_work("management").get("/contracts/new", params={"q": "QUELQU'UN A"})
    assert re.findall(r'href="(/clients/\d+/contracts/new)"', page.text) == [f"/clients/{client_id}/contracts/new"]


def test_a_card_offers_what_can_be_done_now(server: Server) -> None:
    records = server.company.office.own
    numbers = {
        ContractStatus.DRAFT: records.draft,
        ContractStatus.SENT: records.sent,
        ContractStatus.SIGNED: records.signed,
        ContractStatus.CANCELLED: records.cancelled,
    }

    def offers(who: str, number: int) -> set[str]:
        page = server.at_work(who).get(f"/contracts/{number}").text
        return set(re.findall(rf'href="/contracts/{number}/([\w/]+)"', page))

    offered = {
        who: {status: offers(who, number) for status, number in numbers.items()}
        for who in ("sales", "support", "management")
    }
    nothing: dict[ContractStatus, set[str]] = {status: set() for status in ContractStatus}
    assert offered == {
        "sales": {
            ContractStatus.DRAFT: {"send", "edit", "sign", "lines/new"},
            ContractStatus.SENT: {"edit", "sign", "lines/new"},
            ContractStatus.SIGNED: {"pay", "events/new"},
            ContractStatus.CANCELLED: set(),
        },
        "support": nothing,
        "management": {
            ContractStatus.DRAFT: {"send", "edit", "sign", "cancel", "lines/new"},
            ContractStatus.SENT: {"edit", "sign", "cancel", "lines/new"},
            ContractStatus.SIGNED: {"pay", "cancel", "amend", "refund", "lines/new"},
            ContractStatus.CANCELLED: set(),
        },
    }
