"""Compares a database with what its migrations make, and sees what Alembic's autogenerate does not."""
