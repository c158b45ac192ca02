"""An extension of PostgreSQL that a revision needs: installed, already there, or refused with what to do."""

from sqlalchemy import URL

from tests.databases import new_database, text_of
from tests.migrations.command_line import CommandLine
from tests.migrations.conftest import execute, version_of

INSTALLED = "SELECT extname FROM pg_extension WHERE extname = 'pg_trgm'"


def test_who_may_not_install_it_is_told_what_the_administrator_types(
    alembic: CommandLine, postgres_server: URL
) -> None:
    with new_database(postgres_server) as made:
        url, right = text_of(made), f'CREATE ON DATABASE "{made.database}"'
        execute(url, f"REVOKE {right} FROM CURRENT_USER, PUBLIC")
        refused = alembic("upgrade", "head", url=url)
        assert refused.code == 255
        assert (
            "The database needs PostgreSQL's extension pg_trgm, which this user may not install. Nothing was changed."
            " Let the server's administrator run in this database: CREATE EXTENSION pg_trgm\n" in refused.out
        )
        assert version_of(url) is None
        for as_administrator in (f"GRANT {right} TO CURRENT_USER", "CREATE EXTENSION pg_trgm"):
            execute(url, as_administrator)
        execute(url, f"REVOKE {right} FROM CURRENT_USER")
        assert alembic("upgrade", "head", url=url).code == 0


def test_an_extension_that_others_use_stays(alembic: CommandLine, migrated_postgres_url: str) -> None:
    execute(migrated_postgres_url, "CREATE TABLE others (words text)")
    execute(migrated_postgres_url, "CREATE INDEX ix_others ON others USING gin (words gin_trgm_ops)")
    assert alembic("downgrade", "base", url=migrated_postgres_url).code == 0
    assert execute(migrated_postgres_url, INSTALLED) == [("pg_trgm",)]
