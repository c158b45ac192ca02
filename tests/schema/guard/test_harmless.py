"""What loses nothing passes without a word, and what is declared passes as far as it is declared and no further."""

import pytest

from src.domain.errors import DataLossRefused
from tests.schema.guard.foreign_project import ForeignProject
from tests.schema.guard.test_losses import LIBRARY_POSTGRESQL, LIBRARY_SQLITE, rebuilt, sql


def library(project: ForeignProject) -> None:
    """Begin with the library of the losses."""
    project.start_with(*(LIBRARY_SQLITE if project.dialect == "sqlite" else LIBRARY_POSTGRESQL))


HARMLESS = {
    "a new column": "op.add_column('books', sa.Column('pages', sa.Integer()))",
    "a new column with a value": (
        "op.add_column('books', sa.Column('pages', sa.Integer(), server_default='1', nullable=False))"
    ),
    "a new column that is filled": "op.add_column('books', sa.Column('size', sa.Integer()))\n"
    + sql("UPDATE books SET size = length(title)"),
    "a new table": "op.create_table('loans', sa.Column('id', sa.Integer(), primary_key=True))",
    "a new index": "op.create_index('ix_books_title', 'books', ['title'])",
    "a new view": sql("CREATE VIEW prices AS SELECT price FROM books"),
    "an index dropped and made again": sql("DROP INDEX ix_authors_born")
    + "\n"
    + sql("create  index ix_authors_born on authors(born) where born IS NOT NULL"),
    "an index dropped by its name": "op.drop_index('ix_authors_born', 'authors')",
    "new rows": sql("INSERT INTO books VALUES (6, 'dd', '1', NULL, NULL)", "INSERT INTO notes VALUES ('six')"),
    "new rows between the others of a table that is not numbered": sql("INSERT INTO shelves VALUES ('a', 3, 'q')"),
    "an update of nothing": sql("UPDATE books SET title = 'x' WHERE id = 99"),
    "an update to the same": sql("UPDATE books SET title = title"),
    "an empty column": sql("ALTER TABLE books ADD COLUMN draft TEXT", "ALTER TABLE books DROP COLUMN draft"),
    "reading": "op.get_bind().execute(sa.text('SELECT * FROM books')).fetchall()",
}


@pytest.mark.filterwarnings("ignore:Skipped unsupported reflection of expression-based index")
@pytest.mark.parametrize("upgrade", HARMLESS.values(), ids=HARMLESS)
def test_what_loses_nothing_passes(project: ForeignProject, upgrade: str) -> None:
    library(project)
    project.add("harmless", upgrade)
    project.upgrade()
    assert project.rows("SELECT version_num FROM alembic_version") == [("harmless",)]


def test_a_rebuild_by_hand_that_keeps_everything_passes(sqlite_project: ForeignProject) -> None:
    library(sqlite_project)
    sqlite_project.add(
        "rebuilt",
        sql(
            "CREATE TABLE new (body TEXT, more INTEGER)",
            "INSERT INTO new (rowid, body) SELECT rowid, body FROM notes",
            "DROP TABLE notes",
            "ALTER TABLE new RENAME TO notes",
        ),
    )
    sqlite_project.upgrade()
    assert sqlite_project.rows("SELECT rowid, body, more FROM notes") == [
        (1, "one", None),
        (3, "two", None),
        (4, "four", None),
    ]


# What is declared, what else the same revision could lose, and what the refusal then names.
DECLARED = {
    "a column": (
        'op.accept_loss(table="authors", column="active", because="nobody asks")\n'
        + sql("ALTER TABLE authors DROP COLUMN active"),
        sql("UPDATE authors SET born = NULL"),
        "authors.born",
    ),
    "a table": (
        'op.accept_loss(table="notes", because="kept on paper")\nop.drop_table("notes")',
        sql("DELETE FROM shelves"),
        "shelves",
    ),
    "values": (
        'op.accept_change(table="books", columns=["price"], because="in cents now")\n'
        + sql("UPDATE books SET price = '100'"),
        sql("UPDATE books SET title = 'x'"),
        "books.title",
    ),
    "rows": (
        'op.accept_deletion(table="books", where="title LIKE \'a%\'", because="sold")\n'
        + sql("DELETE FROM books WHERE title = 'aa'"),
        sql("DELETE FROM books WHERE title = 'bb'"),
        "books: 1 of 2 rows are gone",
    ),
    "an index": (
        'op.accept_drop(kind="index", table="authors", name="ix_authors_born", because="never used")\n'
        + sql("DROP INDEX ix_authors_born"),
        sql("DROP INDEX ix_authors_name"),
        "ix_authors_name",
    ),
    "a column's name": (
        'op.accept_rename(table="books", column="title", to="name", because="as everybody says")\n'
        'op.accept_drop(kind="view", name="titles", because="it used the old name")\n'
        + sql("DROP VIEW titles", "ALTER TABLE books RENAME COLUMN title TO name"),
        sql("UPDATE books SET name = 'x'"),
        "books.title",
    ),
    "a table's name": (
        'op.accept_rename(table="notes", to="remarks", because="as everybody says")\n'
        + sql("ALTER TABLE notes RENAME TO remarks"),
        sql("DELETE FROM remarks"),
        "notes: 3 of 3 rows are gone",
    ),
}


@pytest.mark.parametrize("case", DECLARED.values(), ids=DECLARED)
def test_what_is_declared_passes_and_nothing_else_does(project: ForeignProject, case: tuple[str, str, str]) -> None:
    declared, more, says = case
    library(project)
    before = project.dump()
    project.add("too_much", f"{declared}\n{more}")
    with pytest.raises(DataLossRefused) as refusal:
        project.upgrade()
    assert says in str(refusal.value)
    assert str(refusal.value).count("\n- ") == 1, refusal.value
    assert project.dump() == before
    project.versions.joinpath("001_too_much.py").unlink()
    project.add("enough", declared)
    project.upgrade()
    assert project.rows("SELECT version_num FROM alembic_version") == [("enough",)]


STALE = (
    'op.accept_loss(table="authors", column="fax", because="x")',
    'op.accept_loss(table="authors", column="born", because="x")',
    'op.accept_loss(table="nobody", because="x")',
    'op.accept_change(table="authors", columns=["born", "fax"], because="x")',
    'op.accept_deletion(table="nobody", because="x")',
    'op.accept_drop(kind="index", table="authors", name="ix_authors_born", because="x")',
    'op.accept_drop(kind="index", table="books", name="ix_authors_born", because="x")',
)


@pytest.mark.parametrize("declaration", STALE)
def test_a_declaration_that_fits_nothing_is_refused(sqlite_project: ForeignProject, declaration: str) -> None:
    library(sqlite_project)
    sqlite_project.add("stale", declaration)
    with pytest.raises(DataLossRefused, match="this declaration names nothing that goes or changes here"):
        sqlite_project.upgrade()


def test_a_declaration_says_why(sqlite_project: ForeignProject) -> None:
    library(sqlite_project)
    sqlite_project.add("why", 'op.accept_loss(table="notes", because=" ")\nop.drop_table("notes")')
    with pytest.raises(DataLossRefused, match="a declaration says why"):
        sqlite_project.upgrade()


def test_a_downgrade_is_watched_too(project: ForeignProject) -> None:
    library(project)
    add = "op.add_column('books', sa.Column('pages', sa.Integer()))"
    project.add("pages", add, "op.drop_column('books', 'pages')")
    project.upgrade()
    project.rows("UPDATE books SET pages = 3")
    with pytest.raises(DataLossRefused, match=r"books\.pages: the column is gone with all its values"):
        project.downgrade("-1")
    project.rows("UPDATE books SET pages = NULL")
    project.downgrade("-1")
    assert project.rows("SELECT version_num FROM alembic_version") == [("first",)]


def test_each_revision_is_held_to_its_own_declarations(project: ForeignProject) -> None:
    library(project)
    before = project.dump()
    project.add("declares", 'op.accept_change(table="books", columns=["price"], because="x")')
    project.add("changes", sql("UPDATE books SET price = '1'"))
    with pytest.raises(DataLossRefused, match="revision changes would lose"):
        project.upgrade()
    assert project.dump() == before


RAW = {
    "sqlite": "op.get_bind().connection.driver_connection.execute({!r})",
    "postgresql": "op.get_bind().connection.cursor().execute({!r})",
}


@pytest.mark.parametrize("statement", ["DELETE FROM notes", "DROP TABLE notes", "ALTER TABLE notes RENAME TO gone"])
def test_the_driver_itself_is_no_way_past_the_guard(project: ForeignProject, statement: str) -> None:
    library(project)
    before = project.dump()
    project.add("raw", RAW[project.dialect].format(statement))
    with pytest.raises(DataLossRefused, match="notes: "):
        project.upgrade()
    assert project.dump() == before


def test_a_refusal_by_the_driver_that_the_revision_hides_is_found_all_the_same(project: ForeignProject) -> None:
    library(project)
    raw = RAW[project.dialect].format("UPDATE notes SET body = 'x'")
    project.add("raw", f"try:\n    {raw}\nexcept Exception:\n    pass")
    with pytest.raises(DataLossRefused, match=r"notes: it was written to past the guard.*op\.watch_tables"):
        project.upgrade()


def test_the_driver_may_write_to_tables_that_are_watched(project: ForeignProject) -> None:
    library(project)
    raw = RAW[project.dialect]
    project.add("added", f"op.watch_tables('notes')\n{raw.format('INSERT INTO notes VALUES (9)')}")
    project.upgrade()
    project.add("deleted", f"op.watch_tables('notes')\n{raw.format('DELETE FROM notes')}")
    with pytest.raises(DataLossRefused, match="notes: 4 of 4 rows are gone"):
        project.upgrade()


@pytest.mark.parametrize(
    "end",
    [
        "op.execute('COMMIT')",
        "op.get_bind().connection.driver_connection.commit()",
        "op.execute('ROLLBACK')",
    ],
)
def test_a_revision_does_not_end_the_transaction_itself(project: ForeignProject, end: str) -> None:
    library(project)
    project.add("ends", f"{end}\n{sql('CREATE TABLE later (id INTEGER)')}")
    with pytest.raises(DataLossRefused, match="the revision ends the transaction itself"):
        project.upgrade()
    assert project.rows("SELECT version_num FROM alembic_version") == [("first",)]


def test_the_first_revision_does_not_end_the_transaction_either(project: ForeignProject) -> None:
    project.add("first", sql("CREATE TABLE t (id INTEGER)", "COMMIT"))
    with pytest.raises(DataLossRefused, match="the revision ends the transaction itself"):
        project.upgrade()
    catalogue = "sqlite_master" if project.dialect == "sqlite" else "pg_tables WHERE schemaname = 'public'"
    assert project.rows(f"SELECT count(*) FROM {catalogue}") == [(0,)]


def test_values_that_python_takes_for_equal_are_told_apart(sqlite_project: ForeignProject) -> None:
    pairs = [
        ("1", "1.0"),
        ("-1", "-2"),
        ("'a'", "x'61'"),
        ("0.0", "-0.0"),
        ("NULL", "''"),
        ("2305843009213693951", "0"),
    ]
    values = ", ".join(f"({number}, {old})" for number, (old, _) in enumerate(pairs))
    sqlite_project.start_with("CREATE TABLE t (id INTEGER PRIMARY KEY, v)", f"INSERT INTO t VALUES {values}")
    for number, (_, new) in enumerate(pairs):
        sqlite_project.add(f"step{number}", sql(f"UPDATE t SET v = {new} WHERE id = {number}"))
        with pytest.raises(DataLossRefused, match=r"t\.v"):
            sqlite_project.upgrade()
        sqlite_project.versions.joinpath(f"001_step{number}.py").unlink()


def test_text_that_is_not_utf8_is_kept_like_any_other(sqlite_project: ForeignProject) -> None:
    sqlite_project.start_with("CREATE TABLE t (v TEXT)", "INSERT INTO t VALUES (CAST(x'ff61' AS TEXT)), ('é')")
    sqlite_project.add("same", sql("UPDATE t SET v = v"))
    sqlite_project.upgrade()
    sqlite_project.add("other", sql("UPDATE t SET v = CAST(x'fe61' AS TEXT) WHERE rowid = 1"))
    with pytest.raises(DataLossRefused, match=r"t\.v: values changed"):
        sqlite_project.upgrade()


def test_the_refusal_says_how_to_declare_what_was_meant(sqlite_project: ForeignProject) -> None:
    library(sqlite_project)
    sqlite_project.add("rebuilt", sql(*rebuilt("notes (other TEXT)")))
    with pytest.raises(DataLossRefused) as refusal:
        sqlite_project.upgrade()
    assert 'op.accept_loss(table="notes", column="body", because="…")' in str(refusal.value)


INTERRUPTED = """
def press(cursor, statement, parameters, context):
    if "toys" in statement:
        raise KeyboardInterrupt
op.execute("INSERT INTO tools VALUES (1)")
sa.event.listen(op.get_bind().engine, "do_execute", press)
op.execute("CREATE TABLE toys (id INTEGER)")
"""


def test_ctrl_c_within_a_statement_stays_ctrl_c_and_leaves_nothing(project: ForeignProject) -> None:
    """SQLAlchemy closes the connection then; what the guard still does with it must not hide why."""
    project.start_with("CREATE TABLE tools (id INTEGER NOT NULL PRIMARY KEY)")
    project.add("interrupted", INTERRUPTED)
    with pytest.raises(KeyboardInterrupt):
        project.upgrade()
    assert project.rows("SELECT count(*) FROM tools") == [(0,)]
