"""Why the system refused a file, in the reader's language: the system itself only speaks its own."""

import errno
import os

from src.i18n import N_, _

_REASONS = {
    errno.EACCES: N_("permission denied"),
    errno.EPERM: N_("permission denied"),
    errno.EROFS: N_("the file system is read-only"),
    errno.ENOSPC: N_("no space left on the disk"),
    errno.EDQUOT: N_("no space left on the disk"),
    errno.ENOENT: N_("there is no such file or folder"),
    errno.ENOTDIR: N_("a part of the path is not a folder"),
    errno.EISDIR: N_("it is a folder"),
    errno.ELOOP: N_("it is a symbolic link"),
    errno.EIO: N_("the disk or network failed"),
    errno.EFBIG: N_("the file would become too large"),
}


def reason_of(error: OSError) -> str:
    """Say why, in the reader's language where we know the words."""
    known = _REASONS.get(error.errno or 0)
    if known is not None:
        return _(known)
    return os.strerror(error.errno) if error.errno else type(error).__name__
