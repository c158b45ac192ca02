"""The backups in a folder, and whether they still are what they were."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from src.domain.errors import BackupDamaged, CrmError, Marked, NotFound
from src.i18n import N_
from src.schema.backup.content import Advance, in_stages
from src.schema.backup.folder import MANIFEST_SUFFIX, is_backup_name, manifest_of
from src.schema.backup.manifest import Manifest, UnreadableManifestError, read
from src.schema.backup.postgresql_check import list_dump
from src.schema.backup.sqlite_files import is_sound, untouched

_BLOCK = 1 << 20


@dataclass(frozen=True)
class Backup:
    """A backup that was finished; `check_backup` tells whether it is still good."""

    file: Path
    manifest: Manifest


def list_backups(folder: Path) -> list[Backup]:
    """List the backups in a folder, the newest first; those whose manifest is damaged are in `list_damaged`."""
    found = [backup for file in _files_in(folder) if (backup := _open(file)) is not None]
    return sorted(found, key=lambda backup: (backup.manifest.made_at, backup.file.name), reverse=True)


def list_damaged(folder: Path) -> list[Path]:
    """List the backups of which it cannot be told any more what they are."""
    return [file for file in _files_in(folder) if _open(file) is None]


def open_backup(file: Path) -> Backup:
    """Find a backup by its file. Raises BackupDamaged if its manifest is missing or not what was written."""
    backup = _open(file)
    if backup is None:
        raise BackupDamaged(name=file.name, reason=Marked(_MANIFEST))
    return backup


def check_backup(backup: Backup, *, programs: Path | None = None, advance: Advance = lambda _share: None) -> None:
    """Look at every byte of a backup. Raises BackupDamaged if a single bit of it or of its manifest has changed.

    `programs` is the folder of PostgreSQL's programs, which are looked for if it is not given.
    """
    if open_backup(backup.file).manifest != backup.manifest:
        raise BackupDamaged(name=backup.file.name, reason=Marked(_MANIFEST))
    hashing, checking = in_stages(advance, 1, 1)
    try:
        size, digest = size_and_sha256(backup.file, advance=hashing, expected=backup.manifest.size)
    except OSError:
        raise BackupDamaged(name=backup.file.name, reason=Marked(N_("its file cannot be read"))) from None
    if (size, digest) != (backup.manifest.size, backup.manifest.sha256):
        raise BackupDamaged(name=backup.file.name, reason=Marked(N_("its bytes are not those that were written")))
    if backup.manifest.engine == "sqlite":
        _require_sound(backup)
    else:
        list_dump(backup.file, programs=programs)
    checking(1)


def size_and_sha256(file: Path, *, advance: Advance = lambda _share: None, expected: int = 0) -> tuple[int, str]:
    """Read a file whole; gives its size and its SHA-256."""
    size, digest = 0, hashlib.sha256()
    with file.open("rb") as opened:
        while block := opened.read(_BLOCK):
            size += len(block)
            digest.update(block)
            advance(min(1.0, size / max(1, expected)))
    return size, digest.hexdigest()


def _require_sound(backup: Backup) -> None:
    try:
        with untouched(backup.file) as driver:
            sound = is_sound(driver)
    except CrmError:
        sound = False
    if not sound:
        raise BackupDamaged(name=backup.file.name, reason=Marked(N_("SQLite finds it damaged")))


def _files_in(folder: Path) -> Iterator[Path]:
    for manifest in folder.glob(f"*{MANIFEST_SUFFIX}"):
        file = manifest.with_suffix("")
        if is_backup_name(file.name) and file.is_file():
            yield file


def _open(file: Path) -> Backup | None:
    if not _is_file(file):
        raise NotFound(N_("There is no backup {name}."), name=file.name)
    try:
        return Backup(file, read(manifest_of(file).read_bytes()))
    except (OSError, UnreadableManifestError):
        return None


_MANIFEST = N_("its manifest is missing or not what was written")


def _is_file(file: Path) -> bool:
    try:
        return file.is_file()
    except OSError:  # a name that no file system can hold
        return False
