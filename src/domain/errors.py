"""Every way the CRM refuses: one named error each, with its facts; the edges give each a status, exit code and page.

A message is a marked English sentence with `{named}` facts; `str(error)` fills it in the reader's language. Facts never
hold a password, token or connection address.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar

from src.i18n import N_, _, format_amount


class CrmError(Exception):
    """A refusal that a person can read and act upon."""

    message: ClassVar[str] = N_("The request was refused.")

    def __init__(self, message: str | None = None, /, **facts: object) -> None:
        self.template = message or type(self).message
        self.facts: Mapping[str, object] = facts
        super().__init__(self.template)

    def __str__(self) -> str:
        return _(self.template).format_map({name: _in_words(fact) for name, fact in self.facts.items()})


class Marked(str):
    """A word from the catalogue used as a fact inside a message: translated when the message is shown."""

    __slots__ = ()


def _in_words(fact: object) -> object:
    # A fact may itself be a marked word ("client", "total"): it is translated with the sentence that holds it.
    if isinstance(fact, Marked):
        return _(fact)
    return format_amount(fact) if isinstance(fact, Decimal) else fact


class NotAuthenticated(CrmError):
    """Nobody is signed in, or the session has ended."""

    message = N_("You are not logged in, or your session has ended. Log in first.")


class LoginRefused(NotAuthenticated):
    """The username, password or code is wrong; which one is not said."""

    message = N_("The username, the password or the code is wrong, or the account is closed.")


class SecondFactorNeeded(NotAuthenticated):
    """The password is right; this account also wants a code. Asking for it does not count as a failure."""

    message = N_("Enter the code of your authenticator app, or one of your recovery codes.")


class TooManyAttempts(CrmError):
    """Too many failed log-ins: the account or the place they come from must wait."""

    message = N_("Too many failed log-ins. Try again in {minutes} minutes.")

    def __init__(self, *, retry_after_seconds: int) -> None:
        self.retry_after_seconds = retry_after_seconds
        super().__init__(minutes=max(1, -(-retry_after_seconds // 60)))


class Forbidden(CrmError):
    """The rulebook does not give this person this right."""

    message = N_("Your department ({department}) may not do this: {rule}.")


class PasswordChangeRequired(Forbidden):
    """Somebody else knows this password: until its holder has chosen another, nothing else is allowed."""

    message = N_("Your password was given to you by somebody else. Choose one of your own first.")


class TwoFactorRequired(Forbidden):
    """This installation wants a second factor from this department: until it is set up, nothing else is allowed."""

    message = N_("Your department must log in with a second factor. Set it up first.")


class NotFound(CrmError):
    """No such record."""

    message = N_("There is no {record} with number {id}.")


@dataclass(frozen=True)
class FieldChange:
    """One field of a record that somebody else changed meanwhile."""

    field: str
    yours: object
    theirs: object


class Conflict(CrmError):
    """Somebody else saved first; nothing was overwritten."""

    message = N_("Somebody else changed this {record} while you were editing it. Nothing was saved.")

    def __init__(
        self, message: str | None = None, /, *, changes: tuple[FieldChange, ...] = (), **facts: object
    ) -> None:
        self.changes = changes
        super().__init__(message, **facts)


class AlreadyExists(Conflict):
    """A value that must be unique is taken."""

    message = N_("{field}: this value is already used by another {record}.")


class InvalidInput(CrmError):
    """A value cannot be read or is out of bounds; the field is named."""

    message = N_("{field}: this value is not valid.")

    def __init__(self, message: str | None = None, /, *, field: str, **facts: object) -> None:
        self.field = field
        super().__init__(message, field=Marked(field), **facts)


class RuleBroken(CrmError):
    """The business does not allow this now, whoever asks (a payment on an unsigned contract, say)."""

    message = N_("This is not possible in the record's present state.")


class WrongSetting(CrmError):
    """A setting of this installation cannot be used."""

    message = N_("{setting} ({source}): this setting cannot be used: {reason}.")


class DatabaseError(CrmError):
    """The database cannot serve this request."""

    message = N_("The database could not do this.")


class DatabaseMissing(DatabaseError):
    """There is no database yet."""

    message = N_("There is no database at {place}. Create it with: {command}")


class DatabaseUnversioned(DatabaseError):
    """The database holds no schema version."""

    message = N_("The database at {place} has no schema version. {advice}")


class DatabaseBehind(DatabaseError):
    """The database is older than this program."""

    message = N_("The database at {place} is older than this program. Upgrade it with: {command}")


class DatabaseAhead(DatabaseError):
    """The database was upgraded by a newer program."""

    message = N_(
        "The database at {place} is at revision {revision}, which this program does not know."
        " Install the newer program that wrote it."
    )


class NotADatabase(DatabaseError):
    """The file is something else, or is damaged."""

    message = N_("{place} is not a database, or it is damaged. Restore a backup or choose another file.")


class DatabaseBusy(DatabaseError):
    """Another program holds the database for too long."""

    message = N_(
        "The database is busy: another program has been writing to it for too long. Nothing was saved; try again."
    )


class DatabaseUnreachable(DatabaseError):
    """The database server does not answer, refuses the log-in, or the file may not be opened."""

    message = N_("The database at {place} cannot be opened ({reason}). Nothing was saved.")


class DatabaseReadOnly(DatabaseError):
    """The database file or its folder cannot be written."""

    message = N_(
        "The database at {place} cannot be written. Check the rights on the file and its folder. Nothing was saved."
    )


class DiskFull(DatabaseError):
    """There is no room left to save."""

    message = N_("The disk is full. Nothing was saved; free some space and try again.")


class DataLossRefused(DatabaseError):
    """A migration would have lost what its revision does not say it may lose; nothing of it was kept."""

    message = N_(
        "The migration was undone: revision {revision} would lose what it does not declare.\n{losses}\n"
        "If a loss is meant, write its declaration beside the operation (docs/decisions/0040-guard.md)."
    )


class NoRoom(DiskFull):
    """There is not enough room for what would be written; it was not begun."""

    message = N_("There is not enough room in {folder}: {need} MB are needed, {have} MB are free. Nothing was changed.")


class BackupFailed(DatabaseError):
    """A backup could not be made, or could not be shown to be good."""

    message = N_("No backup was made in {folder}: {reason}.")


class BackupDamaged(DatabaseError):
    """A backup is not what it was when it was made."""

    message = N_("The backup {name} is damaged ({reason}). It was not used.")


class NotRestored(DatabaseError):
    """A backup cannot be restored here; the database is as it was."""

    message = N_("The backup {name} was not restored, and nothing was changed: {reason}.")


class RevisionEdited(DatabaseError):
    """A revision file is not the one that was applied to this database, so nobody knows what the database has."""

    message = N_(
        "The revision file {file} was changed after it was applied to the database at {place}, which never got the"
        " change. Nothing was done. Undo the change of the file (its checksum was {checksum}) and write a new revision."
    )


class TablesDiffer(DatabaseError):
    """The tables of a database are those of no revision, so it cannot be marked with one."""

    message = N_(
        "The tables of the database at {place} are those of no revision of this program, so it was not marked."
        " From revision {revision} differ ({count}):\n{differences}"
    )
