"""Every refusal's exit code, in one table, and how a refusal is shown: a sentence for people, an object with --json."""

import io
import json
import os
import sys
from typing import Any

import click

from src.cli.outcome import INTERRUPTED
from src.cli.output_trouble import LOCAL_FILE, PIPE_CLOSED
from src.cli.terminal import colour_wanted, visible
from src.domain import errors
from src.i18n import N_, _

UNEXPECTED = 1
USAGE = 2
# Answers that a script must not take for a yes; they are no refusals.
UNSAFE_REVISIONS = 27
ADRIFT = 28


class LocalFileError(errors.CrmError):
    """A file of this computer that the command line needs cannot be read or written."""

    message = N_("{place}: this file cannot be used: {reason}.")


# Scripts rely on these numbers: never change one, only add.
EXIT_CODES: dict[type[errors.CrmError], int] = {
    errors.CrmError: UNEXPECTED,
    errors.NotAuthenticated: 3,
    errors.LoginRefused: 3,
    errors.SecondFactorNeeded: 3,
    errors.Forbidden: 4,
    errors.PasswordChangeRequired: 4,
    errors.TwoFactorRequired: 4,
    errors.NotFound: 5,
    errors.Conflict: 6,
    errors.AlreadyExists: 6,
    errors.InvalidInput: 7,
    errors.RuleBroken: 8,
    errors.TooManyAttempts: 9,
    errors.DatabaseMissing: 10,
    errors.DatabaseUnversioned: 11,
    errors.DatabaseBehind: 12,
    errors.DatabaseAhead: 13,
    errors.NotADatabase: 14,
    errors.DatabaseBusy: 15,
    errors.DatabaseUnreachable: 16,
    errors.DatabaseReadOnly: 17,
    errors.DiskFull: 18,
    errors.DatabaseError: 19,
    errors.WrongSetting: 20,
    LocalFileError: LOCAL_FILE,
    errors.DataLossRefused: 22,
    errors.NoRoom: 18,
    errors.BackupFailed: 23,
    errors.BackupDamaged: 24,
    errors.NotRestored: 25,
    errors.RevisionEdited: 26,
    errors.TablesDiffer: ADRIFT,
}

# What to type next, where the refusal alone does not say it.
HINTS: dict[type[errors.CrmError], str] = {
    errors.PasswordChangeRequired: "epicevents password",
    errors.TwoFactorRequired: "epicevents two-factor on",
}

# The way out of what is wrong with the database itself.
WAYS_OUT: dict[type[errors.CrmError], str] = {
    errors.NotADatabase: N_("To give a backup back: epicevents db restore BACKUP (epicevents db backups lists them)"),
    errors.DatabaseAhead: N_("If only its mark is wrong: alembic stamp head (it compares the tables first)"),
    errors.RevisionEdited: N_("The files as they came with the program: git checkout HEAD -- migrations/versions"),
    errors.TablesDiffer: N_("To give a backup back: epicevents db restore BACKUP (epicevents db backups lists them)"),
    errors.BackupDamaged: N_("Take another one: epicevents db backups tells which are good"),
}

# What `epicevents help exit-codes` prints.
MEANINGS: dict[int, str] = {
    0: N_("Done."),
    UNEXPECTED: N_("Something unexpected failed; the details are in a file that the message names."),
    USAGE: N_("The command line cannot be understood, or a value is missing."),
    3: N_("Nobody is logged in, the session has ended, or the log-in was refused."),
    4: N_("The department has not this right, or must first choose a password or set up a second factor."),
    5: N_("There is no such record."),
    6: N_("Somebody else saved first, or the value is already taken."),
    7: N_("A value cannot be read or is out of bounds."),
    8: N_("The business does not allow this in the record's present state."),
    9: N_("Too many failed log-ins: wait."),
    10: N_("There is no database yet."),
    11: N_("The database has no schema version."),
    12: N_("The database is older than this program."),
    13: N_("The database is newer than this program."),
    14: N_("The file is not a database, or is damaged."),
    15: N_("The database is busy: another program has been writing for too long."),
    16: N_("The database cannot be reached."),
    17: N_("The database cannot be written."),
    18: N_("The disk is full."),
    19: N_("The database could not do this."),
    20: N_("A setting cannot be used."),
    LOCAL_FILE: N_("A file or the output cannot be read or written."),
    22: N_("A change of the database was undone because it would have lost something."),
    23: N_("No backup was made."),
    24: N_("A backup is damaged and was not used."),
    25: N_("A backup was not restored; the database is as it was."),
    26: N_("A revision file was changed after this database had got it."),
    UNSAFE_REVISIONS: N_("The revision files hold steps that could lose data or stop everybody's work."),
    ADRIFT: N_("The database is not what the migrations make, or is damaged."),
    INTERRUPTED: N_("Interrupted with Ctrl-C, or a question was answered with no."),
    PIPE_CLOSED: N_("The program that read the output stopped reading."),
}


def exit_code_of(error: errors.CrmError) -> int:
    """Give the exit code of a refusal."""
    return next(EXIT_CODES[ancestor] for ancestor in type(error).__mro__ if ancestor in EXIT_CODES)


def in_words(error: errors.CrmError) -> str:
    """Say what is refused and, where the database or a backup is damaged, what to type."""
    ways_out = [_(WAYS_OUT[kind]) for kind in type(error).__mro__ if kind in WAYS_OUT]
    if error.template == errors.DatabaseError.message:
        ways_out = [_("What may be wrong with it: epicevents db verify")]
    # A list in the sentence ends with its last line.
    return ("\n" if "\n" in str(error) else " ").join([str(error), *ways_out])


def report_refusal(error: errors.CrmError, *, as_json: bool) -> int:
    """Show why the CRM refused; gives the exit code."""
    code = exit_code_of(error)
    if as_json:
        _write_json(type(error).__name__, in_words(error), code, _facts(error))
        return code
    lines = [in_words(error)]
    if isinstance(error, errors.Conflict):
        lines += _both_versions(error)
    if hint := next((HINTS[kind] for kind in type(error).__mro__ if kind in HINTS), None):
        lines.append(_("Type: {command}").format(command=hint))
    write_error("\n".join(lines))
    return code


def report_click_error(error: click.ClickException, *, as_json: bool) -> int:
    """Show what cannot be understood in the command line; gives the exit code."""
    code = LOCAL_FILE if isinstance(error, click.FileError) else error.exit_code
    if as_json:
        _write_json(type(error).__name__, error.format_message(), code, {})
        return code
    context = getattr(error, "ctx", None)
    if context is not None:
        hint = io.StringIO()
        click.echo(context.get_usage(), file=hint)
        click.echo(
            _("Try '{command} {option}' for help.").format(command=context.command_path, option="--help"), file=hint
        )
        _write(visible(hint.getvalue(), lines=True) + "\n")
    write_error(error.format_message())
    return code


def write_error(message: str) -> None:
    """Write `Error: …` on the error output, in the reader's language; nothing in it can command the terminal."""
    label = _("Error: {message}").format(message="\0").partition("\0")[0]
    text = visible(message, lines=True)
    _write((f"\x1b[1;31m{label}\x1b[0m" if colour_wanted(sys.stderr) else label) + text + "\n")


def _both_versions(error: errors.Conflict) -> list[str]:
    if not error.changes:
        return []
    from src.cli.context import manner_of, settings
    from src.presentation.fields import name_of_field, value_of_field

    manner = manner_of(settings())
    lines = []
    for change in error.changes:
        lines.append(f"  {name_of_field(change.field)}")
        if change.yours is not None:
            lines.append("    " + _("yours: {value}").format(value=value_of_field(change.field, change.yours, manner)))
        lines.append("    " + _("now: {value}").format(value=value_of_field(change.field, change.theirs, manner)))
    return lines


def _facts(error: errors.CrmError) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    if isinstance(error, errors.InvalidInput):
        facts["field"] = error.field
    if isinstance(error, errors.TooManyAttempts):
        facts["retry_after_seconds"] = error.retry_after_seconds
    if isinstance(error, errors.Conflict) and error.changes:
        facts["changes"] = [
            {"field": change.field, "yours": _plain(change.yours), "theirs": _plain(change.theirs)}
            for change in error.changes
        ]
    return facts


def _write_json(kind: str, message: str, code: int, facts: dict[str, Any]) -> None:
    _write(json.dumps({"error": {"type": kind, "message": message, "exit_code": code, **facts}}) + "\n")


def _plain(value: object) -> object:
    return value if isinstance(value, str | int | bool | None) else str(value)


def _write(text: str) -> None:
    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except OSError:
        # Nobody can read the error output; the exit code still tells.
        sys.stderr = open(os.devnull, "w")  # noqa: PTH123, SIM115 - kept open until the process ends
