"""Every step is written down with what it did, and a revision file that was changed afterwards is refused by name."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from src.domain.errors import CrmError, RevisionEdited
from src.schema.ledger import Step, read_steps
from src.schema.lint.linter import checksum
from src.schema.own_tables import LEDGER
from tests.schema.conftest import ADD_A_COLUMN, DROP_IT, make_backups
from tests.schema.guard.foreign_project import ForeignProject

FILL = """
op.accept_change(table='people', columns=['name'], because='the test')
op.accept_deletion(table='people', where="name = 'ZOÉ'", because='the test')
op.execute("INSERT INTO people (id, name) VALUES (4, 'Ada'), (5, 'Bob')")
op.execute("UPDATE people SET name = upper(name) WHERE id > 1")
op.execute("DELETE FROM people WHERE id = 99")
op.execute("/* nothing */ SELECT 1")
"""


def steps_of(project: ForeignProject) -> list[Step]:
    """What is in the ledger."""
    with create_engine(project.url, poolclass=NullPool).connect() as connection:
        return list(read_steps(connection))


def file_of(project: ForeignProject, revision: str) -> Path:
    """A revision's file."""
    [file] = project.versions.glob(f"*_{revision}.py")
    return file


def test_each_step_is_written_down_in_its_own_transaction(project: ForeignProject, tmp_path: Path) -> None:
    make_backups(project, tmp_path / "backups")
    began = datetime.now(UTC) - timedelta(seconds=5)
    project.add("second", ADD_A_COLUMN, DROP_IT)
    project.upgrade()
    project.downgrade("first")

    steps = steps_of(project)

    assert [(step.number, step.direction, step.revision) for step in steps] == [
        (1, "upgrade", "first"),
        (2, "upgrade", "second"),
        (3, "downgrade", "second"),
    ]
    assert {step.program for step in steps} == {"somebody's program 2.0"}
    assert [step.checksum for step in steps] == [
        checksum(file_of(project, revision)) for revision in ("first", "second", "second")
    ]
    assert [(step.rows_inserted, step.rows_updated, step.rows_deleted) for step in steps] == [
        (3, 0, 0),
        (0, 0, 0),
        (0, 0, 0),
    ]
    assert all(began < step.at < datetime.now(UTC) and 0 <= step.duration_ms < 600_000 for step in steps)
    assert steps[0].backup is None
    assert None not in {step.backup for step in steps[1:]}


def test_the_rows_are_those_that_the_revisions_statements_changed(project: ForeignProject) -> None:
    project.add("second", FILL)
    project.upgrade()

    last = steps_of(project)[-1]

    assert (last.rows_inserted, last.rows_updated, last.rows_deleted) == (2, 4, 0)


def test_a_step_that_was_undone_is_not_written_down(project: ForeignProject) -> None:
    project.add("second", "op.execute('DELETE FROM people')")
    with pytest.raises(CrmError):
        project.upgrade()

    assert [step.revision for step in steps_of(project)] == ["first"]


def test_the_ledger_outlives_the_way_down_to_nothing(project: ForeignProject) -> None:
    first = file_of(project, "first")
    drop = "op.accept_loss(table='people', because='the test')\n    op.drop_table('people')"
    first.write_text(first.read_text().replace("def downgrade():\n    pass", f"def downgrade():\n    {drop}"))
    project.rows(f"DELETE FROM {LEDGER}")  # as if it had been upgraded before there was a ledger
    project.downgrade("base")
    project.upgrade()

    assert [(step.number, step.direction) for step in steps_of(project)] == [(1, "downgrade"), (2, "upgrade")]


def test_a_database_from_before_the_ledger_is_upgraded_as_ever(project: ForeignProject) -> None:
    project.rows(f"DROP TABLE {LEDGER}")
    project.add("second", ADD_A_COLUMN)
    assert steps_of(project) == []
    project.upgrade()

    assert [step.revision for step in steps_of(project)] == ["second"]


def test_a_mark_is_written_down_too(project: ForeignProject) -> None:
    project.add("second", "pass")
    project.config.attributes["options"] = {"stamp": "anyway"}
    command.stamp(project.config, "second")
    command.stamp(project.config, "base")

    assert [(step.direction, step.revision) for step in steps_of(project)][1:] == [
        ("stamp", "second"),
        ("stamp", "base"),
    ]


@pytest.mark.parametrize("edit", ["append", "flip"])
def test_a_changed_byte_of_an_applied_file_stops_every_command_that_relies_on_it(
    project: ForeignProject, edit: str
) -> None:
    project.add("second", "pass")
    file = file_of(project, "first")
    was, old = checksum(file), file.read_bytes()
    file.write_bytes(old + b" " if edit == "append" else old.replace(b"A step", b"A Step"))
    before = project.dump()

    def check() -> None:
        project.upgrade("first")
        command.check(project.config)

    actions: tuple[Callable[[], None], ...] = (project.upgrade, lambda: project.downgrade("base"), check)
    for action in actions:
        with pytest.raises(RevisionEdited) as refused:
            action()
        assert refused.value.facts["file"] == "000_first.py"
        assert refused.value.facts["checksum"] == was
    assert project.dump() == before
    file.write_bytes(old)
    project.upgrade()


def test_line_ends_and_revisions_that_are_not_applied_may_change(project: ForeignProject) -> None:
    project.add("second", "pass")
    project.upgrade()
    project.downgrade("first")
    for revision, new in (("first", ""), ("second", "# another thought\n")):
        file = file_of(project, revision)
        file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n") + new.encode())
    project.upgrade()

    assert [step.direction for step in steps_of(project)] == ["upgrade", "upgrade", "downgrade", "upgrade"]
