"""Whether PostgreSQL's own program can still read a dump, and what it lists in it."""

import subprocess
from collections.abc import Sequence
from pathlib import Path

from src.domain.errors import BackupDamaged, Marked
from src.i18n import N_
from src.schema.backup.postgresql_programs import find_programs


def list_dump(file: Path, *, programs: Path | None) -> Sequence[str]:
    """List what is in a dump, a line each. Raises BackupDamaged."""
    return _read(file, "--list", programs=programs)


def read_dump(file: Path, *, programs: Path | None) -> None:
    """Unpack a dump whole, to nowhere. Raises BackupDamaged."""
    _read(file, "--file=/dev/null", programs=programs)


def _read(file: Path, option: str, *, programs: Path | None) -> Sequence[str]:
    program = find_programs(server=0, programs=programs) / "pg_restore"
    with file.open("rb") as dump:
        done = subprocess.run([program, option], stdin=dump, capture_output=True, check=False)  # noqa: S603 - PostgreSQL's own program
    if done.returncode != 0:
        raise BackupDamaged(name=file.name, reason=Marked(N_("pg_restore cannot read it")))
    return done.stdout.decode("utf-8", "surrogateescape").splitlines()
