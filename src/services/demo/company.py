"""The demo company's clients, with what each of them bought: plausible, consistent, repeatable.

Whatever depends on chance comes from one seeded generator, in one order; times count from the timeline's today. Built
in batches, so that a million clients need no more memory than five thousand.
"""

from collections.abc import Iterator
from random import Random

from src.services.demo.deals import Buyer, Deals
from src.services.demo.names import FIRST_NAMES, LAST_NAMES, LEGAL_FORMS, MEETINGS, PARTIES, TRADES, Word, phone
from src.services.demo.rows import Batch, ClientRow
from src.services.demo.staff import Staff
from src.services.demo.timeline import Timeline

_FULL_NAMES = len(FIRST_NAMES) * len(LAST_NAMES)
# Coprime with the number of full names: its multiples meet each name once before any comes again.
_NAME_STEP = 36_497
# Coprime with the number of trades times owners: people of the same name work for different companies, which keeps
# e-mail addresses apart.
_COMPANY_STEP = 10_007


class Company:
    """A company of so many clients, staffed already; `deals` is what it sells them."""

    def __init__(
        self, *, clients: int, first_id: int, rng: Random, timeline: Timeline, staff: Staff, deals: Deals
    ) -> None:
        self.size = clients
        self.first_id = first_id
        self.timeline = timeline
        self.staff = staff
        self.deals = deals
        self._rng = rng
        self._first_person = rng.randrange(_FULL_NAMES)

    def batches(self, size: int) -> Iterator[Batch]:
        """Give all clients with what belongs to them, so many at a time."""
        for start in range(0, self.size, size):
            batch = Batch()
            for number in range(start, min(start + size, self.size)):
                self._add_client(batch, number)
            yield batch

    def _add_client(self, batch: Batch, number: int) -> None:
        time, today = self.timeline, self.timeline.today
        again = number // _FULL_NAMES
        person = (self._first_person + number * _NAME_STEP) % _FULL_NAMES
        last, first = divmod(person, len(FIRST_NAMES))
        first_name, last_name = FIRST_NAMES[first], LAST_NAMES[last]
        chance, seller = divmod(self._rng.getrandbits(128), len(self.staff.sales))
        sales_contact = self.staff.sales[seller]

        form, trade, owner = _employer(person * 7_919 + again * _COMPANY_STEP)
        if (trade + owner) % 8:
            house = _house(trade, owner)
            company, company_key = f"{house.text} {form.text}", f"{house.key} {form.key}"
            email = f"{first_name.slug}.{last_name.slug}@{house.slug}.example"
            buyer = Buyer(self.first_id + number, house, MEETINGS, sales_contact)
        else:
            company = company_key = ""
            email = f"{first_name.slug}.{last_name.slug}{again or ''}@courriel.example"
            buyer = Buyer(self.first_id + number, last_name, PARTIES, sales_contact)

        chance, days_ago = divmod(chance, 700)
        met = today - 2 - days_ago
        chance, bought = divmod(chance, 50)
        for _contract in range(0 if bought < 21 else 1 if bought < 44 else 2):
            chance, deal = divmod(chance, 1 << 32)
            met = min(met, self.deals.add_contract(batch, buyer, deal) - 1 - deal % 120)
        chance, minute = divmod(chance, 600)
        chance, later = divmod(chance, today - met)
        if chance % 8 == 0:
            later = 0
        last_contact_at = time.days[met + later] + time.clock[480 + minute]
        batch.clients.append(
            ClientRow(
                buyer.id,
                first_name.text,
                last_name.text,
                email,
                phone(number * 7_919),
                company,
                sales_contact.id,
                last_contact_at,
                f"{first_name.key} {last_name.key}",
                f"{last_name.key} {first_name.key}",
                company_key,
                email,
                time.days[met] + time.clock[480 + minute],
                last_contact_at,
                2 if later else 1,
            )
        )


def _employer(number: int) -> tuple[Word, int, int]:
    number, trade = divmod(number, len(TRADES))
    number, owner = divmod(number, len(LAST_NAMES))
    return LEGAL_FORMS[number % len(LEGAL_FORMS)], trade, owner


def _house(trade: int, owner: int) -> Word:
    (text, key, slug), (name, name_key, name_slug) = TRADES[trade], LAST_NAMES[owner]
    return Word(f"{text} {name}", f"{key} {name_key}", f"{slug}-{name_slug}")
