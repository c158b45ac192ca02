"""Rows that come with a statement are kept as if each had been saved alone, on both engines."""

from typing import Any

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from src.db.many import insert_rows, sent_rows
from src.db.session import Database
from src.models.audit_entry import AuditEntry
from src.models.client import Client
from tests import factories
from tests.real_databases import undone

ENTRIES: Any = AuditEntry.__table__
SAME = {"actor_id": None, "actor_username": "bill", "interface": "test", "action": "test.many"}
ODD = ["", "0", "null", '{"a": 1}', '"\\', "'; DROP TABLE clients; --", "é中𝐀\u2028", ":name %s ?", "a" * 500]


def entries(session: Session, action: str) -> list[tuple[Any, ...]]:
    """What the log holds of an action, as it lies in the database."""
    kept = "actor_id, actor_username, interface, record_type, record_id, record_version, reason, version"
    found = text(f"SELECT {kept}, CAST(changes AS TEXT) FROM audit_entries WHERE action = :action ORDER BY id")
    return [tuple(row) for row in session.execute(found, {"action": action})]


def test_any_text_number_and_document_is_kept_as_it_would_be_alone(standing: Database) -> None:
    each: dict[str, list[Any]] = {
        "record_id": [1, 2**63 - 1, None, *range(len(ODD) - 3)],
        "record_version": list(range(len(ODD))),
        "changes": [{"é": [None, odd]} for odd in ODD],
        "reason": ODD,
    }
    with undone(standing) as session:
        insert_rows(session.connection(), ENTRIES, same=SAME, each=each)
        for row in zip(*each.values(), strict=True):
            session.connection().execute(
                insert(ENTRIES).values(SAME | {"action": "test.alone"} | dict(zip(each, row, strict=True)))
            )
        assert entries(session, "test.many") == entries(session, "test.alone")
        assert len(entries(session, "test.many")) == len(ODD)


def test_thousands_of_rows_are_kept_in_their_order(standing: Database) -> None:
    numbers = list(range(1, 1203))
    with undone(standing) as session:
        insert_rows(session.connection(), ENTRIES, same=SAME | {"changes": {}}, each={"record_id": numbers})
        assert [row[4] for row in entries(session, "test.many")] == numbers
        insert_rows(session.connection(), ENTRIES, same=SAME | {"changes": {}}, each={"record_id": []})
        assert len(entries(session, "test.many")) == len(numbers)


def test_what_comes_with_a_statement_may_be_looked_for(standing: Database) -> None:
    clients: Any = Client.__table__
    columns = [clients.c.email, clients.c.version]
    with undone(standing) as session:
        buyer = factories.client(session, factories.seller(session))
        both = sent_rows(session.connection(), columns, [[buyer.email, "nobody@b.fr"], [1, 2]])
        assert [tuple(row) for row in session.execute(both)] == [(buyer.email, 1), ("nobody@b.fr", 2)]
        sent = sent_rows(session.connection(), columns[:1], [["nobody@b.fr", buyer.email]])
        assert session.scalars(select(Client.id).where(Client.email.in_(sent))).all() == [buyer.id]


def test_what_a_column_refuses_alone_it_refuses_among_many(standing: Database) -> None:
    with undone(standing) as session, pytest.raises(ValueError, match="control character"):
        insert_rows(session.connection(), ENTRIES, same=SAME | {"changes": {}}, each={"reason": ["fine", "a\x00"]})


@pytest.mark.parametrize("standing", ["postgresql"], indirect=True)
def test_a_text_too_long_for_its_column_is_refused_and_not_cut(standing: Database) -> None:
    with undone(standing) as session, pytest.raises(DBAPIError, match="too long"):
        insert_rows(session.connection(), ENTRIES, same=SAME | {"changes": {}}, each={"reason": ["a" * 501]})
