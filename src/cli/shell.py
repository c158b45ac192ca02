"""Runs one command through click and turns whatever happens into an exit code and at most one message."""

import contextlib
import gettext
import os
import signal
import sys

import click

from src.cli.errors import report_click_error, report_refusal
from src.cli.main import root
from src.cli.outcome import report_interruption, was_interrupted
from src.cli.output_trouble import is_output_trouble, report_output_trouble
from src.cli.overview import PROGRAM
from src.domain.errors import CrmError
from src.i18n import DOMAIN, LOCALE_DIR, current_language


def run_command(arguments: list[str], *, commands: click.Command = root) -> int:
    """Run a command line and give its exit code; nothing but KeyboardInterrupt leaves this function."""
    speak_through_click()
    as_json = "--json" in arguments
    try:
        code = _run(commands, arguments, as_json=as_json)
        sys.stdout.flush()
    except OSError as error:
        if not is_output_trouble(error):
            return _unexpected(error, arguments)
        return report_output_trouble(error)
    # From here on nothing is left to interrupt; a late Ctrl-C must not end in a traceback of the interpreter.
    with contextlib.suppress(ValueError):
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    return code


def speak_through_click() -> None:
    """Have click's own sentences translated by our catalogue: it asks gettext, which asks the environment."""
    gettext.bindtextdomain(DOMAIN, LOCALE_DIR)
    gettext.textdomain(DOMAIN)
    os.environ["LANGUAGE"] = current_language()


def _run(commands: click.Command, arguments: list[str], *, as_json: bool) -> int:
    try:
        if os.environ.get(f"_{PROGRAM.upper()}_COMPLETE"):
            commands.main(arguments, prog_name=PROGRAM)
        colour = False if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb" else None
        with commands.make_context(PROGRAM, arguments, color=colour) as context:
            commands.invoke(context)
    except click.exceptions.Exit as end:
        return end.exit_code
    except (click.Abort, KeyboardInterrupt):
        return report_interruption()
    except click.ClickException as error:
        return report_click_error(error, as_json=as_json)
    except CrmError as error:
        # A driver that Ctrl-C cut off may tell it as if the server were gone.
        return report_interruption() if was_interrupted() else report_refusal(error, as_json=as_json)
    except OSError:
        raise
    except Exception as error:  # noqa: BLE001 - the last edge: no traceback reaches a person
        return _unexpected(error, arguments)
    return 0


def _unexpected(error: Exception, arguments: list[str]) -> int:
    from src.cli.crash_report import report_crash

    return report_crash(error, arguments)
