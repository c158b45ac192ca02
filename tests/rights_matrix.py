"""Who may do what, written out by hand from SPEC.md: every verb, for everybody, on their own record and on another's.

The expected answers are literal on purpose. Nothing here is computed from the rulebook in src/domain/permissions.py,
which is what the tests compare with this table, through the services and through the commands.

Columns: `nobody` is not logged in; `closed` has a session, but the account was deactivated since. Then each department,
first on what is their OWN, then on what is somebody ELSE's. Own means: for sales, clients in their charge with their
contracts and events; for support, events assigned to them with their contracts and clients; for anybody, their own
account. Management is in charge of nothing: both its columns are about two records of others, or an own account.

Answers: `yes` it is done; `no` Forbidden; `login` NotAuthenticated; `-` there is no such case.

The last column names the table whose record the audit log then speaks of; `-` says that nothing is logged.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, get_args

TABLE = """
verb                      nobody closed | sales own else | support own else | management own else | log
user.read                 login  login  |       yes yes  |         yes yes  |            yes yes  | -
user.create               login  login  |       -   no   |         -   no   |            -   yes  | users
user.update               login  login  |       no  no   |         no  no   |            yes yes  | users
user.deactivate           login  login  |       no  no   |         no  no   |            yes yes  | users
user.reactivate           login  login  |       -   no   |         -   no   |            -   yes  | users
user.delete               login  login  |       no  no   |         no  no   |            yes yes  | users
user.reset_password       login  login  |       no  no   |         no  no   |            yes yes  | users
user.end_sessions         login  login  |       no  no   |         no  no   |            yes yes  | users
own.password              login  login  |       yes -    |         yes -    |            yes -    | users
own.two_factor            login  login  |       yes -    |         yes -    |            yes -    | users
own.sessions              login  login  |       yes no   |         yes no   |            yes no   | -
own.calendar_feeds        login  login  |       yes -    |         yes -    |            yes -    | users
client.read               login  login  |       yes yes  |         yes yes  |            yes yes  | -
client.create             login  login  |       yes -    |         no  -    |            no  -    | clients
client.update             login  login  |       yes no   |         no  no   |            no  no   | clients
client.log_contact        login  login  |       yes no   |         no  no   |            no  no   | clients
client.reassign           login  login  |       no  no   |         no  no   |            yes yes  | clients
contract.read             login  login  |       yes yes  |         yes yes  |            yes yes  | -
contract.create           login  login  |       no  no   |         no  no   |            yes yes  | contracts
contract.update           login  login  |       yes no   |         no  no   |            yes yes  | contracts
contract.send             login  login  |       yes no   |         no  no   |            yes yes  | contracts
contract.sign             login  login  |       yes no   |         no  no   |            yes yes  | contracts
contract.record_payment   login  login  |       yes no   |         no  no   |            yes yes  | contracts
contract.refund           login  login  |       no  no   |         no  no   |            yes yes  | contracts
contract.cancel           login  login  |       no  no   |         no  no   |            yes yes  | contracts
contract.amend            login  login  |       no  no   |         no  no   |            yes yes  | contracts
event.read                login  login  |       yes yes  |         yes yes  |            yes yes  | -
event.create              login  login  |       yes no   |         no  no   |            no  no   | events
event.update              login  login  |       no  no   |         yes no   |            no  no   | events
event.assign_support      login  login  |       no  no   |         no  no   |            yes yes  | events
event.clear_support       login  login  |       no  no   |         no  no   |            yes yes  | events
audit.read_all            login  login  |       -   no   |         -   no   |            -   yes  | -
audit.read_history        login  login  |       yes yes  |         yes yes  |            yes yes  | -
export                    login  login  |       -   yes  |         -   yes  |            -   yes  | clients
webhook.read              login  login  |       -   no   |         -   no   |            -   yes  | -
webhook.create            login  login  |       -   no   |         -   no   |            -   yes  | webhooks
webhook.update            login  login  |       -   no   |         -   no   |            -   yes  | webhooks
webhook.replay            login  login  |       -   no   |         -   no   |            -   yes  | webhooks
webhook.delete            login  login  |       -   no   |         -   no   |            -   yes  | webhooks
"""

# Rights of SPEC.md whose use case is later work: the rulebook answers already, no service asks it yet.
RESERVED = """
verb                      nobody closed | sales own else | support own else | management own else | log
client.import             login  login  |       yes no   |         no  no   |            yes yes  | clients
client.gdpr_export        login  login  |       no  no   |         no  no   |            yes yes  | clients
client.anonymise          login  login  |       no  no   |         no  no   |            yes yes  | clients
"""

# Verbs that are two sides of one right.
SAME_RIGHT = {"user.reactivate": "user.deactivate", "event.clear_support": "event.assign_support"}

Who = Literal["nobody", "closed", "sales", "support", "management"]
Whose = Literal["own", "else"]
Answer = Literal["yes", "no", "login"]


@dataclass(frozen=True)
class Cell:
    """One question of the matrix and the right answer."""

    verb: str
    who: Who
    whose: Whose
    answer: Answer
    log: str

    def __str__(self) -> str:
        return f"{self.verb}-{self.who}-{self.whose}-{self.answer}"


def cells(table: str = TABLE) -> Iterator[Cell]:
    """Every question of a table; who has no account can only ask about the records of others."""
    for line in table.strip().splitlines()[1:]:
        verb, *words = line.replace("|", " ").split()
        nobody, closed, *departments, log = words
        assert len(departments) == 6, line
        yield _cell(verb, "nobody", "else", nobody, log)
        yield _cell(verb, "closed", "own", closed, log)
        for position, who in enumerate(("sales", "support", "management")):
            for offset, whose in enumerate(get_args(Whose)):
                answer = departments[2 * position + offset]
                if answer != "-":
                    yield _cell(verb, who, whose, answer, log)


def right_of(verb: str) -> str:
    """The right that a verb needs, by the name the rulebook gives it."""
    return SAME_RIGHT.get(verb, verb)


def _cell(verb: str, who: str, whose: str, answer: str, log: str) -> Cell:
    assert who in get_args(Who), (verb, who)
    assert answer in get_args(Answer), (verb, who, whose, answer)
    return Cell(verb, who, whose, answer, log)  # type: ignore[arg-type]  # just checked
