"""Backups of the company's database that are known to be good, and the way back from them."""
