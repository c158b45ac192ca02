"""PostgreSQL's own programs, as the tests of backups find them."""

from tests.schema.backup.conftest import programs

__all__ = ["programs"]
