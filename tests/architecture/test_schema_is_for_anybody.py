"""The layer of schema changes could protect any Alembic project: it knows this one by what it is told only."""

import re
from pathlib import Path

from src.models import Base
from tests.architecture.source import SRC, files_of, imports_in

LAYER = files_of("schema")
# What it may know of this program: errors, sentences, addresses and drivers, which know no record either.
MAY_IMPORT: tuple[str, ...] = (
    "src.schema",
    "src.db.driver",
    "src.db.engine",
    "src.db.refusals",
    "src.db.url",
    "src.domain.errors",
)
MAY_IMPORT += ("src.i18n",)


def said_in(file: Path) -> str:
    """A file's text, without the lines that import."""
    lines = file.read_text(encoding="utf-8").splitlines()
    return "\n".join(line for line in lines if not re.match(r"\s*(from|import) ", line))


def test_it_names_no_table_of_the_crm() -> None:
    tables = "|".join(Base.metadata.tables)
    named = {file.name: found for file in LAYER if (found := re.findall(rf"[\"'`]({tables})[\"'`.]", said_in(file)))}
    assert named == {}


def test_it_names_no_command_and_no_file_of_the_crm() -> None:
    ours = r"epic.?events|\bcrm\b|migrations/|\bsrc[/.](?!schema)|docs/|pyproject|parents\[\d\]"
    named = {file.name: found for file in LAYER if (found := re.findall(ours, said_in(file), re.IGNORECASE))}
    assert named == {}


def test_it_imports_nothing_that_knows_a_record() -> None:
    foreign = {
        (str(file.relative_to(SRC)), module)
        for file in LAYER
        for module, _line in imports_in(file)
        if module.split(".")[0] == "src" and not module.startswith(MAY_IMPORT)
    }
    assert foreign == set()
