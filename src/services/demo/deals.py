"""What the demo company sells: contracts in every stage, the money received for them, and their events."""

from dataclasses import dataclass
from math import gcd
from typing import NamedTuple

from src.services.demo.lines import lines_of
from src.services.demo.names import DAYS, FIRST_NAMES, LAST_NAMES, NOTES, PLACES, Word, phone
from src.services.demo.rows import Batch, ContractRow, EventRow, PaymentRow
from src.services.demo.staff import Member, Staff
from src.services.demo.timeline import BLOCK, BLOCKS, DAYS_PAST, Timeline

# Of a hundred contracts, how many are still drafts, and so on; the rest is signed.
_DRAFT, _SENT, _DECLINED, _CALLED_OFF = 10, 22, 25, 28
# One contract in so many says what it is made up of.
_WITH_LINES = 8
_PER_HEAD = range(45_00, 150_00, 5_00)
# Clock time at the place, and length, in minutes; all end before the next day's work begins.
_HOURS = ((540, 480), (600, 180), (840, 240), (1080, 480), (1140, 420))
# How the money comes, and what its reference begins with; no cash, which the law caps at a thousand euros.
_METHODS = (
    ("transfer", "VIR-"),
    ("transfer", "VIR-"),
    ("card", "CB-"),
    ("transfer", "VIR-"),
    ("cheque", "CHQ-"),
    ("transfer", "VIR-"),
    ("other", "Chèques-vacances "),
)
REFUND_REASON = "Le client renonce ; acompte rendu selon les conditions du contrat."


@dataclass
class Numbers:
    """The last id given in each table."""

    contracts: int
    lines: int
    payments: int
    events: int


class Buyer(NamedTuple):
    """What a contract needs to know of its client."""

    id: int
    celebrates: Word  # a family, or a company
    occasions: tuple[Word, ...]
    seller: Member


class _Deal(NamedTuple):
    """A signed contract; days by number."""

    id: int
    total: int
    seller: Member
    signed: int
    minute: int  # of the day on which it was signed
    first_day: int  # of its events
    days: int
    guests: int


class Deals:
    """Gives out contracts, payments and events; `numbers` continues the ids of the tables.

    `kate_is_busy` are the days, by number, on which the first member of support already has an event.
    """

    def __init__(
        self, *, timeline: Timeline, staff: Staff, numbers: Numbers, first_block: int, kate_is_busy: frozenset[int]
    ) -> None:
        self.timeline = timeline
        self.staff = staff
        self.numbers = numbers
        self._busy = kate_is_busy
        # Each signed contract takes one block of days of one member of support; the golden ratio spreads them evenly.
        self._blocks = BLOCKS * len(staff.support)
        self._step = next(step for step in range(int(self._blocks * 0.618034), 0, -1) if gcd(step, self._blocks) == 1)
        self._block = first_block % self._blocks

    def add_contract(self, batch: Batch, buyer: Buyer, chance: int) -> int:
        """Add one contract with its payments and events; gives the number of the day on which it was drawn up."""
        time, yesterday = self.timeline, self.timeline.today - 1
        chance, stage = divmod(chance, 100)
        chance, delay = divmod(chance, 80)
        chance, guests = divmod(chance, 20)
        chance, price = divmod(chance, len(_PER_HEAD))
        chance, days = divmod(chance, 20)
        days = 1 if days < 13 else 2 if days < 18 else 3
        guests = 20 + guests * guests
        total = guests * _PER_HEAD[price] * days + 800_00
        chance, kind = divmod(chance, len(buyer.occasions))
        occasion = buyer.occasions[kind]
        self.numbers.contracts += 1
        number = self.numbers.contracts
        minute = 480 + number * 61 % 500

        if stage >= _CALLED_OFF:
            support, first_day = self._take_block()
            signed = min(first_day - 10, yesterday) - delay
        else:
            support, first_day = None, yesterday
            signed = yesterday - delay * (1 if stage < _SENT else 4) - 40 * (stage >= _SENT)
        drawn_up = signed - 1 - number % 30
        created_at = updated_at = time.days[drawn_up] + time.clock[minute]
        status, version, signed_at = "draft", 1, None
        if stage >= _DRAFT:
            status, version, updated_at = "sent", 2, time.days[drawn_up] + time.clock[minute + 15]
        if stage >= _SENT:
            status, version, updated_at = "cancelled", 3, time.days[signed] + time.clock[minute]
        if stage >= _DECLINED:
            status, signed_at = "signed", updated_at
            deal = _Deal(number, total, buyer.seller, signed, minute, first_day, days, guests)
            payments = self._payments(deal, chance % 10, called_off=support is None)
            if payments:
                version, updated_at = 3 + len(payments), payments[-1].created_at
                batch.payments += payments
            if support is None:
                version += 1
                batch.called_off.append(number)
            else:
                name = f"{occasion.text} {buyer.celebrates.text}", f"{occasion.key} {buyer.celebrates.key}"
                self._add_events(batch, deal, support, name)
        if number % _WITH_LINES == 0:
            lines = lines_of(number, total=total, guests=guests, days=days, last_id=self.numbers.lines, at=created_at)
            self.numbers.lines += len(lines)
            version += len(lines)
            batch.lines += lines
        year = time.years[first_day]
        batch.contracts.append(
            ContractRow(
                number,
                buyer.id,
                f"{occasion.text} {year}",
                total,
                0,
                status,
                signed_at,
                f"{occasion.key} {year}",
                created_at,
                updated_at,
                version,
            )
        )
        return drawn_up

    def _take_block(self) -> tuple[Member, int]:
        while True:
            self._block = (self._block + self._step) % self._blocks
            block, person = divmod(self._block, len(self.staff.support))
            first_day = self.timeline.today - DAYS_PAST + BLOCK * block
            if person or self._busy.isdisjoint(range(first_day, first_day + BLOCK)):
                return self.staff.support[person], first_day

    def _payments(self, deal: _Deal, plan: int, *, called_off: bool) -> list[PaymentRow]:
        deposit = deal.total * 3 // 10
        instalments = [(deal.signed + 3, deposit)]
        if called_off:
            instalments.append((deal.signed + 30, -deposit if plan < 5 else -(deposit // 2)))
        elif plan < 4:
            instalments.append((deal.first_day + deal.days + 9, deal.total - deposit))
        elif plan < 8:
            instalments = [(deal.signed + 5, deal.total)]
        elif plan == 9:
            instalments = []
        return [self._payment(deal, day, amount) for day, amount in instalments if day < self.timeline.today]

    def _payment(self, deal: _Deal, day: int, amount: int) -> PaymentRow:
        time = self.timeline
        self.numbers.payments += 1
        number = self.numbers.payments
        (method, label), recorder = _METHODS[number % len(_METHODS)], deal.seller
        if amount < 0:
            # Only management refunds.
            (method, label), recorder = _METHODS[0], self.staff.managers[deal.id % len(self.staff.managers)]
        recorded_at = time.days[day] + time.clock[deal.minute]
        return PaymentRow(
            number,
            deal.id,
            amount,
            time.days[day],
            method,
            f"{label}{number:07}",
            REFUND_REASON if amount < 0 else "",
            f"demo-{number}",
            recorder.id,
            recorder.username,
            recorded_at,
            recorded_at,
            1,
        )

    def _add_events(self, batch: Batch, deal: _Deal, support: Member, name_and_key: tuple[str, str]) -> None:
        time = self.timeline
        upcoming = deal.first_day >= time.today
        place = PLACES[deal.id * 389 % len(PLACES)]
        for turn in range(deal.days):
            self.numbers.events += 1
            number, day = self.numbers.events, deal.first_day + turn
            # Of what is to come a quarter has nobody yet; of what is over, hardly anything had.
            assigned = number % 4 > 0 if upcoming else number % 15 > 0
            start, length = _HOURS[number * 3 % len(_HOURS)]
            start -= time.offsets[place.zone][day]
            late, end = divmod(start + length, 1440)
            name, key = name_and_key
            if deal.days > 1:
                name, key = f"{name} – {DAYS[turn].text}", f"{key} – {DAYS[turn].key}"
            contact_name = contact_phone = contact_email = ""
            if number % 5 == 0:
                first, last = FIRST_NAMES[number * 7 % len(FIRST_NAMES)], LAST_NAMES[number * 11 % len(LAST_NAMES)]
                contact_name, contact_phone = f"{first.text} {last.text}", phone(number * 13)
                contact_email = f"{first.slug}.{last.slug}@courriel.example"
            batch.events.append(
                EventRow(
                    number,
                    deal.id,
                    name,
                    time.days[day] + time.planned[start],
                    time.days[day + late] + time.planned[end],
                    place.zone,
                    place.text,
                    deal.guests - turn * deal.guests // 5,
                    NOTES[number * 5 % len(NOTES)],
                    support.id if assigned else None,
                    contact_name,
                    contact_phone,
                    contact_email,
                    key,
                    place.key,
                    time.days[deal.signed] + time.clock[deal.minute + 20],
                    time.days[deal.signed] + time.clock[deal.minute + (40 if assigned else 20)],
                    2 if assigned else 1,
                )
            )
