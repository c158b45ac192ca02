"""Lists and records in every form: table, tab-separated, JSON and CSV have the same keys, for ever."""

import csv
import io

import pytest

from tests.cli.company import Answer, Company

# Scripts rely on these names and their order: add at the end of a meaning, never rename.
CLIENT_ROW = "id first_name last_name company_name email phone sales_contact last_contact_at created_at"
CONTRACT_ROW = "id title client_id client company_name sales_contact status total paid due signed_at created_at"
EVENT_ROW = (
    "id name contract_id client_id client company_name event_start event_end time_zone location attendees"
    " support_contact"
)
USER_ROW = "id username first_name last_name department email phone is_active"
HISTORY_ROW = "id created_at actor_username action changes reason interface"
AUDIT_ROW = "id created_at actor_username action record_type record_id changes reason interface"
PAYMENT_ROW = "id received_on amount method reference reason recorded_by"
SESSION_ROW = "id interface device created_at last_seen_at expires_at is_current"
CLIENT = f"{CLIENT_ROW} updated_at version"
CONTRACT = f"{CONTRACT_ROW} updated_at version"
EVENT = (
    "id name contract_id client_id client company_name sales_contact event_start event_end time_zone location attendees"
    " support_contact contact_name contact_phone contact_email notes created_at updated_at version"
)
USER = f"{USER_ROW} created_at updated_at version"

LISTS = {
    "client list": CLIENT_ROW,
    "contract list": CONTRACT_ROW,
    "contract payments 1": PAYMENT_ROW,
    "event list": EVENT_ROW,
    "user list": USER_ROW,
    "audit list": AUDIT_ROW,
    "sessions list": SESSION_ROW,
    "client history 1": HISTORY_ROW,
    "contract history 1": HISTORY_ROW,
    "event history 1": HISTORY_ROW,
    "user history 1": HISTORY_ROW,
}
RECORDS = {"client show 1": CLIENT, "contract show 1": CONTRACT, "event show 1": EVENT, "user show 1": USER}
# Each change by who may make it; the record itself answers.
CHANGES = {
    "client add --first-name Anna --last-name Berg --email a@berg.example": ("sales", CLIENT),
    "client edit 1 --phone 0123456789": ("sales", CLIENT),
    "client contacted 1": ("sales", CLIENT),
    "client reassign 1 10": ("management", CLIENT),
    "contract add --client 1 --title Gala --total 1200.50": ("management", CONTRACT),
    "contract edit 2 --total 900": ("sales", CONTRACT),
    "contract send 2": ("sales", CONTRACT),
    "contract sign 3": ("sales", CONTRACT),
    "contract pay 1 50": ("sales", CONTRACT),
    "contract refund 1 50 --reason Rain --yes": ("management", CONTRACT),
    "contract amend 1 --total 1500 --reason Guests": ("management", CONTRACT),
    "contract cancel 1 --reason Rain --yes": ("management", CONTRACT),
    "event add --contract 1 --name Gala --start 2027-06-04T13:00 --end 2027-06-05T02:00": ("sales", EVENT),
    "event edit 1 --attendees 80": ("support", EVENT),
    "event assign 1 11": ("management", EVENT),
    "event unassign 1": ("management", EVENT),
    "user add --username new.person --email n@epic.example --first-name N --last-name P --department support": (
        "management",
        USER,
    ),
    "user edit 10 --phone 12345": ("management", USER),
    "user deactivate 10": ("management", USER),
    "user reactivate 12": ("management", USER),
}


@pytest.mark.parametrize("words", LISTS)
def test_a_list_has_the_same_keys_in_every_form(quiet_company: Company, words: str) -> None:
    as_json = quiet_company.run("management", *words.split(), "--json")
    assert list(as_json.json) == ["items", "next", "totals"]
    assert [" ".join(item) for item in as_json.items[:1]] == [LISTS[words]]
    plain = quiet_company.run("management", *words.split())
    assert plain.out.partition("\n")[0].split("\t") == LISTS[words].split()
    assert rows_of(quiet_company.run("management", *words.split(), "--csv"))[0] == LISTS[words].split()


@pytest.mark.parametrize("words", RECORDS)
def test_a_record_has_the_same_keys_in_every_form(quiet_company: Company, words: str) -> None:
    assert " ".join(quiet_company.run("support", *words.split(), "--json").json) == RECORDS[words]
    plain = quiet_company.run("support", *words.split()).out.splitlines()
    assert [line.partition("\t")[0] for line in plain] == RECORDS[words].split()
    header, row = rows_of(quiet_company.run("support", *words.split(), "--csv"))
    assert (header, len(row)) == (RECORDS[words].split(), len(header))


@pytest.mark.parametrize("words", CHANGES)
def test_a_change_answers_with_the_record(company: Company, words: str) -> None:
    who, keys = CHANGES[words]
    done = company.run(who, *words.split(), "--json")
    assert (done.code, " ".join(done.json)) == (0, keys)


def test_values_are_exact_for_programs_and_readable_for_people(quiet_company: Company) -> None:
    contract = quiet_company.run("sales", "contract", "show", "1", "--json").json
    assert (contract["total"], contract["paid"], contract["due"]) == ("1000.00", "300.00", "700.00")
    assert (contract["status"], contract["signed_at"]) == ("signed", "2026-11-12T09:00:00+00:00")
    read = quiet_company.run("sales", "contract", "show", "1", "--lang", "fr", screen=80).out
    assert [" ".join(line.split()) for line in read.splitlines()][6:11] == [
        "Statut signé",
        "Total 1 000,00 €",
        "Payé 300,00 €",
        "Dû 700,00 €",
        "Signé le 12/11/2026 10:00",
    ]


def rows_of(answer: Answer) -> list[list[str]]:
    assert answer.code == 0, answer
    return list(csv.reader(io.StringIO(answer.out)))
