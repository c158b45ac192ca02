"""A company of a size at which a plan matters, written straight into the database in a second or two."""

from collections.abc import Mapping

from sqlalchemy import text
from sqlalchemy.orm import Session

from src.db.session import Database
from src.models.search import SEARCHED
from tests import factories

SELLERS = SUPPORTERS = 20

# The numbers from 1 to :last. Everything else follows from them, so that both engines hold the same company.
_SERIES = "(WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < {last}) SELECT n FROM s) AS series"
# So many minutes after the first of January 2026, as each engine keeps a moment.
_MOMENT = {
    "sqlite": "strftime('%Y-%m-%d %H:%M:%S.000000', '2026-01-01', '+' || ({minutes}) || ' minutes')",
    "postgresql": "timestamptz '2026-01-01 00:00+00' + ({minutes}) * interval '1 minute'",
}
_SEARCHED = ", ".join(f"'ix_{searched.table}_search'" for searched in SEARCHED)
_NAMES = "'first' || (n % 97), 'last' || (n * 7 % 4001)"


def fill(database: Database, *, size: int) -> None:
    """Write into an empty database as many clients, contracts and events, and twice as many entries of the log."""
    with database.writing() as session:
        sellers = [factories.seller(session, username=f"seller.{number}").id for number in range(SELLERS)]
        supporters = [factories.supporter(session, username=f"supporter.{number}").id for number in range(SUPPORTERS)]
        factories.manager(session, username="boss")
        for table, last, columns in (
            ("clients", size, _clients(min(sellers))),
            ("contracts", size, _contracts(size)),
            ("events", size, _events(min(supporters), size)),
            ("audit_entries", 2 * size, _entries(min(sellers))),
        ):
            _insert(session, table, last, columns)


def analyze(database: Database) -> None:
    """Let the database learn what it holds, as PostgreSQL does by itself and SQLite when somebody asks it to."""
    with database.writing() as session:
        if database.engine.dialect.name == "postgresql":
            session.execute(text(f"SELECT gin_clean_pending_list(oid) FROM pg_class WHERE relname IN ({_SEARCHED})"))
        session.execute(text("ANALYZE"))


def _insert(session: Session, table: str, last: int, columns: Mapping[str, str]) -> None:
    moment = _MOMENT[session.get_bind().dialect.name]
    created = moment.format(minutes="n * 11 % 400000")
    values = {**columns, "created_at": created, "updated_at": created, "version": "1"}
    sources = [
        moment.format(minutes=value.removeprefix("minutes ")) if value.startswith("minutes ") else value
        for value in (value.replace("{created}", created) for value in values.values())
    ]
    series = _SERIES.format(last=last)
    session.execute(text(f"INSERT INTO {table} ({', '.join(values)}) SELECT {', '.join(sources)} FROM {series}"))


def _clients(first_seller: int) -> dict[str, str]:
    first, last = _NAMES.split(", ")
    return {
        "first_name": first,
        "last_name": last,
        "email": "'client' || n || '@startup.example'",
        "phone": "''",
        "company_name": "CASE WHEN n % 301 = 0 THEN 'q' || n ELSE 'company' || (n % 5003) END",
        "sales_contact_id": f"{first_seller} + n % {SELLERS}",
        "last_contact_at": "minutes n * 13 % 400000",
        "first_name_key": f"{first} || ' ' || {last}",
        "name_key": f"{last} || ' ' || {first}",
        "company_key": "CASE WHEN n % 301 = 0 THEN 'q' || n ELSE 'company' || (n % 5003) END",
        "email_key": "'client' || n || '@startup.example'",
    }


def _contracts(clients: int) -> dict[str, str]:
    turn = "n / 20 % 10"
    signed = f"{turn} BETWEEN 3 AND 8"
    return {
        "client_id": f"1 + n * 7 % {clients}",
        "title": "'party' || (n % 6007)",
        "total": "(n % 3 % 2) * (100 + n % 900000)",  # some cost nothing, and so are paid
        "paid": "0",
        "status": f"CASE WHEN {turn} < 2 THEN 'draft' WHEN {turn} = 2 THEN 'sent' WHEN {signed} THEN 'signed'"
        " ELSE 'cancelled' END",
        "signed_at": f"CASE WHEN {signed} THEN {{created}} END",
        "title_key": "'party' || (n % 6007)",
    }


def _events(first_supporter: int, contracts: int) -> dict[str, str]:
    return {
        "contract_id": f"200 * (n % {contracts // 200}) + 60 + n % 120",  # signed ones only
        "name": "'wedding' || (n % 7001)",
        "event_start": "minutes n * 29 % 500000",
        "event_end": "minutes n * 29 % 500000 + 360",
        "time_zone": "'Europe/Paris'",
        "location": "'castle' || (n % 997)",
        "attendees": "n % 300",
        "notes": "''",
        "support_contact_id": f"CASE WHEN n % 10 <> 0 THEN {first_supporter} + n % {SUPPORTERS} END",
        "contact_name": "''",
        "contact_phone": "''",
        "contact_email": "''",
        "name_key": "'wedding' || (n % 7001)",
        "location_key": "'castle' || (n % 997)",
    }


def _entries(first_actor: int) -> dict[str, str]:
    return {
        "actor_id": f"{first_actor} + n % 40",
        "actor_username": "'somebody'",
        "interface": "'cli'",
        "action": "CASE n % 3 WHEN 0 THEN 'client.update' WHEN 1 THEN 'contract.sign' ELSE 'event.update' END",
        "record_type": "CASE n % 3 WHEN 0 THEN 'clients' WHEN 1 THEN 'contracts' ELSE 'events' END",
        "record_id": "1 + n % 9973",
        "record_version": "2",
        "changes": "'{}'",
        "reason": "''",
    }
