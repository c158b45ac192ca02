"""Two browsers on one record, a tab left open too long, a second click, the way back: in a real browser."""

from datetime import UTC, datetime

import pytest
from playwright.sync_api import Browser, expect
from sqlalchemy import func, select, update

from src.models.contract import Payment
from src.models.user_session import UserSession
from src.security.tokens import hash_token
from tests.factories import PASSWORD
from tests.web.browsers import Screen, screen
from tests.web.servers import FROM_OUR_PAGE, Server
from tests.web.test_accessibility import faults
from tests.web.test_clients import add, details
from tests.web.test_clients import stored as stored_client
from tests.web.test_contracts import signed
from tests.web.test_contracts import stored as stored_contract


def leave_too_long(opened: Screen) -> None:
    """The half hour without a click after which a session is over."""
    token = next(one["value"] for one in opened.page.context.cookies() if one["name"] == "epicevents-session")
    with opened.server.company.database.writing() as session:
        mine = UserSession.token_hash == hash_token(token)
        session.execute(update(UserSession).where(mine).values(expires_at=datetime.now(UTC)))


def payments_of(server: Server, contract_id: int) -> int:
    """How many payments a contract has."""
    with server.company.database.reading() as session:
        of_contract = select(func.count()).select_from(Payment).where(Payment.contract_id == contract_id)
        return session.scalar(of_contract) or 0


def test_two_browsers_edit_one_card_and_who_saves_second_sees_both_versions(chromium: Browser, server: Server) -> None:
    client_id = add(server, company_name="Before")
    with screen(chromium, server) as one, screen(chromium, server, scripts=False) as other:
        for opened in (one, other):
            opened.enter("sales").open(f"/clients/{client_id}/edit")
        one.page.fill("#f-company_name", "Hers")
        one.page.fill("#f-phone", "+33 1 42 68 53 99")
        other.page.fill("#f-company_name", "His")
        other.page.fill("#f-first_name", "Zoë-Marie")
        one.page.get_by_role("button", name="Save", exact=True).click()
        one.page.wait_for_url(server.url + f"/clients/{client_id}")
        other.page.get_by_role("button", name="Save", exact=True).click()

        # Field by field: what both changed, and what only the colleague did.
        rows = [
            [" ".join(cell.split()) for cell in row.split("\t")]
            for row in other.page.locator(".conflict tbody tr").all_inner_texts()
        ]
        assert ["Company", "His", "Hers"] in rows
        assert ["Phone", "not touched", "+33 1 42 68 53 99"] in rows
        expect(other.page.locator("#f-company_name")).to_have_value("His")
        expect(other.page.locator("#f-first_name")).to_have_value("Zoë-Marie")
        expect(other.page.locator("#f-phone")).to_have_value("+33142685399")
        assert stored_client(server, client_id).company_name == "Hers"

        other.page.get_by_role("button", name="Save", exact=True).click()
        other.page.wait_for_url(server.url + f"/clients/{client_id}")
    card = stored_client(server, client_id)
    assert (card.first_name, card.company_name, card.phone) == ("Zoë-Marie", "His", "+33142685399")


def test_the_page_of_a_conflict_keeps_nobody_out(chromium: Browser, server: Server) -> None:
    client_id = add(server)
    with screen(chromium, server) as opened:
        opened.enter("sales").open(f"/clients/{client_id}/edit")
        form = server.at_work("sales")
        typed = form.open_form(f"/clients/{client_id}/edit")
        form.send_form(f"/clients/{client_id}/edit", **typed | {"company_name": "Hers"})
        opened.page.fill("#f-company_name", "His")
        opened.page.get_by_role("button", name="Save", exact=True).click()
        expect(opened.page.locator(".conflict")).to_be_visible()
        assert faults(opened, set()) == []


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no script"])
def test_a_tab_left_open_past_its_session_gives_the_form_back_filled(
    chromium: Browser, server: Server, *, scripts: bool
) -> None:
    typed = details(company_name="Trop <b>longtemps</b> & Cie")
    with screen(chromium, server, scripts=scripts) as opened:
        page = opened.enter("sales").open("/clients/new")
        for name, value in typed.items():
            page.fill(f"#f-{name}", value)
        leave_too_long(opened)
        page.get_by_role("button", name="Add client").click()

        expect(page.get_by_role("alert")).to_contain_text("What you typed is kept")
        page.fill("#username", "sales")
        page.fill("#password", PASSWORD)
        page.get_by_role("button", name="Log in", exact=True).click()

        for name, value in typed.items():
            expect(page.locator(f"#f-{name}")).to_have_value(value)
        page.get_by_role("button", name="Add client").click()
        expect(page.get_by_role("status")).to_contain_text(typed["last_name"])
        expect(page.locator(".facts").first).to_contain_text(typed["company_name"])


def test_the_way_back_after_logging_out_shows_nothing(chromium: Browser, server: Server) -> None:
    client_id = add(server, company_name="Secret & Fils")
    with screen(chromium, server) as opened:
        page = opened.enter("sales").open("/clients")
        opened.open(f"/clients/{client_id}")
        expect(page.locator(".facts").first).to_contain_text("Secret & Fils")
        page.locator("details.menu summary").click()
        page.locator("form[action='/logout'] button").click()
        page.wait_for_url(server.url + "/login")
        for _page_seen_before in range(2):
            page.go_back()
            expect(page.locator("#username")).to_be_visible()
            assert "Secret" not in page.content()
            assert "Quidam" not in page.content()


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no script"])
def test_a_double_click_pays_once(chromium: Browser, server: Server, *, scripts: bool) -> None:
    contract_id = signed(server)
    with screen(chromium, server, scripts=scripts) as opened:
        page = opened.enter("sales").open(f"/contracts/{contract_id}/pay")
        page.fill("#f-amount", "400")
        # The first click: the server has the payment, its answer is still on the way when somebody clicks again.
        form = page.evaluate("Object.fromEntries(new FormData(document.querySelector('main form')))")
        first = page.request.post(page.url, form=form, headers=FROM_OUR_PAGE, max_redirects=0)
        assert first.status == 303
        page.get_by_role("button", name="Record the payment").dblclick()
        page.wait_for_url(server.url + f"/contracts/{contract_id}")
        # The way back leads to a new form that knows the first payment, and not to the old one with its amount.
        page.go_back()
        expect(page.locator(".consequences")).to_contain_text("Due now: €600.00.")
        expect(page.locator("#f-amount")).to_have_value("600.00")
    assert (payments_of(server, contract_id), str(stored_contract(server, contract_id).paid)) == (1, "400.00")


def test_with_scripts_a_form_is_sent_once_however_often_somebody_clicks(chromium: Browser, server: Server) -> None:
    contract_id = signed(server)
    with screen(chromium, server) as opened:
        page = opened.enter("sales").open(f"/contracts/{contract_id}/pay")
        sent = page.evaluate("""() => {
          let sent = 0;
          addEventListener("submit", event => { sent += !event.defaultPrevented; event.preventDefault(); });
          for (let click = 0; click < 3; click++) document.querySelector("main form button").click();
          return sent;
        }""")
        assert sent == 1
