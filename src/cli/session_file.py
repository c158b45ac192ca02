"""The file that keeps a person logged in: one token for each database, readable by its owner alone.

The token is worth a password until it expires, so the file is created private (never made private afterwards), replaced
in one step, and not used when others could have read or written it.
"""

import os
import secrets
import stat
import sys
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from src.cli.errors import LocalFileError
from src.cli.file_reasons import reason_of
from src.cli.folders import config_folder
from src.domain.errors import Marked, NotAuthenticated
from src.i18n import N_

TOKEN_VARIABLE = "EPICEVENTS_TOKEN"  # noqa: S105 - the name of a variable

_LONGEST = 1024


def session_file(place: str) -> Path:
    """Give the file that holds the session for the database at `place`; two databases do not log each other out."""
    return config_folder() / "sessions" / f"{sha256(place.encode('utf-8', 'surrogateescape')).hexdigest()[:32]}.token"


def read_token(place: str) -> str:
    """Give the token of whoever is logged in to the database at `place`: from EPICEVENTS_TOKEN, else from the file.

    Raises:
        NotAuthenticated: there is none, or others could have read it.
        LocalFileError: the file is there but cannot be read.
    """
    if token := os.environ.get(TOKEN_VARIABLE, "").strip():
        return token
    file = session_file(place)
    try:
        descriptor = os.open(file, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0))
    except (FileNotFoundError, NotADirectoryError):
        raise NotAuthenticated from None
    except OSError as error:
        raise _trouble(file, error) from None
    try:
        _refuse_unless_private(file, os.fstat(descriptor))
        token = os.read(descriptor, _LONGEST).decode("ascii", "replace").strip()
    except OSError as error:
        raise _trouble(file, error) from None
    finally:
        os.close(descriptor)
    if not token:
        raise NotAuthenticated
    return token


def store_token(place: str, token: str) -> Path:
    """Keep a person logged in to the database at `place`; the file appears whole or not at all.

    Raises:
        LocalFileError: the folder cannot be written.
    """
    file = session_file(place)
    new = file.with_name(f".{file.name}.{secrets.token_hex(8)}")
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0), 0o600)
        try:
            with os.fdopen(descriptor, "w", encoding="ascii") as opened:
                if hasattr(os, "fchmod"):
                    # An odd umask can take rights away from the owner too.
                    os.fchmod(opened.fileno(), 0o600)
                opened.write(token + "\n")
                opened.flush()
                os.fsync(opened.fileno())
            new.replace(file)
        except BaseException:
            new.unlink(missing_ok=True)
            raise
        _sync_folder(file.parent)
    except OSError as error:
        raise _trouble(file, error) from None
    return file


def forget_token(place: str) -> None:
    """Log out on this computer: the file is removed.

    Raises:
        LocalFileError: it cannot be removed.
    """
    file = session_file(place)
    try:
        file.unlink(missing_ok=True)
    except NotADirectoryError:
        return
    except OSError as error:
        raise _trouble(file, error) from None


def _refuse_unless_private(file: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise LocalFileError(place=file, reason=Marked(N_("it is not an ordinary file")))
    if sys.platform == "win32":
        return  # the user's own folder; modes mean nothing there
    if status.st_uid != os.geteuid() or status.st_mode & 0o077:
        raise NotAuthenticated(
            N_("The session file {file} could be read or written by others, so it is not used. Log in again."),
            file=file,
        )


def _sync_folder(folder: Path) -> None:
    # Without it a power cut could bring the old session back; Windows cannot open folders and needs it not.
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _trouble(file: Path, error: OSError) -> LocalFileError:
    return LocalFileError(
        N_("The session file {file} cannot be used ({reason}). Set XDG_CONFIG_HOME to a folder of your own."),
        file=file,
        reason=reason_of(error),
    )
