"""What staff do with clients, on both engines."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from src.db.session import Database
from src.domain.errors import AlreadyExists, Conflict, FieldChange, InvalidInput, NotFound, RuleBroken
from src.domain.permissions import Actor
from src.models.client import Client
from src.models.user import User
from src.services import audit, clients
from src.services.clients import ClientDetails, ClientFilter
from tests import factories
from tests.factories import NOW
from tests.real_databases import undone
from tests.services.refusals import refused

KEVIN = ClientDetails(
    first_name="Kevin",
    last_name="Casey",
    email="Kevin@Startup.IO",
    phone="+678 123 456 78",
    company_name="Cool Startup LLC",
)


def history(session: Session, actor: Actor, client_id: int) -> list[dict[str, Any]]:
    page = audit.record_history(session, actor, Client, client_id, limit=100)
    return [entry.changes for entry in page.items if entry.action != "test.setup"]


def names(session: Session, actor: Actor, **filters: Any) -> list[str]:
    page = clients.list_clients(session, actor, ClientFilter(**filters), limit=100)
    return [f"{row.first_name} {row.last_name}" for row in page.items]


def test_whoever_adds_a_client_becomes_their_sales_contact(standing: Database) -> None:
    with undone(standing) as session:
        bill = factories.actor(factories.seller(session))
        made = clients.add_client(session, bill, KEVIN, region="FR", now=NOW)
        assert (made.email, made.phone, made.version) == ("kevin@startup.io", "+678 123 456 78", 1)
        assert (made.sales_contact_id, made.last_contact_at, made.created_at) == (bill.user_id, NOW, NOW)
        assert history(session, bill, made.id) == [
            {
                "first_name": [None, "Kevin"],
                "last_name": [None, "Casey"],
                "email": [None, "kevin@startup.io"],
                "phone": [None, "+678 123 456 78"],
                "company_name": [None, "Cool Startup LLC"],
                "sales_contact_id": [None, bill.user_id],
                "last_contact_at": [None, NOW.isoformat()],
            }
        ]


def test_an_address_belongs_to_one_client(standing: Database) -> None:
    with undone(standing) as session:
        bill = factories.actor(factories.seller(session))
        clients.add_client(session, bill, KEVIN, region="FR", now=NOW)
        other = factories.client(session, session.get_one(User, bill.user_id))
        again = ClientDetails(first_name="K", last_name="C", email=" KEVIN@startup.io ")
        taken = "e-mail: this value is already used by another client."
        assert refused(session, AlreadyExists, clients.add_client, bill, again, region="FR", now=NOW) == taken
        assert refused(session, AlreadyExists, clients.update_client, bill, other.id, again, region="FR") == taken


@pytest.mark.parametrize(
    ("details", "sentence"),
    [
        (ClientDetails(last_name="Casey", email="k@b.fr"), "first name: a value is required."),
        (ClientDetails(first_name="Kevin", email="k@b.fr"), "last name: a value is required."),
        (ClientDetails(first_name="Kevin", last_name="Casey"), "e-mail: a value is required."),
        (
            ClientDetails(first_name="1", last_name="Casey", email="k@b.fr"),
            "first name: a name needs at least one letter.",
        ),
        (
            ClientDetails(first_name="K", last_name="C", email="k@b.fr", phone="12"),
            "phone: this is not a phone number; it needs at least five digits.",
        ),
        (
            ClientDetails(first_name="K", last_name="C", email="k@b.fr", company_name="x" * 201),
            "company: at most 200 characters are allowed.",
        ),
    ],
)
def test_a_card_that_cannot_be_read_is_refused_by_its_field(
    standing: Database, details: ClientDetails, sentence: str
) -> None:
    with undone(standing) as session:
        bill = factories.actor(factories.seller(session))
        assert refused(session, InvalidInput, clients.add_client, bill, details, region="FR", now=NOW) == sentence


def test_only_what_is_given_changes_and_the_log_says_what_it_was(standing: Database) -> None:
    with undone(standing) as session:
        bill = factories.actor(factories.seller(session))
        made = clients.add_client(session, bill, KEVIN, region="FR", now=NOW)
        changed = clients.update_client(
            session, bill, made.id, ClientDetails(last_name="Cassey", phone=""), region="FR", version=1
        )
        assert (changed.first_name, changed.last_name, changed.phone) == ("Kevin", "Cassey", "")
        assert (changed.version, changed.name_key) == (2, "cassey kevin")
        assert history(session, bill, made.id)[0] == {
            "last_name": ["Casey", "Cassey"],
            "phone": ["+678 123 456 78", ""],
        }
        clients.update_client(session, bill, made.id, ClientDetails(last_name="Cassey"), region="FR")
        assert (len(history(session, bill, made.id)), changed.version) == (2, 2)  # nothing changed, nothing is logged


def test_the_second_editor_sees_what_changed_since_they_looked(standing: Database) -> None:
    with undone(standing) as session:
        seller = factories.seller(session)
        bill = factories.actor(seller)
        made = factories.client(session, seller, company_name="Before", phone="12345")
        clients.update_client(session, bill, made.id, ClientDetails(company_name="Theirs"), region="FR", version=1)
        clients.update_client(session, bill, made.id, ClientDetails(phone="+33142685300"), region="FR", version=2)
        late = ClientDetails(company_name="Mine", last_name="Casey")
        with pytest.raises(Conflict) as conflict:
            clients.update_client(session, bill, made.id, late, region="FR", version=1)
        assert conflict.value.changes == (
            FieldChange("company_name", "Mine", "Theirs"),
            FieldChange("phone", None, "+33142685300"),
        )
        assert str(conflict.value) == (
            "Somebody else changed this client while you were editing it. Nothing was saved."
        )
        assert session.get_one(Client, made.id).company_name == "Theirs"


def test_a_contact_moves_the_date_forward_only(standing: Database) -> None:
    with undone(standing) as session:
        seller = factories.seller(session)
        bill = factories.actor(seller)
        made = factories.client(session, seller, last_contact_at=NOW - timedelta(days=9))
        clients.log_contact(session, bill, made.id, at=NOW, now=NOW)
        assert made.last_contact_at == NOW
        clients.log_contact(session, bill, made.id, at=NOW - timedelta(days=2), now=NOW)
        assert made.last_contact_at == NOW
        assert history(session, bill, made.id) == [
            {"contacted_at": [None, (NOW - timedelta(days=2)).isoformat()]},
            {"last_contact_at": [(NOW - timedelta(days=9)).isoformat(), NOW.isoformat()]},
        ]
        later = NOW + timedelta(seconds=1)
        sentence = refused(session, RuleBroken, clients.log_contact, bill, made.id, at=later, now=NOW)
        assert sentence == "A contact cannot lie in the future."


def test_a_client_is_handed_to_active_members_of_sales_only(standing: Database) -> None:
    with undone(standing) as session:
        team = factories.team(session)
        boss = factories.actor(team.management)
        made = factories.client(session, team.sales)
        colleague = factories.seller(session)
        gone = factories.seller(session, first_name="Ann", last_name="Gone", is_active=False)
        clients.reassign_client(session, boss, made.id, colleague.id, version=1)
        assert (made.sales_contact_id, made.version) == (colleague.id, 2)
        reassign = clients.reassign_client
        assert refused(session, RuleBroken, reassign, boss, made.id, gone.id) == (
            "Ann Gone is deactivated and cannot be put in charge."
        )
        assert refused(session, RuleBroken, reassign, boss, made.id, team.support.id).endswith(
            "is not in the department Sales."
        )
        assert refused(session, NotFound, reassign, boss, made.id, 999_999) == (
            "There is no member of staff with number 999999."
        )
        assert refused(session, Conflict, reassign, boss, made.id, team.sales.id, version=1).startswith("Somebody else")


PEOPLE = [
    ("Kevin", "Casey", "Cool Startup LLC", "kevin@startup.io"),
    ("Élodie", "Lefèvre", "Œuvres d'été", "e.lefevre@oeuvres.example"),
    ("Łukasz", "Straße-Müller", "100% Bio", "lukasz@bio.example"),
    ("محمد", "العربي", "شركة", "m@arab.example"),
    ("Under", "Score", "a_b", "under_score@x.example"),
]


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("kev", ["Kevin Casey"]),
        ("CASEY", ["Kevin Casey"]),
        ("casey k", ["Kevin Casey"]),
        ("kevin  casey ", ["Kevin Casey"]),
        ("cool st", ["Kevin Casey"]),
        ("KEVIN@START", ["Kevin Casey"]),
        ("elodie", ["Élodie Lefèvre"]),
        ("ÉLODIE", ["Élodie Lefèvre"]),
        ("E\u0301lodie LEF", ["Élodie Lefèvre"]),
        ("oeuvres d’ete", ["Élodie Lefèvre"]),
        ("Œuvres", ["Élodie Lefèvre"]),
        ("lukasz", ["Łukasz Straße-Müller"]),
        ("strasse-mu", ["Łukasz Straße-Müller"]),
        ("100%", ["Łukasz Straße-Müller"]),
        ("محمد", ["محمد العربي"]),
        ("a_b", ["Under Score"]),
        ("under_score@", ["Under Score"]),
        # Anywhere, every word, in any order and in any of the columns.
        ("asey", ["Kevin Casey"]),
        ("ARTUP", ["Kevin Casey"]),
        ("startup casey", ["Kevin Casey"]),
        ("llc kevin cool", ["Kevin Casey"]),
        ("raße-mü", ["Łukasz Straße-Müller"]),
        # A word of one or two letters only at the beginning of a word; alone, of a name, company or e-mail.
        ("ke", ["Kevin Casey"]),
        ("k", ["Kevin Casey"]),
        ("c kevin", ["Kevin Casey"]),
        ("kevin as", []),
        ("ev", []),
        # No sign means anything but itself.
        *((nothing, []) for nothing in ("%", "_", "%evin", "a%", "1__%", "*", "kevin%", "'", "\\", "k_vin", "cas*")),
        *((nothing, []) for nothing in ('"', 'casey"', '"casey"', "casey OR bouzin", "NOT kevin", "casey NEAR kevin")),
        *((nothing, []) for nothing in ("first_name_key:kevin", "(kevin)", "kevin AND casey", "-kevin", "^kevin")),
        *((nothing, []) for nothing in ("\u0301", "zzz", "kevin casey x", "\U0010ffff", "x" * 200, "\U0001f389" * 3)),
    ],
)
def test_a_search_finds_every_word_whatever_the_accents(standing: Database, typed: str, found: list[str]) -> None:
    with undone(standing) as session:
        seller = factories.seller(session)
        for first, last, company, email in PEOPLE:
            factories.client(session, seller, first_name=first, last_name=last, company_name=company, email=email)
        assert names(session, factories.actor(seller), search=typed) == found


def test_a_search_for_nothing_finds_everybody(standing: Database) -> None:
    with undone(standing) as session:
        seller = factories.seller(session)
        for number in range(3):
            factories.client(session, seller, last_name=f"Casey {number}")
        for nothing in ("", "  ", "\u200b", "\u00a0"):
            assert len(names(session, factories.actor(seller), search=nothing)) == 3


@pytest.mark.parametrize(
    "typed", ["\x00", "a\ud800", "\u202e", "x" * 201, "x" * 10**7], ids=lambda typed: ascii(typed)[:12]
)
def test_a_search_that_cannot_be_read_is_refused(standing: Database, typed: str) -> None:
    with undone(standing) as session:
        bill = factories.actor(factories.seller(session))
        sentence = refused(session, InvalidInput, clients.list_clients, bill, ClientFilter(search=typed), limit=5)
        assert sentence.startswith("search: ")


def test_mine_are_the_clients_in_ones_charge(standing: Database) -> None:
    with undone(standing) as session:
        mine, others = factories.seller(session), factories.seller(session)
        factories.client(session, mine, last_name="Mine")
        factories.client(session, others, last_name="Other")
        assert names(session, factories.actor(mine), mine=True) == ["Kevin Mine"]
        assert names(session, factories.actor(mine), sales_contact_id=others.id) == ["Kevin Other"]
        assert names(session, factories.actor(mine)) == ["Kevin Mine", "Kevin Other"]
        assert names(session, factories.actor(mine), mine=True, search="Other") == []
        boss = factories.actor(factories.manager(session))
        assert names(session, boss, mine=True) == []


def test_a_list_names_the_person_in_charge_in_full(standing: Database) -> None:
    with undone(standing) as session:
        bill = factories.seller(session, first_name="Bill", last_name="Boquet")
        factories.client(session, bill)
        mine = ClientFilter(sales_contact_id=bill.id)
        [row] = clients.list_clients(session, factories.actor(bill), mine, limit=100).items
        assert (row.sales_contact, row.sales_contact_name) == (bill.username, "Bill Boquet")
