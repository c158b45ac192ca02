"""What the sums of the first pages say, to the cent and to the day, on both engines."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from src.db.session import Database
from src.models.contract import ContractStatus
from src.services import money
from src.services.money import Sum
from tests import factories
from tests.factories import PARIS
from tests.real_databases import undone

# Half past midnight in Paris; in UTC it is still the last day of October.
NOW = datetime(2026, 10, 31, 23, 30, tzinfo=UTC)
NOTHING = Sum(0, Decimal(0))


def test_what_is_due_is_told_by_the_days_since_it_was_signed(standing: Database) -> None:
    with undone(standing) as session:
        team = factories.team(session)
        buyer, other = factories.client(session, team.sales), factories.client(session, factories.seller(session))
        first_of_november = datetime(2026, 10, 31, 23, tzinfo=UTC)
        for days, total, paid in ((0, "10", "0"), (30, "100", "40"), (31, "200", "0"), (60, "1", "0"), (61, "2", "0")):
            sold = factories.contract(session, buyer, total=total, paid=paid)
            # Summer time ended in between: 30 days ago began at 22:00 UTC.
            hour = timedelta(hours=1) if days >= 7 else timedelta()
            factories.saved(session, sold).signed_at = first_of_november - timedelta(days=days) - hour
        long_ago = factories.contract(session, buyer, total="400", paid="150")
        factories.saved(session, long_ago).signed_at = first_of_november - timedelta(days=91)
        factories.contract(session, buyer, total="70", paid="70")
        factories.contract(session, buyer, total="5", status=ContractStatus.DRAFT)
        factories.contract(session, buyer, total="6", status=ContractStatus.SENT)
        factories.contract(session, buyer, total="7", status=ContractStatus.CANCELLED, signed_first=True)
        factories.contract(session, other, total="1000", status=ContractStatus.DRAFT)
        session.flush()

        seller, boss = factories.actor(team.sales), factories.actor(team.management)
        mine = money.money_waiting(session, seller, mine=True, now=NOW, zone=PARIS)
        everything = money.money_waiting(session, boss, mine=False, now=NOW, zone=PARIS)

        assert mine.unsigned == Sum(2, Decimal(11))
        assert mine.due_by_age == [
            Sum(2, Decimal(70)),
            Sum(2, Decimal(201)),
            Sum(1, Decimal(2)),
            Sum(1, Decimal(250)),
        ]
        assert mine.due == Sum(6, Decimal(523))
        assert everything.unsigned == Sum(3, Decimal(1011))
        page, of_client = money.contracts_with_money(session, boss, buyer.id, limit=3)
        assert (len(page.items), of_client.unsigned, of_client.due) == (3, mine.unsigned, mine.due)


def test_nothing_waits_where_nothing_was_sold(standing: Database) -> None:
    with undone(standing) as session:
        team = factories.team(session)
        seller, buyer = factories.actor(team.sales), factories.client(session, team.sales)
        waiting = money.money_waiting(session, seller, mine=True, now=NOW, zone=PARIS)
        assert (waiting.unsigned, waiting.due, waiting.due_by_age) == (NOTHING, NOTHING, [NOTHING] * 4)
        assert money.contracts_with_money(session, seller, buyer.id, limit=3)[1].due == NOTHING


def test_months_begin_at_midnight_here_and_refunds_count_against_payments(standing: Database) -> None:
    with undone(standing) as session:
        team = factories.team(session)
        buyer = factories.client(session, team.sales)
        for total, moment in (
            ("1", datetime(2026, 10, 31, 22, 59, tzinfo=UTC)),
            ("20", datetime(2026, 10, 31, 23, 0, tzinfo=UTC)),
            ("300", datetime(2025, 11, 30, 22, 59, tzinfo=UTC)),  # the month before the first
            ("4000", datetime(2025, 11, 30, 23, 0, tzinfo=UTC)),
        ):
            factories.saved(session, factories.contract(session, buyer, total=total)).signed_at = moment
        called_off = factories.contract(session, buyer, status=ContractStatus.CANCELLED, signed_first=True)
        factories.saved(session, called_off).signed_at = NOW
        sold = factories.contract(session, buyer, total="900")
        factories.saved(session, sold).signed_at = datetime(2020, 1, 1, tzinfo=UTC)
        for amount, day in (("500", date(2026, 11, 1)), ("-120.50", date(2026, 11, 30)), ("7", date(2026, 12, 1))):
            factories.payment(session, sold, amount, received_on=day)
        factories.payment(session, sold, "80", received_on=date(2025, 12, 1))
        factories.payment(session, sold, "9", received_on=date(2025, 11, 30))
        session.flush()

        months = money.money_by_month(session, factories.actor(team.management), now=NOW, zone=PARIS)

        assert [months[0].first_day, months[-1].first_day, len(months)] == [date(2025, 12, 1), date(2026, 11, 1), 12]
        figures = {
            month.first_day: (month.signed, month.received) for month in months if month.signed or month.received
        }
        assert figures == {
            date(2025, 12, 1): (Decimal(4000), Decimal(80)),
            date(2026, 10, 1): (Decimal(1), Decimal(0)),
            date(2026, 11, 1): (Decimal(20), Decimal("379.50")),
        }
