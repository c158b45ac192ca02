"""What goes wrong is told on a page, in the reader's language, with the number by which it is found in the log."""

import re
from pathlib import Path

from tests.cli.company import Company
from tests.web.servers import FROM_OUR_PAGE, serving, words_of

TITLES = {
    400: "Demande incompréhensible",
    403: "Non autorisé",
    404: "Introuvable",
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
