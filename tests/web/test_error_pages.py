"""What goes wrong is told on a page, in the reader's language, with the number by which it is found in the log."""

import re
from pathlib import Path

import pytest
from sqlalchemy import text

from tests.cli.company import Company
from tests.web.servers import FROM_OUR_PAGE, Server, serving, words_of

TITLES = {
    400: "Demande incompréhensible",
    403: "Non autorisé",
    404: "Introuvable",
    405: "Impossible ici",
    409: "Impossible en l’état",
    413: "Trop volumineux",
    422: "Quelque chose est à corriger",
    429: "Trop de tentatives",
    503: "Indisponible pour le moment",
}


def test_each_status_has_its_page_in_french(company: Company) -> None:
    form = {**FROM_OUR_PAGE, "content-type": "application/x-www-form-urlencoded"}
    with serving(company) as server:
        boss, support = server.at_work("management", language="fr"), server.at_work("support", language="fr")
        contract = f"/contracts/{company.office.own.signed}"
        stranger = server.visitor(language="fr")
        guesses = [stranger.log_in("nobody.here", "wrong") for _guess in range(11)]
        answers = {
            400: boss.post("/clients/new", content=b"name=%ff", headers=form),
            403: support.get("/clients/new"),
            404: boss.get("/clients/999999"),
            405: boss.send_form("/rulebook"),
            409: boss.send_form(f"{contract}/send"),
            413: boss.post("/clients/new", content=b"a=" + b"b" * 1_000_001, headers=form),
            422: boss.get("/contracts?show=wrong"),
            429: guesses[-1],
        }
        company.database.close()
        file = Path(company.url.removeprefix("sqlite:///"))
        file.rename(f"{file}.away")
        answers[503] = boss.get("/clients")
        Path(f"{file}.away").rename(file)
        logged: dict[str, int] = {}
        while not logged.keys() >= {answer.headers["x-request-id"] for answer in answers.values()}:
            logged = {line["id"]: line["status"] for line in server.log if "id" in line}

    assert {status: answer.status_code for status, answer in answers.items()} == {status: status for status in TITLES}
    for status, answer in answers.items():
        number = answer.headers["x-request-id"]
        assert '<html lang="fr"' in answer.text, status
        assert logged[number] == status
        if status not in {409, 429}:  # those are the page of the form, with what was typed
            assert re.findall(r"<h1>(.*?)</h1>", answer.text) == [TITLES[status]]
            assert number in words_of(answer.text), status


def test_whoever_is_logged_in_stays_among_their_pages_when_an_address_leads_nowhere(either_server: Server) -> None:
    support, stranger = either_server.at_work("support", language="fr"), either_server.visitor(language="fr")
    asked = {
        404: support.get("/no/such/page"),
        405: support.send_form("/rulebook"),
        400: support.post("/preferences", content=b"{}", headers={**FROM_OUR_PAGE, "content-type": "text/json"}),
    }
    assert {status: answer.status_code for status, answer in asked.items()} == {status: status for status in asked}
    assert ['<nav class="places"' in answer.text for answer in asked.values()] == [True] * len(asked)
    answer = stranger.get("/no/such/page")
    assert (answer.status_code, '<nav class="places"' in answer.text) == (404, False)
    ended = either_server.at_work("support")
    ended.send_form("/logout")
    assert '<nav class="places"' not in ended.get("/no/such/page").text


def test_who_may_not_is_told_which_rule_and_where_all_rules_are(either_server: Server) -> None:
    answer = either_server.at_work("support").get("/clients/new")
    assert answer.status_code == 403
    assert "Your department (Support) may not do this: create a client and become its sales contact." in words_of(
        answer.text
    )
    assert 'href="/rulebook"' in answer.text


@pytest.mark.parametrize("path", ["/contracts", "/events", "/staff", "/clients", "/calendar", "/audit"])
def test_an_address_that_asks_wrongly_names_no_codes_and_leads_to_the_page_itself(
    either_server: Server, path: str
) -> None:
    wrong = "show=wrong&sort=wrong&accounts=wrong&view=wrong&record=wrong"
    answer = either_server.at_work("management").get(f"{path}?{wrong}")
    assert answer.status_code == 422
    words = words_of(answer.text)
    assert ": the address asks for something that this page does not have." in words
    assert not re.search(r"without_support|last-contact|unsigned|closed|agenda|event_end|, id", words)
    assert f'<a class="button primary" href="{path}">' in answer.text


def test_a_database_that_is_behind_is_not_worked_on(company: Company) -> None:
    with serving(company) as server:
        boss = server.at_work("management")
        with company.database.writing() as session:
            session.execute(text("UPDATE alembic_version SET version_num = '0001_initial'"))
        answers = [boss.get("/clients"), boss.get("/no/such/page")]
    assert [answer.status_code for answer in answers] == [503, 404]
    assert answers[0].headers["retry-after"] == "30"
    assert "alembic" not in answers[0].text
    assert str(company.url) not in answers[0].text
