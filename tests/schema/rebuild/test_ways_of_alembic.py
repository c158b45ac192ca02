"""What Alembic would do in its own, losing way is done without loss, or refused: never done in silence."""

import pytest
from alembic import command
from alembic.util import CommandError

from src.domain.errors import DataLossRefused
from tests.schema.guard.foreign_project import ForeignProject

START = (
    "CREATE TABLE quays (id INTEGER PRIMARY KEY AUTOINCREMENT, name VARCHAR(20) COLLATE NOCASE)",
    "CREATE TABLE boats (id INTEGER PRIMARY KEY, quay_id INTEGER REFERENCES quays (id) ON DELETE CASCADE)",
    "CREATE TABLE log (said VARCHAR(20))",
    "CREATE TRIGGER tr_quays AFTER UPDATE ON quays BEGIN INSERT INTO log VALUES (NEW.name); END",
    "CREATE TRIGGER tr_boats AFTER INSERT ON boats BEGIN UPDATE quays SET name = 'busy' WHERE id = NEW.quay_id; END",
    "CREATE VIEW names AS SELECT name FROM quays",
    "INSERT INTO quays VALUES (7, 'North'), (9, NULL)",
    "INSERT INTO boats VALUES (1, 7)",
)
SHAPED = """
known = sa.Table("quays", sa.MetaData(), sa.Column("id", sa.Integer(), primary_key=True), sa.Column("name", sa.Text()))
with op.batch_alter_table("quays", {how}, recreate="always") as batch:
    batch.add_column(sa.Column("depth", sa.Integer()))
"""


@pytest.fixture
def harbour(sqlite_project: ForeignProject) -> ForeignProject:
    """A harbour with what Alembic forgets when it rebuilds a table."""
    sqlite_project.start_with(*START)
    return sqlite_project


def test_what_hangs_on_a_renamed_table_follows_it(harbour: ForeignProject) -> None:
    renamed = "op.accept_rename(table='{0}', to='{1}', because='as everybody says')\nop.rename_table('{0}', '{1}')"
    harbour.add("renamed", renamed.format("quays", "piers"), renamed.format("piers", "quays"))
    made = harbour.rows("SELECT type, name, sql FROM sqlite_schema WHERE name NOT LIKE 'alembic%' ORDER BY 1, 2")
    harbour.upgrade()
    harbour.rows("INSERT INTO boats VALUES (2, 7)")
    assert harbour.rows("SELECT name FROM names") == [("busy",), (None,)]
    assert harbour.rows("SELECT said FROM log") == [("busy",), ("busy",)]  # the first before it
    assert harbour.rows("SELECT \"table\" FROM pragma_foreign_key_list('boats')") == [("piers",)]
    harbour.downgrade("first")
    again = harbour.rows("SELECT type, name, sql FROM sqlite_schema WHERE name NOT LIKE 'alembic%' ORDER BY 1, 2")
    assert [one[:2] for one in again] == [one[:2] for one in made]
    assert [str(one[2]).replace('"', "") for one in again] == [str(one[2]).replace('"', "") for one in made]


def test_a_rename_that_is_not_declared_is_refused(harbour: ForeignProject) -> None:
    harbour.add("renamed", "op.rename_table('quays', 'piers')")
    before = harbour.dump()
    with pytest.raises(DataLossRefused, match="quays"):
        harbour.upgrade()
    assert harbour.dump() == before


@pytest.mark.parametrize("how", ["copy_from=known", "table_args=(sa.CheckConstraint('id > 0', name='ck'),)"])
def test_a_batch_that_is_told_the_table_in_python_is_refused_if_it_loses_something(
    harbour: ForeignProject, how: str
) -> None:
    harbour.add("shaped", SHAPED.format(how=how))
    before = harbour.dump()
    with pytest.raises(DataLossRefused, match="trigger tr_quays"):
        harbour.upgrade()
    assert harbour.dump() == before


def test_a_rebuild_is_not_written_as_sql(harbour: ForeignProject) -> None:
    harbour.add("shaped", SHAPED.format(how="copy_from=known"))
    with pytest.raises(CommandError, match="The table quays must be rebuilt"):
        command.upgrade(harbour.config, "first:shaped", sql=True)
