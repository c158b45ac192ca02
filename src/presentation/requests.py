"""How requests over the network are refused before anybody looks at what they ask, and what a stranger may be told."""

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


# Said instead of sentences that name files and servers, which are nobody's business in a browser.
_TO_STRANGERS = N_("The database cannot be used at this moment. Whoever runs this program finds the reason in its log.")
_HARMLESS = (errors.DatabaseBusy, errors.DiskFull)
UNEXPECTED = N_("Nothing more was saved. The failure is in the log, without anybody's data.")


def told_of(refusal: errors.CrmError) -> errors.CrmError:
    """Give the refusal as a browser may show it: without the place of the database."""
    hides = isinstance(refusal, errors.DatabaseError | errors.WrongSetting) and type(refusal) not in _HARMLESS
    return errors.DatabaseError(_TO_STRANGERS) if hides else refusal
