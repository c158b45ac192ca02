"""Many clients at once are checked, kept, noted and told as each of them would be alone, on both engines."""

from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from src.db.session import Database
from src.domain.errors import AlreadyExists, InvalidInput
from src.services.client_bulk import add_clients
from src.services.clients import ClientDetails, add_client
from tests import factories
from tests.factories import NOW
from tests.real_databases import undone

KEPT = text(
    "SELECT first_name, last_name, email, phone, company_name, sales_contact_id, last_contact_at, clients.created_at,"
    " first_name_key, name_key, company_key, email_key, clients.version,"
    " actor_id, actor_username, interface, action, record_type, record_version, reason, audit_entries.version,"
    " CAST(changes AS TEXT), subscription_id, attempts, last_error"
    " FROM clients JOIN audit_entries ON record_type = 'clients' AND record_id = clients.id"
    " JOIN webhook_deliveries ON audit_entry_id = audit_entries.id WHERE email LIKE :whose ORDER BY clients.id"
)


def details_of(where: str) -> list[ClientDetails]:
    """People as they are typed: with and without what may be missing, plain and odd."""
    typed = [
        {"email": f"A.Plain@{where}.example", "phone": "01 42 68 53 00", "company_name": "Martin & Filles"},
        {"email": f"nobody's@{where}.example", "phone": "+1 (415) 555-2671 ext. 12"},
        {"email": f"élodie@société.{where}.example", "phone": "+678 123 456 78", "company_name": ' "\\ 中𝐀 '},
        {"email": f"longest@{where}.example", "phone": "", "company_name": "ﷺ" * 100},
    ]
    return [ClientDetails(first_name=" E\u0301lodie ", last_name="Ô'Brien\u200b", **one) for one in typed]


def kept(session: Session, where: str) -> str:
    """What is kept of the people at an address, but for the address."""
    rows = [tuple(row) for row in session.execute(KEPT, {"whose": f"%{where}.example"})]
    return str(rows).replace(where, "somewhere")


def refusals(refused: list[tuple[int, Any]]) -> list[tuple[int, type, str]]:
    """Which rows are refused and why."""
    return [(number, type(refusal), str(refusal)) for number, refusal in refused]


def test_many_clients_are_kept_noted_and_told_as_each_would_be_alone(standing: Database) -> None:
    with undone(standing) as session:
        bill = factories.actor(factories.seller(session))
        factories.webhook(session, action="")
        for details in details_of("alone"):
            add_client(session, bill, details, region="FR", now=NOW)
        ids, refused = add_clients(session, bill, details_of("many"), region="FR", now=NOW)
        assert (len(set(ids)), refused) == (4, [])
        assert kept(session, "many") == kept(session, "alone")
        assert kept(session, "many").count("client.create") == 4
        after = add_client(session, bill, details_of("after")[0], region="FR", now=NOW)
        assert after.id > max(ids)


def test_all_that_is_wrong_is_named_and_nothing_is_kept(standing: Database) -> None:
    with undone(standing) as session:
        bill = factories.actor(factories.seller(session))
        factories.webhook(session, action="")
        right = details_of("alone")
        add_client(session, bill, right[2], region="FR", now=NOW)
        wrong = [
            right[0],
            ClientDetails(first_name="Kevin", last_name="Casey"),
            ClientDetails(first_name="1", last_name="Casey", email="k@b.fr"),
            ClientDetails(first_name="Kevin", last_name="Casey", email="k@b.fr", phone="12"),
            ClientDetails(first_name="Kevin", last_name="Ca\x00sey", email="k@b.fr"),
            right[2],
            ClientDetails(first_name="Kevin", last_name="Casey", email="a.plain@ALONE.example"),
        ]
        ids, refused = add_clients(session, bill, wrong, region="FR", now=NOW)
        taken = "e-mail: this value is already used by another client."
        assert (ids, refusals(refused)) == (
            [],
            [
                (1, InvalidInput, "e-mail: a value is required."),
                (2, InvalidInput, "first name: a name needs at least one letter."),
                (3, InvalidInput, "phone: this is not a phone number; it needs at least five digits."),
                (4, InvalidInput, "last name: control characters are not allowed."),
                (5, AlreadyExists, taken),
                (6, AlreadyExists, taken),
            ],
        )
        assert kept(session, "alone").count("client.create") == 1


def test_adding_nobody_keeps_nothing(standing: Database) -> None:
    with undone(standing) as session:
        bill = factories.actor(factories.seller(session))
        assert add_clients(session, bill, [], region="FR", now=NOW) == ([], [])
