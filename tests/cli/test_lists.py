"""Lists: what each filter and sort gives, pages, exports and sums."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from src.models.contract import ContractStatus
from src.models.user import User
from tests import factories
from tests.cli.company import Company
from tests.cli.test_lists_keys import CLIENT_ROW, rows_of


class Filled:
    """The company with a few more records, each there for a filter."""

    def __init__(self, company: Company) -> None:
        self.company = company
        office = company.office
        now = datetime.now(UTC).replace(microsecond=0)
        with company.database.writing() as session:
            seller = session.get_one(User, office.people["sales"].id)
            supporter = session.get_one(User, office.people["support"].id)
            zoe = factories.client(
                session, seller, first_name="Zoë", last_name="Éluard", company_name="Ça Va", email="zoe@cava.example"
            )
            paid = factories.contract(session, zoe, title="Été", total="10.00", paid="10.00")
            ended = now - timedelta(days=40)
            factories.event(session, paid, supporter, name="Long past", event_start=ended)
            today = now.astimezone(ZoneInfo("Europe/Paris")).replace(hour=12)
            factories.event(session, paid, None, name="Today", event_start=today, event_end=today + timedelta(hours=1))
            far = factories.contract(session, zoe, title="Far", status=ContractStatus.SIGNED)
            factories.event(session, far, None, name="Far away", event_start=now + timedelta(days=90), location="Nîmes")

    def names(self, person: str, *words: str) -> list[Any]:
        """What a list shows, by name."""
        key = {"client": "last_name", "contract": "title", "event": "name", "user": "username"}[words[0]]
        return [item[key] for item in self.company.run(person, *words, "--json").items]


@pytest.fixture
def filled(company: Company) -> Filled:
    return Filled(company)


def test_the_filters_of_clients(filled: Filled) -> None:
    own = filled.names("sales", "client", "list", "--mine")
    everybody = filled.names("support", "client", "list")
    assert (len(own), len(everybody), own[-1]) == (2, 3, "Éluard")
    assert filled.names("management", "client", "list", "--sales-contact", "sales") == own
    assert filled.names("management", "client", "list", "--sales-contact", "1") == own
    assert filled.names("management", "client", "list", "--mine") == []
    for term in ("eluard", "ÉLUARD", "zoe", "ca va", "ZOE@CAVA", "luar", "va eluard"):
        assert filled.names("support", "client", "list", "--search", term) == ["Éluard"], term
    for term in ("uardo", "%", "_", "zoe x"):
        assert filled.names("support", "client", "list", "--search", term) == [], term


def test_the_filters_of_contracts(filled: Filled) -> None:
    def count(*words: str) -> int:
        return len(filled.names("sales", "contract", "list", *words))

    assert (count(), count("--mine"), count("--client", "2")) == (12, 7, 5)
    assert (count("--unsigned"), count("--mine", "--unsigned")) == (6, 3)
    assert (count("--unpaid"), count("--mine", "--unpaid")) == (3, 2)
    assert [count("--status", status) for status in ("draft", "sent", "signed", "cancelled")] == [4, 2, 4, 2]
    assert filled.names("support", "contract", "list", "--search", "ete") == ["Été"]
    assert sorted(filled.names("support", "contract", "list", "--search", "eluard")) == ["Far", "Été"]


def test_the_filters_of_events(filled: Filled) -> None:
    def names(person: str, *words: str) -> list[Any]:
        return [name for name in filled.names(person, "event", "list", *words) if "Wedding" not in name]

    assert names("sales") == ["Long past", "Today", "Far away"]
    assert names("sales", "--mine") == ["Long past", "Today", "Far away"]
    assert names("support", "--mine") == ["Long past"]
    assert filled.names("management", "event", "list", "--mine") == []
    assert names("support", "--past")[:1] == ["Long past"]
    assert names("support", "--upcoming")[-1:] == ["Far away"]
    assert names("support", "--today") == ["Today"]
    assert names("support", "--week") == ["Today"]
    assert filled.names("management", "event", "list", "--without-support") == ["Today", "Far away"]
    assert names("management", "--support", "support") == ["Long past"]
    assert names("management", "--client", "3") == ["Long past", "Today", "Far away"]
    assert names("management", "--contract", "12") == ["Far away"]
    assert names("management", "--search", "NIMES") == ["Far away"]


def test_the_filters_of_staff(quiet_company: Company) -> None:
    def names(*words: str) -> list[Any]:
        return sorted(item["username"] for item in quiet_company.run("sales", "user", "list", *words, "--json").items)

    assert (
        names("--department", "management")
        == names("--department", "Gestion")
        == ["closed.management", "management", "management.9"]
    )
    assert names("--inactive") == ["closed.management", "closed.sales", "closed.support", "sales.12"]
    assert len(names("--active")) == len(names()) - 4
    assert names("--search", "camille martin 1") == ["sales", "sales.10", "sales.12", "support.11"]


def test_the_filters_of_the_audit_log(company: Company) -> None:
    company.run("sales", "client", "edit", "1", "--phone", "0123456789")
    company.run("management", "contract", "amend", "1", "--total", "1500", "--reason", "Guests")

    def found(*words: str) -> list[tuple[str, str, int]]:
        items = company.run("management", "audit", "list", *words, "--json").items
        return [(item["actor_username"], item["record_type"], item["record_id"]) for item in items]

    own, managed = ("sales", "clients", 1), ("management", "contracts", 1)
    assert found("--by", "sales") == found("--by", "1") == found("--action", "client.update") == [own]
    assert found("--action", "contract.amend") == [managed]
    assert found("--record", "contracts", "--id", "1")[0] == managed
    assert found("--limit", "2") == [managed, own]
    assert found("--since", "2199-01-01") == []
    assert found("--until", "2026-11-22") == []
    assert len(found("--since", "2026-11-22 00:00", "--limit", "100")) == len(found("--limit", "100"))


# What each list can be sorted by, and the column in which that shows; none where people's names are compared folded.
SORTS = {
    "client list": {
        "name": "",
        "email": "email",
        "company": "",
        "last-contact": "last_contact_at",
        "created": "created_at",
    },
    "contract list": {"title": "title", "created": "created_at"},
    "event list": {"start": "event_start", "end": "event_end", "name": "name", "location": "location"},
    "user list": {"username": "username", "name": "", "created": "id"},
    "audit list": {},
}


@pytest.mark.parametrize(
    ("words", "sort", "key"),
    [(words, sort, key) for words, sorts in SORTS.items() for sort, key in {**sorts, "id": "id"}.items()],
)
def test_every_sort_goes_both_ways_and_pages_walk_the_whole_list(
    quiet_company: Company, words: str, sort: str, key: str
) -> None:
    up, down = (
        quiet_company.run("management", *words.split(), "--sort", f"{sign}{sort}", "--limit", "100", "--json").items
        for sign in ("", "-")
    )
    assert len(up) > 1
    assert up == down[::-1]
    assert [row["id"] for row in up] != [row["id"] for row in down]
    if key:
        assert [row[key] for row in up] == sorted(row[key] for row in up)
    assert walked(quiet_company, *words.split(), "--sort", f"-{sort}") == down


def test_contracts_are_sorted_by_amount_and_not_by_its_digits(company: Company) -> None:
    for contract, total in ((2, "90"), (3, "1100.50")):
        assert company.run("sales", "contract", "edit", str(contract), "--total", total).code == 0
    items = company.run("sales", "contract", "list", "--sort", "-total", "--json").items
    assert [items[0]["total"], items[-1]["total"]] == ["1100.50", "90.00"]
    assert walked(company, "contract", "list", "--sort", "-total") == items


def walked(company: Company, *words: str) -> list[dict[str, Any]]:
    """The whole list, two rows at a time."""
    items: list[dict[str, Any]] = []
    cursor: list[str] = []
    while True:
        page = company.run("management", *words, "--limit", "7", *cursor, "--json").json
        items += page["items"]
        if page["next"] is None:
            return items
        cursor = ["--after", page["next"]]


def test_a_page_names_the_next_one(quiet_company: Company) -> None:
    first = quiet_company.run("support", "client", "list", "--limit", "1")
    assert first.out.count("\n") == 2
    cursor = first.err.removeprefix("More: add --after ").strip()
    second = quiet_company.run("support", "client", "list", "--limit", "1", "--after", cursor)
    assert (second.out.splitlines()[1].split("\t")[0], second.err) == ("2", "")


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        ("client list --limit 0", 7, "limit: write a whole number from 1 to 100."),
        ("client list --limit 101", 7, "limit: write a whole number from 1 to 100."),
        ("client list --limit -1", 7, "limit: write a whole number from 1 to 100."),
        ("client list --limit 9223372036854775808", 7, "limit: write a whole number from 1 to 100."),
        ("client list --limit many", 2, "Invalid value for '--limit': 'many' is not a valid integer."),
        (
            "client list --sort phone",
            7,
            "sort: choose one of name, company, email, last-contact, created, id.",
        ),
        ("client list --sort --id", 7, "sort: choose one of name, company, email, last-contact, created, id."),
        ("event list --after nonsense", 7, "after: this does not continue the list as it is sorted now."),
        ("client list --sales-contact nobody.here", 7, "member of staff: nobody has this username or number."),
        ("client list --sales-contact=", 7, "member of staff: nobody has this username or number."),
        ("event list --support 999", 7, "member of staff: nobody has this username or number."),
        ("user list --department=", 7, "department: choose one of sales, support, management."),
        ("audit list --since yesterday", 7, "since: this is not a day. Write for example 2023-06-04 or 04/06/2023."),
        ("client list --csv --limit 5", 2, "--all and --csv write everything: leave out --limit and --after."),
        ("contract list --all --after x", 2, "--all and --csv write everything: leave out --limit and --after."),
        ("client list --json --csv", 2, "--json and --csv cannot be used together."),
        ("client show 0", 7, "client: write the record's number, such as 42."),
        ("client show 99", 5, "There is no client with number 99."),
        ("contract history 99", 5, "There is no contract with number 99."),
        ("contract payments 99", 5, "There is no contract with number 99."),
        ("event show 9223372036854775808", 7, "event: write the record's number, such as 42."),
        ("user show nobody.here", 7, "member of staff: nobody has this username or number."),
    ],
)
def test_what_a_list_cannot_do_is_said(quiet_company: Company, words: str, code: int, message: str) -> None:
    before = quiet_company.look()
    refused = quiet_company.run("management", *words.split())
    told = refused.json_error if "--json" in words else refused.message
    assert (refused.code, refused.out, told) == (code, "", message)
    assert quiet_company.look() == before


def test_everything_and_csv_are_exports_that_the_log_knows(company: Company) -> None:
    whole = company.run("sales", "client", "list", "--all", "--mine", "--search", "kev")
    table = company.run("support", "contract", "list", "--csv", "--unpaid")
    as_json = company.run("management", "user", "list", "--all", "--json")
    assert (whole.out.count("\n"), len(rows_of(table)), len(as_json.items)) == (2, 3, 12)
    entries = company.run("management", "audit", "list", "--action", "export", "--json").items
    assert [(entry["actor_username"], entry["record_type"], entry["changes"]) for entry in entries] == [
        ("management", "users", {"format": [None, "json"]}),
        ("support", "contracts", {"unpaid": [None, True], "format": [None, "csv"]}),
        ("sales", "clients", {"mine": [None, True], "search": [None, "kev"], "format": [None, "text"]}),
    ]


def test_contracts_add_up_whatever_the_page(quiet_company: Company) -> None:
    page = quiet_company.run("sales", "contract", "list", "--mine", "--limit", "1", "--json").json
    assert page["totals"] == {"count": 5, "total": "4100.00", "paid": "300.00", "due": "2800.00"}
    screen = quiet_company.run("sales", "contract", "list", "--unpaid", "--limit", "1", "--lang", "fr", screen=100).out
    assert screen.splitlines()[-5:-1] == [
        "Contrats\u00a0: 2",
        "Total\u00a0: 2\u202f000,00\u00a0€",
        "Payé\u00a0: 600,00\u00a0€",
        "Dû\u00a0: 1\u202f400,00\u00a0€",
    ]
    nothing = quiet_company.run("sales", "contract", "list", "--search", "nobody", "--json").json
    assert nothing == {
        "items": [],
        "next": None,
        "totals": {"count": 0, "total": "0.00", "paid": "0.00", "due": "0.00"},
    }


def test_an_empty_list_says_so_to_people_only(quiet_company: Company) -> None:
    none = ("client", "list", "--search", "nobody")
    assert quiet_company.run("sales", *none, screen=80).out == "No client found. Add one with: epicevents client add\n"
    assert quiet_company.run("sales", *none).out == "\t".join(CLIENT_ROW.split()) + "\n"
    assert quiet_company.run("sales", *none, "--csv").out == ",".join(CLIENT_ROW.split()) + "\r\n"
