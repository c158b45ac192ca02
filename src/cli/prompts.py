"""What a command still needs to know: asked for at a terminal, named all at once where nobody can answer.

Secrets are never options: anybody on the computer can read a command line. They come from a hidden prompt, from
standard input or from the environment.
"""

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic, NoReturn, TypeVar

import click

from src.cli.commands import Option
from src.cli.outcome import INTERRUPTED
from src.cli.terminal import is_terminal, visible
from src.domain.errors import InvalidInput
from src.i18n import N_, _, current_language, ngettext

T = TypeVar("T")

LONGEST_SECRET = 1024

_YES = {"en": ("y", "yes"), "fr": ("o", "oui", "y", "yes")}
_NO = {"en": ("n", "no"), "fr": ("n", "non", "no")}


class Parsed(click.ParamType[T], Generic[T]):
    """A value read by one of the domain's own parsers: the shell accepts exactly what the web and the API accept."""

    def __init__(self, parse: Callable[..., T], *, metavar: str = N_("TEXT"), **facts: Any) -> None:
        self.parse, self.name, self.facts = parse, metavar, facts

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> T:
        return self.parse(value, **self.facts) if isinstance(value, str) else value


def ask_for_missing(context: click.Context, *, needs_login: bool) -> None:
    """Ask for each required value that the command line left out.

    Raises:
        click.UsageError: nobody is at a terminal to answer; all missing options are named at once.
        CrmError: no database or nobody logged in, which is said before the first question.
    """
    missing = [
        parameter
        for parameter in context.command.params
        if isinstance(parameter, Option) and parameter.ask and context.params.get(parameter.name) in (None, ())
    ]
    if not missing:
        return
    if not can_ask():
        _refuse_missing([max(parameter.opts, key=len) for parameter in missing], context)
    if needs_login:
        from src.cli.context import reading

        with reading():
            pass
    for parameter in missing:
        context.params[parameter.name] = _ask(context, parameter)


def ask(fields: Sequence[tuple[str, str, str]], given: Mapping[str, str | None]) -> dict[str, str | None]:
    """Complete what was given with what is missing, each as (name, marked label, option).

    Raises:
        click.UsageError: nobody is at a terminal to answer; all missing options are named at once.
    """
    missing = [field for field in fields if not given.get(field[0])]
    if missing and not can_ask():
        _refuse_missing([flag for _name, _label, flag in missing], click.get_current_context(silent=True))
    answers = {name: _read_required(_(label)) for name, label, _flag in missing}
    return {**given, **answers}


def ask_to_keep(label: str, present: str) -> str:
    """Ask for a value that may stay as it is: Enter keeps the present one, a single `-` empties it."""
    shown = f"{_(label)} [{visible(present)}]" if present else _(label)
    typed = _read(_("{label}:").format(label=shown) + " ").strip()
    return "" if typed == "-" else typed or present


def can_ask() -> bool:
    """Tell whether a person is there to answer."""
    return is_terminal(sys.stdin) and is_terminal(sys.stderr)


def confirm(question: str, *, yes: bool) -> None:
    """Have a dangerous act confirmed, unless `--yes` already did; a "no" ends the command without doing anything.

    Raises:
        click.UsageError: nobody is at a terminal to answer.
    """
    if yes:
        return
    if not can_ask():
        raise click.UsageError(_("This needs a confirmation: add --yes."), ctx=click.get_current_context(silent=True))
    language = current_language()
    while True:
        typed = _read(" ".join([visible(question), _("[y/N]"), ""])).strip().lower()
        if typed in _YES[language]:
            return
        if not typed or typed in _NO[language]:
            click.echo(_("Nothing was done."), err=True)
            raise click.exceptions.Exit(INTERRUPTED)


def secret_options(function: Any) -> Any:
    """Give a command the option `--password-stdin`; its function receives `password_stdin`."""
    return click.option(
        "--password-stdin",
        is_flag=True,
        cls=Option,
        help=N_("Read the password from the first line of standard input."),
    )(function)


def read_secret(label: str, *, from_stdin: bool, variable: str = "EPICEVENTS_PASSWORD", twice: bool = False) -> str:
    """Read a password: from standard input if asked to, else from the environment, else from a hidden prompt.

    Raises:
        click.UsageError: there is no prompt to be had and no other source, or the secret is empty or too long.
    """
    if from_stdin:
        secret = sys.stdin.readline(LONGEST_SECRET + 2).rstrip("\r\n")
    elif variable in os.environ:
        secret = os.environ[variable]
    elif can_ask():
        secret = _prompt_secret(label, twice=twice)
    else:
        raise _usage_error(
            _("No terminal to ask for the password on: use --password-stdin or set {variable}.").format(
                variable=variable
            )
        )
    if not secret:
        raise _usage_error(_("The password is empty."))
    if len(secret.encode("utf-8", "surrogateescape")) > LONGEST_SECRET:
        raise _usage_error(_("The password is longer than {longest} bytes.").format(longest=LONGEST_SECRET))
    return secret


def _refuse_missing(names: Sequence[str], context: click.Context | None) -> NoReturn:
    sentence = ngettext("Missing option: {names}.", "Missing options: {names}.", len(names))
    raise click.UsageError(sentence.format(names=", ".join(names)), ctx=context)


def _read_required(label: str) -> str:
    while not (typed := _read(_("{label}:").format(label=label) + " ").strip()):
        pass
    return typed


def _ask(context: click.Context, parameter: Option) -> Any:
    label = _(str(parameter.ask))
    if isinstance(parameter.type, click.Choice):
        label = f"{label} ({', '.join(map(str, parameter.type.choices))})"
    while True:
        typed = _read(_("{label}:").format(label=label) + " ")
        if not typed.strip():
            continue
        try:
            return parameter.process_value(context, (typed,) if parameter.multiple else typed)
        except click.UsageError as error:
            message = error.message
        except InvalidInput as error:
            message = str(error)
        click.echo(_("Error: {message}").format(message=visible(message)), err=True)


def _prompt_secret(label: str, *, twice: bool) -> str:
    while True:
        secret = _read(_("{label}:").format(label=label) + " ", hidden=True)
        if not secret:
            continue
        if not twice or _read(_("{label}:").format(label=_("Once more")) + " ", hidden=True) == secret:
            return secret
        click.echo(_("Error: {message}").format(message=_("The two entries differ.")), err=True)


def _read(prompt: str, *, hidden: bool = False) -> str:
    # Asked on the error output: standard output belongs to the answer. Ctrl-C and Ctrl-D end the command.
    if hidden:
        text: str = click.prompt(prompt, prompt_suffix="", default="", show_default=False, hide_input=True, err=True)
        return text
    # Not by input(), which click would use: it forgets a Ctrl-C that comes while it writes the question.
    sys.stderr.write(prompt)
    sys.stderr.flush()
    line = sys.stdin.readline()
    if not line:
        raise click.Abort
    return line.rstrip("\r\n")


def _usage_error(message: str) -> click.UsageError:
    return click.UsageError(message, ctx=click.get_current_context(silent=True))
