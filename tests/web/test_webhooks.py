"""The pages of webhooks: added with a secret shown once, a change that arrives, and what was given up sent again."""

import re

from sqlalchemy import update

from src.models.webhook import WebhookDelivery, WebhookSubscription
from tests.cli.company import Company
from tests.web.servers import Server, serving, words_of
from tests.web.test_users import secret_on
from tests.worker.receivers import receiving

PATH = "/webhooks"


def stored(company: Company, number: int) -> WebhookSubscription:
    """A webhook as it is kept."""
    with company.database.reading() as session:
        return session.get_one(WebhookSubscription, number)


def test_from_the_form_to_the_receiver_and_back_to_the_list(company: Company) -> None:
    with receiving() as receiver, serving(company, env={"WEBHOOKS_ALLOW_PRIVATE": "1"}) as server:
        manager, seller = server.at_work("management"), server.at_work("sales")
        typed = manager.open_form(f"{PATH}/new") | {"name": "Till", "url": receiver.url, "record_type": "clients"}
        made = manager.send_form(f"{PATH}/new", **typed)
        [number] = re.findall(rf'href="{PATH}/(\d+)"', made.text)
        secret = secret_on(made.text)
        client = f"/clients/{company.office.own.client}/edit"
        assert seller.send_form(client, **seller.open_form(client) | {"company_name": "Arrivée"}).status_code == 303
        message = receiver.next()
        assert message.is_signed_with(secret)
        assert message.document["type"] == "client.update"
        # The worker notes it a moment after the receiver has it.
        cards = (words_of(manager.get(f"{PATH}/{number}?state=delivered").text) for _look in range(1000))
        assert any("change a client" in card for card in cards)
        assert secret not in manager.get(f"{PATH}/{number}").text + manager.get(PATH).text + manager.get("/audit").text
        assert secret not in "".join(server.lines)


def test_an_address_inside_comes_back_with_what_was_typed(own_server: Server) -> None:
    manager = own_server.at_work("management")
    typed = manager.open_form(f"{PATH}/new") | {"name": "Till", "url": "http://169.254.169.254/latest"}
    refused = manager.send_form(f"{PATH}/new", **typed)
    assert refused.status_code == 422
    assert "this address is inside a network of our own" in words_of(refused.text)
    assert 'value="http://169.254.169.254/latest"' in refused.text
    assert re.search(r'id="f-url"[^>]*aria-invalid="true"', refused.text)


def test_a_webhook_is_changed_paused_resumed_and_removed(own_server: Server) -> None:
    manager, company = own_server.at_work("management"), own_server.company
    here = f"{PATH}/{company.office.webhook}"
    secret = stored(company, company.office.webhook).secret
    form = manager.open_form(f"{here}/edit")
    assert manager.send_form(f"{here}/edit", **form | {"name": "Kasse", "action": ""}).status_code == 303
    kept = stored(company, company.office.webhook)
    assert (kept.name, kept.action, kept.url) == ("Kasse", "", form["url"])
    conflict = manager.send_form(f"{here}/edit", **form | {"name": "Bar"})
    assert (conflict.status_code, "What changed meanwhile" in words_of(conflict.text)) == (409, True)
    assert manager.send_form(f"{here}/pause").status_code == 303
    assert "This webhook is paused" in words_of(manager.get(here).text)
    assert "Send delivery" not in manager.get(f"{here}?state=dead").text
    assert manager.send_form(f"{here}/resume").status_code == 303
    rotated = secret_on(manager.send_form(f"{here}/secret", **manager.open_form(f"{here}/secret")).text)
    assert rotated == stored(company, company.office.webhook).secret != secret
    assert manager.send_form(f"{here}/delete").headers["location"] == PATH
    assert manager.get(here).status_code == 404


def test_the_same_form_sent_again_makes_no_second_webhook_and_no_other_secret(own_server: Server) -> None:
    manager, company = own_server.at_work("management"), own_server.company
    form = manager.open_form(f"{PATH}/new") | {"name": "Till", "url": "https://till.example/"}
    made = manager.send_form(f"{PATH}/new", **form)
    [number] = re.findall(rf'href="{PATH}/(\d+)"', made.text)
    here = f"{PATH}/{number}"
    assert manager.send_form(f"{PATH}/new", **form).headers["location"] == PATH
    assert "This webhook was made before" in words_of(manager.get(PATH).text)
    assert manager.get(f"{PATH}/{int(number) + 1}").status_code == 404
    form = manager.open_form(f"{here}/secret")
    rotated = secret_on(manager.send_form(f"{here}/secret", **form).text)
    assert manager.send_form(f"{here}/secret", **form).headers["location"] == here
    assert "This secret was made before" in words_of(manager.get(here).text)
    assert stored(company, int(number)).secret == rotated != secret_on(made.text)


def test_what_was_given_up_is_sent_again_from_its_list(own_server: Server) -> None:
    manager, office = own_server.at_work("management"), own_server.company.office
    here = f"{PATH}/{office.webhook}"
    card = words_of(manager.get(f"{here}?state=dead").text)
    assert "the receiver did not accept it (503)" in card
    assert manager.send_form(f"{here}/deliveries/{office.delivery}/replay").status_code == 303
    with own_server.company.database.writing() as session:
        ended = {"due_at": None, "delivered_at": None}
        session.execute(update(WebhookDelivery).values(ended).execution_options(synchronize_session=False))
    again = manager.send_form(f"{here}/replay")
    assert again.headers["location"] == here
    assert "1 delivery is sent again." in words_of(manager.get(here).text)


def test_only_management_is_shown_the_way(own_server: Server) -> None:
    shown = {
        who: f'href="{PATH}"' in own_server.at_work(who).get("/").text for who in ("sales", "support", "management")
    }
    assert shown == {"sales": False, "support": False, "management": True}
