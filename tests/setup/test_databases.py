"""Each test has its own real database, on both engines."""

import pytest
from sqlalchemy import create_engine, inspect, text

from tests.isolation import NO_DATABASE


def tables(url: str) -> list[str]:
    engine = create_engine(url)
    try:
        return inspect(engine).get_table_names()
    finally:
        engine.dispose()


def write(url: str, statement: str) -> None:
    engine = create_engine(url)
    try:
        with engine.begin() as connection:
            connection.execute(text(statement))
    finally:
        engine.dispose()


@pytest.mark.parametrize("time", ["first", "second"])
def test_an_empty_database_is_empty_for_every_test(database_url: str, time: str) -> None:
    assert tables(database_url) == []
    write(database_url, "CREATE TABLE left_by_another_test (id INTEGER)")
    assert tables(database_url) == ["left_by_another_test"]


@pytest.mark.parametrize("time", ["first", "second"])
def test_a_migrated_database_is_the_same_for_every_test(migrated_url: str, time: str) -> None:
    before = tables(migrated_url)
    assert {"alembic_version", "users", "clients", "contracts", "events"} <= set(before)
    assert "left_by_another_test" not in before
    write(migrated_url, "CREATE TABLE left_by_another_test (id INTEGER)")


def test_postgresql_gives_the_application_no_superuser(postgres_url: str) -> None:
    engine = create_engine(postgres_url)
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")) is False
    engine.dispose()


def test_the_configured_database_cannot_be_opened_by_a_test(monkeypatch: pytest.MonkeyPatch) -> None:
    from os import environ

    assert environ["DATABASE_URL"] == NO_DATABASE
