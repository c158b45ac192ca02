"""What is written beside a backup: what it is a backup of, and the checksums by which any damage is seen.

The file has exactly one form for its facts, and holds a checksum of them: a single changed bit anywhere in it, in a
space or in a name, is damage too.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from src.schema.backup.content import Content, TableContent

FORMAT = 1


class UnreadableManifestError(ValueError):
    """These bytes are not what `written` writes."""


@dataclass(frozen=True)
class Manifest:
    """The facts of a backup. `place` is where the database was, without user or password; `made_at` is aware, in UTC.

    `engine` is sqlite or postgresql; `restored` tells that it was not only read but restored, to try it.
    """

    engine: str
    place: str
    made_at: datetime
    reason: str
    program: str
    server: str
    restored: bool
    size: int
    sha256: str
    content: Content

    @property
    def rows(self) -> int:
        """How many rows there are in all tables."""
        return sum(table.rows for table in self.content.tables.values())


def written(manifest: Manifest) -> bytes:
    """Write a manifest as it is kept."""
    facts = {"format": FORMAT, **asdict(manifest), "made_at": manifest.made_at.isoformat()}
    checksum = hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()
    text = json.dumps({"checksum": checksum, **facts}, indent=1, sort_keys=True, ensure_ascii=True)
    return text.encode() + b"\n"


def read(data: bytes) -> Manifest:
    """Read a manifest. Raises UnreadableManifestError for anything that was not written so, to the bit."""
    try:
        facts = json.loads(data)
        facts.pop("checksum")  # it is compared with all the rest below
        if facts.pop("format") != FORMAT:
            raise UnreadableManifestError
        content = facts.pop("content")
        manifest = Manifest(**{**facts, "made_at": datetime.fromisoformat(facts["made_at"])}, content=_content(content))
        intact = written(manifest) == data
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise UnreadableManifestError from error
    if not intact:
        raise UnreadableManifestError
    return manifest


def _content(facts: Mapping[str, Any]) -> Content:
    return Content(
        definition=facts["definition"],
        tables={name: TableContent(**table) for name, table in facts["tables"].items()},
        revisions=tuple(facts["revisions"]),
    )
