"""Every refusal's HTTP status, in one table, and what its page may tell."""

from collections.abc import Mapping

from src.domain import errors
from src.i18n import N_


class NoSuchPage(errors.CrmError):
    """The address leads nowhere."""

    message = N_("There is no page at this address.")


class NotUnderstood(errors.CrmError):
    """The browser, or a program, sent something that is no question this program knows."""

    message = N_("This request cannot be understood.")


class WrongMethod(errors.CrmError):
    """A page that is only read was written to, or the other way round."""

    message = N_("This address cannot be used in this way.")


class UnknownHost(errors.CrmError):
    """The pages were asked for under a name that is not this installation's."""

    message = N_("The pages are not served under this name. Whoever runs them can allow it with EPICEVENTS_HOSTS.")


class Unencrypted(errors.CrmError):
    """Passwords would cross the network in the open."""

    message = N_("This connection is not encrypted. Use the address that begins with https://.")


class CrossSite(errors.CrmError):
    """Another website tries to act in the name of whoever is logged in here."""

    message = N_("This was not sent by a page of this program, so nothing was done. Open the page and try again.")


class TooLarge(errors.CrmError):
    """More was sent than any form can hold."""

    message = N_("This is more than can be sent at once. Nothing was saved.")


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

# Said instead of sentences that name files and servers, which are nobody's business in a browser.
_TO_STRANGERS = N_("The database cannot be used at this moment. Whoever runs this program finds the reason in its log.")
_HARMLESS = (errors.DatabaseBusy, errors.DiskFull)
UNEXPECTED = N_("Nothing more was saved. The failure is in the log, without anybody's data.")


def status_of(refusal: errors.CrmError) -> int:
    """Give the HTTP status of a refusal."""
    return next(STATUSES[ancestor] for ancestor in type(refusal).__mro__ if ancestor in STATUSES)


def told_of(refusal: errors.CrmError) -> errors.CrmError:
    """Give the refusal as a browser may show it: without the place of the database."""
    hides = isinstance(refusal, errors.DatabaseError | errors.WrongSetting) and type(refusal) not in _HARMLESS
    return errors.DatabaseError(_TO_STRANGERS) if hides else refusal
