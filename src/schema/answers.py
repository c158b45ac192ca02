"""How Alembic's command line answers: in the reader's language, without tracebacks and without secrets."""

import logging.config
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, cast

from alembic import context
from alembic.runtime.environment import EnvironmentContext
from alembic.util import CommandError
from sqlalchemy.exc import DBAPIError

from src.db.refusals import translate
from src.domain.errors import CrmError, DatabaseError, Marked, WrongSetting
from src.i18n import N_, _, set_language

INTERRUPTED = 130
# Options of `-x` for people who know better, each with the one word that it may have.
_EXPERTS = {"stamp": "anyway", "backup": "no"}
MIGRATION_FAILED = N_("The migration failed and was undone: {reason}")


def run_revisions(run_migrations: Callable[[], None]) -> None:
    """Run the revisions that a command asks for; one that ends the program has failed, whatever exit code it gives.

    Exit code 0 would tell a script that all went through. Raises DatabaseError, and what the revisions raise.
    """
    try:
        run_migrations()
    except SystemExit:
        raise DatabaseError(MIGRATION_FAILED, reason=SystemExit.__name__) from None


def command_options() -> Mapping[str, Any]:
    """Give what the running Alembic command was asked for (Alembic has no public way before a database is open)."""
    return cast("EnvironmentContext", vars(context)["_proxy"]).context_opts


def command_name() -> str:
    """Name the Alembic command that is running: upgrade, current, check…

    Alembic tells env.py only the function to run on the database; it is defined inside the command's own.
    """
    return str(command_options()["fn"].__qualname__).partition(".")[0]


def on_command_line() -> bool:
    """Tell whether a person typed `alembic …`, rather than a program calling it."""
    return hasattr(context.config.cmd_opts, "cmd")


@contextmanager
def plain_answers(language: str | None) -> Iterator[None]:
    """Answer a person at Alembic's command line; a program that calls Alembic gets the errors as they are."""
    if not on_command_line():
        yield
        return
    speak(language)
    if context.config.config_file_name and context.config.file_config.has_section("loggers"):
        logging.config.fileConfig(context.config.config_file_name, disable_existing_loggers=False, encoding="utf-8")
    try:
        yield
    except CrmError as refusal:
        raise CommandError(str(refusal)) from refusal
    except KeyboardInterrupt:
        say(_("Interrupted: what was not finished is undone. See where the database is with: alembic current"))
        raise SystemExit(INTERRUPTED) from None


def speak(language: str | None) -> None:
    """Answer a person at Alembic's command line in their language."""
    if language and on_command_line():
        set_language(language)


def say(sentence: str) -> None:
    """Tell a person at Alembic's command line something that is not the answer itself."""
    if on_command_line() and not context.config.messaging_opts.get("quiet"):
        sys.stderr.write(f"{sentence}\n")


def extra_options() -> Mapping[str, str]:
    """Give the `-x` options: url=…, stamp=anyway and backup=no.

    Raises WrongSetting for any other: a misspelt url, if ignored, would let the command run on another database.
    """
    options = context.get_x_argument(as_dictionary=True)
    if set(options) - {"url", *_EXPERTS} or any(options.get(name, word) != word for name, word in _EXPERTS.items()):
        # What was typed is not repeated: it may be an address with its password.
        reason = Marked(N_("only url=…, stamp=anyway and backup=no are known"))
        raise WrongSetting(setting="-x", source="alembic", reason=reason)
    return options


def explained(error: DBAPIError, place: str) -> CrmError:
    """Put what a database refused into words, without the address and without the data of any row."""
    refusal = translate(error, place=place)
    if isinstance(refusal, DatabaseError) and type(refusal) is not DatabaseError:
        return refusal
    # In words for the people who use the application; whoever runs a migration needs to know which statement failed.
    return DatabaseError(MIGRATION_FAILED, reason=_what_it_said(error))


def _what_it_said(error: DBAPIError) -> str:
    state = getattr(error.orig, "sqlstate", None)
    if state is None:
        return str(error.orig)  # SQLite names tables, columns and constraints, never values
    diagnostics = getattr(error.orig, "diag", None)
    # Of PostgreSQL's messages only those on the statement itself (class 42) are sure to hold no value of a row.
    said = getattr(diagnostics, "message_primary" if state.startswith("42") else "constraint_name", None)
    return re.sub(r"\s+", " ", f"SQLSTATE {state} {said or ''}").strip()
