"""Every command of the program as somebody types it, and the right that it takes."""

from collections.abc import Iterator
from typing import NamedTuple

import click

from src.cli.main import root
from tests.factories import PASSWORD
from tests.services.office import Office, Person


class Line(NamedTuple):
    """A command line, the right it takes, and its exit code where it is granted."""

    verb: str
    words: str
    granted: int = 0


NEW = "nine purple lanterns drift"
SECRETS = {"EPICEVENTS_PASSWORD": PASSWORD, "EPICEVENTS_NEW_PASSWORD": NEW, "EPICEVENTS_CODE": "000000"}

# {account} {session}: the person's own or a colleague's; {client} … {event}: a record in their charge or another's.
LINES = (
    Line("client.read", "client list"),
    Line("client.read", "client list --json --mine --search kev"),
    Line("client.read", "client show {client}"),
    Line("client.read", "search martin"),
    Line("export", "client list --all"),
    Line("export", "client list --csv"),
    Line("client.create", "client add --first-name Anna --last-name Björk --email anna@bjork.example"),
    Line("client.update", "client edit {client} --company Cooler"),
    Line("client.log_contact", "client contacted {client}"),
    Line("client.log_contact", "client contacted {client} --at 2026-11-21T15:30"),
    Line("client.reassign", "client reassign {client} {spare_sales}"),
    Line("audit.read_history", "client history {client}"),
    Line("contract.read", "contract list"),
    Line("contract.read", "contract list --json --unsigned"),
    Line("contract.read", "contract show {signed}"),
    Line("contract.read", "contract payments {signed}"),
    Line("contract.read", "contract lines {signed}"),
    Line("contract.update", "contract line add {draft} --description Chairs --quantity 10 --unit-price 2"),
    Line("contract.update", "contract line edit {line} --quantity 3"),
    Line("contract.update", "contract line remove {line} --yes"),
    Line("export", "contract list --all --json"),
    Line("contract.create", "contract add --client {client} --title Gala --total 1200.50"),
    Line("contract.update", "contract edit {draft} --total 900"),
    Line("contract.send", "contract send {draft}"),
    Line("contract.sign", "contract sign {sent}"),
    Line("contract.sign", "contract sign {draft} --on 2026-11-20"),
    Line("contract.record_payment", "contract pay {signed} 50"),
    Line("contract.refund", "contract refund {signed} 50 --reason Rain --yes"),
    Line("contract.cancel", "contract cancel {signed} --reason Rain --yes"),
    Line("contract.amend", "contract amend {signed} --total 1500 --reason Guests"),
    Line("audit.read_history", "contract history {signed}"),
    Line("event.read", "event list"),
    Line("event.read", "event list --json --mine --upcoming"),
    Line("event.read", "event show {event}"),
    Line("export", "event list --csv"),
    Line("event.create", "event add --contract {signed} --name Gala --start 2027-06-04T13:00 --end 2027-06-05T02:00"),
    Line("event.update", "event edit {event} --attendees 80"),
    Line("event.assign_support", "event assign {event} {spare_support}"),
    Line("event.clear_support", "event unassign {event}"),
    Line("audit.read_history", "event history {event}"),
    Line("user.read", "user list"),
    Line("user.read", "user show {account}"),
    Line("export", "user list --csv --active"),
    Line(
        "user.create",
        "user add --username new.person --email new@epic.example --first-name New --last-name Person"
        " --department support",
    ),
    Line("user.update", "user edit {account} --phone 12345"),
    Line("user.deactivate", "user deactivate {account}"),
    Line("user.reactivate", "user reactivate {inactive}"),
    Line("user.delete", "user delete {account} --yes"),
    Line("user.reset_password", "user reset-password {account}"),
    Line("user.end_sessions", "user end-sessions {account}"),
    Line("audit.read_history", "user history {account}"),
    Line("audit.read_all", "audit list"),
    Line("audit.read_all", "audit list --json --by management"),
    Line("audit.read_all", "audit list --csv"),
    Line("webhook.read", "webhook list"),
    Line("webhook.read", "webhook show {webhook}"),
    Line("webhook.read", "webhook deliveries {webhook}"),
    Line("webhook.create", "webhook add till --url https://till.example/changes --action client.anonymise"),
    Line("webhook.update", "webhook edit {webhook} --name chat"),
    Line("webhook.update", "webhook pause {webhook}"),
    Line("webhook.update", "webhook resume {paused}"),
    Line("webhook.update", "webhook rotate {webhook}"),
    Line("webhook.replay", "webhook replay {webhook}"),
    Line("webhook.replay", "webhook replay {webhook} --delivery {delivery}"),
    Line("webhook.delete", "webhook remove {webhook} --yes"),
    Line("own.password", "password"),
    Line("user.read", "whoami"),
    Line("own.sessions", "sessions end {session}"),
    Line("own.calendar_feeds", "feed create Telephone --events department"),
    # A code that no app shows, and no second factor to turn off: the right is there, the act has its own conditions.
    Line("own.two_factor", "two-factor on", granted=7),
    Line("own.two_factor", "two-factor off", granted=8),
    Line("own.two_factor", "two-factor codes", granted=8),
)
# Only ever about oneself, and nothing is changed: everybody who is logged in.
ABOUT_ONESELF = ("sessions list", "two-factor status", "token list", "feed list")
# Whose they are, and who may end another's, is asked in test_api_tokens.py, test_calendar_feeds.py and in the services'
# tests.
ABOUT_TOKENS = ("token create", "token revoke", "feed revoke")
# Nobody has to be logged in.
FOR_ANYBODY = (
    "login",
    "logout",
    "init",
    "permissions",
    "completion",
    "help exit-codes",
    "help environment",
    "help output",
)
# They work on the installation as a whole and have tests of their own.
ELSEWHERE = ("db", "demo", "rescue", "serve", "work")


def asked(office: Office, person: Person, words: str, *, own: bool) -> list[str]:
    """The command line about what is the person's own, or about what is another's."""
    records = office.own if own else office.other
    others = [other for other in office.people.values() if other != person]
    facts = vars(records) | {
        "account": person.id if own else office.spare_sales,
        "session": person.session_id if own else others[0].session_id,
        "spare_sales": office.spare_sales,
        "spare_support": office.spare_support,
        "inactive": office.inactive,
        "webhook": office.webhook,
        "paused": office.paused,
        "delivery": office.delivery,
    }
    return words.format(**facts).split()


def commands(group: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every command of the program, by its words."""
    if not isinstance(group, click.Group):
        yield path
        return
    context = click.Context(group)
    for verb in group.list_commands(context):
        command = group.get_command(context, verb)
        assert command is not None
        yield from commands(command, (*path, verb))


COMMANDS = tuple(commands(root))
