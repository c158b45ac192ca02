"""`epicevents webhook`: added with a secret that is shown once, edited, paused, given up and sent again."""

import base64
import re

from sqlalchemy import select

from src.models.webhook import WebhookDelivery, WebhookSubscription
from tests import factories
from tests.cli.company import Company

URL = "https://till.example/changes"


def stored(company: Company, number: int) -> WebhookSubscription:
    """A webhook as it is kept."""
    with company.database.reading() as session:
        return session.get_one(WebhookSubscription, number)


def test_a_secret_is_on_the_output_alone_and_only_this_once(company_on_both: Company) -> None:
    company = company_on_both
    made = company.run("management", "webhook", "add", "cash desk", "--url", URL, "--record", "contracts")
    assert made.err == (
        "Webhook 3 added: cash desk.\nSecret of its signatures, shown only now. Keep it like a password:\n"
    )
    secret = made.out.strip()
    kept = stored(company, 3)
    assert (kept.secret, kept.name, kept.url, kept.record_type, kept.action) == (
        *(secret, "cash desk", URL, "contracts"),
        "",
    )
    assert len(base64.b64decode(secret.removeprefix("whsec_"))) == 32
    as_json = company.run("management", "webhook", "add", "chat", "--url", URL, "--action", "contract.sign", "--json")
    assert (as_json.json["id"], as_json.json["action"]) == (4, "contract.sign")
    assert as_json.json["secret"] == stored(company, 4).secret
    rotated = company.run("management", "webhook", "rotate", "3").out.strip()
    assert rotated == stored(company, 3).secret != secret
    told = ""
    for words in (["webhook", "list", "--json"], ["webhook", "show", "3"], ["audit", "list", "--json"]):
        answer = company.run("management", *words)
        assert answer.code == 0
        told += answer.out + answer.err
    assert "cash desk" in told
    assert [one for one in (secret, rotated, as_json.json["secret"]) if one in told] == []


def test_a_webhook_is_edited_paused_and_removed(company: Company) -> None:
    edited = company.run("management", "webhook", "edit", "1", "--name", "Kasse", "--action", "-", "--json")
    assert (edited.json["name"], edited.json["action"], edited.json["version"]) == ("Kasse", "", 2)
    stale = company.run("management", "webhook", "edit", "1", "--name", "x", "--version", "1")
    assert stale.code == 6
    shown = company.run("management", "webhook", "show", "1", screen=80).out
    assert re.findall(r"^(?:Record|Action) +(.+?) *$", shown, re.MULTILINE) == ["every record", "every action"]
    assert company.run("management", "webhook", "pause", "1").out == "Webhook 1 is paused.\n"
    assert company.run("management", "webhook", "replay", "1").code == 8
    assert company.run("management", "webhook", "resume", "1").out == "Webhook 1 goes on.\n"
    assert company.run("management", "webhook", "remove", "1", "--yes").out == "Webhook 1 removed.\n"
    assert company.run("management", "webhook", "show", "1").code == 5


def test_an_address_inside_is_refused_unless_the_installation_allows_it(company: Company) -> None:
    words = ("webhook", "add", "inside", "--url", "http://127.1:8000/")
    refused = company.run("management", *words)
    assert (refused.code, refused.message) == (
        7,
        "address: this address is inside a network of our own, where the program sends nothing.",
    )
    assert company.run("management", *words, env={"WEBHOOKS_ALLOW_PRIVATE": "1"}).code == 0


def test_what_was_given_up_is_listed_and_sent_again(company: Company) -> None:
    with company.database.writing() as session:
        second = factories.delivery(session, subscription_id=1).id
    listed = company.run("management", "webhook", "deliveries", "1", "--state", "dead", "--json").items
    assert [(row["id"], row["attempts"], row["last_error"]) for row in listed] == [
        (second, 9, "refused"),
        (company.office.delivery, 9, "refused"),
    ]
    shown = company.run("management", "webhook", "deliveries", "1", screen=160)
    assert "the receiver did not accept it" in shown.out
    for language, heading in (("en", "What went wrong"), ("fr", "Échec")):
        narrow = company.run("management", "webhook", "deliveries", "1", "--lang", language, screen=80)
        assert narrow.out.splitlines()[0].rstrip().endswith(f"  {heading}")
    none = company.run("management", "webhook", "deliveries", "1", "--state", "delivered", screen=80)
    assert none.out == "No delivery found.\n"
    assert company.run("management", "webhook", "deliveries", "1", "--state", "lost").code == 7
    one = company.run("management", "webhook", "replay", "1", "--delivery", str(second))
    assert one.out == "1 delivery is sent again.\n"
    assert company.run("management", "webhook", "replay", "1", "--delivery", str(second)).code == 8
    assert company.run("management", "webhook", "replay", "1", "--lang", "fr").out == "1 envoi repart.\n"
    with company.database.reading() as session:
        assert [row.due_at is None for row in session.scalars(select(WebhookDelivery))] == [False, False]
