"""`epicevents completion`: the Tab key completes commands, options and choices."""

from typing import Any

import click
from click.shell_completion import get_completion_class

from src.cli.commands import argument, command
from src.cli.overview import PROGRAM
from src.cli.start import COMPLETION_VARIABLE
from src.i18n import N_, _

# Where each shell looks for it; shown after the script as a comment.
_INSTALL = {
    "bash": "epicevents completion bash > ~/.local/share/bash-completion/completions/epicevents",
    "zsh": "epicevents completion zsh > ~/.zfunc/_epicevents    # and in ~/.zshrc: fpath+=~/.zfunc; compinit",
    "fish": "epicevents completion fish > ~/.config/fish/completions/epicevents.fish",
    "powershell": "epicevents completion powershell >> $PROFILE",
}


@command(
    "completion",
    help=N_("Complete commands with the Tab key in your shell."),
    examples=tuple(line.partition("    #")[0] for line in _INSTALL.values()),
)
@argument(
    "shell", metavar="[bash|zsh|fish|powershell]", type=click.Choice(tuple(_INSTALL)), help=N_("The shell you work in.")
)
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print the script that teaches a shell the commands of the CRM."""
    root: Any = context.find_root().command
    script_class = get_completion_class(shell)
    if script_class is None:
        raise click.UsageError(_("This version of click cannot write a script for {shell}.").format(shell=shell))
    script = script_class(root, {}, PROGRAM, COMPLETION_VARIABLE).source()
    click.echo(script.rstrip("\n"))
    click.echo("\n# " + _("To install it:"))
    click.echo(f"#   {_INSTALL[shell]}")
