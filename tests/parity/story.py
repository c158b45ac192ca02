"""The story that every interface plays: a client, a contract, money, an event, and what is refused on the way."""

from tests.parity.interfaces import Step

GALA = {"name": "Gala d’hiver", "event_start": "2027-06-04 13:00", "event_end": "2027-06-05 02:00"}
PAID = {"received_on": "2026-11-02", "method": "card", "reference": "CB 12"}
EVE = {"first_name": "Eve", "last_name": "B", "email": "eve@example.com"}
WHY = {"reason": "Pluie d’été"}

STORY = (
    # A client.
    Step("nobody", "client.create", typed=EVE, outcome="log in"),
    Step(
        "sales",
        "client.create",
        typed={
            "first_name": " Zoé ",
            "last_name": "d’Ås",
            "email": "Zoe@Example.COM",
            "phone": "01 42 68 53 00",
            "company_name": "Å & Fils",
        },
        makes="zoé",
    ),
    Step("support", "client.create", typed=EVE, outcome="forbidden"),
    Step("sales", "client.create", typed=EVE | {"email": "zoe@example.com"}, outcome="conflict"),
    Step("sales", "client.create", typed=EVE | {"email": "eve at home"}, outcome="wrong value"),
    Step("sales", "client.update", "zoé", {"company_name": "Autre maison", "phone": "+678 123 456 78"}),
    Step("sales", "client.update", "zoé", {"company_name": "Late", "version": "1"}, outcome="conflict"),
    Step("sales", "client.update", "nobody", {"company_name": "None"}, outcome="not found"),
    Step("management", "client.update", "zoé", {"company_name": "Mine"}, outcome="forbidden"),
    Step("sales", "client.log_contact", "zoé", {"at": "2026-11-20 15:30"}),
    Step("sales", "client.log_contact", "zoé", {"at": "2199-01-01 10:00"}, outcome="conflict"),
    # A contract, from draft to signed.
    Step("sales", "contract.create", "zoé", {"title": "Bal", "total": "1"}, outcome="forbidden"),
    Step("management", "contract.create", "zoé", {"title": "Bal", "total": "-5"}, outcome="wrong value"),
    Step("management", "contract.create", "zoé", {"title": "Bal d’hiver", "total": "1 200,50"}, makes="bal"),
    Step("sales", "event.create", "bal", GALA, outcome="conflict"),
    Step("sales", "contract.record_payment", "bal", {"amount": "1", "key": "early", **PAID}, outcome="conflict"),
    Step("sales", "contract.update", "bal", {"total": "1500"}),
    Step("support", "contract.send", "bal", outcome="forbidden"),
    Step("sales", "contract.send", "bal"),
    Step("sales", "contract.send", "bal", outcome="conflict"),
    Step("sales", "contract.sign", "bal", {"day": "2026-11-20"}),
    Step("sales", "contract.update", "bal", {"title": "Other"}, outcome="conflict"),
    # Money.
    Step("sales", "contract.record_payment", "bal", {"amount": "400", "key": "first", **PAID}),
    Step("sales", "contract.record_payment", "bal", {"amount": "400", "key": "first", **PAID}),
    Step("sales", "contract.record_payment", "bal", {"amount": "99999", "key": "more", **PAID}, outcome="conflict"),
    Step("sales", "contract.record_payment", "bal", {"amount": "1e3", "key": "odd", **PAID}, outcome="wrong value"),
    Step("support", "contract.record_payment", "bal", {"amount": "1", "key": "no", **PAID}, outcome="forbidden"),
    Step("sales", "contract.refund", "bal", {"amount": "1", "key": "no", **PAID, **WHY}, outcome="forbidden"),
    Step("management", "contract.refund", "bal", {"amount": "100", "key": "back", **PAID, **WHY}),
    Step("management", "contract.refund", "bal", {"amount": "301", "key": "all", **PAID, **WHY}, outcome="conflict"),
    Step("management", "contract.amend", "bal", {"total": "200", **WHY}, outcome="conflict"),
    Step("management", "contract.amend", "bal", {"total": "1800", "reason": " "}, outcome="wrong value"),
    Step("management", "contract.amend", "bal", {"total": "1 800,00", **WHY}),
    # The event.
    Step("management", "event.create", "bal", GALA, outcome="forbidden"),
    Step("sales", "event.create", "bal", GALA | {"event_end": "2027-06-04 12:00"}, outcome="wrong value"),
    Step("sales", "event.create", "bal", GALA | {"location": "Lisboa", "time_zone": "Europe/Lisbon"}, makes="gala"),
    Step("support", "event.update", "gala", {"attendees": "80"}, outcome="forbidden"),
    Step("sales", "event.assign_support", "gala", {"support_contact": "support"}, outcome="forbidden"),
    Step("management", "event.assign_support", "gala", {"support_contact": "sales"}, outcome="conflict"),
    Step("management", "event.assign_support", "gala", {"support_contact": "support"}),
    Step("support", "event.update", "gala", {"attendees": "80", "notes": "Accueil à 17 h.", "location": "Porto"}),
    Step("support", "event.update", "gala", {"attendees": "-1"}, outcome="wrong value"),
    Step("support", "event.update", "gala", {"attendees": "90", "version": "1"}, outcome="conflict"),
    Step("sales", "event.update", "gala", {"attendees": "1"}, outcome="forbidden"),
    Step("management", "event.clear_support", "gala"),
    # The client goes to a colleague, and the deal is off.
    Step("sales", "client.reassign", "zoé", {"sales_contact": "sales.spare"}, outcome="forbidden"),
    Step("management", "client.reassign", "zoé", {"sales_contact": "sales.spare"}),
    Step("sales", "client.update", "zoé", {"company_name": "Still mine"}, outcome="forbidden"),
    Step("sales", "contract.cancel", "bal", WHY, outcome="forbidden"),
    Step("management", "contract.cancel", "bal", WHY),
    Step("management", "contract.cancel", "bal", WHY, outcome="conflict"),
    Step("management", "contract.record_payment", "bal", {"amount": "1", "key": "late", **PAID}, outcome="conflict"),
)
