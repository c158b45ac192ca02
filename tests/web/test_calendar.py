"""The calendar's pages: every event on each day it touches, days as long as they are, a way to what is left out."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from src.models.user import User
from tests import factories
from tests.web.servers import Server, words_of


@pytest.fixture(scope="module")
def client_id(server: Server) -> int:
    """A client of the seller's whose events are all over the year 2031."""
    with server.company.database.writing() as session:
        seller, support = (
            session.scalars(select(User).where(User.username == name)).one() for name in ("sales", "support")
        )
        buyer = factories.client(session, seller, last_name="Calendrier")
        sold = factories.contract(session, buyer)

        def event(name: str, start: datetime, hours: float, person: User | None = None, **fields: object) -> None:
            end = start + timedelta(hours=hours)
            factories.event(session, sold, person, name=name, event_start=start, event_end=end, **fields)

        # 23 hours in Paris; 25 on the 26th of October.
        event("Nuit courte", datetime(2031, 3, 29, 21, tzinfo=UTC), 6, support)  # 22:00 to 5:00
        event("Nuit longue", datetime(2031, 10, 25, 20, tzinfo=UTC), 6)  # 22:00 to 3:00
        event("Minuit pile", datetime(2031, 3, 10, 20, tzinfo=UTC), 3)  # 21:00 to midnight
        event("Lisbonne", datetime(2031, 3, 12, 22, 30, tzinfo=UTC), 2, time_zone="Europe/Lisbon")
        event("Bruxelles", datetime(2031, 3, 12, 9, tzinfo=UTC), 2, time_zone="Europe/Brussels")
        event("Trois jours", datetime(2031, 3, 17, 9, tzinfo=UTC), 48)
        event("Doublon un", datetime(2031, 3, 20, 9, tzinfo=UTC), 3, support)
        event("Doublon deux", datetime(2031, 3, 20, 11, tzinfo=UTC), 3, support)
        for number in range(7):
            event(f"Foule {number}", datetime(2031, 3, 24, 8 + number, tzinfo=UTC), 1)
        event("Veille", datetime(2031, 3, 23, 20, tzinfo=UTC), 8)
    return buyer.id


def days(page: str) -> dict[str, list[str]]:
    """What stands on each day that holds something: the day in words, and each entry with its hours."""
    found = {}
    for day in re.findall(r'<li class="day.*?(?=<li class="day|</ol>)', page, re.DOTALL):
        entries = [words_of(one) for one in re.findall(r'<li class="entry.*?</li>', day, re.DOTALL)]
        if entries:
            found[words_of(re.findall(r'<span class="full">(.*?)</span>', day)[0])] = entries
    return found


def test_a_month_shows_an_event_on_each_day_that_it_touches(server: Server, client_id: int) -> None:
    visitor = server.at_work("sales")
    march = visitor.get(f"/calendar?date=2031-03-15&client={client_id}").text
    shown = days(march)
    assert shown["Saturday 29 March 2031"] == ["from 22:00 Nuit courte"]
    assert shown["Sunday 30 March 2031"] == ["until 05:00 Nuit courte"]
    assert shown["Monday 10 March 2031"] == ["21:00–00:00 Minuit pile without support contact"]
    assert "Tuesday 11 March 2031" not in shown
    assert [shown[f"{day} March 2031"][0] for day in ("Monday 17", "Tuesday 18", "Wednesday 19")] == [
        "from 10:00 Trois jours without support contact",
        "all day Trois jours without support contact",
        "until 10:00 Trois jours without support contact",
    ]
    # The company's days and hours; those of the place stand below where they differ, its zone always.
    assert shown["Wednesday 12 March 2031"] == [
        "10:00–12:00 Bruxelles Brussels without support contact",
        "from 23:30 Lisbonne 22:30–00:30 Lisbon without support contact",
    ]
    assert shown["Thursday 13 March 2031"] == ["until 01:30 Lisbonne 22:30–00:30 Lisbon without support contact"]
    assert "23 hours: the clocks change" in words_of(march)
    october = visitor.get(f"/calendar?view=week&date=2031-10-26&client={client_id}").text
    assert [entry[:23] for entry in days(october)["Sunday 26 October 2031"]] == ["until 03:00 Nuit longue"]
    assert "25 hours: the clocks change" in words_of(october)


def test_a_full_day_leads_to_all_that_it_holds_and_leaves_out_first_what_only_runs_on(
    server: Server, client_id: int
) -> None:
    visitor = server.at_work("support")
    march = visitor.get(f"/calendar?date=2031-03-15&client={client_id}").text
    crowd = days(march)["Monday 24 March 2031"]
    assert re.findall(r"Foule \d", " ".join(crowd)) == [f"Foule {number}" for number in range(4)]
    link = re.search(r'<a href="([^"]*)">\+ 4 more', march)
    assert link
    whole = days(visitor.get(link[1].replace("&amp;", "&")).text)
    assert [entry[:19] for entry in whole["Monday 24 March 2031"]][:2] == ["until 05:00 Veille ", "09:00–10:00 Foule 0"]
    assert len(whole["Monday 24 March 2031"]) == 8
    assert list(whole) == ["Monday 24 March 2031"]


def test_whoever_would_be_in_two_places_is_marked_where_it_is_seen_and_where_it_is_done(
    server: Server, client_id: int
) -> None:
    manager = server.at_work("management")
    with server.company.database.reading() as session:
        name = session.get_one(User, server.company.office.people["support"].id).full_name
    week = days(manager.get(f"/calendar?view=week&date=2031-03-20&client={client_id}").text)
    clash = [entry for entry in week["Thursday 20 March 2031"] if f"{name} is elsewhere at the same time" in entry]
    assert re.findall(r"Doublon \w+", " ".join(clash)) == ["Doublon un", "Doublon deux"]
    page = manager.get(f"/calendar?date=2031-03-20&client={client_id}").text
    (number,) = re.findall(r'href="(/events/\d+)">Doublon un<', page)
    support = server.at_work("support")
    form = support.get(f"{number}/edit").text
    assert "Doublon deux , 2031-03-20 12:00 – 2031-03-20 15:00 at the same time" in words_of(form)
    sent = support.send_form(f"{number}/edit", **support.open_form(f"{number}/edit") | {"location": "Ailleurs"})
    assert sent.status_code == 303
    assert "Event saved. Attention, at the same time also: Doublon deux" in words_of(support.get(number).text)


def test_the_calendar_is_narrowed_down_and_gone_through(server: Server, client_id: int) -> None:
    support, boss = server.at_work("support"), server.at_work("management")
    of_client = f"date=2031-03-29&client={client_id}"

    def names(address: str) -> set[str]:
        shown = days(support.get(f"/calendar?{address}").text)
        return {
            name for entries in shown.values() for entry in entries for name in re.findall(r"Nuit \w+|Foule", entry)
        }

    assert names(of_client) == {"Nuit courte", "Foule"}
    assert names(f"{of_client}&whose=mine") == {"Nuit courte"}
    assert names(f"{of_client}&support=support") == {"Nuit courte"}
    assert names(f"{of_client}&whose=nobody") == {"Foule"}
    assert names("date=2031-03-29&client=999999") == set()
    assert names(f"view=agenda&date=2031-03-24&client={client_id}") == {"Nuit courte", "Foule"}
    page = boss.get(f"/calendar?view=month&{of_client}").text
    assert "whose=mine" not in page
    for rel, day in (("prev", "2031-02-28"), ("next", "2031-04-01")):
        assert re.search(rf'href="/calendar\?view=month&amp;date={day}&amp;client={client_id}" rel="{rel}"', page), rel
    week = boss.get("/calendar?view=week&date=2031-03-29").text
    assert "24 – 30 March 2031" in words_of(week)
    assert 'date=2031-03-17" rel="prev"' in week
    assert 'date=2031-03-31" rel="next"' in week
    assert "29 December 2031 – 4 January 2032" in words_of(boss.get("/calendar?view=week&date=2032-01-01").text)
    first = boss.get("/calendar?date=1900-01-01").text
    assert 'rel="prev"' not in first
    for wrong in ("view=year", "date=2031-02-30", "whose=theirs", "support=nobody.here", "client=x"):
        assert boss.get(f"/calendar?{wrong}").status_code == 422, wrong
    assert server.visitor().get("/calendar").status_code == 303


def test_the_calendar_speaks_french_and_its_weeks_begin_on_monday(server: Server, client_id: int) -> None:
    page = server.at_work("sales", language="fr").get(f"/calendar?date=2031-03-29&client={client_id}").text
    assert days(page)["dimanche 30 mars 2031"] == ["jusqu’à 05:00 Nuit courte"]
    assert "23 heures\u00a0: changement d’heure" in page
    heads = re.findall(r'<div class="weekdays".*?</div>', page, re.DOTALL)
    assert words_of(heads[0]).split()[0] == "lundi"
    assert re.findall(r"<h1>(.*?)</h1>", page) == ["mars 2031"]
