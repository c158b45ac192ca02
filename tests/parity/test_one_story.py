"""One story through every interface: each step ends alike, in the same sentence, the same rows and the same log."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from src.models.audit_entry import AuditEntry
from src.models.base import Base
from src.models.user import User
from tests import factories
from tests.cli.company import Company, copied
from tests.parity.interfaces import Browser, CommandLine, Interface, Outcome, Program
from tests.parity.story import STORY
from tests.rights_matrix import cells
from tests.services.office import Office
from tests.web.servers import serving

# What the story is about; who is logged in, and how, is each interface's own.
COMPARED = ("clients", "contracts", "contract_lines", "payments", "events", "audit_entries")
MOMENT = re.compile(r"20\d\d-\d\d-\d\d[ T]\d\d:\d\d:\d\d(?:\.\d+)?(?:\+00:00)?")
INTERFACES = ("cli", "web", "api")
Rows = dict[str, list[dict[str, Any]]]


@contextmanager
def opened(name: str, company: Company) -> Iterator[Interface]:
    """An interface to a company, by its name."""
    if name == "cli":
        yield CommandLine(company)
        return
    with serving(company) as server:
        yield Browser(server) if name == "web" else Program(server)


def played(name: str, office_file: tuple[Path, Office], folder: Path) -> tuple[list[Outcome], Rows]:
    """Play the story in a company of its own; gives what became of each step, and what the database then holds."""
    with copied(office_file, folder) as company:
        with company.database.writing() as session:
            spare = session.get_one(User, company.office.spare_sales)
            spare.username = "sales.spare"
            factories.saved(session, spare)
        numbers, outcomes = {"nobody": 999_999}, []
        with opened(name, company) as interface:
            before, began = company.look(), datetime.now(UTC)
            for step in STORY:
                outcomes.append(interface.do(step, numbers))
                if step.makes:
                    numbers[step.makes] = outcomes[-1].made
        return outcomes, _new_rows(company, before, began)


def _new_rows(company: Company, before: dict[str, Any], began: datetime) -> Rows:
    """Every row that the story wrote or changed; whatever moment it happened at is `now`."""

    def now(text: Any) -> Any:
        if not isinstance(text, str):
            return text
        return MOMENT.sub(lambda found: "now" if _moment(found[0]) >= began else found[0], text)

    return {
        table.name: [
            {column.name: now(value) for column, value in zip(table.columns, row, strict=True)}
            for row in company.look()[table.name]
            if row not in before[table.name]
        ]
        for table in Base.metadata.sorted_tables
        if table.name in COMPARED
    }


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.fixture(scope="module")
def plays(
    office_file: tuple[Path, Office], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, tuple[list[Outcome], Rows]]:
    """The story, played once through each interface."""
    return {name: played(name, office_file, tmp_path_factory.mktemp(name)) for name in INTERFACES}


@pytest.mark.parametrize("name", INTERFACES)
def test_each_step_becomes_what_it_must(plays: dict[str, tuple[list[Outcome], Rows]], name: str) -> None:
    became = {f"{number} {step}": outcome.word for number, (step, outcome) in _told(plays, name)}
    assert became == {f"{number} {step}": step.outcome for number, (step, _outcome) in _told(plays, name)}


def test_what_is_refused_is_refused_with_the_same_sentence(plays: dict[str, tuple[list[Outcome], Rows]]) -> None:
    first, *others = INTERFACES
    for other in others:
        for number, (step, outcome) in _told(plays, other):
            # Of tokens and versions the API speaks in its own words: programs send them in headers.
            if other != "api" or (step.who != "nobody" and "version" not in step.typed):
                expected = plays[first][0][number - 1].sentence
                assert (other, str(step), outcome.sentence) == (other, str(step), expected)
                assert bool(expected) == (step.outcome != "done"), step


def test_the_database_holds_the_same_rows_whichever_way_they_came(
    plays: dict[str, tuple[list[Outcome], Rows]],
) -> None:
    first, *others = INTERFACES
    for other in others:
        assert _told_by_row(plays[other][1]) == _told_by_row(plays[first][1])
    rows = plays[first][1]
    assert {table: len(made) for table, made in rows.items() if made} == {
        "clients": 1,
        "contracts": 1,
        "payments": 2,
        "events": 1,
        "audit_entries": sum(step.outcome == "done" for step in STORY) - 1,
    }


@pytest.mark.parametrize("name", INTERFACES)
def test_the_audit_log_tells_the_story_step_by_step(plays: dict[str, tuple[list[Outcome], Rows]], name: str) -> None:
    entries = plays[name][1][AuditEntry.__tablename__]
    # The second time, the same payment was recorded already: nothing is logged.
    done = [
        (step.who, step.verb.replace("clear_support", "assign_support")) for step in STORY if step.outcome == "done"
    ]
    again = done.index(("sales", "contract.record_payment")) + 1
    assert [(entry["actor_username"], entry["action"]) for entry in entries] == done[:again] + done[again + 1 :]
    assert {entry["interface"] for entry in entries} == {name}


def test_the_story_uses_every_verb_on_clients_contracts_and_events() -> None:
    nouns = ("client.", "contract.", "event.")
    of_matrix = {cell.verb for cell in cells() if cell.verb.startswith(nouns) and not cell.verb.endswith(".read")}
    assert {step.verb for step in STORY} == of_matrix


def _told(plays: dict[str, tuple[list[Outcome], Rows]], name: str) -> list[Any]:
    return list(enumerate(zip(STORY, plays[name][0], strict=True), 1))


def _told_by_row(rows: Rows) -> dict[str, Any]:
    # A value a line, so that a difference names its table, row and column. The API keeps another key than a program
    # sends, and its tokens are in the log, too.
    return {
        f"{table} {number} {name}": value
        for table, made in rows.items()
        for number, row in enumerate(made, 1)
        for name, value in row.items()
        if name not in {"interface", "idempotency_key"} and (table, name) != ("audit_entries", "id")
    }
