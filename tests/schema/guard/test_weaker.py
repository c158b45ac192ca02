"""What a database promises may not become less: every kind of promise, on each engine that has it, one after the other.

All is tried on one database an engine: what is refused leaves no trace, which is compared each time.
"""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from src.domain.errors import DataLossRefused
from tests.databases import new_database, text_of
from tests.schema.guard.foreign_project import ForeignProject
from tests.schema.guard.test_losses import BOTH, POSTGRESQL, SQLITE, Harm, sql

WORKSHOP_SQLITE = (
    """CREATE TABLE tools (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE,
        weight INTEGER DEFAULT 5 CHECK (weight > 0),
        twice INTEGER GENERATED ALWAYS AS (weight * 2) VIRTUAL, bought TEXT, sold TEXT, UNIQUE (bought, sold),
        CONSTRAINT ck_tools_dates CHECK (bought < sold))""",
    "CREATE TABLE uses (tool_id INTEGER REFERENCES tools (id), hours INTEGER) STRICT",
    "CREATE INDEX ix_tools_weight ON tools (weight DESC)",
    "CREATE INDEX ix_tools_lower ON tools (lower(name))",
    "CREATE UNIQUE INDEX ux_tools_sold ON tools (sold) WHERE sold IS NOT NULL",
    "CREATE INDEX ix_tools_nocase ON tools (name COLLATE NOCASE)",
    "CREATE TRIGGER tr_kept BEFORE DELETE ON tools BEGIN SELECT raise(ABORT, 'kept'); END",
    "INSERT INTO tools (id, name, bought, sold) VALUES (1, 'saw', '2024-01-02', '2025-01-02'),"
    " (2, 'axe', '2024-01-03', NULL)",
    "INSERT INTO uses VALUES (1, 3), (2, NULL)",
)
WORKSHOP_POSTGRESQL = (
    "CREATE TYPE mood AS ENUM ('calm', 'wild')",
    "CREATE DOMAIN hours AS integer CHECK (VALUE >= 0)",
    """CREATE TABLE tools (id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        name varchar(50) COLLATE "C" NOT NULL UNIQUE, weight integer DEFAULT 5 CHECK (weight > 0),
        twice integer GENERATED ALWAYS AS (weight * 2) STORED, bought text,
        sold text, mood mood, CONSTRAINT ck_tools_dates CHECK (bought < sold))""",
    "CREATE TABLE uses (tool_id integer CONSTRAINT fk_uses_tool REFERENCES tools (id), hours hours,"
    " period int4range, EXCLUDE USING gist (period WITH &&))",
    "CREATE INDEX ix_tools_weight ON tools (weight DESC)",
    "CREATE INDEX ix_tools_lower ON tools (lower(name))",
    "CREATE UNIQUE INDEX ux_tools_sold ON tools (sold) WHERE sold IS NOT NULL",
    "CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN OLD; END $$",
    "CREATE TRIGGER tr_kept BEFORE DELETE ON tools FOR EACH ROW EXECUTE FUNCTION keep()",
    "CREATE MATERIALIZED VIEW heavy AS SELECT id FROM tools WHERE weight > 9",
    "GRANT SELECT ON tools TO PUBLIC",
    "COMMENT ON TABLE uses IS 'by the hour'",
    "CREATE RULE quiet AS ON DELETE TO uses DO INSTEAD NOTHING",
    "INSERT INTO tools (name, bought, sold, mood) VALUES ('saw', '2024-01-02', '2025-01-02', 'calm'),"
    " ('axe', '2024-01-03', NULL, 'wild')",
    "INSERT INTO uses VALUES (1, 3), (2, NULL)",
)


def tools(old: str, new: str) -> str:
    """The table rebuilt by hand, with one promise exchanged; what was on it is made again."""
    written = WORKSHOP_SQLITE[0]
    assert old in written
    names = "id, name, weight, bought, sold"
    return sql(
        written.replace(old, new).replace("TABLE tools", "TABLE new_tools"),
        f"INSERT INTO new_tools ({names}) SELECT {names} FROM tools",
        "DROP TRIGGER tr_kept",
        "DROP TABLE tools",
        "ALTER TABLE new_tools RENAME TO tools",
        *WORKSHOP_SQLITE[2:7],
    )


def altered(*steps: str) -> str:
    """Statements about the table."""
    return sql(*(f"ALTER TABLE tools {step}" for step in steps))


HARMS = (
    Harm("truncated text", BOTH, sql("UPDATE tools SET name = substr(name, 1, 2)"), ("tools.name: values changed",)),
    Harm("a value that is NULL now", BOTH, sql("UPDATE tools SET bought = NULL WHERE id = 1"), ("tools.bought: 2",)),
    Harm("a dropped trigger", SQLITE, sql("DROP TRIGGER tr_kept"), ("tools: this is gone: trigger tr_kept",)),
    Harm("a dropped trigger of", POSTGRESQL, sql("DROP TRIGGER tr_kept ON tools"), ("trigger tr_kept",)),
    Harm("an index that is not descending", BOTH,
         sql("DROP INDEX ix_tools_weight", "CREATE INDEX ix_tools_weight ON tools (weight)"),
         ("tools: index ix_tools_weight", "desc")),
    Harm("an expression index that is gone", BOTH, sql("DROP INDEX ix_tools_lower"), ("index ix_tools_lower",)),
    Harm("an index that is not unique", BOTH,
         sql("DROP INDEX ux_tools_sold", "CREATE INDEX ux_tools_sold ON tools (sold) WHERE sold IS NOT NULL"),
         ("tools: index ux_tools_sold", "unique")),
    Harm("an index of another collation", SQLITE,
         sql("DROP INDEX ix_tools_nocase", "CREATE INDEX ix_tools_nocase ON tools (name)"), ("collate nocase",)),
    Harm("a weaker named CHECK", SQLITE, tools("bought < sold)", "bought <= sold)"), ("CHECK ck_tools_dates", "<=")),
    Harm("a weaker named CHECK of", POSTGRESQL,
         altered("DROP CONSTRAINT ck_tools_dates", "ADD CONSTRAINT ck_tools_dates CHECK (bought <= sold)"),
         ("CHECK ck_tools_dates", "<=")),
    Harm("a CHECK that looks at new rows only", POSTGRESQL,
         altered("DROP CONSTRAINT ck_tools_dates", "ADD CONSTRAINT ck_tools_dates CHECK (bought < sold) NOT VALID"),
         ("CHECK ck_tools_dates", "not valid")),
    Harm("an unnamed CHECK that is gone", SQLITE, tools(" CHECK (weight > 0)", ""), ("CHECK (weight > 0)",)),
    Harm("an unnamed CHECK that is gone from", POSTGRESQL, altered("DROP CONSTRAINT tools_weight_check"),
         ("CHECK tools_weight_check",)),
    Harm("a UNIQUE that is gone", SQLITE, tools(" UNIQUE,", ","), ("UNIQUE", "name")),
    Harm("a UNIQUE of several that is gone", SQLITE, tools("UNIQUE (bought, sold),", ""), ("UNIQUE", "bought , sold")),
    Harm("a UNIQUE that is gone from", POSTGRESQL, altered("DROP CONSTRAINT tools_name_key"),
         ("UNIQUE tools_name_key",)),
    Harm("a primary key that is gone", SQLITE, tools("id INTEGER PRIMARY KEY", "id INTEGER"), ("primary key",)),
    Harm("a primary key that is gone from", POSTGRESQL, altered("DROP CONSTRAINT tools_pkey CASCADE"),
         ("primary key", "foreign key fk_uses_tool")),
    Harm("a foreign key that is gone", POSTGRESQL, sql("ALTER TABLE uses DROP CONSTRAINT fk_uses_tool"),
         ("uses: this is gone: foreign key fk_uses_tool",)),
    Harm("a foreign key that is gone from", SQLITE,
         sql("CREATE TABLE n (tool_id INTEGER, hours INTEGER) STRICT", "INSERT INTO n SELECT * FROM uses",
             "DROP TABLE uses", "ALTER TABLE n RENAME TO uses"), ("uses: this is gone: foreign key",)),
    Harm("a table that is not strict", SQLITE,
         sql("CREATE TABLE n (tool_id INTEGER REFERENCES tools (id), hours INTEGER)",
             "INSERT INTO n SELECT * FROM uses", "DROP TABLE uses", "ALTER TABLE n RENAME TO uses"),
         ("uses: this is gone: table option strict",)),
    Harm("a default that is another", SQLITE, tools("DEFAULT 5", "DEFAULT 6"), ("tools.weight: default: 5 became 6",)),
    Harm("a default that is another in", POSTGRESQL, altered("ALTER weight SET DEFAULT 6"),
         ("tools.weight: default: 5 became 6",)),
    Harm("a computed column that is another", SQLITE, tools("weight * 2", "weight * 3"),
         ("tools.twice: generated value: ",)),
    Harm("a computed column that is an ordinary one", POSTGRESQL, altered("ALTER twice DROP EXPRESSION"),
         ("tools.twice: generated value: ",)),
    Harm("a column of another collation", POSTGRESQL, altered('ALTER name TYPE varchar(50) COLLATE "default"'),
         ("tools.name: collation: C became –",)),
    Harm("a column that is numbered no more", POSTGRESQL, altered("ALTER id DROP IDENTITY"), ("tools.id: identity",)),
    Harm("a column that anybody may number", POSTGRESQL, altered("ALTER id SET GENERATED BY DEFAULT"),
         ("tools.id: identity",)),
    Harm("a column that may be empty", POSTGRESQL, altered("ALTER name DROP NOT NULL"), ("tools.name: NOT NULL",)),
    Harm("a column that may be empty in", SQLITE, tools("NOT NULL UNIQUE", "UNIQUE"), ("tools.name: NOT NULL",)),
    Harm("a date cast to its year", POSTGRESQL, altered("DROP CONSTRAINT ck_tools_dates",
         "ALTER bought TYPE integer USING left(bought, 4)::integer"),
         ("tools.bought: type: text became integer", "CHECK ck_tools_dates")),
    Harm("a text that became another type", SQLITE, tools("bought TEXT", "bought DATETIME"),
         ("tools.bought: type: TEXT became DATETIME",)),
    Harm("another word of an enumeration", POSTGRESQL, sql("ALTER TYPE mood RENAME VALUE 'calm' TO 'mild'"),
         ("enumeration mood", "'calm'")),
    Harm("a domain that lets more in", POSTGRESQL, sql("ALTER DOMAIN hours DROP CONSTRAINT hours_check"),
         ("domain hours",)),
    Harm("an exclusion that is gone", POSTGRESQL, sql("ALTER TABLE uses DROP CONSTRAINT uses_period_excl"),
         ("exclusion constraint uses_period_excl",)),
    Harm("a materialized view that is gone", POSTGRESQL, sql("DROP MATERIALIZED VIEW heavy"), ("view heavy",)),
    Harm("a right that is taken away", POSTGRESQL, sql("REVOKE SELECT ON tools FROM PUBLIC"), ("privilege",)),
    Harm("a comment on a table that is another", POSTGRESQL, sql("COMMENT ON TABLE uses IS 'by the day'"),
         ("comment", "by the hour became by the day")),
    Harm("a rule that is gone", POSTGRESQL, sql("DROP RULE quiet ON uses"), ("rule quiet",)),
    Harm("a table that a crash would empty", POSTGRESQL, sql("ALTER TABLE uses SET UNLOGGED"), ("kept after a crash",)),
)  # fmt: skip

Workshops = dict[str, ForeignProject]
CASES = [
    pytest.param(engine, harm, id=f"{harm.name}-{engine}")
    for engine in BOTH
    for harm in HARMS
    if engine in harm.engines
]


@pytest.fixture(scope="module")
def workshops(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workshops]:
    """The same workshop on both engines."""
    folder = tmp_path_factory.mktemp("workshops")
    with ExitStack() as ending:
        server = ending.enter_context(new_database(request.getfixturevalue("postgres_server")))
        made = {
            "sqlite": ForeignProject(folder / "sqlite", f"sqlite:///{folder / 'workshop.db'}"),
            "postgresql": ForeignProject(folder / "postgresql", text_of(server)),
        }
        made["sqlite"].start_with(*WORKSHOP_SQLITE)
        made["postgresql"].start_with(*WORKSHOP_POSTGRESQL)
        yield made


@pytest.mark.parametrize(("engine", "harm"), CASES)
def test_a_promise_that_becomes_less_is_refused_by_name_and_undone(
    workshops: Workshops, engine: str, harm: Harm
) -> None:
    project = workshops[engine]
    before = project.dump()
    project.add("harmful", harm.upgrade)
    try:
        with pytest.raises(DataLossRefused) as refusal:
            project.upgrade()
    finally:
        project.versions.joinpath("001_harmful.py").unlink()
    said = str(refusal.value)
    assert [words for words in harm.says if words not in said] == [], said
    assert project.dump() == before
