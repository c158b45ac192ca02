"""The folder of backups: files for their owner's eyes only, that appear whole or not at all.

What is being written has a hidden name and is locked by its writer. The system frees the lock however the writer ends,
so that the next backup knows which of these files are leftovers of a killed one.
"""

import errno
import fcntl
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import URL

from src.domain.errors import BackupFailed, DiskFull, Marked, NoRoom
from src.i18n import N_

MANIFEST_SUFFIX = ".json"
_FOLDER = "backups"
_PART_SUFFIX = ".part"
_MEGABYTE = 1_000_000
_NAME = re.compile(r".+-\d{8}T\d{6}Z-[0-9a-f]{8}(\.sqlite|\.dump)")


def backup_folder(url: URL, chosen: str | None, *, root: Path) -> Path:
    """Tell where a database's backups are: in the chosen folder, else beside a SQLite file, else in the project's.

    A relative folder counts from `root`, the project's folder.
    """
    if chosen:
        return root / chosen
    beside = Path(url.database or "").parent if url.get_backend_name() == "sqlite" else root
    return root / beside / _FOLDER


def new_backup_name(stem: str, made_at: datetime, suffix: str) -> str:
    """Name a backup after its database and its time in UTC; no two are alike, even in the same second."""
    return f"{stem}-{made_at.astimezone(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}{suffix}"


def is_backup_name(name: str) -> bool:
    """Tell whether a file has the name of one of our backups; all others are not our business."""
    return _NAME.fullmatch(name) is not None


def part_of(file: Path) -> Path:
    """Name the file in which a backup is written before it has its own name."""
    return file.with_name(f".{file.name}{_PART_SUFFIX}")


def manifest_of(file: Path) -> Path:
    """Name the file that tells what is in a backup."""
    return file.with_name(file.name + MANIFEST_SUFFIX)


@contextmanager
def new_private_file(part: Path) -> Iterator[Path]:
    """Create an empty file that only its owner may read, locked as ours; at the end it is gone unless renamed."""
    descriptor = _create(part)
    try:
        yield part
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        os.close(descriptor)


@contextmanager
def told_in_words(folder: Path) -> Iterator[None]:
    """Turn what the system refuses about a folder's files into a named refusal."""
    try:
        yield
    except OSError as error:
        if is_full(error):
            raise DiskFull from None
        raise BackupFailed(folder=str(folder), reason=why(error)) from None


def is_full(error: OSError) -> bool:
    """Tell whether the disk, or the room that this user has on it, is full."""
    return error.errno in {errno.ENOSPC, errno.EDQUOT}


def why(error: OSError) -> Marked:
    """Say what the system refused."""
    return Marked(_REASONS.get(error.errno or 0, N_("the disk or network failed")))


_REASONS = {
    errno.EACCES: N_("permission denied"),
    errno.EPERM: N_("permission denied"),
    errno.EROFS: N_("permission denied"),
    errno.ENOENT: N_("its folder does not exist"),
    errno.ENOTDIR: N_("its folder does not exist"),
    errno.EEXIST: N_("a file is where the folder should be"),
    errno.EFBIG: N_("files of this size are not allowed here"),
}


def prepare(folder: Path) -> None:
    """Make the folder of backups, if only this last one is missing, and remove what killed backups have left in it."""
    folder.mkdir(mode=0o700, exist_ok=True)
    for part in folder.glob(f".*{_PART_SUFFIX}"):
        if is_backup_name(part.name[1:].removesuffix(_PART_SUFFIX).removesuffix(MANIFEST_SUFFIX)):
            remove_if_left(part)
    # A manifest gets its name before its backup does: alone, it belongs to one that was killed in between.
    for manifest in folder.glob(f"*{MANIFEST_SUFFIX}"):
        file = manifest.with_suffix("")
        # In this order: a backup that appears has its own name at the moment when it loses the other.
        if is_backup_name(file.name) and not part_of(file).exists() and not file.exists():
            manifest.unlink(missing_ok=True)


def publish(part: Path, file: Path, manifest: bytes) -> None:
    """Give a finished backup its name, together with its manifest, so that a power cut leaves both or nothing."""
    sync(part)
    manifest_part = part_of(manifest_of(file))
    with new_private_file(manifest_part):
        manifest_part.write_bytes(manifest)
        sync(manifest_part)
        manifest_part.rename(manifest_of(file))
        sync(file.parent)
        part.rename(file)
        sync(file.parent)


def remove(file: Path) -> None:
    """Remove a backup; killed in between, this leaves a manifest that the next backup removes."""
    file.unlink(missing_ok=True)
    sync(file.parent)
    manifest_of(file).unlink(missing_ok=True)


def sync(path: Path) -> None:
    """Wait until a file, or the list of a folder's files, is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def require_room(folder: Path, need: int) -> None:
    """Refuse a work that needs more bytes than there are free. Raises NoRoom with both figures."""
    free = shutil.disk_usage(folder).free
    if free < need:
        raise NoRoom(folder=str(folder), need=-(-need // _MEGABYTE), have=free // _MEGABYTE)


def remove_if_left(part: Path) -> None:
    """Remove a file that was being written by somebody who was killed."""
    with suppress(OSError):
        descriptor = os.open(part, os.O_RDWR | os.O_NOFOLLOW)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            part.unlink()
        finally:
            os.close(descriptor)


def _create(part: Path) -> int:
    while True:
        descriptor = os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        if os.fstat(descriptor).st_nlink:
            return descriptor
        os.close(descriptor)  # another backup took it for a leftover before it was locked
