"""Help answers at once: the overview loads neither click nor the database, and a command loads only what it uses."""

import os
import shlex
import subprocess
import sys

import click
import pytest

from src.cli.commands import Command, Option, load
from src.cli.main import root
from src.cli.overview import EXAMPLES, commands, overview
from src.cli.start import take_global_options
from src.i18n import _, set_language
from tests.cli.company import Company
from tests.cli.terminals import PROJECT

LOADED = """
import sys
from src.__main__ import main
sys.argv[1:] = {arguments!r}
main()
print("LOADED", *sys.modules)
"""

MAPPED = f"""{LOADED}
from src.models.base import Base
print("MAPPED", *(mapper.class_.__name__ for mapper in Base.registry.mappers))
"""


def loaded_by(*arguments: str) -> set[str]:
    """The modules in memory at the end of a command."""
    done = subprocess.run(
        [sys.executable, "-c", LOADED.format(arguments=list(arguments))],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
    )
    return {module.partition(".")[0] for module in done.stdout.rpartition("LOADED ")[2].split()}


@pytest.mark.parametrize("arguments", [[], ["--help"], ["-h"], ["--lang", "fr", "--help"], ["--help", "--no-color"]])
def test_the_overview_loads_neither_click_nor_the_database(arguments: list[str]) -> None:
    assert loaded_by(*arguments) & {"click", "sqlalchemy", "rich", "pydantic", "fastapi", "typing", "pathlib"} == set()


@pytest.mark.parametrize("name", list(commands()))
def test_the_help_of_a_command_does_not_load_the_database(name: str) -> None:
    assert loaded_by(name, "--help") & {"sqlalchemy", "rich", "pydantic", "fastapi"} == set()


@pytest.mark.parametrize(
    ("noun", "needed"),
    [
        ("client", {"User", "UserSession", "Client"}),
        ("contract", {"User", "UserSession", "Client", "Contract", "Payment"}),
        ("event", {"User", "UserSession", "Client", "Contract", "Payment", "Event"}),
    ],
)
def test_a_list_maps_the_records_it_shows_and_nothing_else(quiet_company: Company, noun: str, needed: set[str]) -> None:
    """Decision 57: each class more is up to a hundredth of the time of every list."""
    done = subprocess.run(
        [sys.executable, "-c", MAPPED.format(arguments=[noun, "list"])],
        cwd=PROJECT,
        env={
            **os.environ,
            "DATABASE_URL": quiet_company.url,
            "EPICEVENTS_TOKEN": quiet_company.office.people["sales"].token,
        },
        capture_output=True,
        text=True,
        check=True,
    )
    listed, _mark, loaded = done.stdout.rpartition("LOADED ")
    modules, _mark, classes = loaded.partition("MAPPED ")
    assert listed.startswith("id\t"), done.stderr
    assert set(classes.split()) == needed
    drivers = ("psycopg", "sqlalchemy.dialects.postgresql")
    assert [module for module in modules.split() if module.startswith(drivers)] == []


def test_off_a_terminal_no_table_is_loaded() -> None:
    assert "rich" not in loaded_by("permissions")


@pytest.mark.parametrize(("name", "place", "help_line"), [(name, *entry) for name, entry in commands().items()])
def test_the_overview_says_of_a_command_what_the_command_says_of_itself(name: str, place: str, help_line: str) -> None:
    command = load(place)

    assert (command.name, command.help) == (name, help_line)


def test_the_overview_shows_exactly_the_commands_there_are() -> None:
    shown = [line.split()[0] for line in overview(width=100).splitlines() if line.startswith("  ")]

    assert shown[: len(commands())] == list(commands())


def every_command(command: click.Command, path: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], click.Command]]:
    """Each command below one, with the words that call it."""
    found = [(path, command)]
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            assert below is not None
            found += every_command(below, (*path, name))
    return found


EVERY_COMMAND = every_command(root)[1:]


@pytest.mark.parametrize(("path", "command"), EVERY_COMMAND, ids=[" ".join(path) for path, _command in EVERY_COMMAND])
def test_every_command_and_option_explains_itself_in_both_languages(path: tuple[str, ...], command: Command) -> None:
    french: dict[str, str] = {}
    set_language("fr")
    context = click.Context(command, info_name=" ".join(path))
    options = [parameter for parameter in command.params if isinstance(parameter, Option)]
    for text in (command.help, *(option.help for option in options)):
        assert text, f"{' '.join(path)}: {command.params}"
        french[text] = _(text)

    assert [text for text, translated in french.items() if translated == text and len(text.split()) > 1] == []
    assert command.get_help(context)


@pytest.mark.parametrize(
    "example",
    [
        *EXAMPLES,
        *(example for _path, command in EVERY_COMMAND if isinstance(command, Command) for example in command.examples),
    ],
)
def test_every_example_is_a_command_line_that_is_understood(example: str) -> None:
    # Only the program's own words: what a shell does before, after and between is the shell's.
    line = example.replace("\\\n", " ")
    pieces = [piece for piece in line.split(" | ") if "epicevents" in piece]
    words = shlex.split(pieces[0].partition(" > ")[0].partition(" >> ")[0].partition(" < ")[0], comments=True)
    assert words[0] == "epicevents"
    _language, arguments = take_global_options(words[1:])
    command: click.Command = root
    context = click.Context(root, info_name="epicevents")
    while isinstance(command, click.Group):
        below = command.get_command(context, arguments.pop(0))
        assert below is not None, example
        command = below
    parser = command.make_parser(click.Context(command, **command.context_settings))
    _values, rest, _order = parser.parse_args(list(arguments))
    assert rest == []


def test_every_command_answers_dash_h() -> None:
    for _path, command in EVERY_COMMAND:
        names = command.get_help_option_names(click.Context(command, **command.context_settings))
        assert names == ["-h", "--help"]


def test_no_secret_is_an_option() -> None:
    secret = [
        (path, option)
        for path, command in EVERY_COMMAND
        for parameter in command.params
        for option in parameter.opts
        if isinstance(parameter, Option)
        and not parameter.is_flag
        and any(word in option for word in ("password", "token", "secret"))
    ]

    assert secret == []
