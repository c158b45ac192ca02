"""The pages that the program itself knows best: `python -m tools.generate_docs` writes them, `--check` compares.

The rulebook and the exit codes in English and French, every command with its options, and the API as programs read it.
A page that differs from what the program says fails `make check`: change the program, run this, commit both.
"""

import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path

import click

from src.api.openapi import describe
from src.api.site import every_operation
from src.cli.commands import Context
from src.cli.errors import MEANINGS
from src.cli.help import FORMATS, VARIABLES
from src.cli.main import root
from src.cli.overview import OPTIONS, PROGRAM
from src.domain.permissions import DEPARTMENT_LABELS, RULEBOOK, Action, Department, Scope
from src.i18n import DEFAULT_LANGUAGE, LANGUAGES, _, set_language

PROJECT = Path(__file__).resolve().parent.parent
WRITE = "python -m tools.generate_docs"

_NOUNS = {
    "en": {
        "user": "Staff accounts",
        "own": "One's own account",
        "client": "Clients",
        "contract": "Contracts",
        "event": "Events",
        "audit": "Audit log",
        "export": "Lists",
        "webhook": "Webhooks",
    },
    "fr": {
        "user": "Comptes des collaborateurs",
        "own": "Son propre compte",
        "client": "Clients",
        "contract": "Contrats",
        "event": "Événements",
        "audit": "Journal",
        "export": "Listes",
        "webhook": "Webhooks",
    },
}
_PERMISSIONS = {
    "en": (
        "# Who may do what",
        "Everything that is absent here is refused. **any**: on every record. **own**: only on the records one is in"
        " charge of: clients of whom one is the sales contact, their contracts and the events sold to them; events of"
        " which one is the support contact; one's own account.",
        "The program applies the table from which this page is made (`src/domain/permissions.py`): to refuse, to filter"
        " `--mine` lists, and in `epicevents permissions`. Rights marked ° are reserved for later versions: nothing in"
        " this one uses them.",
        "Right",
        "Code",
    ),
    "fr": (
        "# Qui a le droit de faire quoi",
        "Tout ce qui n’est pas écrit ici est refusé. **tous** : sur tous les enregistrements. **propres** : seulement"
        " sur ceux dont on a la charge : les clients dont on est le contact commercial, leurs contrats et les"
        " événements qui leur sont vendus ; les événements dont on est le contact support ; son propre compte.",
        "Le programme applique la table dont cette page est tirée (`src/domain/permissions.py`) : pour refuser, pour"
        " filtrer les listes `--mine` et dans `epicevents permissions`. Les droits marqués ° sont réservés à de futures"
        " versions : rien dans celle-ci ne s’en sert.",
        "Droit",
        "Code",
    ),
}
_SCOPES = {
    "en": {Scope.ANY: "any", Scope.OWN: "own", None: "–"},
    "fr": {Scope.ANY: "tous", Scope.OWN: "propres", None: "–"},
}
_EXIT_CODES = {
    "en": (
        "# Exit codes",
        "They never change: scripts may rely on them. `epicevents help exit-codes` prints this list. `alembic` has its"
        " own: 0 done, 255 refused, 130 interrupted.",
        "Code",
        "Meaning",
    ),
    "fr": (
        "# Codes de sortie",
        "Ils ne changent jamais : un script peut s’y fier. `epicevents help exit-codes` affiche cette liste."
        " `alembic` a les siens : 0 fait, 255 refusé, 130 interrompu.",
        "Code",
        "Signification",
    ),
}


@cache
def pages() -> Mapping[str, str]:
    """Give every generated page with its path in the project."""
    written = {
        f"docs/{name}{'' if language == DEFAULT_LANGUAGE else f'.{language}'}.md": _in(language, write)
        for name, write in (("permissions", _permissions), ("exit-codes", _exit_codes))
        for language in LANGUAGES
    }
    described = json.dumps(describe(every_operation()), ensure_ascii=False, indent=1) + "\n"
    commands = _in(DEFAULT_LANGUAGE, lambda _language: _commands())
    return written | {"docs/commands.md": commands, "docs/openapi.json": described}


def stale(project: Path = PROJECT) -> list[str]:
    """List the pages that do not say what the program says."""
    return [
        name
        for name, text in pages().items()
        if not (project / name).is_file() or (project / name).read_text(encoding="utf-8") != text
    ]


def write(project: Path = PROJECT) -> list[str]:
    """Write the pages that are not up to date; gives their paths."""
    changed = stale(project)
    for name, text in pages().items():
        if name in changed:
            (project / name).parent.mkdir(parents=True, exist_ok=True)
            (project / name).write_text(text, encoding="utf-8")
    return changed


def main(arguments: list[str], project: Path = PROJECT) -> int:
    """Write the pages, or with `--check` say which are stale; gives the exit code."""
    if arguments == ["--check"]:
        differing = stale(project)
        for name in differing:
            print(f"{name} is not what the program says. Write it with: {WRITE}")
        if not differing:
            print("Generated pages: up to date")
        return 1 if differing else 0
    if arguments:
        print(f"usage: {WRITE} [--check]", file=sys.stderr)
        return 2
    for name in write(project):
        print(f"written: {name}")
    return 0


def _in(language: str, write_page: Callable[[str], Iterator[str]]) -> str:
    set_language(language)
    note = f"<!-- Generated from the program: do not edit, run {WRITE} -->"
    try:
        return "\n".join([note, "", *write_page(language)]) + "\n"
    finally:
        set_language(DEFAULT_LANGUAGE)


def _permissions(language: str) -> Iterator[str]:
    title, scopes, use, right, code = _PERMISSIONS[language]
    used = _actions_in_use()
    yield from (title, "", scopes, "", use)
    for noun, heading in _NOUNS[language].items():
        yield from ("", f"## {heading}", "")
        rows = [
            [
                _(action.label) + ("" if action in used else " °"),
                f"`{action.value}`",
                *(_SCOPES[language][RULEBOOK[action].get(department)] for department in Department),
            ]
            for action in RULEBOOK
            if action.value.partition(".")[0] == noun
        ]
        yield from _table([right, code, *(_(DEPARTMENT_LABELS[department]) for department in Department)], rows)


def _actions_in_use() -> set[Action]:
    # A right that no use case asks for is reserved: SPEC names some that later work needs.
    code = "".join(file.read_text(encoding="utf-8") for file in sorted((PROJECT / "src" / "services").glob("*.py")))
    return {action for action in Action if re.search(rf"\bAction\.{action.name}\b", code)}


def _exit_codes(language: str) -> Iterator[str]:
    title, use, code, meaning = _EXIT_CODES[language]
    yield from (title, "", use, "")
    yield from _table([code, meaning], [[str(number), _(text)] for number, text in sorted(MEANINGS.items())])


def _commands() -> Iterator[str]:
    yield from (
        "# Commands",
        "",
        "What `--help` says after each command, on one page. Exit codes: [exit-codes.md](exit-codes.md); rights:"
        " [permissions.md](permissions.md).",
        "",
    )
    anywhere = [(names.format(languages="|".join(LANGUAGES)), text) for names, text in OPTIONS]
    yield from _rows("Anywhere on the line", anywhere)
    yield from _rows("Environment variable", VARIABLES.items())
    yield from _rows("Form of the answer", FORMATS.items())
    with Context(root, info_name=PROGRAM) as context:
        yield from _commands_of(root, context)


def _commands_of(group: click.Group, parent: click.Context) -> Iterator[str]:
    level = "##" if parent.parent is None else "###"
    for name in group.list_commands(parent):
        if (command := group.get_command(parent, name)) is None:
            continue
        with Context(command, info_name=name, parent=parent) as context:
            yield from (f"{level} {context.command_path}", "", command.get_short_help_str(), "")
            if isinstance(command, click.Group):
                yield from _commands_of(command, context)
            else:
                yield from _usage(command, context)


def _usage(command: click.Command, context: click.Context) -> Iterator[str]:
    yield from ("```", context.command_path + " " + " ".join(command.collect_usage_pieces(context)), "```", "")
    records = [parameter.get_help_record(context) for parameter in command.params]
    # A positional value is explained by its name in the usage.
    yield from _rows("Option", [record for record in records if record is not None and record[1]])
    if examples := getattr(command, "examples", ()):
        yield from ("Examples:", "", "```", *examples, "```", "")


def _rows(heading: str, rows: Iterable[tuple[str, str]]) -> Iterator[str]:
    if rows:
        yield from _table([heading, "Meaning"], [[f"`{name}`", re.sub(r" +", " ", _(text))] for name, text in rows])
        yield ""


def _table(headings: list[str], rows: list[list[str]]) -> Iterator[str]:
    yield _line(headings)
    yield _line(["---"] * len(headings))
    yield from map(_line, rows)


def _line(cells: list[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
