"""A workshop's database on SQLite, and the ways in which somebody may have changed it without a migration."""

from typing import NamedTuple


class Change(NamedTuple):
    """What was done to the database, and the differences that must be named.

    `statements` are run; a pair of texts stands for a CREATE statement that holds the second in place of the first.
    """

    statements: tuple[str | tuple[str, str], ...]
    named: tuple[str, ...]


WORKSHOP = (
    """CREATE TABLE tools (id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, -- never given twice
        name VARCHAR(50) COLLATE NOCASE NOT NULL, price NUMERIC(10, 2) DEFAULT 1, code TEXT UNIQUE ON CONFLICT IGNORE,
        state TEXT DEFAULT 'new', weight INTEGER NOT NULL ON CONFLICT ROLLBACK,
        double INTEGER GENERATED ALWAYS AS (weight * 2) VIRTUAL, half INTEGER AS (weight / 2) STORED,
        CHECK (weight > 0), CONSTRAINT ck_tools_state CHECK (state IN ('new', 'worn')),
        CONSTRAINT ck_tools_price CHECK (price >= 0), CONSTRAINT uq_tools_name UNIQUE (name, state))""",
    """CREATE TABLE loans (id INTEGER NOT NULL PRIMARY KEY, tool_id INTEGER REFERENCES tools (id) ON DELETE CASCADE,
        lender INTEGER, CONSTRAINT fk_loans_lender FOREIGN KEY (lender) REFERENCES tools (id)
        ON UPDATE CASCADE DEFERRABLE INITIALLY DEFERRED)""",
    "CREATE TABLE places (shelf TEXT NOT NULL, number INTEGER, PRIMARY KEY (shelf, number DESC)) WITHOUT ROWID",
    "CREATE TABLE counts (id INTEGER PRIMARY KEY, tally INTEGER) STRICT",
    "CREATE VIRTUAL TABLE found USING fts5 (name, tokenize = 'trigram')",
    "CREATE INDEX ix_tools_price ON tools (price DESC)",
    "CREATE INDEX ix_tools_lower ON tools (lower(name))",
    "CREATE INDEX ix_tools_worn ON tools (state) WHERE state = 'worn'",
    "CREATE INDEX ix_tools_code ON tools (code COLLATE RTRIM, state)",
    "CREATE UNIQUE INDEX ux_loans ON loans (lender)",
    "CREATE TRIGGER tr_tools_kept BEFORE DELETE ON tools WHEN OLD.state = 'new' BEGIN SELECT RAISE(ABORT, 'x'); END",
    "CREATE VIEW worn AS SELECT name FROM tools WHERE state = 'worn'",
    "CREATE TRIGGER tr_worn INSTEAD OF DELETE ON worn BEGIN UPDATE tools SET state = 'new' WHERE name = OLD.name; END",
)
CHANGES = {
    "condition of a CHECK": Change((("CHECK (price >= 0)", "CHECK (price > 0)"),), ("tools: ck_tools_price",)),
    "name of a CHECK": Change((("ck_tools_price", "ck_price"),), ("+tools: ck_price", "−tools: ck_tools_price")),
    "CHECK gone": Change(
        ((", CONSTRAINT uq_tools_name", ", CONSTRAINT ck_x CHECK (1), CONSTRAINT uq_tools_name"),), ("+tools: ck_x",)
    ),
    "unnamed CHECK changed": Change(
        (("CHECK (weight > 0)", "CHECK (weight > 1)"),), ("+tools: (weight > 1)", "−tools: (weight > 0)")
    ),
    "unnamed CHECK gone": Change((("CHECK (weight > 0), ", ""),), ("−tools: (weight > 0)",)),
    "CHECK too much": Change((("CHECK (weight > 0),", "CHECK (weight > 0), CHECK (code <> ''),"),),
                             ("+tools: (code <> '')",)),
    "value of an enumeration": Change((("'worn')),", "'worn', 'lost')),"),), ("tools: ck_tools_state",)),
    "default changed": Change((("DEFAULT 'new'", "DEFAULT 'worn'"),), ("tools.state (default)",)),
    "default gone": Change((("price NUMERIC(10, 2) DEFAULT 1", "price NUMERIC(10, 2)"),), ("tools.price (default)",)),
    "default too much": Change((("tally INTEGER", "tally INTEGER DEFAULT 0"),), ("counts.tally (default)",)),
    "condition of a partial index": Change((("WHERE state = 'worn'", "WHERE state <> 'worn'"),),
                                           ("tools: ix_tools_worn", "worn")),
    "partial index made whole": Change(
        ("DROP INDEX ix_tools_worn", "CREATE INDEX ix_tools_worn ON tools (state)"), ("tools: ix_tools_worn",)
    ),
    "expression of an index": Change((("lower(name)", "upper(name)"),), ("tools: ix_tools_lower",)),
    "expression index gone": Change(("DROP INDEX ix_tools_lower",), ("−tools: ix_tools_lower",)),
    "DESC of an index": Change((("(price DESC)", "(price)"),), ("tools: ix_tools_price",)),
    "collation of an index": Change((("code COLLATE RTRIM", "code COLLATE NOCASE"),), ("tools: ix_tools_code",)),
    "order of an index": Change((("(code COLLATE RTRIM, state)", "(state, code COLLATE RTRIM)"),),
                                ("tools: ix_tools_code",)),
    "unique index that is not": Change((("CREATE UNIQUE INDEX", "CREATE INDEX"),), ("loans: ux_loans",)),
    "index too much": Change(("CREATE INDEX ix_more ON counts (tally)",), ("+counts: ix_more",)),
    "trigger gone": Change(("DROP TRIGGER tr_tools_kept",), ("−tools: tr_tools_kept",)),
    "body of a trigger": Change((("RAISE(ABORT, 'x')", "RAISE(IGNORE)"),), ("tools: tr_tools_kept",)),
    "condition of a trigger": Change((("OLD.state = 'new'", "OLD.state = 'worn'"),), ("tools: tr_tools_kept",)),
    "trigger too much": Change(
        ("CREATE TRIGGER tr_more AFTER INSERT ON counts BEGIN SELECT 1; END",), ("+counts: tr_more",)
    ),
    "trigger on a view": Change(("DROP TRIGGER tr_worn",), ("−worn: tr_worn",)),
    "view changed": Change((("SELECT name FROM", "SELECT name, code FROM"),), ("worn",)),
    "view gone": Change(("DROP VIEW worn",), ("−worn", "−worn: tr_worn")),
    "view too much": Change(("CREATE VIEW more AS SELECT 1",), ("+more",)),
    "collation of a column": Change(((" COLLATE NOCASE", ""),), ("tools.name (collation)",)),
    "expression of a generated column": Change((("weight * 2", "weight * 3"),), ("tools.double (generated value)",)),
    "generated column stored": Change((("(weight * 2) VIRTUAL", "(weight * 2) STORED"),),
                                      ("tools.double (generated value)",)),
    "generated column plain": Change(((" AS (weight / 2) STORED", ""),), ("tools.half (generated value)",)),
    "precision of a number": Change((("NUMERIC(10, 2)", "NUMERIC(12, 4)"),), ("tools.price (type)",)),
    "length of a text": Change((("VARCHAR(50)", "VARCHAR(40)"),), ("tools.name (type)",)),
    "type of a column": Change((("lender INTEGER", "lender TEXT"),), ("loans.lender (type)",)),
    "AUTOINCREMENT gone": Change(((" AUTOINCREMENT", ""),), ("−tools: AUTOINCREMENT",)),
    "STRICT gone": Change(((") STRICT", ")"),), ("−counts: strict",)),
    "WITHOUT ROWID gone": Change(("DROP TABLE places", "CREATE TABLE places (shelf TEXT NOT NULL, number INTEGER,"
                                  " PRIMARY KEY (shelf, number DESC))"), ("−places: without rowid",)),
    "what a foreign key deletes": Change(
        (("ON DELETE CASCADE", "ON DELETE SET NULL"),),
        ("+loans: (( tool_id ) references tools ( id ) on delete set null)",
         "−loans: (( tool_id ) references tools ( id ) on delete cascade)"),
    ),
    "what a foreign key updates": Change(((" ON UPDATE CASCADE", ""),), ("loans: fk_loans_lender",)),
    "when a foreign key is checked": Change(((" DEFERRABLE INITIALLY DEFERRED", ""),), ("loans: fk_loans_lender",)),
    "foreign key gone": Change(
        ((" REFERENCES tools (id) ON DELETE CASCADE", ""),),
        ("−loans: (( tool_id ) references tools ( id ) on delete cascade)",),
    ),
    "ON CONFLICT of a UNIQUE": Change(
        ((" ON CONFLICT IGNORE", ""),),
        ("+tools: (( code ))", "−tools: (( code ) on conflict ignore)"),
    ),
    "ON CONFLICT of a NOT NULL": Change(((" ON CONFLICT ROLLBACK", ""),), ("tools.weight (NOT NULL)",)),
    "UNIQUE of fewer columns": Change((("UNIQUE (name, state)", "UNIQUE (name)"),), ("tools: uq_tools_name",)),
    "DESC of a primary key": Change((("number DESC)", "number)"),), ("places: primary key",)),
    "NOT NULL gone": Change((("shelf TEXT NOT NULL", "shelf TEXT"),), ("places.shelf (NOT NULL)",)),
    "NOT NULL too much": Change((("tally INTEGER", "tally INTEGER NOT NULL"),), ("counts.tally (NOT NULL)",)),
    "comment gone": Change(((" -- never given twice", ""),), ("−tools: -- never given twice",)),
    "full-text index of another kind": Change(
        ("DROP TABLE found", "CREATE VIRTUAL TABLE found USING fts5 (name)"), ("found (module)",)
    ),
    "column too much": Change(("ALTER TABLE counts ADD COLUMN more TEXT",), ("+counts.more",)),
    "column gone": Change(("ALTER TABLE counts DROP COLUMN tally",), ("−counts.tally",)),
    "table too much": Change(("CREATE TABLE more (id INTEGER, CHECK (id > 0))",), ("+more",)),
    "table gone": Change(("DROP TABLE loans",), ("−loans",)),
}  # fmt: skip
