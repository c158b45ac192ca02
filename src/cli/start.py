"""The start of every command: the language is chosen, the first page of help answers at once, click does the rest."""

# ruff: noqa: PTH100, PTH118, PTH120, PTH123 - pathlib costs as much as all of `epicevents --help`
import os
import sys

from src.cli.overview import PROGRAM, overview
from src.i18n import language_of, set_language

COMPLETION_VARIABLE = f"_{PROGRAM.upper()}_COMPLETE"


def run(arguments: list[str]) -> int:
    """Run one command line and give its exit code."""
    _tolerate_odd_letters()
    language, rest = take_global_options(arguments)
    set_language(language or preferred_language(os.environ, installation=_language_in_env_file()))
    if rest in ([], ["--help"], ["-h"]) and COMPLETION_VARIABLE not in os.environ:
        return _show_overview()
    # From here on click is loaded.
    from src.cli.outcome import heed_interruptions

    heed_interruptions()
    from src.cli.shell import run_command

    return run_command(rest)


def take_global_options(arguments: list[str]) -> tuple[str | None, list[str]]:
    """Take `--lang` and `--no-color` out of a command line, wherever they stand before `--`.

    A language that we do not speak is left to click, which refuses it with the choices. `--no-color` becomes NO_COLOR,
    which every library already obeys.
    """
    language: str | None = None
    rest: list[str] = []
    remaining = iter(arguments)
    for argument in remaining:
        if argument == "--":
            return language, [*rest, argument, *remaining]
        if argument == "--no-color":
            os.environ["NO_COLOR"] = "1"
        elif argument == "--lang" or argument.startswith("--lang="):
            _name, attached, value = argument.partition("=")
            if not attached:
                value = next(remaining, "")
            if language_of(value) is None:
                return language, ["--lang", value, *rest, *remaining]
            language = language_of(value)
        else:
            rest.append(argument)
    return language, rest


def preferred_language(
    environment: "os._Environ[str] | dict[str, str]", *, installation: str | None = None
) -> str | None:
    """Choose a language: EPICEVENTS_LANG, then the locale, which LANGUAGE refines as gettext has it, else none.

    `installation` is what the .env file says, which counts as EPICEVENTS_LANG where that is not set.
    """
    if own := language_of(environment.get("EPICEVENTS_LANG") or installation):
        return own
    locale = environment.get("LC_ALL") or environment.get("LC_MESSAGES") or environment.get("LANG") or ""
    # LANGUAGE is a list of wishes; like GNU gettext, a plain C locale ("no language at all") switches it off.
    if locale and locale.partition(".")[0] not in {"C", "POSIX"}:
        for wish in environment.get("LANGUAGE", "").split(":"):
            if spoken := language_of(wish):
                return spoken
    return language_of(locale)


def _language_in_env_file() -> str | None:
    # src.config reads the whole file, but loads with the database; a help page has the same language for less.
    if os.environ.get("EPICEVENTS_LANG"):
        return None
    place = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), ".env")
    try:
        with open(place, encoding="utf-8", errors="replace") as file:
            lines = [line.strip().removeprefix("export ").partition("=") for line in file]
    except OSError:
        return None
    values = [value for name, _equals, value in lines if name.strip() == "EPICEVENTS_LANG"]
    return values[-1].partition("#")[0].strip().strip("'\"") if values else None


def _tolerate_odd_letters() -> None:
    # Instead of ending in a traceback: a closed stream swallows what it is given, a terminal or file that cannot hold a
    # letter shows its code, and bytes that are no text are refused where they are read as a value.
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode))  # noqa: SIM115 - open until the process ends
    for stream, errors in (
        (sys.stdin, "surrogateescape"),
        (sys.stdout, "backslashreplace"),
        (sys.stderr, "backslashreplace"),
    ):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors=errors)


def _show_overview() -> int:
    try:
        print(overview(), flush=True)  # noqa: T201 - click is not loaded on purpose
    except OSError as error:
        from src.cli.output_trouble import report_output_trouble

        return report_output_trouble(error)
    return 0
