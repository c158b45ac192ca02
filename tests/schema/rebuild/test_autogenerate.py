"""What autogenerate writes by itself loses nothing: nobody has to know how a table is rebuilt or a column set aside."""

import re
from contextlib import closing
from pathlib import Path

import pytest
from alembic import command

from src.db.driver import sqlite_module
from src.schema.guard.sqlite_objects import read_sqlite_objects
from tests.schema.guard.foreign_project import ForeignProject

ENV = """
from pathlib import Path

from alembic import context
from sqlalchemy import make_url
import sqlalchemy as sa

from src.schema.environment import migrate
from tests.schema.guard.foreign_project import project_in

metadata = sa.MetaData()
{models}
migrate(make_url(context.config.attributes["url"]), metadata, {{}}, project_in(Path(__file__).parent.parent))
"""
TEMPLATE = Path(__file__).parents[3] / "migrations" / "script.py.mako"
START = (
    "CREATE TABLE authors (id INTEGER NOT NULL PRIMARY KEY)",
    """CREATE TABLE books (
  id INTEGER NOT NULL PRIMARY KEY, -- given by the shop
  title VARCHAR(20) COLLATE NOCASE, isbn VARCHAR(13) NOT NULL DEFAULT 'x' CHECK (isbn <> 'no'),
  pages INTEGER, fax VARCHAR(9), author INTEGER,
  CONSTRAINT fk_author FOREIGN KEY(author) REFERENCES authors (id) ON DELETE CASCADE
)""",
    "CREATE INDEX ix_pages ON books (pages DESC) WHERE pages > 0",
    "CREATE INDEX ix_fax ON books (fax DESC) WHERE fax <> ''",
    "CREATE TRIGGER tr AFTER UPDATE OF title ON books BEGIN UPDATE books SET pages = 0 WHERE id = NEW.id; END",
    "CREATE VIEW titles AS SELECT title FROM books",
    "CREATE TABLE faxes (id INTEGER NOT NULL PRIMARY KEY, body VARCHAR COLLATE NOCASE)",
    "CREATE UNIQUE INDEX ix_body ON faxes (body DESC)",
    "CREATE TRIGGER tr_faxes AFTER DELETE ON faxes BEGIN DELETE FROM authors; END",
    "INSERT INTO authors VALUES (1)",
    "INSERT INTO books VALUES (7, 'Été', 'é', 3, '+33', 1), (9, NULL, 'b', NULL, '', NULL)",
    "INSERT INTO faxes VALUES (5, 'é😀'), (8, NULL)",
)
MODELS = """
sa.Table("authors", metadata, sa.Column("id", sa.Integer(), primary_key=True))
books = sa.Table(
    "books", metadata, sa.Column("id", sa.Integer(), primary_key=True), sa.Column("title", sa.String(80)),
    sa.Column("isbn", sa.String(13)), sa.Column("pages", sa.Integer(), server_default="1"),
    sa.Column("author", sa.Integer(), sa.ForeignKey("authors.id", name="fk_author", ondelete="CASCADE")),
    sa.Column("price", sa.Integer()),
    sa.CheckConstraint("pages >= 0", name="ck_pages"), sa.UniqueConstraint("title", "isbn", name="uq_title"),
)
sa.Index("ix_pages", books.c.pages.desc(), sqlite_where=sa.text("pages > 0"))
"""


def everything(project: ForeignProject) -> list[object]:
    """What the database is made of, whatever the order in which a column says it, and its rows."""
    with closing(sqlite_module().connect(project.url.removeprefix("sqlite:///"))) as connection:
        objects = read_sqlite_objects(connection)
    found: list[object] = [(key, dict(objects[key])) for key in sorted(objects)]
    for table in ("books", "faxes", "authors"):
        found += project.rows(f"SELECT rowid, * FROM {table} ORDER BY 1")
    return found


# What SQLite keeps of the table after the upgrade: only what the models changed is written otherwise.
CHANGED = """CREATE TABLE books (
  id INTEGER NOT NULL PRIMARY KEY, -- given by the shop
  title VARCHAR(80) COLLATE NOCASE, isbn VARCHAR(13) CHECK (isbn <> 'no'),
  pages INTEGER DEFAULT '1', author INTEGER, price INTEGER,
  CONSTRAINT fk_author FOREIGN KEY(author) REFERENCES authors (id) ON DELETE CASCADE,\
 CONSTRAINT uq_title UNIQUE (title, isbn), CONSTRAINT ck_pages CHECK (pages >= 0)
)"""


@pytest.mark.filterwarnings("ignore:autogenerate skipping metadata-specified expression-based index")
@pytest.mark.filterwarnings("ignore:Skipped unsupported reflection of expression-based index")
def test_changed_models_become_a_revision_that_loses_nothing(sqlite_project: ForeignProject) -> None:
    project = sqlite_project
    project.start_with(*START)
    before = everything(project)
    folder = project.versions.parent
    (folder / "env.py").write_text(ENV.format(models=MODELS), encoding="utf-8")
    (folder / "script.py.mako").write_text(TEMPLATE.read_text(encoding="utf-8"), encoding="utf-8")
    command.revision(project.config, message="changed", autogenerate=True)
    for _ in range(2):
        project.upgrade()
        command.check(project.config)
        texts = {row[0]: row[1] for row in project.rows("SELECT name, sql FROM sqlite_master")}
        assert texts["books"] == CHANGED
        # What is not in the models, because autogenerate does not see it, is there as it was.
        assert [texts[name] for name in ("ix_pages", "tr", "titles")] == [START[2], START[4], START[5]]
        assert project.rows("SELECT * FROM books ORDER BY id") == [
            (7, "Été", "é", 3, 1, None),
            (9, None, "b", None, None, None),
        ]
        assert not {"faxes", "ix_fax", "ix_body", "tr_faxes"} & set(texts)
        project.downgrade("-1")
        assert everything(project) == before


def test_what_would_be_dropped_is_set_aside_on_postgresql_too(postgres_project: ForeignProject) -> None:
    project = postgres_project
    project.start_with(
        'CREATE TABLE books (id int PRIMARY KEY, fax text COLLATE "C" UNIQUE)',
        "CREATE INDEX ix_fax ON books (fax DESC) WHERE fax <> ''",
        "CREATE TABLE faxes (id int PRIMARY KEY, book int REFERENCES books, body text)",
        "CREATE INDEX ix_body ON faxes (body DESC)",
        "INSERT INTO books VALUES (1, 'é'), (2, NULL)",
        "INSERT INTO faxes VALUES (1, 2, 'x')",
    )
    before = [line for line in project.dump() if not re.search("alembic_version|schema_ledger", str(line))]
    folder = project.versions.parent
    models = 'sa.Table("books", metadata, sa.Column("id", sa.Integer(), primary_key=True))'
    (folder / "env.py").write_text(ENV.format(models=models), encoding="utf-8")
    (folder / "script.py.mako").write_text(TEMPLATE.read_text(encoding="utf-8"), encoding="utf-8")
    command.revision(project.config, message="changed", autogenerate=True)
    project.upgrade()
    command.check(project.config)
    assert project.rows("SELECT * FROM books ORDER BY 1") == [(1,), (2,)]
    project.downgrade("-1")
    assert [line for line in project.dump() if not re.search("alembic_version|schema_ledger", str(line))] == before
