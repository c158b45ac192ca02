"""The events' pages on both engines: opened under a signed contract, put in somebody's charge, kept right."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from src.models.event import Event
from src.models.user import User
from tests import factories
from tests.web.servers import Server, fields_of, words_of
from tests.web.test_contracts import signed


def open_event(server: Server, **changed: str) -> int:
    """An event of the seller's; gives its number."""
    path, seller = f"/contracts/{signed(server)}/events/new", server.at_work("sales")
    typed = seller.open_form(path) | {
        "name": "Gala d’hiver",
        "event_start": "2027-06-04T13:00",
        "event_end": "2027-06-05T02:00",
        "location": "Lisboa",
    }
    sent = seller.send_form(path, **typed | changed)
    assert sent.status_code == 303, words_of(sent.text)
    return int(sent.headers["location"].rpartition("/")[2])


def stored(server: Server, event_id: int) -> Event:
    """An event as the database has it."""
    with server.company.database.reading() as session:
        return session.get_one(Event, event_id)


def put_in_charge(server: Server, event_id: int, username: str = "support") -> None:
    """Give an event to a member of support."""
    manager, path = server.at_work("management"), f"/events/{event_id}/assign"
    sent = manager.send_form(path, support_contact=username, version=str(stored(server, event_id).version))
    assert sent.status_code == 303, words_of(sent.text)


def test_an_event_is_opened_put_in_charge_and_kept_right(either_server: Server) -> None:
    event_id = open_event(either_server, time_zone="Europe/Lisbon")
    event = stored(either_server, event_id)
    assert event.event_start == datetime(2027, 6, 4, 12, tzinfo=UTC)
    assert "2027-06-04 13:00 Europe/Lisbon" in words_of(either_server.at_work("sales").get(f"/events/{event_id}").text)
    put_in_charge(either_server, event_id)
    support, path = either_server.at_work("support"), f"/events/{event_id}/edit"
    form = support.open_form(path)
    assert (form["event_start"], form["time_zone"]) == ("2027-06-04T13:00", "Europe/Lisbon")

    sent = support.send_form(path, **form | {"attendees": "1 200", "notes": "one\r\ntwo", "was.notes": ""})

    assert sent.status_code == 303
    event = stored(either_server, event_id)
    assert (event.attendees, event.notes, event.version) == (1200, "one\ntwo", 3)
    assert event.event_start == datetime(2027, 6, 4, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"event_end": "2027-06-04T13:00"}, "event_end"),
        ({"event_start": "2027-03-28T02:30"}, "event_start"),
        ({"event_start": "soon"}, "event_start"),
        ({"time_zone": "Europe/Paname"}, "time_zone"),
        ({"attendees": "many"}, "attendees"),
        ({"name": ""}, "name"),
        ({"contact_email": "nowhere"}, "contact_email"),
    ],
)
def test_what_is_refused_is_marked_and_nothing_typed_is_lost(server: Server, wrong: dict[str, str], field: str) -> None:
    path, seller = f"/contracts/{server.company.office.own.signed}/events/new", server.at_work("sales")
    typed = seller.open_form(path) | {
        "name": "Gala",
        "event_start": "2027-06-04T13:00",
        "event_end": "2027-06-05T02:00",
        "notes": "first\nsecond",
    }
    refused = seller.send_form(path, **typed | wrong)
    assert refused.status_code == 422
    assert re.findall(r'id="f-(\w+)" name="\w+"[^>]*aria-invalid="true"', refused.text) == [field]
    kept = fields_of(refused.text, path)
    assert {name: kept[name] for name in typed} == typed | wrong


def test_an_hour_that_autumn_repeats_is_kept_and_can_be_typed(server: Server) -> None:
    twice = "2027-10-31T02:30"
    path, seller = f"/contracts/{server.company.office.own.signed}/events/new", server.at_work("sales")
    typed = seller.open_form(path) | {"name": "Nuit", "event_start": twice, "event_end": "2027-10-31T05:00"}
    refused = seller.send_form(path, **typed)
    assert refused.status_code == 422
    # Not a picker any more: the offset that the refusal asks for can be typed.
    assert re.search(r'name="event_start"[^>]*type="text"', refused.text)
    event_id = open_event(server, event_start=f"{twice}+01:00", event_end="2027-10-31T05:00")
    assert stored(server, event_id).event_start == datetime(2027, 10, 31, 1, 30, tzinfo=UTC)
    put_in_charge(server, event_id)
    form = server.at_work("support").open_form(f"/events/{event_id}/edit")
    assert form["event_start"] == f"{twice}+01:00"
    assert server.at_work("support").send_form(f"/events/{event_id}/edit", **form).status_code == 303
    assert stored(server, event_id).version == 2


def test_somebody_who_would_be_double_booked_is_marked_before_and_after(either_server: Server) -> None:
    first = open_event(either_server, name="Premier gala", event_start="2028-01-02T10:00", event_end="2028-01-02T18:00")
    second = open_event(either_server, name="Second gala", event_start="2028-01-02T17:00", event_end="2028-01-02T23:00")
    put_in_charge(either_server, first)
    manager = either_server.at_work("management")

    asked = words_of(manager.get(f"/events/{second}/assign").text)
    put_in_charge(either_server, second)
    shown = words_of(manager.get(f"/events/{second}").text)

    assert "At that time already at: Premier gala" in asked
    assert "is at another event at the same time." in shown
    assert manager.send_form(f"/events/{second}/assign", support_contact="nobody", version="2").status_code == 303
    assert stored(either_server, second).support_contact_id is None
    assert "is at another event" not in words_of(manager.get(f"/events/{first}").text)


def test_only_support_is_put_in_charge_and_a_colleagues_choice_is_not_overwritten(server: Server) -> None:
    event_id = open_event(server)
    manager, path = server.at_work("management"), f"/events/{event_id}/assign"
    assert manager.send_form(path, support_contact="sales", version="1").status_code == 409
    assert manager.send_form(path, support_contact="nobody.here", version="1").status_code == 422
    put_in_charge(server, event_id)
    late = manager.send_form(path, support_contact="nobody", version="1")
    assert late.status_code == 409
    assert "What changed meanwhile" in words_of(late.text)
    assert stored(server, event_id).support_contact_id == server.company.office.people["support"].id


def test_lists_of_events_show_what_their_address_asks_for(server: Server) -> None:
    now = datetime.now(UTC)
    with server.company.database.writing() as session:
        owner, support = (
            session.scalars(select(User).where(User.username == name)).one() for name in ("sales", "support")
        )
        contract = factories.contract(session, factories.client(session, owner, last_name="Agenda"))
        for name, start, person in (
            ("Agenda passé", now - timedelta(days=40), support),
            ("Agenda présent", now - timedelta(minutes=1), support),
            ("Agenda futur", now + timedelta(days=40), None),
        ):
            factories.event(
                session, contract, person, name=name, event_start=start, event_end=start + timedelta(hours=1)
            )
        contract_id = contract.id
    visitor = server.at_work("support")

    def named(asked: str) -> list[str]:
        return re.findall(r"Agenda \w+(?=</a>)", visitor.get(f"/events?q=agenda&{asked}").text)

    assert named("") == ["Agenda présent", "Agenda futur"]
    assert named("show=all") == ["Agenda passé", "Agenda présent", "Agenda futur"]
    assert named(f"contract={contract_id}") == ["Agenda passé", "Agenda présent", "Agenda futur"]
    assert named("show=past") == ["Agenda passé"]
    assert named("show=today") == ["Agenda présent"]
    assert named("show=week") == ["Agenda présent"]
    assert named("show=without_support") == ["Agenda futur"]
    assert named("mine=1&show=all") == ["Agenda passé", "Agenda présent"]
    assert named("show=all&sort=-start") == ["Agenda futur", "Agenda présent", "Agenda passé"]
    assert visitor.get("/events?show=never").status_code == 422
    nowhere = visitor.get("/events?q=nowhere+at+all&mine=1").text
    assert 'href="/events?q=nowhere+at+all&amp;mine=1&amp;show=all"' in nowhere
    assert "Search all events" in nowhere
    sent = visitor.send_form("/events/export?q=agenda&show=past")
    assert [line.split(",")[1] for line in sent.text.splitlines()[1:]] == ["Agenda passé"]


def test_support_sees_on_the_first_page_what_changed_until_they_say_so(server: Server) -> None:
    event_id = open_event(server, name="Gala nouveau", time_zone="Europe/Lisbon")
    put_in_charge(server, event_id)
    support = server.at_work("support")
    before = server.records()
    page = support.get("/")
    assert "Gala nouveau management · assign or clear the support contact" in words_of(page.text)
    assert "Start 2027-06-04 13:00" in words_of(page.text)  # as the clock in Lisbon shows it
    assert server.records() == before
    seen = fields_of(page.text, "/seen")
    put_in_charge(server, event_id, "nobody")

    assert support.send_form("/seen", **seen).status_code == 303

    # Of what happened after the page was made nothing is lost, also that somebody else has it now.
    after = words_of(support.get("/").text)
    assert "Support contact support – I have seen this" in after
    assert "Start 2027-06-04 13:00" not in after
    assert support.send_form("/seen", **fields_of(support.get("/").text, "/seen")).status_code == 303
    assert "Nothing changed" in words_of(support.get("/").text)
    assert support.send_form("/seen", until="soon").status_code == 422
    assert server.visitor().send_form("/seen", until=seen["until"]).status_code == 401
