"""The clients' pages, asked of running servers on both engines: what is shown, what is saved, what is refused."""

import csv
import io
import itertools
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from src.models.audit_entry import AuditEntry
from src.models.client import Client
from src.models.user import User
from tests import factories
from tests.web.servers import Server, fields_of, words_of

_numbers = itertools.count(1)


def details(**changed: str) -> dict[str, str]:
    """The fields of a new client whom no other test knows."""
    number = next(_numbers)
    typed = {
        "first_name": "Zoé",
        "last_name": f"Quidam {number}",
        "email": f"zoe{number}@quidam.example",
        "phone": "01 42 68 53 00",
        "company_name": "Quidam & Filles",
    }
    return typed | changed


def add(server: Server, **changed: str) -> int:
    """Add a client as the seller does; gives the number."""
    sent = server.at_work("sales").send_form("/clients/new", **details(**changed))
    assert sent.status_code == 303, words_of(sent.text)
    return int(sent.headers["location"].rpartition("/")[2])


def stored(server: Server, client_id: int) -> Client:
    """A client as the database has it."""
    with server.company.database.reading() as session:
        return session.get_one(Client, client_id)


def history_of(server: Server, client_id: int) -> list[tuple[str, str, dict[str, Any]]]:
    """What the audit log has about a client, oldest first."""
    with server.company.database.reading() as session:
        entries = session.scalars(
            select(AuditEntry)
            .where(AuditEntry.record_type == "clients", AuditEntry.record_id == client_id)
            .order_by(AuditEntry.id)
        )
        return [(entry.action, entry.interface, entry.changes) for entry in entries]


def test_a_client_met_this_morning_is_added_and_found(either_server: Server) -> None:
    seller, typed = either_server.at_work("sales"), details()
    assert set(seller.open_form("/clients/new")) == set(typed)

    sent = seller.send_form("/clients/new", **typed)
    card = seller.get(sent.headers["location"])
    again = seller.get(sent.headers["location"])

    client = stored(either_server, int(sent.headers["location"].rpartition("/")[2]))
    assert (client.full_name, client.phone, client.sales_contact_id) == (
        f"Zoé {typed['last_name']}",
        "+33142685300",
        either_server.company.office.people["sales"].id,
    )
    assert [entry[:2] for entry in history_of(either_server, client.id)] == [("client.create", "web")]
    said = f"Client added: {client.full_name}."
    assert (said in words_of(card.text), said in words_of(again.text)) == (True, False)
    assert "Quidam & Filles" in words_of(card.text)
    found = seller.get("/clients", params={"q": typed["last_name"].upper().replace("Q", "q"), "mine": "1"})
    assert f'href="/clients/{client.id}"' in found.text


def test_what_is_refused_is_said_at_its_field_and_nothing_typed_is_lost(either_server: Server) -> None:
    taken = stored(either_server, add(either_server)).email
    seller, before = either_server.at_work("sales"), either_server.company.look()["clients"]
    for wrong, status, field, sentence in (
        ({"email": "nowhere"}, 422, "email", "e-mail: this is not an e-mail address."),
        ({"email": taken}, 409, "email", "e-mail: this value is already used by another client."),
        ({"first_name": " "}, 422, "first_name", "first name: a value is required."),
        ({"phone": "12"}, 422, "phone", "phone: this is not a phone number; it needs at least five digits."),
        ({"company_name": "x" * 201}, 422, "company_name", "company: at most 200 characters are allowed."),
    ):
        typed = details(**wrong)
        refused = seller.send_form("/clients/new", **typed)
        assert refused.status_code == status
        assert sentence in words_of(refused.text)
        marked = re.findall(r'id="f-(\w+)" name="\w+"[^>]*aria-invalid="true"', refused.text)
        assert marked == [field]
        for value in typed.values():
            assert value.strip() in words_of(refused.text.replace('value="', ">").replace('" ', "<"))
    assert either_server.company.look()["clients"] == before


def test_only_what_was_changed_in_the_form_is_saved(either_server: Server) -> None:
    client_id = add(either_server)
    seller = either_server.at_work("sales")
    form = seller.open_form(f"/clients/{client_id}/edit")

    sent = seller.send_form(f"/clients/{client_id}/edit", **form | {"company_name": "Autre"})

    assert (sent.status_code, sent.headers["location"]) == (303, f"/clients/{client_id}")
    assert history_of(either_server, client_id)[1:] == [
        ("client.update", "web", {"company_name": ["Quidam & Filles", "Autre"]})
    ]


def test_who_saves_second_sees_both_versions_and_loses_nothing(either_server: Server) -> None:
    client_id = add(either_server)
    path = f"/clients/{client_id}/edit"
    first, second = either_server.at_work("sales"), either_server.at_work("sales")
    mine, theirs = first.open_form(path), second.open_form(path)
    assert second.send_form(path, **theirs | {"phone": "01 42 68 53 01", "company_name": "Hers"}).status_code == 303

    refused = first.send_form(path, **mine | {"company_name": "His", "last_name": "Quidame"})

    assert refused.status_code == 409
    words = words_of(refused.text)
    assert "Somebody else changed this client while you were editing it. Nothing was saved." in words
    assert "Phone not touched +33 1 42 68 53 01" in words
    assert "Company His Hers" in words
    assert stored(either_server, client_id).company_name == "Hers"
    kept = fields_of(refused.text, path)
    assert (kept["company_name"], kept["last_name"], kept["phone"]) == ("His", "Quidame", "+33142685301")
    assert first.send_form(path, **kept).status_code == 303
    saved = stored(either_server, client_id)
    assert (saved.company_name, saved.last_name, saved.phone) == ("His", "Quidame", "+33142685301")


def test_a_form_with_more_fields_than_its_page_is_refused(server: Server) -> None:
    client_id = add(server)
    seller, before = server.at_work("sales"), server.company.look()["clients"]
    form = seller.open_form(f"/clients/{client_id}/edit")
    for unknown in ({"sales_contact_id": "1"}, {"id": "1"}, {"was.sales_contact_id": "1"}, {"version": "x"}):
        assert seller.send_form(f"/clients/{client_id}/edit", **form | unknown).status_code == 422
    assert server.company.look()["clients"] == before


def test_a_contact_is_noted_now_or_earlier_but_not_in_the_future(either_server: Server) -> None:
    client_id = add(either_server)
    seller, path = either_server.at_work("sales"), f"/clients/{client_id}/contact"
    added = stored(either_server, client_id).last_contact_at

    assert seller.send_form(path, at="").status_code == 303
    assert stored(either_server, client_id).last_contact_at > added
    assert seller.send_form(path, at="2020-02-03 10:00").status_code == 303
    assert history_of(either_server, client_id)[-1] == (
        "client.log_contact",
        "web",
        {"contacted_at": [None, "2020-02-03T09:00:00+00:00"]},
    )
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).strftime("%Y-%m-%d %H:%M")
    refused = seller.send_form(path, at=tomorrow)
    assert refused.status_code == 409
    assert "A contact cannot lie in the future." in words_of(refused.text)
    assert tomorrow in refused.text
    assert seller.send_form(path, at="soon").status_code == 422


def test_management_gives_a_client_to_another_seller(either_server: Server) -> None:
    client_id = add(either_server)
    manager, path = either_server.at_work("management"), f"/clients/{client_id}/reassign"
    with either_server.company.database.reading() as session:
        heir = session.get_one(User, either_server.company.office.spare_sales).username
    form = manager.open_form(path)
    assert form["sales_contact"] == "sales"

    assert manager.send_form(path, **form | {"sales_contact": heir}).status_code == 303

    assert stored(either_server, client_id).sales_contact_id == either_server.company.office.spare_sales
    # The log holds numbers; people read names.
    for page in (f"/clients/{client_id}", f"/audit?record=clients&number={client_id}"):
        assert re.search(rf"Sales contact sales (→ )?{heir}", words_of(manager.get(page).text))
    refused = manager.send_form(path, **form | {"sales_contact": "sales"})
    assert refused.status_code == 409
    assert manager.send_form(path, **manager.open_form(path) | {"sales_contact": "support"}).status_code == 409


def test_a_list_is_searched_sorted_and_paged_by_its_address(server: Server) -> None:
    name = f"Liste {next(_numbers)}"
    with server.company.database.writing() as session:
        owner = session.scalars(select(User).where(User.username == "sales")).one()
        for number in range(30):
            factories.client(session, owner, first_name=f"{number:02}", last_name=name, company_name=f"{99 - number}")
    visitor = server.at_work("support")

    def numbers(answer: str) -> list[str]:
        return re.findall(rf"{name} (\d\d)</a>", answer)

    first = visitor.get("/clients", params={"q": name.lower()})
    onwards = re.search(r'href="([^"]*after=[^"]*)" rel="next"', first.text)
    assert onwards
    second = visitor.get(onwards[1].replace("&amp;", "&"))
    by_company = visitor.get("/clients", params={"q": name, "sort": "company"})

    assert numbers(first.text) == [f"{number:02}" for number in range(25)]
    assert numbers(second.text) == ["25", "26", "27", "28", "29"]
    assert 'rel="next"' not in second.text
    assert 'rel="first"' in second.text
    assert numbers(by_company.text) == [f"{number:02}" for number in range(29, 4, -1)]
    assert 'aria-sort="ascending"><a href="/clients?q=' in by_company.text
    assert visitor.get("/clients?sort=password").status_code == 422
    assert visitor.get("/clients?after=nonsense").status_code == 422
    assert visitor.get("/clients?sales_contact=nobody.here").status_code == 422
    assert "No client matches" in words_of(visitor.get("/clients?q=%25").text)


def test_a_whole_list_is_downloaded_as_csv_and_the_audit_log_knows(either_server: Server) -> None:
    name = f"Export {next(_numbers)}"
    add(either_server, last_name=name, company_name="=1+1")
    visitor = either_server.at_work("support")

    sent = visitor.send_form(f"/clients/export?q={name}&sort=-name")

    assert sent.status_code == 200
    assert sent.headers["content-type"] == "text/csv; charset=utf-8"
    assert sent.headers["content-disposition"] == 'attachment; filename="clients.csv"'
    assert sent.text.startswith("\ufeffid,first_name,")
    (row,) = csv.DictReader(io.StringIO(sent.text.removeprefix("\ufeff")))
    assert (row["last_name"], row["company_name"], row["sales_contact"]) == (name, "'=1+1", "sales")
    with either_server.company.database.reading() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "export").order_by(AuditEntry.id)).all()[
            -1
        ]
        assert (entry.actor_username, entry.interface, entry.changes) == (
            "support",
            "web",
            {"search": [None, name], "format": [None, "csv"]},
        )
    assert visitor.get("/clients/export").status_code == 405


def test_numbers_that_no_client_has_are_not_found(server: Server) -> None:
    visitor = server.at_work("sales")
    for number in ("0", "999999", str(2**63), "9" * 40):
        assert visitor.get(f"/clients/{number}").status_code == 404
    for no_number in ("one", "-1", "1.5", "1/none"):
        assert visitor.get(f"/clients/{no_number}").status_code == 404


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("who", ["sales", "support", "management"])
def test_each_department_has_its_first_page_in_both_languages(server: Server, who: str, language: str) -> None:
    words = words_of(server.at_work(who, language=language).get("/").text)
    titles = {
        "sales": ("Longest without contact", "Le plus longtemps sans contact"),
        "support": ("Rest of this week", "Suite de la semaine"),
        "management": ("Coming events without support contact", "Événements à venir sans contact support"),
    }
    assert titles[who][language == "fr"] in words


XSS = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>{{ 7*7 }}"


def test_what_was_typed_is_shown_as_text_wherever_it_is_shown(server: Server) -> None:
    client_id = add(server, first_name=f"Z{XSS}", last_name=f"Q{XSS}", company_name=XSS)
    seller = server.at_work("sales")
    card = f"/clients/{client_id}"
    pages = [card, f"{card}/edit", f"{card}/contact", "/", "/clients?mine=1"]
    for answer in [*(seller.get(page) for page in pages), seller.send_form("/clients/new", **details(email=XSS))]:
        assert "<script>alert" not in answer.text
        assert "<img src=x" not in answer.text
    assert XSS in words_of(seller.get(card).text)
