"""Autocommit blocks, in which each statement commits by itself: what may run there, so that a kill loses nothing.

A block first commits what came before it. Whoever is killed behind that commit begins the revision again, so the block
comes first in its revision, and what it does may be done twice. PostgreSQL needs such blocks to build an index while
others write; SQLite needs none, and there a block is no more than its statements (`all_in_one_transaction`).
"""

import re
from contextlib import nullcontext
from typing import Any

from alembic.runtime.migration import MigrationContext

from src.i18n import N_
from src.schema.guard.declarations import Declarations
from src.schema.guard.objects import Objects
from src.schema.guard.sql_text import normal

_HARMLESS = re.compile(
    r"(create (unique )?index|reindex|vacuum|analyze|select|show|set|reset|alter type \S+( \. \S+)? add value)\b"
)
_REPEATABLE = re.compile(
    r"(create (unique )?index (concurrently )?|alter type \S+( \. \S+)? add value )if not exists\b"
)
_MADE_INDEX = re.compile(r"create (?:unique )?index concurrently if not exists (?:\S+ \. )?(\S+) on\b")
_DROPPED_INDEX = re.compile(r"drop index concurrently (if exists )?(?:\S+ \. )?(\S+)")
_HALF_MADE = """
    SELECT format('%I.%I', n.nspname, c.relname), c.relname::text
    FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace WHERE NOT i.indisvalid AND pg_table_is_visible(i.indrelid)
"""
NOT_FIRST = N_("an autocommit block comes first in its revision: what is before it would be done twice after a kill")
_NOT_UNDONE = N_("in an autocommit block nothing can be undone, so only indexes and the like are made there")
_NOT_TWICE = N_(
    "whoever is killed in an autocommit block does it again: write IF NOT EXISTS or IF EXISTS (if_not_exists=True,"
    " if_exists=True)"
)


def all_in_one_transaction(context: MigrationContext) -> None:
    """Let autocommit blocks commit nothing: what they are for needs no transaction of its own on this engine."""
    vars(context)["autocommit_block"] = nullcontext


def why_not_alone(words: str, objects: Objects, declared: Declarations) -> str | None:
    """Say why a statement may not run in an autocommit block, as a marked sentence; None if it may."""
    dropped = _DROPPED_INDEX.match(words)
    if dropped is not None:
        owners = [key for key in objects if key.kind == "index" and normal(key.name) == dropped[2]]
        if not all(declared.drops(*key) for key in owners):
            return _NOT_UNDONE
        return None if dropped[1] else _NOT_TWICE
    if not _HARMLESS.match(words):
        return _NOT_UNDONE
    return None if _REPEATABLE.match(words) or not words.startswith(("create", "alter")) else _NOT_TWICE


def drop_half_made_index(driver: Any, words: str) -> None:
    """Take away what a killed CREATE INDEX CONCURRENTLY left under this name: IF NOT EXISTS would take it for made."""
    made = _MADE_INDEX.match(words)
    if made is None:
        return
    for written, name in driver.execute(_HALF_MADE).fetchall():
        if normal(f'"{name}"') == made[1]:
            driver.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {written}")
