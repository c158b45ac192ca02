"""`epicevents feed`: made, its address shown once, listed, ended."""

from tests.cli.company import Company


def test_a_feed_is_made_listed_and_ended(company: Company) -> None:
    made = company.run("support", "feed", "create", "telephone")
    assert (made.code, made.message) == (
        0,
        "Calendar feed telephone, shown only now. Whoever has this address sees the events:",
    )
    address = made.out.strip()
    assert address.startswith("http://localhost:8000/calendar/feeds/eecrm_")
    assert address.endswith(".ics")
    hosts = {"EPICEVENTS_HOSTS": "crm.example,crm.internal.example"}
    as_json = company.run("support", "feed", "create", "screen", "--events", "department", "--json", env=hosts).json
    assert sorted(as_json) == ["address", "id", "kind", "name"]
    assert as_json["address"].startswith("https://crm.example/calendar/feeds/eecrm_")

    listed = company.run("support", "feed", "list", "--json")
    assert [(row["name"], row["kind"], row["revoked_at"]) for row in listed.items] == [
        ("screen", "department", None),
        ("telephone", "mine", None),
    ]
    assert address.rpartition("/")[2] not in listed.out
    number = str(listed.items[1]["id"])
    assert company.run("sales", "feed", "revoke", number).code == 4
    ended = company.run("management", "feed", "revoke", number)
    assert (ended.code, ended.out) == (0, "Calendar feed telephone ended.\n")
    rows = company.run("management", "feed", "list", "--everybody", "--json").items
    assert [row["username"] for row in rows if row["revoked_at"]] == ["support"]


def test_what_nobody_there_can_have_is_refused_in_both_languages(company: Company) -> None:
    refused = company.run("management", "feed", "create", "x")
    french = company.run("management", "feed", "create", "x", "--lang", "fr")
    assert (refused.code, refused.message) == (7, "events shown: choose one of department, without_support.")
    assert french.message == "événements montrés\N{NO-BREAK SPACE}: choisissez parmi department, without_support."
