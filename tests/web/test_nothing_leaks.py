"""What somebody may not read appears nowhere: not in lists, counts, searches, files, refusals or the names of pages.

Everybody who is logged in reads all clients, contracts, events and the staff directory. Nobody else reads anything;
the audit log is management's, a session its owner's, and a password nobody's. Literal, as tests/rights_matrix.py is.
"""

import csv
import io
import re
from typing import Any

import pytest
from sqlalchemy import select

from src.models.base import Base
from src.models.client import Client
from src.models.contract import Contract
from src.models.event import Event
from tests import factories
from tests.services.office import DEPARTMENTS
from tests.web.addresses import EMPTY, filled, read_pages
from tests.web.servers import FROM_OUR_PAGE, Server, Visitor, unescaped, words_of
from tests.web.test_every_route import PATHS

# Whatever a visitor may send, everywhere; each is asked with every filter that a list knows.
ASKED = ("", "?q=kevin&show=all&sort=-id", "?client=1&sales_contact=sales&support=support&who=sales&mine=1")

# What names a person, a company, a contract, an event or a place.
NAMES = {
    *("username", "email", "first_name", "last_name", "phone", "company_name", "title", "name", "location"),
    *("contact_name", "contact_email", "contact_phone"),
}


def names_in(server: Server) -> set[str]:
    """Every name that the company has written down somewhere."""
    rows, words = server.company.look(), set()
    for table in ("users", "clients", "contracts", "events"):
        for position, column in enumerate(Base.metadata.tables[table].columns):
            if column.name in NAMES:
                words |= {str(row[position]) for row in rows[table] if row[position]}
    # The departments' own log-ins are words of our pages; one or two letters stand anywhere.
    return {word for word in words if len(word) > 2} - set(DEPARTMENTS)


# What the visitors type themselves comes back to them; who may change an account gives it these names.
TYPED = {"first_name": "Xanthippe", "username": "xanthippe"}


def told(visitor: Visitor, server: Server) -> str:
    """Every answer that somebody gets out of the whole site, in one text."""
    paths = [filled(path, server.company.office).replace("{name}", "app.css") for path in PATHS]
    paths += [path for who in DEPARTMENTS for path in EMPTY[who]]
    answers = [visitor.get(path + asked) for path in paths for asked in ASKED]
    answers += [visitor.send_form(path, **TYPED) for path in paths if path != "/login"]
    return "\n".join(f"{answer.text}\n{answer.headers}" for answer in answers)


@pytest.mark.parametrize("who", ["nobody", "closed", "somebody whose session was ended"])
def test_whoever_is_not_logged_in_learns_no_name_and_no_number(server: Server, who: str) -> None:
    visitor = server.visitor()
    if who == "closed":
        visitor = server.visitor(cookie=f"epicevents-session={server.company.office.closed['management'].token}")
    if who == "somebody whose session was ended":
        token = server.at_work("management").cookies["epicevents-session"]
        server.visitor(cookie=f"epicevents-session={token}").send_form("/logout")
        visitor = server.visitor(cookie=f"epicevents-session={token}")
    text = told(visitor, server)
    assert sorted(name for name in names_in(server) if name in text and name not in TYPED.values()) == []
    # Whether a record exists is not told either: a number that is taken and one that is not are answered alike.
    for path in (page.path for page in read_pages() if "{" in page.path):
        taken = visitor.get(filled(path, server.company.office))
        free = visitor.get(re.sub(r"\{\w+:int\}", "424242", path))
        assert (taken.status_code, taken.headers["location"].partition("=")[0]) == (303, "/login?next"), path
        assert free.status_code == taken.status_code, path
        assert len(free.text) == len(taken.text), path


@pytest.mark.parametrize("who", DEPARTMENTS)
def test_what_only_the_log_knows_is_told_to_management_alone(server: Server, who: str) -> None:
    # What somebody searched for when they took a whole list away, and who left: only the log knows.
    secret = f"Zarathoustra-{who}"
    server.at_work("management").post("/clients/export", params={"q": secret}, headers=FROM_OUR_PAGE)
    with server.company.database.writing() as session:
        gone = factories.staff(session, username=f"gone-{who}-{secret.lower()}")
        session.delete(gone)
    text = told(server.at_work(who), server)
    assert (secret in text, gone.username in text) == ((True, True) if who == "management" else (False, False))


@pytest.mark.parametrize("who", DEPARTMENTS)
def test_a_log_in_is_told_to_its_owner_alone_and_a_secret_to_nobody(server: Server, who: str) -> None:
    server.visitor(**{"user-agent": f"Grotte/{who}"}).log_in(who)
    rows = server.company.look()
    text = told(server.at_work(who), server)
    assert set(re.findall(r"Grotte/\w+", text)) == {f"Grotte/{who}"}
    secrets = {cell for row in rows["users"] for cell in row if "$argon2" in str(cell)}
    secrets |= {cell for row in rows["sessions"] for cell in row if re.fullmatch("[0-9a-f]{64}", str(cell))}
    assert len(secrets) > len(DEPARTMENTS)
    assert [secret for secret in secrets if secret in text] == []


def own_of(who: str, table: str, me: int) -> Any:
    """The numbers of what is somebody's own, written out: a seller's clients with theirs, a supporter's events."""
    if who == "support":
        return select(Event.id).where(Event.support_contact_id == me)
    if table == "client":
        return select(Client.id).where(Client.sales_contact_id == me)
    contracts = select(Contract.id).join(Client, Client.id == Contract.client_id).where(Client.sales_contact_id == me)
    return contracts if table == "contract" else select(Event.id).where(Event.contract_id.in_(contracts))


@pytest.mark.parametrize(
    ("who", "path", "table"),
    [
        ("sales", "/clients", "client"),
        ("sales", "/contracts", "contract"),
        ("sales", "/events?show=all", "event"),
        ("support", "/events?show=all", "event"),
    ],
)
def test_a_list_of_ones_own_shows_counts_and_exports_ones_own_and_nothing_else(
    server: Server, who: str, path: str, table: str
) -> None:
    visitor, me = server.at_work(who), server.company.office.people[who].id
    mine = path + ("&" if "?" in path else "?") + "mine=1"
    with server.company.database.reading() as session:
        kind: Any = {"client": Client, "contract": Contract, "event": Event}[table]
        own = set(session.scalars(own_of(who, table, me)))
        assert own < set(session.scalars(select(kind.id)))

    shown: set[int] = set()
    address = mine
    while address:
        page = visitor.get(address).text
        numbers = {int(number) for number in re.findall(rf'class="main[^"]*" href="/{table}s/(\d+)"', page)}
        assert f"{len(numbers)} row" in words_of(page)
        shown |= numbers
        following = re.search(r'href="([^"]+)" rel="next"', page)
        address = unescaped(following[1]) if following else ""
    exported = visitor.post(mine.replace(f"/{table}s", f"/{table}s/export"), headers=FROM_OUR_PAGE).text
    rows = list(csv.DictReader(io.StringIO(exported.removeprefix("\ufeff"))))
    assert shown == own
    assert {int(row["id"]) for row in rows} == own
    # Their first page shows theirs only, too.
    home = visitor.get("/").text
    assert {int(number) for number in re.findall(rf'href="/{table}s/(\d+)"', home)} <= own
