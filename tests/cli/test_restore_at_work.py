"""`epicevents db restore` while somebody writes and somebody reads: nobody sees a half, and nothing said is lost."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import text

from src.domain.errors import CrmError, DatabaseBusy
from src.schema.state import require_current
from src.services import CRM
from tests.cli.company import Company, execute
from tests.real_databases import opened

# What the writer writes, and what the reader reads: the same in all of them, or somebody saw a half.
EVERYBODY = text("UPDATE clients SET company_name = :name")
NAMES = text("SELECT DISTINCT company_name FROM clients")


@contextmanager
def at_work(work: Callable[[], None]) -> Iterator[None]:
    """Somebody who does the same again and again; the first time before anything else begins."""
    begun, enough = threading.Event(), threading.Event()

    def go_on() -> None:
        while not enough.is_set():
            work()
            begun.set()

    person = threading.Thread(target=go_on)
    person.start()
    begun.wait(60)
    try:
        yield
    finally:
        enough.set()
        person.join()


def test_a_writer_and_a_reader_go_on(company_on_both: Company) -> None:
    url = company_on_both.url
    env = {"DATABASE_URL": url}
    company_on_both.database.close()
    said: list[str] = []
    seen: set[tuple[str, ...]] = set()
    refused: list[CrmError] = []

    def write() -> None:
        name = f"Name {len(said)}"
        try:
            with opened(url) as database, database.writing() as session:
                require_current(session.connection(), CRM)
                session.execute(EVERYBODY, {"name": name})
        except CrmError as refusal:
            refused.append(refusal)
        else:
            said.append(name)

    def read() -> None:
        try:
            with opened(url) as database, database.reading() as session:
                require_current(session.connection(), CRM)  # as every edge begins
                seen.add(tuple(session.scalars(NAMES)))
        except CrmError as refusal:
            refused.append(refusal)

    write()
    name = execute("db", "backup", "--json", env=env).json["name"]
    with at_work(write), at_work(read):
        restored = execute("db", "restore", name, "--yes", "--json", env=env)
    assert restored.code == 0, restored
    assert {len(names) for names in seen} == {1}, seen
    # What was said to be saved is in the database, or in the backup of what was there before.
    [(last,)] = {names_in(url)}
    if last != said[-1]:
        assert last == "Name 0"
        assert execute("db", "restore", restored.json["present"], "--yes", env=env).code == 0
        assert names_in(url) == (said[-1],)
    # On PostgreSQL somebody may be told to try again, whose transaction had begun before the tables were made anew.
    assert {type(refusal) for refusal in refused} <= ({DatabaseBusy} if "postgresql" in url else set())


def names_in(url: str) -> tuple[str, ...]:
    """Every name that there is."""
    with opened(url) as database, database.reading() as session:
        return tuple(session.scalars(NAMES))
