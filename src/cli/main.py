"""The root of the command line: it knows every command by name and loads only the one that is used."""

from typing import Any

import click

from src.cli.commands import Command, Group, Option, load
from src.cli.overview import OPTIONS, PROGRAM, commands, overview
from src.i18n import LANGUAGES, _


class Root(Group):
    """All commands, from the table of the overview; each one's file is imported when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(commands())

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        entry = commands().get(cmd_name)
        return load(entry[0]) if entry else None

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        formatter.write(overview())

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[Any]:
        from click.shell_completion import CompletionItem

        # From the table: the Tab key must not load every command to list their names.
        names = [
            CompletionItem(name, help=_(help_line))
            for name, (_place, help_line) in commands().items()
            if name.startswith(incomplete)
        ]
        return [*names, *Command.shell_complete(self, ctx, incomplete)]


def _show_version(ctx: click.Context, _parameter: click.Parameter, asked: bool) -> None:  # noqa: FBT001 - click's signature
    if asked and not ctx.resilient_parsing:
        from importlib.metadata import version

        click.echo(f"{PROGRAM} {version('epic-events-crm')}")
        ctx.exit()


_HELP = dict(OPTIONS)

# --lang and --no-color are obeyed before click starts (src.cli.start); here completion and refusals know them.
root = Root(
    PROGRAM,
    params=[
        Option(["--lang"], type=click.Choice(LANGUAGES), expose_value=False, help=_HELP["--lang [{languages}]"]),
        Option(["--no-color"], is_flag=True, expose_value=False, help=_HELP["--no-color"]),
        Option(
            ["--version"],
            is_flag=True,
            is_eager=True,
            expose_value=False,
            callback=_show_version,
            help=_HELP["--version"],
        ),
    ],
)
