"""Foreign projects, as the guard's tests have them."""

from tests.schema.guard.conftest import postgres_project, project, sqlite_project

__all__ = ["postgres_project", "project", "sqlite_project"]
