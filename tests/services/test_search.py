"""A search finds what is anywhere in a text, the same on both engines, in an index that is always in step."""

from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from src.db.driver import sqlite_module
from src.db.session import Database
from src.domain.values import fold
from src.models.client import Client
from src.models.contract import Contract
from src.models.event import Event
from src.models.search import SEARCHED
from src.services import clients, contracts, events
from src.services.clients import ClientFilter
from src.services.contracts import ContractFilter
from src.services.events import EventFilter
from tests import factories
from tests.factories import NOW
from tests.real_databases import undone
from tests.services.list_requests import PARIS

# Awkward in one way or another: accents, ligatures, letters that unfold, other scripts, signs of SQL and FTS5.
TEXTS = (
    "Énergie électrique",
    "E\u0301nergie e\u0301lectrique",
    "ELECTRIQUE & Fils",
    "L'Œuvre d'été",
    "straße",
    "İstanbul ışık",
    "ﬁnancière",
    "Иванов и сыновья",
    "株式会社東京",
    "🎉🎉🎉 fête",
    '"quoted" OR (near)',
    "50% a_b\\c*",
    "De La Tour",
    "ab",
    "a-b-c-d",
)
TYPED = (
    *("électrique", "ELECTRIQUE", "lectriq", "e\u0301lectrique", "ENERGIE fils", "rgi ctri", "œuv", "oeuv", "ete"),
    *("strasse", "rass", "istan", "stanbul isik", "inanc", "ivan", "ван", "сын", "株式会", "東京", "🎉", "🎉🎉🎉"),
    *('"quoted"', "quoted near", "OR", "50%", "%", "a_b", "b\\c", "*", "la", "de la", "tour de", "la to", "our"),
    *("ab", "b", "a-b", "b-c", "a-b-c-d", "c-d", "ri", "et", "l'", "d'été", "d'e", "a b", "xyz", "éé", "fils x"),
)


def holds(words: list[str], whole: str) -> bool:
    """Whether a folded text holds every word: long ones anywhere, short ones at the beginning of a word."""
    return all(word in whole if is_long(word) else f" {word}" in f" {whole}" for word in words)


def is_long(word: str) -> bool:
    """Whether three letters or digits stand in a row."""
    return any(word[start : start + 3].isalnum() for start in range(len(word) - 2))


def expected(typed: str, beginnings: list[str], whole: str) -> bool:
    """What a search should say of a record: told without any index."""
    words = fold(typed).split()
    anywhere = any(is_long(word) for word in words)
    return holds(words, whole) and (anywhere or any(text.startswith(words[0]) for text in beginnings))


def one_deal_each(session: Session) -> tuple[list[Client], list[Contract], list[Event]]:
    """A client, a contract and an event for each text, each with it somewhere else."""
    seller = factories.seller(session)
    people, sold, planned = [], [], []
    for number, words in enumerate(TEXTS):
        person = factories.client(session, seller, last_name=f"{words} x", company_name=TEXTS[number - 1])
        contract = factories.contract(session, person, title=TEXTS[number - 2])
        people.append(person)
        sold.append(contract)
        planned.append(factories.event(session, contract, name=TEXTS[number - 3], location=TEXTS[number - 4]))
    return people, sold, planned


def test_each_list_finds_exactly_what_a_reader_would(standing: Database) -> None:
    with undone(standing) as session:
        people, sold, planned = one_deal_each(session)
        boss = factories.actor(factories.manager(session))
        for typed in TYPED:
            of_client = {one.id: client_texts(one) for one in people}
            assert found(session, boss, "clients", typed) == {
                one.id for one in people if expected(typed, *of_client[one.id])
            }, typed
            of_contract = {}
            for one in sold:
                beginnings, whole = of_client[one.client_id]
                of_contract[one.id] = ([one.title_key, *beginnings], f"{one.title_key} {whole}")
            assert found(session, boss, "contracts", typed) == {
                number for number, texts in of_contract.items() if expected(typed, *texts)
            }, typed
            clients_of = {one.id: of_client[one.client_id] for one in sold}
            assert found(session, boss, "events", typed) == {
                one.id
                for one in planned
                if expected(
                    typed,
                    [one.name_key, one.location_key, *clients_of[one.contract_id][0]],
                    f"{one.name_key} {one.location_key} {clients_of[one.contract_id][1]}",
                )
            }, typed


def client_texts(one: Client) -> tuple[list[str], str]:
    """The texts of a client: those with a beginning, and all that a word is looked for in."""
    beginnings = [one.first_name_key, one.name_key, one.company_key, one.email_key]
    return beginnings, f"{one.first_name_key} {one.company_key} {one.email_key}"


def found(session: Session, boss: Any, table: str, typed: str) -> set[int]:
    """The numbers of the records that a list shows for a search."""
    if table == "clients":
        page = clients.list_clients(session, boss, ClientFilter(search=typed), limit=100)
    elif table == "contracts":
        page = contracts.list_contracts(session, boss, ContractFilter(search=typed), limit=100)
    else:
        page = events.list_events(session, boss, EventFilter(search=typed), now=NOW, zone=PARIS, limit=100)
    return {row.id for row in page.items}


def test_the_words_of_a_search_may_be_in_a_record_and_in_its_client(standing: Database) -> None:
    with undone(standing) as session:
        boss = factories.actor(factories.manager(session))
        kevin = factories.client(session, factories.seller(session), last_name="Casey", company_name="Cool Startup")
        contract = factories.contract(session, kevin, title="Séminaire d'été")
        event = factories.event(session, contract, name="Atelier", location="Château de Nîmes")
        for typed in ("seminaire casey", "COOL minaire", "d'été startup case"):
            assert found(session, boss, "contracts", typed) == {contract.id}
        for typed in ("atelier casey", "nimes startup", "de nimes atel"):
            assert found(session, boss, "events", typed) == {event.id}
        assert found(session, boss, "events", "atelier bouzin") == set()


def test_as_many_words_as_can_be_typed_are_all_looked_for(standing: Database) -> None:
    with undone(standing) as session:
        boss = factories.actor(factories.manager(session))
        many = " ".join(f"w{number}x" for number in range(10, 50))
        kevin = factories.client(session, factories.seller(session), company_name=many)
        assert found(session, boss, "clients", many) == {kevin.id}
        assert found(session, boss, "clients", many + "y") == set()
        contract = factories.contract(session, kevin)
        assert found(session, boss, "contracts", many) == {contract.id}
        event = factories.event(session, contract)
        assert found(session, boss, "events", many) == {event.id}


def test_the_index_follows_every_change_whoever_makes_it(database: Database) -> None:
    with database.writing() as session:
        boss = factories.actor(factories.manager(session))
        kevin = factories.client(session, factories.seller(session), last_name="Casey").id
    for change, now_found in (
        (f"UPDATE clients SET first_name_key = 'lou bouzin' WHERE id = {kevin}", ("bouzin", "casey")),
        (f"UPDATE clients SET company_key = 'mufflins' WHERE id = {kevin}", ("ufflin", "llc")),
        (f"UPDATE clients SET id = id + 5000 WHERE id = {kevin}", ("bouzin", "casey")),
    ):
        with database.writing() as session:
            session.execute(text(change))
        with database.reading() as session:
            there, gone = now_found
            assert (len(found(session, boss, "clients", there)), found(session, boss, "clients", gone)) == (1, set())
    with database.writing() as session:
        session.execute(text("DELETE FROM clients"))
    with database.reading() as session:
        assert found(session, boss, "clients", "bouzin") == set()
        assert_sound(session)


def assert_sound(session: Session) -> None:
    """Let SQLite compare its full-text indexes with the tables, word by word."""
    if session.get_bind().dialect.name != "sqlite":
        return
    for searched in SEARCHED:
        # 1: with the rows of the table, too.
        session.execute(text("PRAGMA query_only=OFF"))
        name = searched.full_text
        session.execute(text(f"INSERT INTO {name} ({name}, rank) VALUES ('integrity-check', 1)"))


def test_what_replaces_a_row_takes_its_words_out_of_the_index(sqlite_database: Database) -> None:
    """INSERT OR REPLACE is SQLite's own, and would leave the old words behind without its recursive triggers."""
    with sqlite_database.writing() as session:
        boss = factories.actor(factories.manager(session))
        seller = factories.seller(session)
        kevin = factories.client(session, seller, last_name="Casey").id
        columns = ", ".join(column.name for column in Client.__table__.columns if column.name != "first_name_key")
        session.execute(
            text(
                f"INSERT OR REPLACE INTO clients ({columns}, first_name_key)"
                f" SELECT {columns}, 'lou bouzin' FROM clients WHERE id = {kevin}"
            )
        )
        assert found(session, boss, "clients", "casey") == set()
        assert found(session, boss, "clients", "bouzin") == {kevin}
        assert_sound(session)


@pytest.mark.parametrize("way", ["changed", "deleted"])
def test_nothing_of_a_forgotten_name_is_left_in_the_file(sqlite_database: Database, way: str) -> None:
    """What is to be forgotten (GDPR) must not be read from the search index either."""
    with sqlite_database.writing() as session:
        seller = factories.seller(session)
        for number in range(300):
            factories.client(session, seller, last_name=f"Martin {number}")
        kevin = factories.client(session, seller, last_name="Qwxzvk").id
    assert trigrams_in(sqlite_database) >= {b"wxz", b"zvk"}
    with sqlite_database.writing() as session:
        session.execute(
            text(
                f"UPDATE clients SET last_name = '', first_name_key = '', name_key = '' WHERE id = {kevin}"
                if way == "changed"
                else f"DELETE FROM clients WHERE id = {kevin}"
            )
        )
    assert trigrams_in(sqlite_database) & {b"qwx", b"wxz", b"xzv", b"zvk"} == set()


def trigrams_in(database: Database) -> set[bytes]:
    """Which parts of the name can be read from the file, once nothing is waiting in its log."""
    connection = sqlite_module().connect(database.place)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    blocks = connection.execute("SELECT block FROM search_clients_data").fetchall()
    connection.close()
    # Words that begin alike are written once: what follows the common beginning stands alone.
    whole = b"\n".join(block for (block,) in blocks)
    return {part for part in (b"qwx", b"wxz", b"xzv", b"zvk") if part in whole}
