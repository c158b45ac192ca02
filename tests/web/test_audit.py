"""The audit log and the rulebook in a browser."""

import re

import pytest

from src.domain.permissions import RULEBOOK
from tests.web.servers import Server, words_of
from tests.web.test_clients import add


def test_management_finds_who_did_what(server: Server) -> None:
    client_id = add(server, last_name="Journal", company_name="<b>Trace</b>")
    visitor = server.at_work("management", language="fr")

    page = visitor.get("/audit", params={"record": "clients", "number": str(client_id), "who": "sales"})

    assert re.findall(rf'href="(/clients/{client_id})"', page.text) == [f"/clients/{client_id}"]
    assert "sales créer un client et en devenir le contact commercial" in words_of(page.text)
    assert "Nom Journal" in words_of(page.text)
    assert "<b>Trace" not in page.text
    assert "Aucune entrée ne correspond" in words_of(visitor.get("/audit?since=2199-01-01").text)
    assert visitor.get("/audit?action=client.create&until=2199-01-01").text.count("<tbody>") == 1


@pytest.mark.parametrize(
    "wrong", ["who=nobody.here", "record=payroll", "number=x", "since=soon", "sort=who", "after=x"]
)
def test_what_is_asked_wrongly_is_refused_by_name(server: Server, wrong: str) -> None:
    assert server.at_work("management").get(f"/audit?{wrong}").status_code == 422


@pytest.mark.parametrize(("who", "status"), [("sales", 403), ("support", 403), ("management", 200)])
def test_only_management_reads_the_whole_log(server: Server, who: str, status: int) -> None:
    visitor = server.at_work(who)
    assert visitor.get("/audit").status_code == status
    assert ('href="/audit"' in visitor.get("/").text) is (status == 200)


def test_everybody_reads_the_rulebook_their_own_department_first(server: Server) -> None:
    page = server.at_work("support").get("/rulebook").text
    assert re.findall(r'<th scope="col">(\w+)', page) == ["Right", "Support", "Sales", "Management"]
    assert page.count('<th scope="row">') == len(RULEBOOK)
    (row,) = re.findall(r'<th scope="row">change an event&#39;s details</th>(.*?)</tr>', page, re.DOTALL)
    assert words_of(row) == "own – –"
