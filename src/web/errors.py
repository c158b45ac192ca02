"""Every refusal's HTTP status, in one table."""

from collections.abc import Mapping

from src.domain import errors
from src.i18n import N_
from src.presentation.requests import (
    CrossSite,
    NoSuchPage,
    NotUnderstood,
    TooLarge,
    Unencrypted,
    UnknownHost,
    WrongMethod,
)

# Programs rely on these: never change one, only add.
STATUSES: Mapping[type[errors.CrmError], int] = {
    errors.CrmError: 400,
    errors.NotAuthenticated: 401,
    errors.LoginRefused: 401,
    errors.SecondFactorNeeded: 401,
    errors.Forbidden: 403,
    errors.PasswordChangeRequired: 403,
    errors.TwoFactorRequired: 403,
    errors.NotFound: 404,
    errors.Conflict: 409,
    errors.AlreadyExists: 409,
    errors.InvalidInput: 422,
    errors.RuleBroken: 409,
    errors.TooManyAttempts: 429,
    errors.WrongSetting: 500,
    errors.DatabaseError: 503,
    errors.DatabaseMissing: 503,
    errors.DatabaseUnversioned: 503,
    errors.DatabaseBehind: 503,
    errors.DatabaseAhead: 503,
    errors.NotADatabase: 503,
    errors.DatabaseBusy: 503,
    errors.DatabaseUnreachable: 503,
    errors.DatabaseReadOnly: 503,
    errors.DiskFull: 503,
    errors.DataLossRefused: 503,
    errors.NoRoom: 503,
    errors.BackupFailed: 503,
    errors.BackupDamaged: 503,
    errors.NotRestored: 503,
    errors.RevisionEdited: 503,
    errors.TablesDiffer: 503,
    NoSuchPage: 404,
    NotUnderstood: 400,
    WrongMethod: 405,
    UnknownHost: 400,
    Unencrypted: 403,
    CrossSite: 403,
    TooLarge: 413,
}

# The title of the page of each status.
TITLES: Mapping[int, str] = {
    400: N_("This cannot be understood"),
    401: N_("Log in"),
    403: N_("Not allowed"),
    404: N_("Not found"),
    405: N_("Not possible here"),
    409: N_("Not possible now"),
    413: N_("Too large"),
    422: N_("Something needs correcting"),
    429: N_("Too many attempts"),
    500: N_("Something unexpected failed"),
    503: N_("Not available at this moment"),
}


def status_of(refusal: errors.CrmError) -> int:
    """Give the HTTP status of a refusal."""
    return next(STATUSES[ancestor] for ancestor in type(refusal).__mro__ if ancestor in STATUSES)
