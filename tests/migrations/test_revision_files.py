"""What `alembic revision` writes: files in order, clean, complete both ways, and history that needs no application."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate.api import AutogenContext
from alembic.runtime.migration import MigrationContext
from sqlalchemy.dialects import postgresql
from sqlalchemy.types import TypeDecorator, TypeEngine

from src.db import types
from src.models import Base
from src.schema.autogenerate import plain_type
from src.schema.revisions import read_history
from src.services import CRM
from tests.migrations.command_line import CommandLine
from tests.migrations.conftest import FIRST, execute
from tests.migrations.projects import copy_project

MODEL = '''"""The models, one change later."""

import sqlalchemy as sa

from src.db.types import CleanText, FoldedText, Money, UtcDateTime
from src.models import Base as Base

sa.Table(
    "venues",
    Base.metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", CleanText(100), nullable=False),
    sa.Column("name_key", FoldedText(420), nullable=False),
    sa.Column("price", Money),
    sa.Column("seen_at", UtcDateTime),
    sa.Column("stars", sa.Integer, server_default="3", nullable=False),
    sa.CheckConstraint("stars <= 5", name="stars_few"),
    sa.Index("ix_venues_name_key", "name_key", "id"),
)
Base.metadata.tables["clients"].append_column(sa.Column("nickname", CleanText(30)))
Base.metadata.tables["audit_entries"].append_column(sa.Column("weight", sa.Integer, server_default="1", nullable=False))
sa.Index("ix_audit_entries_weight", Base.metadata.tables["audit_entries"].c.weight)
'''


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the project to write revisions in."""
    return copy_project(tmp_path / "copy")


@pytest.fixture
def alembic(warm: CommandLine, copy: Path) -> CommandLine:
    """Alembic in that copy."""
    return warm.in_project(copy)


def change_the_models(copy: Path) -> None:
    """Let env.py see one table and one column more."""
    (copy / "migrations" / "changed_models.py").write_text(MODEL, encoding="utf-8")
    environment = copy / "migrations" / "env.py"
    text = environment.read_text(encoding="utf-8")
    changed = text.replace("from src.models import Base\n", "from migrations.changed_models import Base\n")
    assert changed != text
    environment.write_text(changed, encoding="utf-8")


def new_revision(copy: Path) -> Path:
    """The file that was just written."""
    (written,) = set((copy / "migrations" / "versions").glob("*.py")) - {*first_revision(copy)}
    return written


def first_revision(copy: Path) -> Iterator[Path]:
    """The project's own revisions."""
    for path in (copy / "migrations" / "versions").glob("*.py"):
        if path.name in {file.name for file in (Path(__file__).parents[2] / "migrations" / "versions").glob("*.py")}:
            yield path


def is_clean(file: Path) -> None:
    """Raise unless `make check` would take a file as it is."""
    for command in (["check"], ["format", "--check"]):
        subprocess.run([sys.executable, "-m", "ruff", *command, "--no-cache", str(file)], check=True)


def test_a_changed_model_becomes_a_revision_that_works_both_ways(
    copy: Path, alembic: CommandLine, migrated_url: str
) -> None:
    change_the_models(copy)
    answer = alembic(
        "revision", "--autogenerate", "-m", "Keep the venues: what they cost, how many stars", url=migrated_url
    )
    assert answer.code == 0, answer
    written = new_revision(copy)
    assert re.fullmatch(r"\d{8}_\d{6}_[0-9a-f]{12}_keep_the_venues_what_they_cost_how_\w*\.py", written.name)
    text = written.read_text(encoding="utf-8")
    assert text.startswith('"""Keep the venues: what they cost, how many stars\n\nRevision ID: ')
    assert "src" not in re.findall(r"[\w.]+", text)
    for column in (
        'sa.Column("name", sa.String(length=100), nullable=False)',
        'sa.Column("price", sa.BigInteger(), nullable=True)',
        'sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True)',
        'sa.String(length=420).with_variant(sa.String(length=420, collation="C"), "postgresql")',
        'op.f("ck_venues_stars_few")',
    ):
        assert column in text, column
    is_clean(written)
    assert alembic("upgrade", "head", url=migrated_url).code == 0
    assert alembic("check", url=migrated_url).code == 0
    # What it added holds values by now; its own downgrade says that they go with it.
    execute(migrated_url, "INSERT INTO venues (name, name_key) VALUES ('Le Moulin', 'le moulin')")
    execute(
        migrated_url,
        "INSERT INTO audit_entries (actor_username, interface, action, record_type, changes, reason, created_at,"
        " updated_at, version) VALUES ('', 'cli', 'x', '', '{}', '', '2026-11-22', '2026-11-22', 1)",
    )
    assert alembic("downgrade", FIRST, url=migrated_url).code == 0
    assert alembic("upgrade", "head", url=migrated_url).code == 0
    assert alembic("revision", "--autogenerate", "-m", "Nothing", url=migrated_url).out == (
        "The database already agrees with the models: no revision was written.\n"
    )
    assert new_revision(copy) == written


def test_check_says_what_the_models_have_and_the_database_has_not(
    copy: Path, alembic: CommandLine, migrated_url: str
) -> None:
    change_the_models(copy)
    answer = alembic("check", url=migrated_url)
    assert answer.code == 255
    assert answer.out.startswith("FAILED: New upgrade operations detected: ")
    assert "venues" in answer.out
    assert execute(migrated_url, "SELECT version_num FROM alembic_version") == [(FIRST,)]


@pytest.mark.parametrize(
    "message", ['Say """this"""', "Back\\slash \\N and \\", 'End with "', "Événement d’été / fête"]
)
def test_any_message_makes_a_file_that_can_be_read(copy: Path, alembic: CommandLine, message: str) -> None:
    answer = alembic("revision", "-m", message, url="sqlite:////no/database/needed.db")
    assert answer.code == 0, answer
    assert alembic("history").out.count("\n") == len(read_history(CRM.versions).parents) + 1
    compile(new_revision(copy).read_text(encoding="utf-8"), "revision", "exec", dont_inherit=True)


def test_the_names_of_revision_files_begin_with_the_moment_they_were_made(copy: Path, alembic: CommandLine) -> None:
    assert alembic("revision", "-m", "Second").code == 0
    written = new_revision(copy)
    (created,) = re.findall(r"^Create Date: (.*)\.\d+\+00:00$", written.read_text(encoding="utf-8"), re.MULTILINE)
    assert re.sub(r"[-:]", "", created).replace(" ", "_") == written.name[:15]
    assert all(path.name < written.name for path in first_revision(copy))


class _Inner(TypeDecorator[str]):
    impl = sa.String(7)
    cache_ok = True


class _Outer(TypeDecorator[str]):
    impl = _Inner
    cache_ok = True


@pytest.mark.parametrize(
    ("type_", "written"),
    [
        (types.Money(), "sa.BigInteger()"),
        (types.UtcDateTime(), "sa.DateTime(timezone=True)"),
        (types.CleanText(50), "sa.String(length=50)"),
        (
            types.FoldedText(9),
            "sa.String(length=9).with_variant(sa.String(length=9, collation='C'), 'postgresql')",
        ),
        (_Outer(), "sa.String(length=7)"),
        (_Inner().with_variant(sa.Text(), "sqlite"), "sa.Text().with_variant(sa.String(length=7), 'postgresql')"),
        (
            types.Money().with_variant(postgresql.MONEY(), "postgresql"),
            "sa.BigInteger().with_variant(postgresql.MONEY(), 'postgresql')",
        ),
    ],
)
def test_our_own_types_are_written_as_plain_ones(type_: TypeEngine[object], written: str) -> None:
    context = MigrationContext.configure(
        dialect_name="sqlite", opts={"sqlalchemy_module_prefix": "sa.", "target_metadata": Base.metadata}
    )
    assert plain_type("type", type_, AutogenContext(context, autogenerate=False)) == written


def test_no_column_of_the_models_needs_the_application_to_be_written() -> None:
    context = MigrationContext.configure(
        dialect_name="sqlite", opts={"sqlalchemy_module_prefix": "sa.", "target_metadata": Base.metadata}
    )
    autogenerating = AutogenContext(context, autogenerate=False)
    for table in Base.metadata.tables.values():
        for column in table.columns:
            written = plain_type("type", column.type, autogenerating)
            if isinstance(column.type, TypeDecorator):
                assert written
                assert "src." not in written
            else:
                assert written is False
                assert type(column.type).__module__.startswith("sqlalchemy.")
