"""A working day of the three departments, as SPEC.md tells it, in both languages and on both databases."""

from typing import Any

import pytest

from tests.cli.company import Answer, Company
from tests.factories import NOW

KEVIN = {"first-name": "Kevin", "last-name": "Casey", "email": "kevin@startup.io", "phone": "+678 123 456 78"}
WEDDING = {
    "name": "John Ouick Wedding",
    "start": "2027-06-04 13:00",
    "end": "2027-06-05 02:00",
    "attendees": "75",
    "location": "53 Rue du Château, 41120 Candé-sur-Beuvron, France",
    "contact-phone": "+666 12345",
}
NB = "\u00a0"


class Day:
    """The company's day in one language."""

    def __init__(self, company: Company, language: str) -> None:
        self.company, self.language = company, language

    def done(self, who: str, words: str, options: dict[str, str] | None = None) -> str:
        """What the person reads when the command is done."""
        answer = self.run(who, words, options)
        assert (answer.code, answer.err) == (0, ""), answer
        return answer.out.rstrip("\n")

    def refused(self, who: str, words: str) -> tuple[int, str]:
        """How a command is refused."""
        answer = self.run(who, words)
        assert answer.out == ""
        return answer.code, answer.message

    def run(self, who: str, words: str, options: dict[str, str] | None = None) -> Answer:
        given = [f"--{name}={value}" for name, value in (options or {}).items()]
        return self.company.run(who, *words.split(), *given, "--lang", self.language)

    def names(self, who: str, words: str, key: str) -> list[Any]:
        return [row[key] for row in self.company.run(who, *words.split(), "--json").items]


@pytest.fixture(params=["en", "fr"])
def day(request: pytest.FixtureRequest, company_on_both: Company) -> Day:
    return Day(company_on_both, request.param)


def test_from_the_client_met_this_morning_to_the_event_in_good_hands(day: Day) -> None:
    def say(english: str, french: str) -> str:
        return {"en": english, "fr": french}[day.language]

    # Sales: the client met this morning.
    assert day.done("sales", "client add", {**KEVIN, "company": "Cool Startup LLC"}) == say(
        "Client 3 added: Kevin Casey.", f"Client 3 ajouté{NB}: Kevin Casey."
    )
    assert day.names("sales", "client list --mine --search casey", "email")[-1] == "kevin@startup.io"
    assert day.done("sales", "client edit 3", {"company": "Cooler Startup"}) == say(
        "Client 3 saved.", "Client 3 enregistré."
    )
    assert day.done("sales", "client contacted 3") == say(
        "Contact with client 3 noted.", "Contact avec le client 3 noté."
    )
    # Management: a contract for it.
    assert day.refused("sales", "contract add --client 3 --title Wedding --total 1200")[0] == 4
    assert day.done("management", "contract add --client 3 --title Wedding --total 1200,50") == say(
        "Contract 11 drawn up: Wedding.", f"Contrat 11 établi{NB}: Wedding."
    )
    # Sales: sent, signed, paid.
    assert day.names("sales", "contract list --mine --unsigned --client 3", "id") == [11]
    assert day.refused("sales", "contract pay 11 600")[0] == 8
    assert day.refused("sales", "event add --contract 11 --name x --start 2027-06-04T13:00 --end 2027-06-05T02:00") == (
        8,
        say(
            "An event can only be created under a signed contract.",
            "Un événement ne peut être créé que pour un contrat signé.",
        ),
    )
    assert day.done("sales", "contract send 11") == say("Contract 11 sent.", "Contrat 11 envoyé.")
    assert day.done("sales", "contract sign 11 --on 2026-11-20") == say("Contract 11 signed.", "Contrat 11 signé.")
    assert day.names("sales", "contract list --mine --unpaid --client 3", "due") == ["1200.50"]
    assert day.done("sales", "contract pay 11 600 --key first") == say(
        "Payment of €600.00 recorded. Still due: €600.50.",
        f"Paiement de 600,00{NB}€ enregistré. Reste dû{NB}: 600,50{NB}€.",
    )
    # The same key once more is the same payment.
    day.done("sales", "contract pay 11 600 --key first")
    assert len(day.names("sales", "contract payments 11", "amount")) == 1
    assert day.refused("sales", "contract pay 11 600.51")[0] == 8
    day.done("sales", "contract pay 11 600.50 --method card --on 2026-11-21 --reference R-17")
    assert day.names("sales", "contract list --client 3 --unpaid", "id") == []
    # Sales: the event under it.
    assert day.done("sales", "event add --contract 11", WEDDING) == say(
        "Event 3 opened: John Ouick Wedding.", f"Événement 3 ouvert{NB}: John Ouick Wedding."
    )
    # Management: somebody of support.
    assert day.names("management", "event list --without-support", "name") == ["John Ouick Wedding"]
    assert day.refused("management", "event assign 3 sales")[0] == 8
    assert day.done("management", "event assign 3 support") == say(
        "Camille Martin 2 is now in charge of event 3.", "Camille Martin 2 est maintenant en charge de l’événement 3."
    )
    assert day.names("management", "event list --without-support", "name") == []
    # Support: their events, kept right.
    assert "John Ouick Wedding" in day.names("support", "event list --mine --upcoming", "name")
    assert day.done("support", "event edit 3 --attendees 80", {"notes": "Music till late"}) == say(
        "Event 3 saved.", "Événement 3 enregistré."
    )
    assert day.refused("sales", "event edit 3 --attendees 90")[0] == 4
    event = day.company.run("support", "event", "show", "3", "--json").json
    assert (event["event_start"], event["attendees"], event["contact_phone"], event["contact_name"]) == (
        "2027-06-04T11:00:00+00:00",
        80,
        "+666 12345",
        "Kevin Casey",
    )
    # Management: money back, an amendment, and what happened today.
    assert day.refused("management", "contract refund 11 100 --yes")[0] == 2
    assert day.done("management", "contract refund 11 100 --reason Rain --yes") == say(
        "Refund of €100.00 recorded. Paid now: €1,100.50.",
        f"Remboursement de 100,00{NB}€ enregistré. Payé à présent{NB}: 1\u202f100,50{NB}€.",
    )
    assert day.refused("management", "contract amend 11 --total 1000 --reason Less")[0] == 8
    assert day.done("management", "contract amend 11 --total 1500 --reason Guests") == say(
        "Contract 11 amended.", "Avenant au contrat 11 enregistré."
    )
    assert day.names("management", "audit list --record contracts --id 11", "action") == [
        "contract.amend",
        "contract.refund",
        "contract.record_payment",
        "contract.record_payment",
        "contract.sign",
        "contract.send",
        "contract.create",
    ]
    assert day.names("sales", "event history 3", "actor_username") == ["support", "management", "sales"]


def test_people_come_and_go(day: Day) -> None:
    company = day.company
    words = "user add --username kate.hastroff --email kate@epic.example --first-name Kate --last-name Hastroff"
    added = company.run("management", *words.split(), "--department", "Support", "--lang", day.language)
    assert (added.code, added.out) == (
        0,
        {"en": "Account kate.hastroff created.\n", "fr": "Compte kate.hastroff créé.\n"}[day.language],
    )
    assert day.done("management", "event assign 1 kate.hastroff")
    assert day.refused("management", "user delete kate.hastroff --yes") == (
        8,
        {
            "en": "Kate Hastroff is still in charge of records (1). "
            "Give them to a colleague, or deactivate the account.",
            "fr": "Kate Hastroff a encore des enregistrements en charge (1). "
            "Confiez-les à un collègue, ou désactivez le compte.",
        }[day.language],
    )
    assert day.refused("management", "user edit kate.hastroff --department sales")[0] == 8
    assert (
        day.done("management", "user delete kate.hastroff --reassign-to support --yes")
        == {
            "en": "Account kate.hastroff deleted; records handed over: 1.",
            "fr": f"Compte kate.hastroff supprimé\u202f; enregistrements transmis{NB}: 1.",
        }[day.language]
    )
    assert company.run("support", "event", "show", "1", "--json").json["support_contact"] == "support"
    assert day.done("management", "client reassign 1 10")
    assert day.refused("sales", "client edit 1 --company x")[0] == 4


def test_two_events_at_once_for_one_person_are_pointed_out(day: Day) -> None:
    start = NOW.replace(month=12, day=22, hour=8)
    options = {"start": f"{start:%Y-%m-%d %H:%M}", "end": "2026-12-22 23:00", "name": "Gala"}
    day.done("sales", "event add --contract 1", options)
    told = day.done("management", "event assign 3 support")
    assert told.endswith(
        {
            "en": "Beware: the same person has another event at that time: Wedding 19 (1).",
            "fr": f"Attention{NB}: la même personne a un autre événement à ce moment{NB}: Wedding 19 (1).",
        }[day.language]
    )


def test_the_last_manager_stays(day: Day) -> None:
    day.done("management", "user deactivate management.9")
    for words in (
        "user deactivate management",
        "user delete management --yes",
        "user edit management --department sales",
    ):
        assert day.refused("management", words) == (
            8,
            {
                "en": "The last active member of management can be neither deactivated, deleted nor moved.",
                "fr": "Le dernier membre actif de la gestion ne peut être ni désactivé, ni supprimé, "
                "ni changé de département.",
            }[day.language],
        )
