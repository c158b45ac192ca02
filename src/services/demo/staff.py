"""Who works at the demo company: the three people of the tour, and as many colleagues as its clients need."""

from collections.abc import Iterator
from random import Random
from typing import NamedTuple

from src.domain.permissions import Department
from src.services.demo.names import FIRST_NAMES, LAST_NAMES, Word, phone, word
from src.services.demo.rows import UserRow
from src.services.demo.timeline import Timeline

MAIL_DOMAIN = "epicevents.example"

# The three who can log in, one of each department; Bill and Kate come from the company's own sample records.
MANAGER, BILL, KATE = "elodie.marchand", "bill.boquet", "kate.hastroff"
_NAMES = {MANAGER: ("Élodie", "Marchand"), BILL: ("Bill", "Boquet"), KATE: ("Kate", "Hastroff")}
_DEPARTMENTS = {MANAGER: Department.MANAGEMENT, BILL: Department.SALES, KATE: Department.SUPPORT}

# Coprime with the number of full names, so that multiples of it meet each name once.
_NAME_STEP = 22_367


class Member(NamedTuple):
    """A member of staff as records refer to them."""

    id: int
    username: str


class Staff(NamedTuple):
    """Everybody's row, and who is in each department; Bill and Kate are the first of theirs."""

    rows: list[UserRow]
    managers: list[Member]
    sales: list[Member]
    support: list[Member]


def hire(*, clients: int, first_id: int, timeline: Timeline, rng: Random) -> Staff:
    """Staff a company of so many clients; nobody can log in to these accounts until `people` gives a password."""
    departments = [
        *_DEPARTMENTS.values(),
        *[Department.SALES] * (2 + clients // 1000),
        *[Department.SUPPORT] * (2 + clients // 400),
        *[Department.MANAGEMENT] * (1 + clients // 20_000),
    ]
    names = _full_names(rng)
    staff = Staff([], [], [], [])
    lists = {
        Department.MANAGEMENT: staff.managers,
        Department.SALES: staff.sales,
        Department.SUPPORT: staff.support,
    }
    hired = timeline.days[0] + timeline.clock[600]
    for number, department in enumerate(departments):
        first_name, last_name = next(names)
        username = f"{first_name.slug}.{last_name.slug}"
        lists[department].append(Member(first_id + number, username))
        staff.rows.append(
            UserRow(
                id=first_id + number,
                username=username,
                email=f"{username}@{MAIL_DOMAIN}",
                password_hash="",  # no hash: no password opens this account
                first_name=first_name.text,
                last_name=last_name.text,
                phone=phone(number * 5),
                department=department.value,
                is_active=True,
                must_change_password=False,
                totp_secret=None,
                totp_last_step=None,
                first_name_key=f"{first_name.key} {last_name.key}",
                name_key=f"{last_name.key} {first_name.key}",
                language=None,
                theme=None,
                looked_at=None,
                created_at=hired,
                updated_at=hired,
                version=1,
            )
        )
    return staff


def _full_names(rng: Random) -> Iterator[tuple[Word, Word]]:
    yield from ((word(first), word(last)) for first, last in _NAMES.values())
    total = len(FIRST_NAMES) * len(LAST_NAMES)
    start = rng.randrange(total)
    for number in range(total):
        last, first = divmod((start + number * _NAME_STEP) % total, len(FIRST_NAMES))
        if f"{FIRST_NAMES[first].slug}.{LAST_NAMES[last].slug}" not in _NAMES:
            yield FIRST_NAMES[first], LAST_NAMES[last]
