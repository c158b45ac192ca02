"""Backups of the database that are known to be good, and the way back from them."""
