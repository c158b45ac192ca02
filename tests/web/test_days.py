"""The day of each department in a real browser: with scripts in English, and without any script in French."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect

from src.models.audit_entry import AuditEntry
from src.models.contract import Contract, ContractStatus
from src.models.event import Event
from tests.web.browsers import Screen, screen
from tests.web.servers import Server
from tests.web.test_clients import details
from tests.web.test_contracts import signed
from tests.web.test_contracts import stored as stored_contract
from tests.web.test_events import open_event, put_in_charge
from tests.web.test_events import stored as stored_event

# Written out by hand: what a French colleague reads where an English one reads the left side.
FRENCH = {
    "Clients": "Clients",
    "Contracts": "Contrats",
    "Events": "Événements",
    "Audit log": "Journal",
    "Staff": "Équipe",
    "New member of staff": "Nouveau collaborateur",
    "Create account": "Créer le compte",
    "Mine": "Les miens",
    "Unpaid": "À payer",
    "New client": "Nouveau client",
    "Add client": "Ajouter le client",
    "Client added: ": "Client ajouté\u00a0: ",
    "Change": "Modifier",
    "Save": "Enregistrer",
    "Client saved.": "Client enregistré.",
    "Log a contact": "Noter un contact",
    "Note the contact": "Noter le contact",
    "Contact noted.": "Contact noté.",
    "Mark as sent": "Marquer envoyé",
    "It was sent": "Il a été envoyé",
    "Contract sent.": "Contrat envoyé.",
    "Mark as signed": "Marquer signé",
    "It is signed": "Il est signé",
    "Contract signed.": "Contrat signé.",
    "Record a payment": "Enregistrer un paiement",
    "Record the payment": "Enregistrer le paiement",
    "Due after a payment of €1,000.00: €0.00.": "Dû après un paiement de 1 000,00 €\u00a0: 0,00 €.",
    "Payment of €400.00 recorded. Still due: €600.00.": "Paiement de 400,00 € enregistré. Reste dû\u00a0: 600,00 €.",
    "New event": "Nouvel événement",
    "Open the event": "Ouvrir l’événement",
    "Event opened.": "Événement ouvert.",
    "Event saved.": "Événement enregistré.",
    "New contract": "Nouveau contrat",
    "Draw up": "Établir",
    "Contract drawn up.": "Contrat établi.",
    "Without support": "Sans support",
    "Support contact": "Contact support",
    "Put in charge": "Confier l’événement",
    " is in charge of this event.": " a la charge de cet événement.",
    "Refund": "Rembourser",
    "Record the refund": "Enregistrer le remboursement",
    "Cancel the contract": "Annuler le contrat",
    "Contract cancelled.": "Contrat annulé.",
}
Say = Callable[[str], str]
everybody = pytest.mark.parametrize(
    ("scripts", "language"), [(True, "en"), (False, "fr")], ids=["scripts, English", "no script, French"]
)


def words_in(language: str) -> Say:
    """What a colleague reads in their language."""
    return (lambda english: FRENCH[english]) if language == "fr" else str


def press(page: Page, words: str) -> None:
    """Press the button that says this."""
    page.get_by_role("button", name=words, exact=True).click()


def follow(page: Page, words: str) -> None:
    """Follow the first link that says this."""
    page.get_by_role("link", name=words, exact=True).first.click()


def expect_done(page: Page, words: str) -> None:
    """The page begins with this sentence; narrow and wide spaces are alike to whoever reads."""
    expect(page.get_by_role("status")).to_contain_text(re.compile(r"\s".join(map(re.escape, words.split()))))


def log_out(opened: Screen) -> None:
    """Leave by the menu; afterwards the way back shows nothing."""
    opened.page.locator("details.menu summary").click()
    opened.page.locator("form[action='/logout'] button").click()
    opened.page.wait_for_url(opened.server.url + "/login")
    opened.page.go_back()
    expect(opened.page.locator("#username")).to_be_visible()


@everybody
def test_a_day_of_sales(chromium: Browser, server: Server, *, scripts: bool, language: str) -> None:
    say, typed = words_in(language), details()
    with screen(chromium, server, scripts=scripts, language=language) as opened:
        page = opened.log_in("sales")

        # The person met this morning.
        follow(page, say("Clients"))
        follow(page, say("New client"))
        for name, value in typed.items():
            page.fill(f"#f-{name}", value)
        press(page, say("Add client"))
        expect_done(page, f"{say('Client added: ')}Zoé {typed['last_name']}.")
        card = page.url
        follow(page, say("Change"))
        page.fill("#f-company_name", "Autre maison")
        press(page, say("Save"))
        expect_done(page, say("Client saved."))
        expect(page.locator(".facts").first).to_contain_text("Autre maison")
        page.reload()
        expect(page.get_by_role("status")).to_have_count(0)
        follow(page, say("Log a contact"))
        press(page, say("Note the contact"))
        expect_done(page, say("Contact noted."))

        # What management draws up for them is sent, signed, paid for in part and followed by an event.
        path = card.removeprefix(server.url) + "/contracts/new"
        server.at_work("management").send_form(path, title="Bal d’hiver", total="1000")
        page.reload()
        follow(page, "Bal d’hiver")
        for step, button, done in (
            ("Mark as sent", "It was sent", "Contract sent."),
            ("Mark as signed", "It is signed", "Contract signed."),
        ):
            follow(page, say(step))
            press(page, say(button))
            expect_done(page, say(done))
        follow(page, say("Record a payment"))
        expect(page.locator(".consequences")).to_contain_text(
            re.compile(r"\s".join(map(re.escape, say("Due after a payment of €1,000.00: €0.00.").split())))
        )
        page.fill("#f-amount", "400")
        press(page, say("Record the payment"))
        expect_done(page, say("Payment of €400.00 recorded. Still due: €600.00."))
        contract_id = int(page.url.rpartition("/")[2])
        follow(page, say("New event"))
        page.fill("#f-name", f"Bal {language}")
        page.fill("#f-event_start", "2027-06-04T13:00")
        page.fill("#f-event_end", "2027-06-05T02:00")
        press(page, say("Open the event"))
        expect_done(page, say("Event opened."))

        # The work lists know it.
        opened.open("/contracts?mine=1&show=unpaid")
        expect(page.locator(f"a[href='/contracts/{contract_id}']").first).to_be_visible()
        follow(page, say("Events"))
        follow(page, say("Mine"))
        expect(page.get_by_role("link", name=f"Bal {language}", exact=True)).to_be_visible()
        log_out(opened)

    contract = stored_contract(server, contract_id)
    assert (contract.status, str(contract.paid), str(contract.due)) == (ContractStatus.SIGNED, "400.00", "600.00")


@everybody
def test_a_day_of_support(chromium: Browser, server: Server, *, scripts: bool, language: str) -> None:
    say = words_in(language)
    name = f"Congrès {language}"
    event_id = open_event(server, name=name)
    put_in_charge(server, event_id)
    with screen(chromium, server, scripts=scripts, language=language) as opened:
        page = opened.log_in("support")
        follow(page, say("Events"))
        follow(page, say("Mine"))
        follow(page, name)
        follow(page, say("Change"))
        page.fill("#f-location", "Château de Chambord, 41250 Chambord")
        page.fill("#f-attendees", "120")
        page.fill("#f-notes", "Accueil à 17 h.\nNavette depuis Blois.")
        press(page, say("Save"))
        expect_done(page, say("Event saved."))
        expect(page.locator(".notes")).to_have_text("Accueil à 17 h.\nNavette depuis Blois.", use_inner_text=True)

        # The sheet that goes to the place: the event whole, nothing to click.
        page.emulate_media(media="print")
        expect(page.locator("h1")).to_be_visible()
        expect(page.locator(".notes")).to_be_visible()
        for screen_only in (".side", ".page-head .actions", ".trail", "section.no-print"):
            expect(page.locator(screen_only).first).to_be_hidden()
        page.emulate_media(media="screen")

        # An event of a colleague can be read and not changed.
        opened.open(f"/events/{server.company.office.other.event}")
        expect(page.get_by_role("link", name=say("Change"), exact=True)).to_have_count(0)
        log_out(opened)

    event: Event = stored_event(server, event_id)
    assert (event.location, event.attendees) == ("Château de Chambord, 41250 Chambord", 120)
    assert event.notes == "Accueil à 17 h.\nNavette depuis Blois."


@everybody
def test_a_day_of_management(chromium: Browser, server: Server, *, scripts: bool, language: str) -> None:
    say = words_in(language)
    paid_id, event_id = signed(server), open_event(server, name=f"Gala {language}")
    with screen(chromium, server, scripts=scripts, language=language) as opened:
        page = opened.log_in("management")

        # Somebody begins today: the one-time password is shown once.
        follow(page, say("Staff"))
        follow(page, say("New member of staff"))
        for name, value in {"first_name": "Anaïs", "last_name": "Neuf", "username": f"anais.{language}"}.items():
            page.fill(f"#f-{name}", value)
        page.fill("#f-email", f"anais.{language}@epic.example")
        page.select_option("#f-department", "SUPPORT")
        press(page, say("Create account"))
        expect(page.locator(".secret code")).to_be_visible()

        # An offer for a client of sales.
        follow(page, say("Contracts"))
        follow(page, say("New contract"))
        page.locator("#results a.main").first.click()
        page.fill("#f-title", f"Séminaire {language}")
        page.fill("#f-total", "1 200,50" if language == "fr" else "1200.50")
        press(page, say("Draw up"))
        expect_done(page, say("Contract drawn up."))
        drawn_up = int(page.url.rpartition("/")[2])

        # Somebody takes the event that nobody looks after.
        follow(page, say("Events"))
        follow(page, say("Without support"))
        follow(page, f"Gala {language}")
        follow(page, say("Support contact"))
        page.check("input[name=support_contact][value=support]")
        press(page, say("Put in charge"))
        expect_done(page, say(" is in charge of this event.").strip())

        # Money comes, some of it goes back, the deal is off; each step says what follows.
        server.at_work("sales").send_form(
            f"/contracts/{paid_id}/pay", amount="500", received_on="2026-11-02", method="card", key=f"day {language}"
        )
        opened.open(f"/contracts/{paid_id}")
        follow(page, say("Refund"))
        page.fill("#f-amount", "200")
        page.fill("#f-reason", "Pluie")
        press(page, say("Record the refund"))
        expect(page.get_by_role("status")).to_be_visible()
        follow(page, say("Cancel the contract"))
        page.fill("#f-reason", "Faillite")
        press(page, say("Cancel the contract"))
        expect_done(page, say("Contract cancelled."))

        # Who did what stands in the log.
        follow(page, say("Audit log"))
        expect(page.locator("#results tbody tr").first).to_contain_text("Faillite")
        log_out(opened)

    assert stored_event(server, event_id).support_contact_id == server.company.office.people["support"].id
    assert str(stored_contract(server, drawn_up).total) == "1200.50"
    contract: Contract = stored_contract(server, paid_id)
    assert (contract.status, str(contract.paid)) == (ContractStatus.CANCELLED, "300.00")
    with server.company.database.reading() as session:
        log = session.query(AuditEntry).filter_by(record_type="contracts", record_id=paid_id).order_by(AuditEntry.id)
        assert [(entry.action, entry.actor_username, entry.reason) for entry in log][-2:] == [
            ("contract.refund", "management", "Pluie"),
            ("contract.cancel", "management", "Faillite"),
        ]
