"""Rehearses an upgrade or downgrade on a copy of the database, and tells what it did there."""
