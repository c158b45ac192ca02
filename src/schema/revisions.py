"""The schema revisions this program knows, read from their files without starting Alembic (every command asks)."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from src.domain.errors import DatabaseError
from src.i18n import N_
from src.schema.promises import Steady, Total

_REVISION = re.compile(r"^revision\b[^=\n]*=\s*['\"]([^'\"]+)['\"]", re.MULTILINE)
_DOWN_REVISION = re.compile(r"^down_revision\b[^=\n]*=\s*(\([^)]*\)|[^\n]*)", re.MULTILINE)
_QUOTED = re.compile(r"['\"]([^'\"]+)['\"]")


@dataclass(frozen=True)
class Project:
    """What this layer must be told of the program whose database it protects: where its history is, what people type.

    `ini` is Alembic's settings file. `restore_command` is followed by the name of a backup. `steady` and `totals`
    promise something of its rows from the newest revision on.
    """

    ini: Path
    versions: Path
    create_command: str
    backups_command: str
    restore_command: str
    verify_command: str
    steady: Mapping[str, Steady] = field(default_factory=dict)
    totals: Sequence[Total] = ()


@dataclass(frozen=True)
class History:
    """Every revision with its file and those it follows, and those that nothing follows."""

    parents: Mapping[str, tuple[str, ...]]
    heads: tuple[str, ...]
    files: Mapping[str, Path]

    def up_to(self, revisions: Iterable[str]) -> tuple[str, ...]:
        """Give these revisions and all that they follow, the first one first; those that are not known are left out."""
        found: dict[str, None] = {}
        waiting = sorted(revision for revision in revisions if revision in self.parents)
        while waiting:
            missing = [parent for parent in self.parents[waiting[-1]] if parent not in found]
            if missing:
                waiting += missing
            else:
                found[waiting.pop()] = None
        return tuple(found)


@cache
def read_history(folder: Path) -> History:
    """Read the revisions in a folder the way Alembic would. Raises DatabaseError if a file names none or is missing."""
    parents: dict[str, tuple[str, ...]] = {}
    files: dict[str, Path] = {}
    for file in sorted(folder.glob("*.py")):
        if file.name.startswith(("__init__", ".#")):
            continue
        text = file.read_text(encoding="utf-8-sig", errors="replace")  # what is no text, Python refuses by name
        revision, down = _REVISION.search(text), _DOWN_REVISION.search(text)
        if revision is None or down is None:
            raise DatabaseError(N_("The migration file {file} does not say which revision it is."), file=file.name)
        parents[revision[1]] = tuple(_QUOTED.findall(down[1].split("#")[0]))
        files[revision[1]] = file
    for follower, named in parents.items():
        if missing := [parent for parent in named if parent not in parents]:
            # Two heads, to whoever only looks for those that nothing follows; joining them would make it worse.
            raise DatabaseError(
                N_(
                    "The migration file of revision {revision} is missing; {file} follows it. Put it back as it came"
                    " with the program."
                ),
                revision=missing[0],
                file=files[follower].name,
            )
    followed = {parent for named in parents.values() for parent in named}
    return History(parents=parents, heads=tuple(sorted(set(parents) - followed)), files=files)


def one_follows_another(revisions: frozenset[str], parents: Mapping[str, tuple[str, ...]]) -> bool:
    """Tell whether no database can be at these revisions, as one of them comes after another."""
    history = History(parents=parents, heads=(), files={})
    return any(revision in history.up_to(revisions - {revision}) for revision in revisions)


def known_revisions(folder: Path) -> frozenset[str]:
    """Give the revisions this program knows."""
    return frozenset(read_history(folder).parents)


def head_revision(folder: Path) -> str:
    """Give the revision this program is written for. Raises DatabaseError if there is none, or more than one."""
    heads = read_history(folder).heads
    if not heads:
        raise DatabaseError(N_("This program has no migrations: the folder {folder} is empty."), folder=folder)
    if len(heads) > 1:
        raise DatabaseError(
            N_("The migrations have several heads ({heads}). Join them with: alembic merge heads"),
            heads=", ".join(heads),
        )
    return heads[0]
