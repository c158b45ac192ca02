"""The start of every command: the language is chosen, the first page of help answers at once, click does the rest."""

import os
import sys

from src.cli.overview import PROGRAM, overview
from src.i18n import DEFAULT_LANGUAGE, language_of, set_language

COMPLETION_VARIABLE = f"_{PROGRAM.upper()}_COMPLETE"


def run(arguments: list[str]) -> int:
    """Run one command line and give its exit code."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal or file that cannot hold a letter shows its code instead of ending in a traceback.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    language, rest = take_global_options(arguments)
    set_language(language or preferred_language(os.environ))
    if rest in ([], ["--help"], ["-h"]) and COMPLETION_VARIABLE not in os.environ:
        return _show_overview()
    # From here on click is loaded.
    from src.cli.shell import run_command  # noqa: PLC0415 - the overview above must not pay for it

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


def preferred_language(environment: "os._Environ[str] | dict[str, str]") -> str:
    """Choose a language as gettext does: EPICEVENTS_LANG, then the locale, which LANGUAGE refines; else English."""
    if own := language_of(environment.get("EPICEVENTS_LANG")):
        return own
    locale = environment.get("LC_ALL") or environment.get("LC_MESSAGES") or environment.get("LANG") or ""
    # LANGUAGE is a list of wishes; like GNU gettext, a plain C locale ("no language at all") switches it off.
    if locale and locale.partition(".")[0] not in {"C", "POSIX"}:
        for wish in environment.get("LANGUAGE", "").split(":"):
            if spoken := language_of(wish):
                return spoken
    return language_of(locale) or DEFAULT_LANGUAGE


def _show_overview() -> int:
    try:
        print(overview(), flush=True)  # noqa: T201 - click is not loaded on purpose
    except OSError as error:
        from src.cli.output_trouble import report_output_trouble  # noqa: PLC0415 - rare

        return report_output_trouble(error)
    return 0
