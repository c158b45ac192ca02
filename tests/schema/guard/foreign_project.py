"""An Alembic project of somebody else: its own tables, its own env.py, protected by src.schema all the same."""

import io
import textwrap
from contextlib import AbstractContextManager
from pathlib import Path
from shutil import rmtree
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.pool import NullPool

from src.db.driver import sqlite_module
from src.schema.revisions import Project

_ENV = """
from pathlib import Path

from alembic import context
from sqlalchemy import MetaData, make_url

from src.schema.environment import migrate
from tests.schema.guard.foreign_project import project_in

given = context.config.attributes
migrate(
    make_url(given["url"]),
    MetaData(),
    given["options"],
    project_in(Path(__file__).parent.parent),
    precaution=given["precaution"],
    program="somebody's program 2.0",
)
"""
_INI = "[alembic]\nscript_location = %(here)s/steps\npath_separator = os\n"
_REVISION = '''"""A step."""
import sqlalchemy as sa
from alembic import op

revision = {revision!r}
down_revision = {after!r}


def upgrade():
{upgrade}


def downgrade():
{downgrade}
'''


def project_in(folder: Path) -> Project:
    """What the layer is told of the project in a folder."""
    return Project(
        ini=folder / "alembic.ini",
        versions=folder / "steps" / "versions",
        create_command="make new",
        backups_command="make copies",
        restore_command="restore it with:",
        verify_command="make sure",
    )


class ForeignProject:
    """A folder with revisions, and one database that they change."""

    def __init__(self, folder: Path, url: str) -> None:
        self.url, self.project = url, project_in(folder)
        self.versions = folder / "steps" / "versions"
        self.versions.mkdir(parents=True)
        (folder / "alembic.ini").write_text(_INI, encoding="utf-8")
        (folder / "steps" / "env.py").write_text(_ENV, encoding="utf-8")
        (folder / "steps" / "script.py.mako").write_text("", encoding="utf-8")
        self.config = Config(stdout=io.StringIO(), output_buffer=io.StringIO())
        self.config.set_main_option("script_location", str(folder / "steps").replace("%", "%%"))
        self.config.attributes |= {"url": url, "options": {}, "precaution": None}
        self.dialect = "sqlite" if url.startswith("sqlite") else "postgresql"

    def add(self, revision: str, upgrade: str, downgrade: str = "pass") -> None:
        """Write the next revision."""
        number = len(list(self.versions.glob("*.py")))
        after = None if number == 0 else sorted(self.versions.glob("*.py"))[-1].stem.partition("_")[2]
        written = _REVISION.format(
            revision=revision, after=after, upgrade=_indented(upgrade), downgrade=_indented(downgrade)
        )
        # A file of the same name, size and second as one before it would be taken for that one, already compiled.
        rmtree(self.versions / "__pycache__", ignore_errors=True)
        (self.versions / f"{number:03}_{revision}.py").write_text(written, encoding="utf-8")

    def start_with(self, *statements: str) -> None:
        """Make the first revision of these statements and apply it."""
        self.add("first", "\n".join(f"op.get_bind().exec_driver_sql({statement!r})" for statement in statements))
        self.upgrade()

    def upgrade(self, to: str = "head") -> None:
        """Run `alembic upgrade`."""
        command.upgrade(self.config, to)

    def downgrade(self, to: str) -> None:
        """Run `alembic downgrade`."""
        command.downgrade(self.config, to)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Ask the database."""
        with self._connected() as connection:
            return _rows(connection, query)

    def dump(self) -> list[str | bytes]:
        """Give everything in the database: the bytes of a SQLite file; else its catalogues and its rows."""
        if self.dialect == "sqlite":
            return [Path(self.url.removeprefix("sqlite:///")).read_bytes()]
        with self._connected() as connection:
            found: list[str | bytes] = [str(row) for query in _CATALOGUES for row in _rows(connection, query)]
            for (table,) in _rows(connection, "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"):
                found += [f"{table}: {row}" for row in _rows(connection, f'SELECT t::text FROM "{table}" t')]
        return found

    def _connected(self) -> AbstractContextManager[Connection]:
        module = sqlite_module() if self.dialect == "sqlite" else None
        return create_engine(self.url, poolclass=NullPool, module=module).begin()


_CATALOGUES = (
    "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint"
    " WHERE connamespace = 'public'::regnamespace ORDER BY 1, 2",
    "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1",
    "SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1",
    "SELECT viewname, definition FROM pg_views WHERE schemaname = 'public' ORDER BY 1",
    "SELECT sequencename, last_value FROM pg_sequences ORDER BY 1",
    "SELECT table_name, column_name, data_type, character_maximum_length, is_nullable, column_default, collation_name"
    " FROM information_schema.columns WHERE table_schema = 'public' ORDER BY 1, 2",
)


def _rows(connection: Connection, query: str) -> list[tuple[Any, ...]]:
    result = connection.execute(text(query))
    return [tuple(row) for row in result] if result.returns_rows else []


def _indented(code: str) -> str:
    return textwrap.indent(textwrap.dedent(code).strip() or "pass", "    ")
