"""click's commands and options as this program uses them: help in the reader's language, examples, values asked for.

Texts are given as marked English sentences and translated when they are shown: one import serves both languages.
"""

import importlib
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import click

from src.cli.overview import WIDEST
from src.i18n import N_, _

F = TypeVar("F", bound=Callable[..., Any])
R = TypeVar("R")

_CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": WIDEST}
_METAVARS = {"TEXT": N_("TEXT"), "INTEGER": N_("NUMBER"), "FILE": N_("FILE"), "PATH": N_("PATH")}


class Formatter(click.HelpFormatter):
    """Help pages with the reader's punctuation: French puts a space before a colon."""

    def write_heading(self, heading: str) -> None:
        self.write(" " * self.current_indent + _("{heading}:").format(heading=heading) + "\n")


class Context(click.Context):
    """One command line being run."""

    formatter_class = Formatter


class Option(click.Option):
    """An option with translated help; with `ask` its value is required, and asked for at a terminal."""

    def __init__(self, *arguments: Any, ask: str | None = None, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self.ask = ask

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        return _translated(self, super().get_help_record, ctx)

    def get_help_extra(self, ctx: click.Context) -> Any:
        extra = super().get_help_extra(ctx)
        if self.ask:
            extra["required"] = "required"
        return extra

    def make_metavar(self, ctx: click.Context) -> str:
        return _metavar(super().make_metavar(ctx))


class Argument(click.Argument):
    """A positional value whose name and help are translated."""

    def get_help_record(self, ctx: click.Context) -> tuple[str, str]:
        return _translated(self, super().get_help_record, ctx)

    def make_metavar(self, ctx: click.Context) -> str:
        text = _metavar(super().make_metavar(ctx))
        return text if self.required or text.startswith("[") else f"[{text}]"


class Command(click.Command):
    """A command with translated help and examples; where it `needs_login`, that comes before it asks for values."""

    context_class = Context

    def __init__(
        self, *arguments: Any, examples: Sequence[str] = (), needs_login: bool = True, **settings: Any
    ) -> None:
        settings["context_settings"] = _CONTEXT | settings.get("context_settings", {})
        super().__init__(*arguments, **settings)
        self.examples = tuple(examples)
        self.needs_login = needs_login

    def get_short_help_str(self, limit: int = 45) -> str:
        # The whole first sentence: the formatter wraps it, and a cut sentence explains nothing.
        text = self.short_help or self.help
        return _(text) if text else ""

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        _translated(self, super().format_help_text, ctx, formatter)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        if self.examples:
            with formatter.section(_("Examples")):
                # Written as they are: a wrapped example cannot be copied.
                formatter.write("".join(f"{'':>{formatter.current_indent}}{example}\n" for example in self.examples))

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        if self._help_option is None:
            self._help_option = Option(
                ctx.help_option_names,
                is_flag=True,
                is_eager=True,
                expose_value=False,
                callback=_show_help,
                help=N_("Show this help."),
            )
        return self._help_option

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        return [_(piece) for piece in super().collect_usage_pieces(ctx)]

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        try:
            rest = super().parse_args(ctx, args)
        except click.UsageError as error:
            # click leaves it out of some; without it nobody is told where the help is.
            error.ctx = error.ctx or ctx
            raise
        if not ctx.resilient_parsing and any(
            isinstance(parameter, Option) and parameter.ask for parameter in self.params
        ):
            from src.cli.prompts import ask_for_missing

            ask_for_missing(ctx, needs_login=self.needs_login)
        return rest


class Group(Command, click.Group):
    """A noun and its verbs; without a verb it shows its help."""

    command_class = Command

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        settings.setdefault("subcommand_metavar", N_("COMMAND [ARGUMENTS]..."))
        settings.setdefault("no_args_is_help", False)
        super().__init__(*arguments, **settings)

    def list_commands(self, ctx: click.Context) -> list[str]:
        # In the order of the file, which goes from the daily to the rare.
        return list(self.commands)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args and not self.invoke_without_command and not ctx.resilient_parsing:
            click.echo(ctx.get_help())
            ctx.exit()
        return super().parse_args(ctx, args)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.NoSuchCommand as error:
            # click would look for similar names only among commands already loaded.
            raise click.NoSuchCommand(error.command_name, possibilities=self.list_commands(ctx), ctx=ctx) from None


def group(name: str, *, help: str, **settings: Any) -> Callable[[Callable[..., Any]], Group]:  # noqa: A002 - click's own word
    """Declare a noun."""
    return click.group(name, cls=Group, help=help, **settings)


def command(
    name: str,
    *,
    help: str,  # noqa: A002 - click's own word
    examples: Sequence[str] = (),
    **settings: Any,
) -> Callable[[Callable[..., Any]], Command]:
    """Declare a command that belongs to no noun, such as `login`."""
    return click.command(name, cls=Command, help=help, examples=examples, **settings)


def option(*names: str, **settings: Any) -> Callable[[F], F]:
    """Declare an option; `ask=N_("First name")` makes it required, and asked for on a terminal."""
    return click.option(*names, cls=Option, **settings)


def argument(
    name: str,
    *,
    metavar: str,
    help: str | None = None,  # noqa: A002 - click's own word
    **settings: Any,
) -> Callable[[F], F]:
    """Declare a positional value; `metavar` is its marked name in capitals, `help` a marked sentence."""
    return click.argument(name, cls=Argument, metavar=metavar, help=help, **settings)


def load(place: str) -> click.Command:
    """Load the command found at `module:attribute`."""
    module, _colon, attribute = place.partition(":")
    loaded: click.Command = getattr(importlib.import_module(module), attribute)
    return loaded


def _show_help(ctx: click.Context, _parameter: click.Parameter, asked: bool) -> None:  # noqa: FBT001 - click's signature
    if asked and not ctx.resilient_parsing:
        click.echo(ctx.get_help(), color=ctx.color)
        ctx.exit()


def _translated(owner: Any, write: Callable[..., R], *arguments: Any) -> R:
    # click writes `owner.help`; for that moment it holds the sentence in the reader's language.
    marked = owner.help
    owner.help = _(marked) if marked else marked
    try:
        return write(*arguments)
    finally:
        owner.help = marked


def _metavar(text: str) -> str:
    return _(_METAVARS.get(text, text))
