"""PostgreSQL's checksums tell every change of a value or a place, and none where a column only became wider."""

import pytest

from src.domain.errors import DataLossRefused
from tests.schema.guard.foreign_project import ForeignProject
from tests.schema.guard.test_losses import sql

LOG = (
    "CREATE TABLE log (id integer PRIMARY KEY, small smallint, number integer, flag boolean, at timestamp(3),"
    " seen timestamptz(0), name varchar(20), day date, price numeric(6, 2), weight double precision, raw bytea)",
    "INSERT INTO log VALUES (1, 1, -1, true, '2024-01-02 03:04:05.678', '9999-12-31 23:59:59+00', 'é', '0001-01-01',"
    " 1.50, 0.0, '\\x00'), (2, 2, -2, false, 'infinity', '0001-01-01 00:00:00+00', 'e', 'infinity', 2.5, '-0',"
    " '\\x01'), (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)",
    "CREATE TABLE pairs (a integer, b text, v integer, PRIMARY KEY (a, b))",
    "INSERT INTO pairs VALUES (1, 'x', 1), (1, 'y', 2), (2, 'x', NULL)",
)
COLUMNS = ("small", "number", "flag", "at", "seen", "name", "day", "price", "weight", "raw")
SWAP = "UPDATE log SET {0} = (SELECT o.{0} FROM log o WHERE o.id = 3 - log.id) WHERE id < 3"


def test_two_values_of_any_type_that_change_places_are_seen(postgres_project: ForeignProject) -> None:
    postgres_project.start_with(*LOG)
    for column in COLUMNS:
        postgres_project.add("swap", sql(SWAP.format(column)))
        with pytest.raises(DataLossRefused, match=rf"log\.{column}: "):
            postgres_project.upgrade()
        postgres_project.versions.joinpath("001_swap.py").unlink()


@pytest.mark.parametrize("change", ["v = 3 - v", "v = 1 WHERE v IS NULL", "a = 3 - a WHERE b = 'x'"])
def test_values_are_bound_to_a_key_of_several_columns(postgres_project: ForeignProject, change: str) -> None:
    postgres_project.start_with(*LOG)
    defer = sql("ALTER TABLE pairs DROP CONSTRAINT pairs_pkey") if change.startswith("a") else "pass"
    postgres_project.add("change", f"{defer}\n{sql(f'UPDATE pairs SET {change}')}")
    with pytest.raises(DataLossRefused, match=r"pairs"):
        postgres_project.upgrade()


def test_columns_that_become_wider_lose_nothing(postgres_project: ForeignProject) -> None:
    postgres_project.start_with(*LOG)
    wider = {
        "small": "bigint", "number": "bigint", "at": "timestamp", "seen": "timestamptz", "name": "text",
        "price": "numeric(8, 2)", "id": "bigint",
    }  # fmt: skip
    postgres_project.add("wider", sql(*(f"ALTER TABLE log ALTER {name} TYPE {kind}" for name, kind in wider.items())))
    postgres_project.upgrade()
    assert postgres_project.rows("SELECT version_num FROM alembic_version") == [("wider",)]


def test_a_key_that_is_declared_to_change_lets_nothing_else_go(postgres_project: ForeignProject) -> None:
    postgres_project.start_with(*LOG)
    declared = 'op.accept_change(table="log", columns=["id"], because="numbered anew")'
    anew = sql("UPDATE log SET id = id + 10")
    postgres_project.add("more", f"{declared}\n{anew}\n{sql('UPDATE log SET number = NULL')}")
    with pytest.raises(DataLossRefused, match=r"log\.number: 2 values became 0"):
        postgres_project.upgrade()
    postgres_project.versions.joinpath("001_more.py").unlink()
    postgres_project.add("key", f"{declared}\n{anew}")
    postgres_project.upgrade()
    assert postgres_project.rows("SELECT id FROM log ORDER BY 1") == [(11,), (12,), (13,)]
