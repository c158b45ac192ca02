"""How many questions a command puts to the database: for one row as many as for three, and no more than here."""

import pytest

from src.models.user import User
from tests import factories
from tests.cli.company import Company
from tests.real_databases import statements_of

# Beside what is asked about the records: the schema version and who is logged in.
COUNTS = {
    "client list": 3,
    "client list --search kev --mine": 3,
    "client show 1": 3,
    "client history 1": 4,
    "contract list": 4,
    "contract show 1": 4,
    "contract lines 1": 4,
    "contract payments 1": 4,
    "contract history 1": 4,
    "event list": 3,
    "event list --mine --upcoming": 3,
    "event show 1": 3,
    "event history 1": 4,
    "user list": 3,
    "user show 1": 3,
    "audit list": 3,
    "sessions list": 3,
    "whoami": 3,
}


@pytest.mark.parametrize("words", COUNTS)
def test_three_rows_cost_as_many_questions_as_one(company: Company, words: str) -> None:
    def asked() -> int:
        with statements_of() as seen:
            assert company.run("management", *words.split()).code == 0
        return len(seen)

    few = asked()
    with company.database.writing() as session:
        seller = session.get_one(User, company.office.people["sales"].id)
        supporter = session.get_one(User, company.office.people["support"].id)
        for _more in range(3):
            buyer = factories.client(session, seller)
            sold = factories.contract(session, buyer, paid="10.00")
            factories.event(session, sold, supporter)
            factories.payment(session, session.get_one(type(sold), 1), "10.00")
    assert (few, asked()) == (COUNTS[words], COUNTS[words])
