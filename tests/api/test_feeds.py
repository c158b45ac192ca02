"""Calendar feeds of a running server: what a telephone reads there all year long, on both engines."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from src.domain.permissions import Department
from src.models.calendar_feed import CalendarFeed
from src.models.client import Client
from src.models.event import Event
from src.models.user import User
from src.security.tokens import new_token
from src.services.calendar_feeds import create_feed
from tests import factories
from tests.api.programs import Programs, problem
from tests.api.test_entering import site_of
from tests.cli.company import Company
from tests.presentation.calendars import Understood, understood
from tests.services.office import Person

MINE = {"name": "Telephone", "kind": "mine"}


class Telephone:
    """Somebody's calendar, which knows an address and nothing else."""

    def __init__(self, programs: Programs, who: str, kind: str, *, language: str = "en") -> None:
        self.programs = programs
        made = programs.of(who).post("/calendar-feeds", json={"name": "Telephone", "kind": kind})
        assert made.status_code == 201, made.text
        self.number, self.address = made.json()["id"], made.json()["address"]
        self.visitor = programs.server.visitor(language=language)

    def ask(self, **headers: str) -> httpx.Response:
        """Ask for the file."""
        return self.visitor.get(self.address, headers={"accept-encoding": "identity", **headers})

    def shown(self) -> dict[str, Understood]:
        """What it shows, by the addresses of the events' pages."""
        answer = self.ask()
        assert (answer.status_code, answer.headers["content-type"]) == (200, "text/calendar; charset=utf-8")
        return {urlsplit(event.url).path: event for event in understood(answer.content).values()}


def new_event(programs: Programs, **changed: Any) -> int:
    """An event of the company's own sales, with its own support in charge unless the test says otherwise."""
    office = programs.office
    with programs.company.database.writing() as session:
        buyer = session.get_one(Client, office.own.client)
        start = datetime.now(UTC).replace(microsecond=0) + timedelta(days=30)
        sold = factories.contract(session, buyer)
        supporter = session.get_one(User, office.people["support"].id)
        return factories.event(session, sold, supporter, event_start=start, **changed).id


def change(programs: Programs, model: Any, record_id: int, **fields: Any) -> None:
    """Change a record as the system does."""
    with programs.company.database.writing() as session:
        record = session.get_one(model, record_id)
        for name, value in fields.items():
            setattr(record, name, value)
        factories.saved(session, record)


def test_a_telephone_reads_its_owners_events_and_is_told_when_nothing_changed(on_either: Programs) -> None:
    number = new_event(on_either, name="Gala ; à Paris, 🎉", notes="Ring twice.\nThen wait.")
    telephone = Telephone(on_either, "support", "mine")
    first = telephone.shown()[f"/events/{number}"]
    assert (first.title, first.place) == ("Gala ; à Paris, 🎉", "53 Rue du Château, 41120 Candé-sur-Beuvron")
    assert first.text.endswith("Ring twice.\nThen wait.")
    assert first.end - first.start == timedelta(hours=6)
    answer = telephone.ask()
    assert answer.headers["cache-control"] == "private, no-cache"
    assert answer.headers["content-disposition"] == 'inline; filename="epicevents.ics"'
    assert "set-cookie" not in answer.headers
    for tag in (answer.headers["etag"], f'"other", {answer.headers["etag"]}'):
        unchanged = telephone.ask(**{"if-none-match": tag})
        assert (unchanged.status_code, unchanged.content) == (304, b"")
        assert unchanged.headers["etag"] == answer.headers["etag"]
    assert telephone.ask(**{"if-none-match": 'W/"other"'}).content == answer.content
    packed = telephone.ask(**{"accept-encoding": "gzip"})
    assert (packed.headers["content-encoding"], packed.content) == ("gzip", answer.content)
    head = telephone.visitor.head(telephone.address, headers={"accept-encoding": "identity"})
    assert (head.status_code, head.content, head.headers["etag"]) == (200, b"", answer.headers["etag"])
    with on_either.company.database.reading() as session:
        assert session.get_one(CalendarFeed, telephone.number).last_used_at is not None


def test_what_happens_to_an_event_reaches_the_telephone(on_either: Programs) -> None:
    number = new_event(on_either)
    page = f"/events/{number}"
    telephone, tags, seen = Telephone(on_either, "support", "mine"), [], []

    def look() -> Understood:
        tags.append(telephone.ask().headers["etag"])
        seen.append(telephone.shown()[page])
        return seen[-1]

    before = look()
    support = on_either.of("support")
    version = support.get(page).headers["etag"]
    moved = {"event_start": "2027-03-27 23:30", "event_end": "2027-03-28 04:00", "location": "Ailleurs"}
    assert support.patch(page, json=moved, headers={"if-match": version}).status_code == 200
    after = look()
    assert (after.uid, after.place) == (before.uid, "Ailleurs")
    assert after.start == datetime(2027, 3, 27, 22, 30, tzinfo=UTC)
    assert after.end - after.start == timedelta(hours=3, minutes=30)
    with on_either.company.database.reading() as session:
        contract_id = session.get_one(Event, number).contract_id
    manager = on_either.of("management")
    assert manager.post(f"/contracts/{contract_id}/cancel", json={"reason": "Rain"}).status_code == 200
    assert look().status == "CANCELLED"
    assert [one.sequence for one in seen] == sorted({one.sequence for one in seen})
    assert len(set(tags)) == 3

    colleague = on_either.office.spare_support
    assert manager.post(f"{page}/assign", json={"support_contact_id": colleague}).status_code == 200
    assert page not in telephone.shown()
    everything = Telephone(on_either, "management", "department")
    assert "Support contact: Camille" in everything.shown()[page].text
    assert manager.post(f"{page}/unassign").status_code == 200
    assert everything.shown()[page].uid == before.uid
    assert "Support contact: nobody yet" in everything.shown()[page].text
    assert page in Telephone(on_either, "management", "without_support").shown()


def test_sales_see_what_they_sold_and_nobody_elses(on_either: Programs) -> None:
    number = new_event(on_either)
    shown = Telephone(on_either, "sales", "mine").shown()
    assert f"/events/{number}" in shown
    assert f"/events/{on_either.office.other.event}" not in shown
    assert f"/events/{on_either.office.other.event}" in Telephone(on_either, "sales", "department").shown()


def test_a_telephone_is_answered_in_its_owners_language(on_either: Programs) -> None:
    number = new_event(on_either)
    telephone = Telephone(on_either, "support", "mine", language="de")
    owner = on_either.office.people["support"].id
    change(on_either, User, owner, language="fr")
    assert "Contact support\u00a0: " in telephone.shown()[f"/events/{number}"].text
    change(on_either, User, owner, language=None)
    assert "Support contact: " in telephone.shown()[f"/events/{number}"].text


def test_an_address_that_is_none_any_more_tells_nothing(on_either: Programs) -> None:
    with on_either.company.database.writing() as session:
        leaver_id = factories.supporter(session).id
    on_either.office.people["leaver"] = Person(leaver_id, 0, "")
    try:
        telephone, ended = Telephone(on_either, "leaver", "mine"), Telephone(on_either, "support", "mine")
        tag = telephone.ask().headers["etag"]
        assert on_either.of("support").delete(f"/calendar-feeds/{ended.number}").status_code == 204
        change(on_either, User, leaver_id, is_active=False)
        server = on_either.server.url
        refused = [
            problem(telephone.ask(**{"if-none-match": tag}), 404, "not-found"),
            problem(ended.ask(), 404, "not-found"),
            problem(telephone.visitor.get(f"{server}/calendar/feeds/{new_token()}.ics"), 404, "not-found"),
            problem(telephone.visitor.get(f"{server}/calendar/feeds/x.ics"), 404, "not-found"),
        ]
        assert {document["detail"] for document in refused} == {
            "There is no calendar at this address, or it was ended. Make another one in your account."
        }
        change(on_either, User, leaver_id, is_active=True)
        assert telephone.ask().status_code == 200
    finally:
        del on_either.office.people["leaver"]


def test_a_department_that_lost_the_right_loses_the_feed(on_either: Programs) -> None:
    with on_either.company.database.writing() as session:
        mover = factories.manager(session)
    on_either.office.people["mover"] = Person(mover.id, 0, "")
    try:
        telephone = Telephone(on_either, "mover", "without_support")
        assert telephone.ask().status_code == 200
        change(on_either, User, mover.id, department=Department.SALES)
        assert problem(telephone.ask(), 403, "forbidden")["rule"] == "event.assign_support"
    finally:
        del on_either.office.people["mover"]


def test_feeds_are_listed_and_ended_by_their_owner_and_by_management(on_either: Programs) -> None:
    support, manager = on_either.of("support"), on_either.of("management")
    telephone = Telephone(on_either, "support", "mine")
    listed = support.get("/calendar-feeds").json()["items"][0]
    assert (listed["id"], listed["name"], listed["kind"]) == (telephone.number, "Telephone", "mine")
    assert telephone.address not in support.get("/calendar-feeds").text
    assert problem(support.get("/calendar-feeds?everybody=true"), 403, "forbidden")["rule"] == "user.end_sessions"
    everybodys = manager.get("/calendar-feeds?everybody=true").json()["items"]
    assert ("support", telephone.number) in [(row["username"], row["id"]) for row in everybodys]
    problem(on_either.of("sales").delete(f"/calendar-feeds/{telephone.number}"), 403, "forbidden")
    problem(support.delete("/calendar-feeds/999999"), 404, "not-found")
    assert telephone.ask().status_code == 200
    assert manager.delete(f"/calendar-feeds/{telephone.number}").status_code == 204
    assert telephone.ask().status_code == 404


def test_the_address_is_said_once_and_not_again_under_the_same_key(on_either: Programs) -> None:
    key = {"idempotency-key": new_token()}
    support = on_either.of("support")
    first, again = (support.post("/calendar-feeds", json=MINE, headers=key) for _once in range(2))
    assert first.json() == {**again.json(), "address": first.json()["address"]}
    assert (again.status_code, again.json()["address"]) == (201, None)
    kept = str(on_either.server.records())
    secret = first.json()["address"].rpartition("/")[2].removesuffix(".ics")
    assert secret.startswith("eecrm_")
    assert secret not in kept


def test_the_log_of_the_server_holds_no_secret(on_either: Programs) -> None:
    telephone = Telephone(on_either, "support", "mine")
    secret = telephone.address.rpartition("/")[2].removesuffix(".ics")
    telephone.ask()
    telephone.visitor.post(telephone.address)
    telephone.visitor.get(f"{telephone.address}?x=1")
    telephone.visitor.get(telephone.address, headers={"host": "evil.example"})
    pages = [line["page"] for line in on_either.server.log if line.get("event") == "request"]
    assert "/calendar/feeds/{secret}.ics" in pages
    assert secret[6:] not in "".join(on_either.server.lines)
    assert secret[6:] not in str(on_either.server.records())


@pytest.mark.parametrize("kind", ["without_support", "MINE", "", "everything"])
def test_what_is_no_feed_is_refused_by_its_field(on_either: Programs, kind: str) -> None:
    refused = on_either.of("support").post("/calendar-feeds", json={"name": "x", "kind": kind})
    assert [place["pointer"] for place in problem(refused, 422, "invalid-input")["errors"]] == ["/kind"]


def test_who_tries_addresses_out_is_stopped_before_the_database_is_asked(company: Company) -> None:
    answers = asked_of(company, [f"/calendar/feeds/{new_token()}.ics" for _one in range(7)], EPICEVENTS_API_RATE="5")
    assert sorted(answer.status_code for answer in answers) == [404] * 5 + [429] * 2
    [refused, _other] = [answer for answer in answers if answer.status_code == 429]
    assert 1 <= int(refused.headers["retry-after"]) <= 60


def test_calendars_that_ask_at_once_are_all_answered(company: Company) -> None:
    with company.database.writing() as session:
        person = session.get_one(User, company.office.people["support"].id)
        made = create_feed(session, factories.actor(person), kind="mine", name="x", now=datetime.now(UTC))
    answers = asked_of(company, [f"/calendar/feeds/{made.secret}.ics"] * 12)
    assert [answer.status_code for answer in answers] == [200] * 12
    assert len({answer.content for answer in answers}) == 1


def asked_of(company: Company, paths: list[str], **environ: str) -> list[httpx.Response]:
    """What the site, in this process, answers to all of these at once."""
    site = site_of(company, **environ)

    async def asked() -> list[httpx.Response]:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(site), base_url="http://localhost") as calendar:
            return await asyncio.gather(*(calendar.get(path) for path in paths))

    # In a thread of its own: the browser that other tests drive keeps a loop running in this one.
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(lambda: asyncio.run(asked())).result()
