"""A project of somebody else, with its own alembic.ini, env.py, models and history, is protected as ours is.

It runs the real `alembic` command in its own folder, on SQLite and on PostgreSQL, and knows nothing of the CRM.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from shutil import rmtree

import pytest
from sqlalchemy import create_engine, make_url
from sqlalchemy.pool import NullPool

from src.schema.adopt import adopt_database
from src.schema.backup.backups import list_backups
from src.schema.backup.restore import restore_backup
from src.schema.ledger import read_steps
from src.schema.lint.linter import lint_history
from src.schema.plan.plan import make_plan
from src.schema.revisions import Project
from src.schema.status import read_status
from src.schema.verify import verify_database
from tests.migrations.command_line import Answer, CommandLine, command_line
from tests.migrations.conftest import execute, version_of
from tests.schema.fingerprints import fingerprint_of
from tests.schema.hostile_rows import fill_with_hostile_rows

FILES = {
    "alembic.ini": "[alembic]\nscript_location = %(here)s/steps\npath_separator = os\n",
    "harbour.py": '''
"""What a harbour keeps."""
import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    metadata = sa.MetaData(naming_convention={"ix": "ix_%(table_name)s_%(column_0_name)s"})


class Quay(Base):
    __tablename__ = "quays"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(40), index=True)


class Boat(Base):
    __tablename__ = "boats"
    id: Mapped[int] = mapped_column(primary_key=True)
    quay_id: Mapped[int] = mapped_column(sa.ForeignKey("quays.id", name="fk_boats_quay", ondelete="CASCADE"))
    flag: Mapped[str | None] = mapped_column(sa.String(2))
''',
    "steps/env.py": """
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from harbour import Base
from sqlalchemy import make_url

from src.schema.answers import extra_options, plain_answers
from src.schema.backup.retention import Keep
from src.schema.backup_first import Precaution
from src.schema.environment import migrate
from src.schema.revisions import Project

HERE = Path(__file__).parent
HARBOUR = Project(
    ini=HERE.parent / "alembic.ini",
    versions=HERE / "versions",
    create_command="harbour dig",
    backups_command="harbour copies",
    restore_command="harbour back-to",
    verify_command="harbour sound",
)
with plain_answers("en"):
    url = make_url(os.environ["DATABASE_URL"])
    folder = os.environ.get("HARBOUR_COPIES")
    precaution = Precaution(Path(folder), Keep()) if folder else None
    migrate(url, Base.metadata, extra_options(), HARBOUR, precaution=precaution, program="harbour 7")
""",
    "steps/script.py.mako": '''"""${message}"""
from alembic import op
import sqlalchemy as sa
${imports if imports else ""}
revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}


def upgrade():
    ${upgrades if upgrades else "pass"}


def downgrade():
    ${downgrades if downgrades else "pass"}
''',
    "steps/versions/1_quays.py": '''"""Quays and boats"""
from alembic import op
import sqlalchemy as sa

revision = "quays"
down_revision = None
TRIGGER = {
    "sqlite": ["CREATE TRIGGER tr_quays BEFORE DELETE ON quays BEGIN SELECT raise(ABORT, 'kept'); END"],
    "postgresql": [
        "CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'kept'; END $$",
        "CREATE TRIGGER tr_quays BEFORE DELETE ON quays FOR EACH ROW EXECUTE FUNCTION keep()",
    ],
}


def upgrade():
    name = sa.Column("name", sa.String(40), nullable=False)
    op.create_table("quays", sa.Column("id", sa.Integer, primary_key=True), name)
    op.create_index("ix_quays_name", "quays", ["name"])
    quay = sa.ForeignKey("quays.id", name="fk_boats_quay", ondelete="CASCADE")
    at = sa.Column("quay_id", sa.Integer, quay, nullable=False)
    op.create_table("boats", sa.Column("id", sa.Integer, primary_key=True), at)
    for statement in TRIGGER[op.get_context().dialect.name]:
        op.execute(statement)


def downgrade():
    for table in ("boats", "quays"):
        op.accept_loss(table=table, because="there was no harbour")
        op.drop_table(table)
    if op.get_context().dialect.name == "postgresql":
        op.accept_drop(kind="function", name="keep", because="its trigger is gone")
        op.execute("DROP FUNCTION keep()")
''',
    "steps/versions/2_flags.py": '''"""Flags of boats"""
from alembic import op
import sqlalchemy as sa

revision = "flags"
down_revision = "quays"


def upgrade():
    op.add_column("boats", sa.Column("flag", sa.String(2)))


def downgrade():
    op.accept_loss(table="boats", column="flag", because="upgrade() added it")
    op.drop_column("boats", "flag")
''',
}
HARMFUL = '''"""Looks harmless"""
from alembic import op

revision = "harmful"
down_revision = "flags"


def upgrade():
    {upgrade}


def downgrade():
    {downgrade}
'''


def told_of(folder: Path) -> Project:
    """What the harbour's env.py tells the layer."""
    return Project(
        ini=folder / "alembic.ini",
        versions=folder / "steps" / "versions",
        create_command="harbour dig",
        backups_command="harbour copies",
        restore_command="harbour back-to",
        verify_command="harbour sound",
    )


@pytest.fixture(scope="module")
def harbour(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CommandLine]:
    """Alembic's command line in the harbour's folder."""
    folder = tmp_path_factory.mktemp("elsewhere") / "harbour"
    for name, text in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    with command_line(folder) as alembic:
        yield alembic


@pytest.fixture
def alembic(harbour: CommandLine, database_url: str) -> Callable[..., Answer]:
    """Runs `alembic` on a database of the harbour; nothing that it says is about the CRM."""

    def run(*words: str) -> Answer:
        answer = harbour(*words, url=database_url)
        assert "epic" not in answer.text.replace(database_url.rpartition("/")[2], "").lower().replace(
            "epic_events_test", ""
        )
        return answer

    return run


@pytest.fixture
def written(harbour: CommandLine) -> Iterator[Callable[..., None]]:
    """Writes a revision that loses something, for one test."""
    file = harbour.project / "steps" / "versions" / "3_harmful.py"

    def write(statement: str, *, upgrade: str = 'op.execute("{}")', downgrade: str = "pass") -> None:
        text = HARMFUL.format(upgrade=upgrade.format(statement), downgrade=downgrade)
        # A file of the same name, size and second as one before it would be taken for that one, already compiled.
        rmtree(file.parent / "__pycache__", ignore_errors=True)
        file.write_text(text, encoding="utf-8")

    yield write
    file.unlink(missing_ok=True)


def test_its_history_goes_up_down_and_up_with_hostile_rows(alembic: Callable[..., Answer], database_url: str) -> None:
    assert alembic("upgrade", "head").code == 0
    assert alembic("check").code == 0
    assert alembic("current").out == "flags (head)\n"
    assert 0 not in fill_with_hostile_rows(database_url).values()
    quays = fingerprint_of(database_url).tables["quays"]
    assert alembic("downgrade", "quays").code == 0
    assert alembic("upgrade", "head").code == 0
    assert fingerprint_of(database_url).tables["quays"] == quays
    assert alembic("downgrade", "base").code == 0
    assert fingerprint_of(database_url).tables == {}


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("DELETE FROM boats", "boats: "),
        ("UPDATE boats SET flag = 'xx'", "boats.flag: "),
        ("DROP INDEX ix_quays_name", "quays: this is gone: index ix_quays_name"),
    ],
)
def test_what_it_would_lose_is_refused_by_name_and_undone(
    alembic: Callable[..., Answer], written: Callable[[str], None], database_url: str, statement: str, says: str
) -> None:
    assert alembic("upgrade", "flags").code == 0
    fill_with_hostile_rows(database_url, variants=1)
    before = fingerprint_of(database_url)
    written(statement)
    answer = alembic("upgrade", "head")
    assert answer.code == 255
    assert f"revision harmful would lose what it does not declare.\n- {says}" in answer.out
    assert fingerprint_of(database_url) == before
    assert version_of(database_url) == "flags"


def test_looking_makes_nothing(alembic: Callable[..., Answer], database_url: str) -> None:
    assert alembic("current").code == 0
    assert fingerprint_of(database_url).objects == {}
    if database_url.startswith("sqlite"):
        assert not Path(database_url.removeprefix("sqlite:///")).exists()


def test_its_tables_made_by_hand_are_marked_only_if_they_are_its_own(
    alembic: Callable[..., Answer], database_url: str
) -> None:
    execute(database_url, "CREATE TABLE boats (id INTEGER PRIMARY KEY)")
    answer = alembic("upgrade", "head")
    assert answer.code == 255
    assert "alembic stamp head" in answer.out
    assert alembic("stamp", "head").code == 255
    assert version_of(database_url) is None


def test_eight_upgrades_of_it_at_once_all_succeed(harbour: CommandLine, database_url: str) -> None:
    answers = harbour.at_once(8, "upgrade", "head", url=database_url)
    assert [answer.code for answer in answers] == [0] * 8, answers
    with create_engine(database_url, poolclass=NullPool).connect() as connection:
        assert [step.revision for step in read_steps(connection)] == ["quays", "flags"]
    assert version_of(database_url) == "flags"


def test_a_backup_is_made_first_and_brings_its_rows_back(
    harbour: CommandLine, database_url: str, tmp_path: Path
) -> None:
    assert harbour("upgrade", "quays", url=database_url).code == 0
    fill_with_hostile_rows(database_url, variants=1)
    before = fingerprint_of(database_url)
    answer = harbour("upgrade", "head", url=database_url, env={"HARBOUR_COPIES": str(tmp_path / "copies")})
    [backup] = list_backups(tmp_path / "copies")
    assert (answer.code, f"To come back to it: harbour back-to {backup.file.name}" in answer.err) == (0, True)
    with create_engine(database_url, poolclass=NullPool).connect() as connection:
        steps = read_steps(connection)
    assert [(step.revision, step.program, step.backup) for step in steps] == [
        ("quays", "harbour 7", None),
        ("flags", "harbour 7", backup.file.name),
    ]
    execute(database_url, "DELETE FROM boats")
    restore_backup(make_url(database_url), backup, now=datetime.now(UTC))
    assert fingerprint_of(database_url) == before


def test_it_is_planned_looked_at_and_taken_over(harbour: CommandLine, database_url: str) -> None:
    url, project = make_url(database_url), told_of(harbour.project)
    assert harbour("upgrade", "quays", url=database_url).code == 0
    assert read_status(url, project).pending[0].revision == "flags"
    plan = make_plan(url, project, None, advance=lambda _share: None)
    assert ([run.revision for run in plan.runs], plan.refusal) == (["flags"], None)
    execute(database_url, "ALTER TABLE boats ADD COLUMN sails INTEGER")
    found = verify_database(url, project, whole_file=False, tell=lambda _stage: None)
    assert [str(one) for one in found.differences] == ["boats: column sails: no migration made it"]
    execute(database_url, "ALTER TABLE boats DROP COLUMN sails")
    execute(database_url, "DELETE FROM alembic_version")
    adopted = adopt_database(url, project, about_to_save=lambda: None)
    assert (adopted.revision, version_of(database_url)) == ("quays", "quays")


def test_what_it_sets_aside_comes_back(harbour: CommandLine, database_url: str, written: Callable[..., None]) -> None:
    written("", upgrade='op.set_aside_column("boats", "flag")', downgrade='op.bring_back_column("boats", "flag")')
    assert harbour("upgrade", "flags", url=database_url).code == 0
    fill_with_hostile_rows(database_url)
    boats = fingerprint_of(database_url).tables["boats"]
    assert harbour("upgrade", "head", url=database_url).code == 0
    assert fingerprint_of(database_url).tables["boats"] != boats
    assert harbour("downgrade", "-1", url=database_url).code == 0
    assert fingerprint_of(database_url).tables["boats"] == boats


def test_a_file_that_is_none_of_its_databases_names_its_own_way_back(
    alembic: Callable[..., Answer], sqlite_url: str, harbour: CommandLine
) -> None:
    Path(sqlite_url.removeprefix("sqlite:///")).write_bytes(b"Dear Sir,\n" * 500)
    answer = harbour("upgrade", "head", url=sqlite_url)
    assert answer.code == 255
    assert answer.out.endswith("give a backup back: harbour back-to BACKUP (harbour copies lists them)\n")


def test_its_revisions_are_read_by_the_same_rules(harbour: CommandLine, written: Callable[[str], None]) -> None:
    versions = harbour.project / "steps" / "versions"
    assert [finding.rule for finding in lint_history(versions)] == []
    written("DROP TABLE boats")
    found = {finding.rule for finding in lint_history(versions) if finding.file == "3_harmful.py"}
    assert "raw-sql-without-dialect" in found
