"""A column's type changes if every value comes back the same; else nothing changes, and no value is shown."""

import math
from pathlib import Path
from typing import Any

import pytest

from src.domain.errors import DataLossRefused
from tests.schema.guard.foreign_project import ForeignProject

# (declared type, new type in Python, values that survive: as they are stored afterwards, values that do not)
SQLITE: dict[str, tuple[str, str, dict[Any, Any], list[Any]]] = {
    "text to whole number": (
        "TEXT",
        "sa.Integer()",
        {"7": 7, "-12": -12, "0": 0, "9223372036854775807": 2**63 - 1, None: None},
        ["007", " 12", "12 ", "", "abc", "true", "1 000,50", "1.0", "9223372036854775808", "1e3", "+1", "-0", b"7"],
    ),
    "text to moment": (
        "TEXT",
        "sa.DateTime()",
        {
            "2024-01-02 03:04:05": "2024-01-02 03:04:05",
            "9999-12-31 23:59:59.999999": "9999-12-31 23:59:59.999999",
            "2024-02-29": "2024-02-29 00:00:00.000000",
        },
        ["2024-01-02T03:04:05", "2023-02-29 00:00:00", "2024", "2024-01-02 03:04:05Z", "2024-01-02 03:04:05+02:00", ""],
    ),
    "text to day": ("TEXT", "sa.Date()", {"2024-01-02": "2024-01-02"}, ["2023-02-30", "02/01/2024", "2024-1-2"]),
    "text to time": ("TEXT", "sa.Time()", {"03:04:05": "03:04:05"}, ["3:04:05", "25:00:00", "03:04"]),
    "text to truth": ("TEXT", "sa.Boolean()", {"0": 0, "1": 1, None: None}, ["true", "", "2", "yes", 1.0]),
    "text to float": (
        "TEXT",
        "sa.Float()",
        {"0.1": 0.1, "-2.5": -2.5, "12": 12.0},
        ["0.10", "1e308", "1,5", "abc", "9007199254740993", ".5"],
    ),
    "text to money": (
        "TEXT",
        "sa.Numeric(10, 2)",
        {"12.50": 12.5, "12.5": 12.5, "3": 3, "-0.01": -0.01},
        ["12.505", "100000000.00", "1 000,50", "1000,5", "abc", "012.50", "1e3"],
    ),
    "text to shorter text": (
        "TEXT",
        "sa.String(3)",
        {"abc": "abc", "éàü": "éàü", "": "", None: None},
        ["abcd", "ab  ", "a\0bcdef"],
    ),
    "text to JSON": ("TEXT", "sa.JSON()", {'{"a": 1}': '{"a": 1}'}, ["{a: 1}", ""]),
    "text to bytes": ("TEXT", "sa.LargeBinary()", {"été": "été".encode(), "": b""}, []),
    "whole number to text": ("INTEGER", "sa.Text()", {7: "7", -(2**63): str(-(2**63)), None: None}, [b"x"]),
    "whole number to float": ("INTEGER", "sa.Float()", {5: 5.0, 2**53: 2.0**53}, [2**53 + 1, 2**63 - 1]),
    "float to whole number": ("REAL", "sa.Integer()", {5.0: 5, -3.0: -3}, [1.5, 1e308, 2.0**63, math.inf]),
    "float to text": ("REAL", "sa.Text()", {0.1: "0.1", 1e308: "1.0e+308"}, []),
    "numeric precision": ("NUMERIC(12, 4)", "sa.Numeric(10, 2)", {5: 5, 1.25: 1.25}, [1.255, 1e9]),
    "moment to day": (
        "DATETIME",
        "sa.Date()",
        {"2024-01-02 00:00:00": "2024-01-02", "2024-01-03 00:00:00.000000": "2024-01-03"},
        ["2024-01-02 03:04:05"],
    ),
    "bytes to text": ("BLOB", "sa.Text()", {"a": "a"}, [b"a", b"\xff"]),
}


def project_with(project: ForeignProject, declared: str, values: list[Any]) -> None:
    project.start_with(
        f"CREATE TABLE t (id INTEGER PRIMARY KEY, v {declared})",
        "CREATE TRIGGER tr AFTER DELETE ON t BEGIN SELECT 1; END",
        *(f"INSERT INTO t (v) VALUES ({literal(value)})" for value in values),
    )


def literal(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, bytes):
        return f"x'{value.hex()}'"
    if isinstance(value, float):
        return "9e999" if math.isinf(value) else repr(value)
    if isinstance(value, str) and "\0" in value:
        return f"CAST(x'{value.encode().hex()}' AS TEXT)"
    return f"'{value}'" if isinstance(value, str) else str(value)


def alter(new: str, more: str = "") -> str:
    return f"with op.batch_alter_table('t') as batch_op:\n    batch_op.alter_column('v', type_={new}{more})"


@pytest.mark.parametrize("case", SQLITE.values(), ids=SQLITE)
def test_sqlite_converts_all_or_nothing(case: tuple[str, str, dict[Any, Any], list[Any]], tmp_path: Path) -> None:
    declared, new, good, bad = case
    project = ForeignProject(tmp_path / "good", f"sqlite:///{tmp_path / 'good.db'}")
    project_with(project, declared, list(good))
    project.add("typed", alter(new))
    project.upgrade()
    found = [value for (value,) in project.rows("SELECT v FROM t ORDER BY id")]
    assert [(type(value), value) for value in found] == [(type(value), value) for value in good.values()]
    assert project.rows("SELECT name FROM sqlite_master WHERE type = 'trigger'") == [("tr",)]
    project = ForeignProject(tmp_path / "bad", f"sqlite:///{tmp_path / 'bad.db'}")
    project_with(project, declared, [*good, *bad])
    project.add("typed", alter(new))
    before = project.dump()
    if bad:
        with pytest.raises(DataLossRefused, match=rf"{len(bad)} values of t\.v would not be the same") as refusal:
            project.upgrade()
        assert f"\n- {len(good) + 1}: " in str(refusal.value)
        assert project.dump() == before


POSTGRESQL: dict[str, tuple[str, str, dict[str | None, str | None], list[str]]] = {
    "text to whole number": (
        "text",
        "sa.BigInteger()",
        {"7": "7", "9223372036854775807": "9223372036854775807", None: None},
        ["007", " 12", "", "abc", "true", "1 000,50", "9223372036854775808", "1.0"],
    ),
    "text to moment": (
        "text",
        "sa.DateTime()",
        {"2024-01-02 03:04:05": "2024-01-02 03:04:05"},
        ["2024-01-02T03:04:05", "2024-02-30 00:00:00", "now", "infinity "],
    ),
    "text to truth": ("text", "sa.Boolean()", {"true": "true", "false": "false"}, ["t", "1", "yes", ""]),
    "text to shorter text": ("text", "sa.String(3)", {"abc": "abc", "": ""}, ["abcd", "ab  "]),
    "text to money": ("text", "sa.Numeric(10, 2)", {"12.50": "12.50"}, ["12.5", "12.505", "1000000000.00", "NaN "]),
    "money to less": ("numeric(12,4)", "sa.Numeric(10, 2)", {"1.2500": "1.25"}, ["1.2550"]),
    "float to money": ("double precision", "sa.Numeric()", {"0.1": "0.1"}, ["0.30000000000000004"]),
    "bigint to int": ("bigint", "sa.Integer()", {"7": "7"}, ["2147483648"]),
    "moment to day": ("timestamp", "sa.Date()", {"2024-01-02 00:00:00": "2024-01-02"}, ["2024-01-02 03:04:05"]),
    "float to whole number": ("double precision", "sa.Integer()", {"5": "5"}, ["1.5", "1e308", "Infinity", "-0"]),
}


@pytest.mark.parametrize("case", POSTGRESQL.values(), ids=POSTGRESQL)
def test_postgresql_converts_all_or_nothing(
    case: tuple[str, str, dict[str | None, str | None], list[str]], postgres_project: ForeignProject
) -> None:
    declared, new, good, bad = case
    project = postgres_project
    project.start_with(
        f"CREATE TABLE t (id serial PRIMARY KEY, v {declared})",
        *(f"INSERT INTO t (v) VALUES ({'NULL' if value is None else repr(value)})" for value in [*good, *bad]),
    )
    project.add("typed", alter(new))
    before = project.dump()
    with pytest.raises(DataLossRefused, match=rf"{len(bad)} values of t\.v would not be the same") as refusal:
        project.upgrade()
    assert f"\n- {len(good) + 1}: " in str(refusal.value)
    assert project.dump() == before
    project.rows(f"DELETE FROM t WHERE id > {len(good)}")
    project.upgrade()
    assert [value for (value,) in project.rows("SELECT v::text FROM t ORDER BY id")] == list(good.values())
    assert project.rows("SELECT count(*) FROM pg_proc WHERE proname = 'schema_comes_back'") == [(0,)]


@pytest.mark.parametrize("types", [("timestamp", "True"), ("timestamptz", "False")])
def test_postgresql_never_guesses_a_time_zone(types: tuple[str, str], postgres_project: ForeignProject) -> None:
    declared, zoned = types
    named = {"True": "timestamp with time zone", "False": "timestamp without time zone"}[zoned]
    project = postgres_project
    project.start_with(f"CREATE TABLE t (id int PRIMARY KEY, v {declared})", "INSERT INTO t VALUES (1, '2024-07-01')")
    project.add("typed", alter(f"sa.DateTime(timezone={zoned})"))
    with pytest.raises(DataLossRefused, match="in which time zone v is"):
        project.upgrade()
    project.versions.joinpath("001_typed.py").unlink()
    zone = "v AT TIME ZONE 'UTC'"
    project.add("zoned", alter(f"sa.DateTime(timezone={zoned})", f', convert="{zone}", convert_back="{zone}"'))
    project.upgrade()
    assert project.rows("SELECT pg_typeof(v)::text = :new FROM t".replace(":new", repr(named))) == [(True,)]


def test_a_converter_is_held_to_its_opposite(project: ForeignProject) -> None:
    project.start_with("CREATE TABLE t (id int PRIMARY KEY, v text)", "INSERT INTO t VALUES (1, '12,50'), (2, '0,05')")
    forth = "replace(v, ',', '.')" + ("::numeric" if project.dialect == "postgresql" else "")
    back = "replace(v::text, '.', ',')" if project.dialect == "postgresql" else "replace(printf('%.2f', v), '.', ',')"
    wrong = f', convert="{forth}", convert_back="\'x\'"'
    project.add("wrong", alter("sa.Numeric(10, 2)", wrong))
    before = project.dump()
    with pytest.raises(DataLossRefused, match=r'2 values of t\.v .*\n- 1: text "99,99"'):
        project.upgrade()
    assert project.dump() == before
    project.versions.joinpath("001_wrong.py").unlink()
    project.add("alone", alter("sa.Numeric(10, 2)", f', convert="{forth}"'))
    with pytest.raises(DataLossRefused, match="so say how to come back"):
        project.upgrade()
    project.versions.joinpath("001_alone.py").unlink()
    project.add("right", alter("sa.Numeric(10, 2)", f', convert="{forth}", convert_back="{back}"'))
    project.upgrade()
    assert [float(value) for (value,) in project.rows("SELECT v FROM t ORDER BY id")] == [12.5, 0.05]


def test_what_a_revision_accepts_to_change_changes(project: ForeignProject) -> None:
    project.start_with("CREATE TABLE t (id int PRIMARY KEY, v text)", "INSERT INTO t VALUES (1, '007')")
    project.add("accepted", alter("sa.Integer()", ', accept_conversion="zeros in front mean nothing"'))
    project.upgrade()
    assert project.rows("SELECT v FROM t") == [(7,)]


def test_no_value_is_in_the_refusal(project: ForeignProject) -> None:
    secret = "Zoé@Example.org, 06 12"
    project.start_with(
        "CREATE TABLE t (id varchar(40) PRIMARY KEY, v text)", f"INSERT INTO t VALUES ('zoe@home.fr', '{secret}')"
    )
    project.add("typed", alter("sa.Integer()"))
    with pytest.raises(DataLossRefused) as refusal:
        project.upgrade()
    assert '- text "aaa@aaaa.aa" (11): text "Aaa@Aaaaaaa.aaa, 99 99" (22)' in str(refusal.value)
    assert not any(word in str(refusal.value) for word in ("zoe", "Zoé", "home", "Example", "06"))
