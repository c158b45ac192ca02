"""Kills writers without warning and counts what was lost: `python -m tests.crash` (make crash)."""
