"""The French catalogue: `python -m tools.translations update` after adding or changing a marked sentence.

Sentences are extracted from src and from click, whose messages people see as ours; `update` merges them into the .po
file, where new ones wait for their translation, and compiles the .mo file that the program reads.
"""

import io
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src"
PO = SOURCE / "locale" / "fr" / "LC_MESSAGES" / "epicevents.po"
MO = PO.with_suffix(".mo")

# click's messages to programmers, which this program's users never see: declarations that are wrong, Windows internals.
_NOT_SHOWN = (
    "Arguments take exactly one parameter declaration",
    "Boolean option {decl!r}",
    "Choice({choices})",
    "Could not determine name for option",
    "Name '{name}' defined twice",
    "No options defined but a name was passed",
    "Invalid start character for option",
    "Unknown color {colour!r}",
    "Unknown standard stream",
    "Value must be an iterable.",
    "Windows error: {error}",
)


def extracted() -> Catalog:
    """Collect every sentence that a user can read, with its plural where it has one."""
    catalog = Catalog(locale="fr", domain="epicevents")
    for message in (*_messages(SOURCE), *_messages_of_click()):
        catalog.add(message)
    return catalog


def translated() -> Catalog:
    """Read the French catalogue as it stands."""
    with PO.open("rb") as file:
        return read_po(file, locale="fr", domain="epicevents")


def compiled(catalog: Catalog) -> bytes:
    """Compile a catalogue into what the program reads."""
    buffer = io.BytesIO()
    write_mo(buffer, catalog)
    return buffer.getvalue()


def update() -> list[str]:
    """Merge new sentences into the catalogue, drop those that are gone, compile; gives the sentences to translate."""
    catalog = translated() if PO.exists() else _new()
    created, revised = catalog.creation_date, catalog.revision_date
    # No guesses: a nearly fitting translation is a wrong one.
    catalog.update(extracted(), no_fuzzy_matching=True)
    catalog.obsolete.clear()
    # A date that changes with every run would be a conflict in every merge.
    catalog.creation_date, catalog.revision_date = created, revised
    PO.parent.mkdir(parents=True, exist_ok=True)
    with PO.open("wb") as file:
        write_po(file, catalog, width=120, no_location=True, sort_output=True)
    MO.write_bytes(compiled(translated()))
    return [str(message.id) for message in catalog if message.id and not _filled(message.string)]


def _new() -> Catalog:
    return Catalog(
        locale="fr",
        domain="epicevents",
        header_comment="# French texts of Epic Events CRM.",
        project="Epic Events CRM",
        version="1",
        copyright_holder="Epic Events",
        msgid_bugs_address="-",
        last_translator="Epic Events",
        language_team="fr",
        fuzzy=False,
        revision_date="2026-11-22 12:00+0000",
    )


def _filled(string: object) -> bool:
    return all(string) if isinstance(string, tuple | list) else bool(string)


def _messages(folder: Path) -> Iterator[str | tuple[str, ...]]:
    for _file, _line, message, _comments, _context in extract_from_dir(
        folder, method_map=[("**.py", "python"), ("**.html", "jinja2")], options_map={"**.html": {"silent": "false"}}
    ):
        yield message


def _messages_of_click() -> Iterator[str | tuple[str, ...]]:
    spec = find_spec("click")
    if spec is None or spec.origin is None:
        raise SystemExit("click is not installed")
    for message in _messages(Path(spec.origin).parent):
        first = message if isinstance(message, str) else message[0]
        if not first.startswith(_NOT_SHOWN):
            yield message


def main(arguments: list[str]) -> int:
    """Update the catalogue and say what waits for a translation."""
    if arguments != ["update"]:
        print("usage: python -m tools.translations update", file=sys.stderr)
        return 2
    waiting = update()
    for sentence in waiting:
        print(f"to translate: {sentence}")
    print(f"{PO.relative_to(ROOT)}: {len(waiting)} sentences to translate")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
