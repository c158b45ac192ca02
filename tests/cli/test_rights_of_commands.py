"""Every cell of the rights matrix, asked of the real commands: exit code, the rule in words, and nothing changed.

Which department may do what stands in tests/rights_matrix.py, written out by hand; here stands, by hand too, which
command asks for which right and what the refusal says.
"""

import json
from pathlib import Path

import pytest
from sqlalchemy import select

from src.models.audit_entry import AuditEntry
from tests.cli.command_lines import (
    ABOUT_ONESELF,
    ABOUT_TOKENS,
    COMMANDS,
    ELSEWHERE,
    FOR_ANYBODY,
    LINES,
    SECRETS,
    Line,
    asked,
)
from tests.cli.company import Company, copied
from tests.real_databases import Dump
from tests.rights_matrix import Cell, cells, right_of
from tests.services.office import DEPARTMENTS, Office

# What a refusal says of each right.
RULES = {
    "client.create": (
        "create a client and become its sales contact",
        "créer un client et en devenir le contact commercial",
    ),
    "client.update": ("change a client", "modifier un client"),
    "client.log_contact": ("log a contact with a client", "noter un contact avec un client"),
    "client.reassign": ("give a client to another sales contact", "confier un client à un autre contact commercial"),
    "contract.create": ("create a contract", "créer un contrat"),
    "contract.update": ("change a contract", "modifier un contrat"),
    "contract.send": ("send a contract", "envoyer un contrat"),
    "contract.sign": ("mark a contract as signed", "marquer un contrat comme signé"),
    "contract.record_payment": ("record a payment", "enregistrer un paiement"),
    "contract.refund": ("refund a payment", "rembourser un paiement"),
    "contract.cancel": ("cancel a contract", "annuler un contrat"),
    "contract.amend": ("amend a contract after signing", "établir un avenant à un contrat signé"),
    "event.create": ("create an event under a signed contract", "créer un événement pour un contrat signé"),
    "event.update": ("change an event's details", "modifier les détails d’un événement"),
    "event.assign_support": ("assign or clear the support contact", "désigner ou retirer le contact support"),
    "event.clear_support": ("assign or clear the support contact", "désigner ou retirer le contact support"),
    "user.create": ("create a member of staff", "créer un collaborateur"),
    "user.update": ("change a member of staff", "modifier un collaborateur"),
    "user.deactivate": ("deactivate or reactivate a member of staff", "désactiver ou réactiver un collaborateur"),
    "user.reactivate": ("deactivate or reactivate a member of staff", "désactiver ou réactiver un collaborateur"),
    "user.delete": ("delete a member of staff", "supprimer un collaborateur"),
    "user.reset_password": ("reset somebody's password", "réinitialiser le mot de passe de quelqu’un"),
    "user.end_sessions": ("end somebody's sessions", "mettre fin aux sessions de quelqu’un"),
    "audit.read_all": ("read the whole audit log", "consulter tout le journal"),
    "webhook.read": ("see webhooks and what was sent", "voir les webhooks et ce qui a été envoyé"),
    "webhook.create": ("add a webhook", "ajouter un webhook"),
    "webhook.update": ("change or pause a webhook", "modifier ou suspendre un webhook"),
    "webhook.replay": ("send again what a webhook did not get", "renvoyer ce qu’un webhook n’a pas reçu"),
    "webhook.delete": ("remove a webhook", "retirer un webhook"),
    "own.sessions": (
        "see and end one's own sessions and tokens",
        "voir ses propres sessions et jetons et y mettre fin",
    ),
}
# A right that the department has, but on what is its own: the refusal says so.
OWN_ONLY = {
    "sales": {
        *("client.update", "client.log_contact", "contract.update", "contract.send", "contract.sign"),
        *("contract.record_payment", "event.create", "own.sessions"),
    },
    "support": {"event.update", "own.sessions"},
    "management": {"own.sessions"},
}
DEPARTMENT_WORDS = {
    "sales": ("Sales", "Commercial"),
    "support": ("Support", "Support"),
    "management": ("Management", "Gestion"),
}
NOT_LOGGED_IN = (
    "Error: You are not logged in, or your session has ended. Log in first.\n",
    "Erreur\u00a0: Vous n’êtes pas connecté, ou votre session est terminée. Connectez-vous d’abord.\n",
)
TABLES = {
    "client": "clients",
    "contract": "contracts",
    "event": "events",
    "user": "users",
    "audit": "audit_entries",
}
CHANGES_NOTHING = {
    *("user.read", "client.read", "contract.read", "event.read", "audit.read_all", "audit.read_history"),
    "webhook.read",
}
LANGUAGES = ("en", "fr")


def refusal(cell: Cell, language: int) -> str:
    """What the person is told."""
    rule = RULES[cell.verb][language]
    if cell.verb in OWN_ONLY[cell.who]:
        return (
            f"Only the person in charge of this record may do this: {rule}.",
            f"Seule la personne en charge de cet enregistrement a ce droit\u00a0: {rule}.",
        )[language]
    department = DEPARTMENT_WORDS[cell.who][language]
    return (
        f"Your department ({department}) may not do this: {rule}.",
        f"Votre département ({department}) n’a pas ce droit\u00a0: {rule}.",
    )[language]


def questions(answer: str) -> list[tuple[Line, Cell]]:
    """Every command line, with each cell of the matrix that is about its right."""
    return [(line, cell) for line in LINES for cell in cells() if cell.verb == line.verb and cell.answer == answer]


def name(value: Line | Cell) -> str:
    return value.words.split(" -")[0] if isinstance(value, Line) else str(value)


@pytest.mark.parametrize(("line", "cell"), questions("no"), ids=name)
def test_what_the_matrix_refuses_is_refused_in_words_and_changes_nothing(
    quiet_company: Company, line: Line, cell: Cell
) -> None:
    office = quiet_company.office
    person = office.people[cell.who]
    words = asked(office, person, line.words, own=cell.whose == "own")
    before = quiet_company.look()
    for position, language in enumerate(LANGUAGES):
        refused = quiet_company.run(person, *words, "--lang", language, env=SECRETS)
        assert (refused.code, refused.out) == (4, "")
        told = json.loads(refused.err)["error"]["message"] if "--json" in words else refused.message
        assert told == refusal(cell, position)
    assert quiet_company.look() == before


@pytest.mark.parametrize(("line", "cell"), questions("yes"), ids=name)
def test_what_the_matrix_grants_is_done_and_logged_under_the_persons_name(
    office_file: tuple[Path, Office], tmp_path: Path, line: Line, cell: Cell
) -> None:
    with copied(office_file, tmp_path) as company:
        person = company.office.people[cell.who]
        words = asked(company.office, person, line.words, own=cell.whose == "own")
        before = company.look()
        done = company.run(person, *words, env=SECRETS)
        after = company.look()
        assert done.code == line.granted, done
        exported = TABLES[words[0]] if {"--csv", "--all"} & set(words) else ""
        if line.granted or (cell.verb in CHANGES_NOTHING and not exported):
            assert after == before
            return
        assert after != before
        log = exported or cell.log
        who = (person.id, "cli", "export" if exported else right_of(cell.verb), log)
        assert entries_after(company, before) == ([] if log == "-" else [who])


def entries_after(company: Company, before: Dump) -> list[tuple[object, ...]]:
    """What the audit log got since."""
    entries = select(AuditEntry).order_by(AuditEntry.id).offset(len(before["audit_entries"]))
    with company.database.reading() as session:
        return [
            (entry.actor_id, entry.interface, entry.action, entry.record_type) for entry in session.scalars(entries)
        ]


@pytest.mark.parametrize("line", LINES, ids=name)
def test_who_is_not_logged_in_or_has_a_closed_account_gets_nowhere(quiet_company: Company, line: Line) -> None:
    office = quiet_company.office
    before = quiet_company.look()
    for person in (None, *office.closed.values()):
        words = asked(office, person or office.closed["sales"], line.words, own=False)
        for position, language in enumerate(LANGUAGES):
            refused = quiet_company.run(person, *words, "--lang", language, env=SECRETS)
            assert (refused.code, refused.out) == (3, "")
            if "--json" not in words:
                assert refused.err == NOT_LOGGED_IN[position]
    assert quiet_company.look() == before
    assert {cell.answer for cell in cells() if cell.verb == line.verb and cell.who in {"nobody", "closed"}} == {"login"}


@pytest.mark.parametrize("words", ABOUT_ONESELF)
def test_about_oneself_everybody_who_is_logged_in_is_answered(company: Company, words: str) -> None:
    for department in DEPARTMENTS:
        before = company.look()
        assert company.run(department, *words.split()).code == 0
        assert company.look() == before
    for person in (None, *company.office.closed.values()):
        assert company.run(person, *words.split()).code == 3


@pytest.mark.parametrize("line", [line for line in LINES if line.verb not in CHANGES_NOTHING], ids=name)
def test_postgresql_refuses_alike_and_changes_nothing(quiet_company_on_postgres: Company, line: Line) -> None:
    company = quiet_company_on_postgres
    office = company.office
    people = {"nobody": None, "closed": office.closed["management"], **office.people}
    before = company.look()
    refusals = {"no": 4, "login": 3}
    for cell in cells():
        if cell.verb == line.verb and cell.answer in refusals:
            person = people[cell.who]
            words = asked(office, person or office.people["sales"], line.words, own=cell.whose == "own")
            refused = company.run(person, *words, env=SECRETS)
            assert (str(cell), refused.code, refused.out) == (str(cell), refusals[cell.answer], "")
    assert company.look() == before


def test_every_command_is_asked_for_its_right() -> None:
    lines = [*(line.words for line in LINES), *ABOUT_ONESELF, *ABOUT_TOKENS, *FOR_ANYBODY]
    forgotten = [
        " ".join(path)
        for path in COMMANDS
        if path[0] not in ELSEWHERE and not any(tuple(words.split()[: len(path)]) == path for words in lines)
    ]
    assert forgotten == []


def test_every_verb_of_the_matrix_has_a_command() -> None:
    assert {line.verb for line in LINES} == {cell.verb for cell in cells()}
