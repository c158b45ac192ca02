"""The files of revisions as Python reads them, without running them."""

import ast
from pathlib import Path

from src.domain.errors import DatabaseError
from src.i18n import N_
from src.schema.revisions import read_history


def require_python(versions: Path) -> None:
    """Make sure that all revisions of a folder can be read, before anything is done with one. Raises DatabaseError."""
    for file in read_history(versions).files.values():
        parsed(file)


def parsed(file: Path) -> ast.Module:
    """Read a file. Raises DatabaseError, which names the line that is no Python."""
    try:
        return ast.parse(file.read_bytes(), filename=file.name)  # as Python: with the mark of some editors
    except (SyntaxError, ValueError) as error:
        raise DatabaseError(
            N_("The migration file {file} is no Python in line {line}. Nothing was changed."),
            file=file.name,
            line=getattr(error, "lineno", None) or 1,
        ) from None
