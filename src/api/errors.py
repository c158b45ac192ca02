"""Every refusal's HTTP status and the stable name of its problem, in one table (RFC 9457)."""

from collections.abc import Mapping
from typing import NamedTuple

from src.domain import errors
from src.i18n import N_
from src.presentation import requests


class NoToken(errors.NotAuthenticated):
    """A program did not show its token, or not in a way that can be read."""

    message = N_("Show a token in the header Authorization, as Bearer eecrm_….")


class NotJson(requests.NotUnderstood):
    """The body of a request is no JSON object."""

    message = N_("The body of this request is not a JSON document that this address takes: {reason}.")


class WrongContentType(requests.NotUnderstood):
    """The body is something else than what this address takes."""

    message = N_("This address takes {wanted}.")


class VersionRequired(errors.CrmError):
    """A record would be changed without saying which version of it was read."""

    message = N_("Say which version you read: send the record's ETag back as If-Match.")


class VersionStale(errors.Conflict):
    """Somebody else saved the record since the program read it."""

    message = N_("Somebody else changed this {record} since you read it. Nothing was saved.")


class KeyUsed(errors.CrmError):
    """An idempotency key stands for another request already."""

    message = N_("This Idempotency-Key was already used for another request.")


class TooManyRequests(errors.CrmError):
    """A program asks more often than this installation allows."""

    message = N_("Too many requests. Try again in {seconds} seconds.")

    def __init__(self, *, retry_after_seconds: int) -> None:
        self.retry_after_seconds = retry_after_seconds
        super().__init__(seconds=retry_after_seconds)


class RowsRefused(errors.CrmError):
    """Some of many records cannot be saved, so none was."""

    message = N_("Rows that cannot be saved: {count}. Nothing was saved.")

    def __init__(self, problems: list[tuple[int, errors.CrmError]]) -> None:
        self.problems = problems
        super().__init__(count=len(problems))


class Problem(NamedTuple):
    """A kind of refusal as programs know it: its status, the name that never changes, and a title for people."""

    status: int
    name: str
    title: str


_UNAVAILABLE = Problem(503, "unavailable", N_("Not available at this moment"))
_NOT_LOGGED_IN = Problem(401, "not-authenticated", N_("Not authenticated"))
_NOT_UNDERSTOOD = Problem(400, "not-understood", N_("This cannot be understood"))
_FORBIDDEN = Problem(403, "forbidden", N_("Not allowed"))
INTERNAL = Problem(500, "internal-error", N_("Something unexpected failed"))

# Programs rely on these: never change one, only add.
PROBLEMS: Mapping[type[errors.CrmError], Problem] = {
    errors.CrmError: _NOT_UNDERSTOOD,
    errors.NotAuthenticated: _NOT_LOGGED_IN,
    errors.LoginRefused: _NOT_LOGGED_IN,
    errors.SecondFactorNeeded: _NOT_LOGGED_IN,
    NoToken: _NOT_LOGGED_IN,
    errors.Forbidden: _FORBIDDEN,
    errors.PasswordChangeRequired: Problem(403, "password-change-required", N_("Not allowed")),
    errors.TwoFactorRequired: Problem(403, "two-factor-required", N_("Not allowed")),
    errors.NotFound: Problem(404, "not-found", N_("Not found")),
    errors.Conflict: Problem(409, "conflict", N_("Not possible now")),
    errors.AlreadyExists: Problem(409, "already-exists", N_("Not possible now")),
    errors.RuleBroken: Problem(409, "rule-broken", N_("Not possible now")),
    VersionStale: Problem(412, "version-stale", N_("Not possible now")),
    VersionRequired: Problem(428, "version-required", N_("Something is missing")),
    errors.InvalidInput: Problem(422, "invalid-input", N_("Something needs correcting")),
    KeyUsed: Problem(422, "idempotency-key-used", N_("Something needs correcting")),
    RowsRefused: Problem(422, "rows-refused", N_("Something needs correcting")),
    errors.TooManyAttempts: Problem(429, "too-many-requests", N_("Too many attempts")),
    TooManyRequests: Problem(429, "too-many-requests", N_("Too many attempts")),
    errors.WrongSetting: INTERNAL,
    **dict.fromkeys(
        (
            errors.DatabaseError,
            errors.DatabaseMissing,
            errors.DatabaseUnversioned,
            errors.DatabaseBehind,
            errors.DatabaseAhead,
            errors.NotADatabase,
            errors.DatabaseBusy,
            errors.DatabaseUnreachable,
            errors.DatabaseReadOnly,
            errors.DiskFull,
            errors.DataLossRefused,
            errors.NoRoom,
            errors.BackupFailed,
            errors.BackupDamaged,
            errors.NotRestored,
            errors.RevisionEdited,
            errors.TablesDiffer,
        ),
        _UNAVAILABLE,
    ),
    requests.NoSuchPage: Problem(404, "no-such-address", N_("Not found")),
    requests.WrongMethod: Problem(405, "wrong-method", N_("Not possible here")),
    requests.NotUnderstood: _NOT_UNDERSTOOD,
    NotJson: _NOT_UNDERSTOOD,
    WrongContentType: Problem(415, "wrong-content-type", N_("This cannot be understood")),
    requests.UnknownHost: Problem(400, "unknown-host", N_("This cannot be understood")),
    requests.Unencrypted: Problem(403, "unencrypted", N_("Not allowed")),
    requests.CrossSite: _FORBIDDEN,
    requests.TooLarge: Problem(413, "too-large", N_("Too large")),
}


def problem_of(refusal: errors.CrmError) -> Problem:
    """Give the kind of problem that a refusal is."""
    return next(PROBLEMS[ancestor] for ancestor in type(refusal).__mro__ if ancestor in PROBLEMS)
