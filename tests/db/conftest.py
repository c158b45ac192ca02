"""The databases these tests stand on."""

from tests.real_databases import database, postgres_database, sqlite_database, standing

__all__ = ["database", "postgres_database", "sqlite_database", "standing"]
