"""The rulebook: who may do what. Everything that is absent here is refused.

One mapping Action -> Department -> Scope serves every interface: `granted` answers for one record and, given a mapped
class, gives the SQL condition that filters a list, so that a list never shows as "mine" what a form would refuse.
Source: SPEC.md, "Who may do what".
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol, runtime_checkable

from src.domain.errors import Forbidden, Marked
from src.i18n import N_


class Department(StrEnum):
    """The role of a member of staff: it decides what they may do."""

    SALES = "SALES"
    SUPPORT = "SUPPORT"
    MANAGEMENT = "MANAGEMENT"

    @property
    def label(self) -> str:
        """The marked word for screens."""
        return DEPARTMENT_LABELS[self]


DEPARTMENT_LABELS: Mapping["Department", str] = {
    Department.SALES: N_("Sales"),
    Department.SUPPORT: N_("Support"),
    Department.MANAGEMENT: N_("Management"),
}


class Scope(StrEnum):
    """How far a right reaches: every record, or only those the person is in charge of."""

    ANY = "any"
    OWN = "own"


class Action(StrEnum):
    """Everything that can be asked of the CRM."""

    USER_READ = "user.read"
    USER_CREATE = "user.create"
    USER_UPDATE = "user.update"
    USER_DEACTIVATE = "user.deactivate"
    USER_DELETE = "user.delete"
    USER_RESET_PASSWORD = "user.reset_password"  # noqa: S105 - the name of a right
    USER_END_SESSIONS = "user.end_sessions"
    OWN_PASSWORD = "own.password"  # noqa: S105 - the name of a right
    OWN_TWO_FACTOR = "own.two_factor"
    OWN_SESSIONS = "own.sessions"
    OWN_CALENDAR_FEEDS = "own.calendar_feeds"
    CLIENT_READ = "client.read"
    CLIENT_CREATE = "client.create"
    CLIENT_UPDATE = "client.update"
    CLIENT_LOG_CONTACT = "client.log_contact"
    CLIENT_REASSIGN = "client.reassign"
    CLIENT_IMPORT = "client.import"
    CLIENT_GDPR_EXPORT = "client.gdpr_export"
    CLIENT_ANONYMISE = "client.anonymise"
    CONTRACT_READ = "contract.read"
    CONTRACT_CREATE = "contract.create"
    CONTRACT_UPDATE = "contract.update"
    CONTRACT_SEND = "contract.send"
    CONTRACT_SIGN = "contract.sign"
    CONTRACT_RECORD_PAYMENT = "contract.record_payment"
    CONTRACT_REFUND = "contract.refund"
    CONTRACT_CANCEL = "contract.cancel"
    CONTRACT_AMEND = "contract.amend"
    EVENT_READ = "event.read"
    EVENT_CREATE = "event.create"
    EVENT_UPDATE = "event.update"
    EVENT_ASSIGN_SUPPORT = "event.assign_support"
    AUDIT_READ_ALL = "audit.read_all"
    AUDIT_READ_HISTORY = "audit.read_history"
    EXPORT = "export"
    WEBHOOK_READ = "webhook.read"
    WEBHOOK_CREATE = "webhook.create"
    WEBHOOK_UPDATE = "webhook.update"
    WEBHOOK_DELETE = "webhook.delete"
    WEBHOOK_REPLAY = "webhook.replay"

    @property
    def label(self) -> str:
        """The marked sentence for screens."""
        return ACTION_LABELS[self]


ACTION_LABELS: Mapping[Action, str] = {
    Action.USER_READ: N_("read the staff directory"),
    Action.USER_CREATE: N_("create a member of staff"),
    Action.USER_UPDATE: N_("change a member of staff"),
    Action.USER_DEACTIVATE: N_("deactivate or reactivate a member of staff"),
    Action.USER_DELETE: N_("delete a member of staff"),
    Action.USER_RESET_PASSWORD: N_("reset somebody's password"),
    Action.USER_END_SESSIONS: N_("end somebody's sessions"),
    Action.OWN_PASSWORD: N_("change one's own password"),
    Action.OWN_TWO_FACTOR: N_("set up one's own two-factor log-in"),
    Action.OWN_SESSIONS: N_("see and end one's own sessions and tokens"),
    Action.OWN_CALENDAR_FEEDS: N_("make, see and end one's own calendar feeds"),
    Action.CLIENT_READ: N_("read clients"),
    Action.CLIENT_CREATE: N_("create a client and become its sales contact"),
    Action.CLIENT_UPDATE: N_("change a client"),
    Action.CLIENT_LOG_CONTACT: N_("log a contact with a client"),
    Action.CLIENT_REASSIGN: N_("give a client to another sales contact"),
    Action.CLIENT_IMPORT: N_("import clients from a file"),
    Action.CLIENT_GDPR_EXPORT: N_("export all that is known of a client (GDPR)"),
    Action.CLIENT_ANONYMISE: N_("anonymise a client"),
    Action.CONTRACT_READ: N_("read contracts"),
    Action.CONTRACT_CREATE: N_("create a contract"),
    Action.CONTRACT_UPDATE: N_("change a contract"),
    Action.CONTRACT_SEND: N_("send a contract"),
    Action.CONTRACT_SIGN: N_("mark a contract as signed"),
    Action.CONTRACT_RECORD_PAYMENT: N_("record a payment"),
    Action.CONTRACT_REFUND: N_("refund a payment"),
    Action.CONTRACT_CANCEL: N_("cancel a contract"),
    Action.CONTRACT_AMEND: N_("amend a contract after signing"),
    Action.EVENT_READ: N_("read events"),
    Action.EVENT_CREATE: N_("create an event under a signed contract"),
    Action.EVENT_UPDATE: N_("change an event's details"),
    Action.EVENT_ASSIGN_SUPPORT: N_("assign or clear the support contact"),
    Action.AUDIT_READ_ALL: N_("read the whole audit log"),
    Action.AUDIT_READ_HISTORY: N_("read a record's own history"),
    Action.EXPORT: N_("export a list"),
    Action.WEBHOOK_READ: N_("see webhooks and what was sent"),
    Action.WEBHOOK_CREATE: N_("add a webhook"),
    Action.WEBHOOK_UPDATE: N_("change or pause a webhook"),
    Action.WEBHOOK_DELETE: N_("remove a webhook"),
    Action.WEBHOOK_REPLAY: N_("send again what a webhook did not get"),
}


# What a token with the scope `read` may do; what one with the right to change something may read with it.
READING: frozenset[Action] = frozenset(
    {
        Action.USER_READ,
        Action.CLIENT_READ,
        Action.CONTRACT_READ,
        Action.EVENT_READ,
        Action.AUDIT_READ_ALL,
        Action.AUDIT_READ_HISTORY,
        Action.WEBHOOK_READ,
    }
)
# What only people do: no program chooses a password, or gives out more keys.
NEVER_BY_TOKEN: frozenset[Action] = frozenset({Action.OWN_PASSWORD, Action.OWN_TWO_FACTOR, Action.OWN_SESSIONS})


def _everybody(scope: Scope) -> dict[Department, Scope]:
    return dict.fromkeys(Department, scope)


_SALES, _SUPPORT, _MANAGEMENT = Department.SALES, Department.SUPPORT, Department.MANAGEMENT
_ANY, _OWN = Scope.ANY, Scope.OWN

RULEBOOK: Mapping[Action, Mapping[Department, Scope]] = {
    Action.USER_READ: _everybody(_ANY),
    Action.USER_CREATE: {_MANAGEMENT: _ANY},
    Action.USER_UPDATE: {_MANAGEMENT: _ANY},
    Action.USER_DEACTIVATE: {_MANAGEMENT: _ANY},
    Action.USER_DELETE: {_MANAGEMENT: _ANY},
    Action.USER_RESET_PASSWORD: {_MANAGEMENT: _ANY},
    Action.USER_END_SESSIONS: {_MANAGEMENT: _ANY},
    Action.OWN_PASSWORD: _everybody(_OWN),
    Action.OWN_TWO_FACTOR: _everybody(_OWN),
    Action.OWN_SESSIONS: _everybody(_OWN),
    Action.OWN_CALENDAR_FEEDS: _everybody(_OWN),
    Action.CLIENT_READ: _everybody(_ANY),
    Action.CLIENT_CREATE: {_SALES: _ANY},
    Action.CLIENT_UPDATE: {_SALES: _OWN},
    Action.CLIENT_LOG_CONTACT: {_SALES: _OWN},
    Action.CLIENT_REASSIGN: {_MANAGEMENT: _ANY},
    Action.CLIENT_IMPORT: {_SALES: _OWN, _MANAGEMENT: _ANY},
    Action.CLIENT_GDPR_EXPORT: {_MANAGEMENT: _ANY},
    Action.CLIENT_ANONYMISE: {_MANAGEMENT: _ANY},
    Action.CONTRACT_READ: _everybody(_ANY),
    Action.CONTRACT_CREATE: {_MANAGEMENT: _ANY},
    Action.CONTRACT_UPDATE: {_SALES: _OWN, _MANAGEMENT: _ANY},
    Action.CONTRACT_SEND: {_SALES: _OWN, _MANAGEMENT: _ANY},
    Action.CONTRACT_SIGN: {_SALES: _OWN, _MANAGEMENT: _ANY},
    Action.CONTRACT_RECORD_PAYMENT: {_SALES: _OWN, _MANAGEMENT: _ANY},
    Action.CONTRACT_REFUND: {_MANAGEMENT: _ANY},
    Action.CONTRACT_CANCEL: {_MANAGEMENT: _ANY},
    Action.CONTRACT_AMEND: {_MANAGEMENT: _ANY},
    Action.EVENT_READ: _everybody(_ANY),
    Action.EVENT_CREATE: {_SALES: _OWN},
    Action.EVENT_UPDATE: {_SUPPORT: _OWN},
    Action.EVENT_ASSIGN_SUPPORT: {_MANAGEMENT: _ANY},
    Action.AUDIT_READ_ALL: {_MANAGEMENT: _ANY},
    Action.AUDIT_READ_HISTORY: _everybody(_ANY),
    Action.EXPORT: _everybody(_ANY),
    Action.WEBHOOK_READ: {_MANAGEMENT: _ANY},
    Action.WEBHOOK_CREATE: {_MANAGEMENT: _ANY},
    Action.WEBHOOK_UPDATE: {_MANAGEMENT: _ANY},
    Action.WEBHOOK_DELETE: {_MANAGEMENT: _ANY},
    Action.WEBHOOK_REPLAY: {_MANAGEMENT: _ANY},
}


@dataclass(frozen=True)
class Actor:
    """Who is asking, read afresh from the database for this very request.

    `scopes` are the actions that a program was given when it asks in somebody's name; None for the person themselves.
    """

    user_id: int
    username: str
    department: Department
    interface: str = "cli"
    session_id: int | None = None
    scopes: frozenset[Action] | None = None
    # How they like to read; None is as their browser or terminal says.
    language: str | None = None
    theme: str | None = None


@runtime_checkable
class Owned(Protocol):
    """A record, or a mapped class, that can tell whether a person is in charge of it."""

    @property
    def is_owned_by(self) -> Callable[[int], Any]:
        """A hybrid method: a bool for a record, a SQL condition for its class."""


def granted(actor: Actor, action: Action, target: Owned | None = None) -> Any:
    """Tell whether a person may do this: a bool, or for a mapped class the SQL condition that picks the records.

    `target` is the record, its class, or None for actions on nothing in particular (create, read all). A program has
    at most the rights of whoever it works for, at this moment, and of those only the ones it was given.
    """
    if actor.scopes is not None and action not in actor.scopes:
        return False
    scope = RULEBOOK.get(action, {}).get(actor.department)
    if scope is None:
        return False
    if scope is Scope.ANY:
        return True
    # OWN with nothing to own yet (the first step of a form): the right exists, its reach is checked on the record.
    return True if target is None else target.is_owned_by(actor.user_id)


def require(actor: Actor, action: Action, target: Owned | None = None) -> None:
    """Refuse, naming the rule, unless the rulebook grants this.

    Raises:
        Forbidden: the department lacks the right, the record is somebody else's, or a token was not given the right.
    """
    if granted(actor, action, target) is True:
        return
    department, rule = Marked(actor.department.label), Marked(action.label)
    if actor.scopes is not None and action not in actor.scopes and actor.department in RULEBOOK.get(action, {}):
        raise Forbidden(
            N_("This token was not given the right to do this: {rule}."),
            department=department,
            rule=rule,
            action=action,
        )
    if RULEBOOK.get(action, {}).get(actor.department) is Scope.OWN:
        raise Forbidden(
            N_("Only the person in charge of this record may do this: {rule}."),
            department=department,
            rule=rule,
            action=action,
        )
    raise Forbidden(department=department, rule=rule, action=action)
