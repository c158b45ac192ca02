"""Histories as people read them: names for people, numbers for programs."""

from tests.cli.company import Company


def test_a_history_names_the_people_and_keeps_their_numbers_for_programs(company: Company) -> None:
    office = company.office
    event, other = str(office.own.event), office.spare_support
    before = company.run("management", "event", "show", event, "--json").json["support_contact"]
    company.run("management", "event", "assign", event, str(other))
    after = company.run("management", "user", "show", str(other), "--json").json["username"]

    for words in (("event", "history", event), ("audit", "list", "--record", "events", "--id", event)):
        shown = company.run("management", *words, screen=200).out
        assert f"Support contact: {before} → {after}" in shown
        [change, *_older] = company.run("management", *words, "--json").items
        assert change["changes"]["support_contact_id"][1] == other


def test_a_person_who_was_deleted_stays_a_number_in_the_history(company: Company) -> None:
    office = company.office
    event = str(office.own.event)
    for who in (office.spare_support, office.people["support"].id):
        company.run("management", "event", "assign", event, str(who))
    assert company.run("management", "user", "delete", str(office.spare_support), "--yes").code == 0

    shown = company.run("management", "event", "history", event, screen=200).out
    assert f"Support contact: {office.spare_support} → support" in shown
