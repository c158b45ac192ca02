"""`epicevents search`: one answer about everything, for people and for programs."""

from src.models.user import User
from tests import factories
from tests.cli.company import Company


def test_a_search_answers_with_every_kind_of_record(company: Company) -> None:
    office = company.office
    answer = company.run("support", "search", "sales", "--json")
    assert answer.code == 0
    kinds = {item["kind"] for item in answer.items}
    assert "users" in kinds
    assert all(item.keys() == {"kind", "id", "name", "details"} for item in answer.items)
    assert ("users", office.people["sales"].id) in {(item["kind"], item["id"]) for item in answer.items}


def test_words_need_no_quotes_and_more_is_said_beside_the_answer(company: Company) -> None:
    with company.database.writing() as session:
        seller = session.get_one(User, company.office.people["sales"].id)
        people = [factories.client(session, seller, last_name="Çelik", company_name="Ça Va").id for _one in range(3)]
    answer = company.run("support", "search", "celik", "va", "--limit", "2")
    assert [line.split("\t")[:2] for line in answer.out.splitlines()[1:]] == [
        ["clients", str(number)] for number in people[:0:-1]
    ]
    assert answer.err == "There is more: epicevents client list --search 'celik va'\n"
    nothing = company.run("support", "search", "celik", "nowhere", screen=80)
    assert "Nothing found. Try fewer words, or parts of them." in nothing.out


def test_too_little_is_refused_and_nobody_searches_without_logging_in(company: Company) -> None:
    short = company.run("sales", "search", "a", "b")
    assert (short.code, short.message) == (7, "search: write at least 3 letters or digits in a row.")
    assert company.run(None, "search", "casey").code == 3


def test_a_file_of_what_was_found_is_an_export_that_the_log_knows(company: Company) -> None:
    answer = company.run("sales", "search", "sales", "--csv")
    assert answer.out.lstrip("\ufeff").splitlines()[0] == "kind,id,name,details"
    entries = company.run("management", "audit", "list", "--action", "export", "--json").items
    assert entries[0]["changes"] == {"search": [None, "sales"], "limit": [None, 10], "format": [None, "csv"]}
