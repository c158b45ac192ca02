"""The first page of the day: what each department has to look after."""

from dataclasses import dataclass
from decimal import Decimal

from starlette.responses import Response

from src.domain.permissions import Action, Department
from src.domain.values import parse_moment
from src.i18n import N_
from src.models.event import Event
from src.presentation.days import month_in_words, short_month
from src.services import audit, clients, contracts, events, money, support_work
from src.services.contracts import ContractFilter
from src.services.events import EventFilter
from src.web.desk import Desk
from src.web.pages import Access, Pages

pages = Pages()

_ROWS = 6
_BUSIEST = 8
_CHANGES = 15


@dataclass(frozen=True)
class _Bars:
    """The two bars of one month, each as high as its share of the greatest amount, in percent."""

    month: money.Month
    signed: float
    received: float

    @property
    def short(self) -> str:
        return short_month(self.month.first_day)

    @property
    def words(self) -> str:
        return month_in_words(self.month.first_day)


@pages.get("/", Access.SIGNED_IN)
def show_home(desk: Desk) -> Response:
    """Show what waits for whoever is logged in."""
    match desk.me.department:
        case Department.SALES:
            return _of_sales(desk)
        case Department.SUPPORT:
            return _of_support(desk)
        case Department.MANAGEMENT:
            return _of_management(desk)


def _of_sales(desk: Desk) -> Response:
    unsigned, unpaid = ContractFilter(mine=True, unsigned=True), ContractFilter(mine=True, unpaid=True)
    mine = clients.ClientFilter(mine=True)
    return desk.page(
        "home/sales.html",
        clients=clients.list_clients(desk.session, desk.me, mine, sort="last-contact", limit=_ROWS),
        unsigned=contracts.list_contracts(desk.session, desk.me, unsigned, limit=_ROWS),
        unpaid=contracts.list_contracts(desk.session, desk.me, unpaid, limit=_ROWS),
        waiting=money.money_waiting(desk.session, desk.me, mine=True, now=desk.now, zone=desk.zone),
        events=_events(desk, EventFilter(mine=True, upcoming=True)),
    )


@pages.post("/seen", Action.AUDIT_READ_HISTORY)
def note_seen_changes(desk: Desk) -> Response:
    """Remember that somebody has seen what changed: what others did since that page was made is still to come."""
    desk.form.require_only(("until",))
    until = parse_moment(desk.form.get("until"), field=N_("moment"), zone=desk.zone)
    support_work.note_looked(desk.session, desk.me, until=until, now=desk.now)
    return desk.go("/")


def _of_support(desk: Desk) -> Response:
    meanwhile = support_work.changes_meanwhile(desk.session, desk.me, now=desk.now, limit=_CHANGES)
    return desk.page(
        "home/support.html",
        meanwhile=meanwhile,
        people=audit.people_named(Event, meanwhile.changes),
        today=_events(desk, EventFilter(mine=True, today=True)),
        week=_events(desk, EventFilter(mine=True, week=True, upcoming=True)),
        next_week=_events(desk, EventFilter(mine=True, next_week=True)),
    )


def _of_management(desk: Desk) -> Response:
    load = support_work.load_of_support(desk.session, desk.me, now=desk.now)
    return desk.page(
        "home/management.html",
        without_support=_events(desk, EventFilter(without_support=True, upcoming=True)),
        waiting=money.money_waiting(desk.session, desk.me, mine=False, now=desk.now, zone=desk.zone),
        bars=_bars(money.money_by_month(desk.session, desk.me, now=desk.now, zone=desk.zone)),
        load=load,
        busiest=_BUSIEST,
        most=max((person.events for person in load), default=0) or 1,
        unsigned=contracts.list_contracts(desk.session, desk.me, ContractFilter(unsigned=True), limit=_ROWS),
    )


def _events(desk: Desk, filters: EventFilter) -> object:
    return events.list_events(desk.session, desk.me, filters, now=desk.now, zone=desk.zone, limit=_ROWS)


def _bars(months: list[money.Month]) -> list[_Bars]:
    top = max(max(month.signed, month.received) for month in months) or Decimal(1)

    def share(amount: Decimal) -> float:
        # More given back than received in a month is no bar; the table has the figure.
        return float(round(100 * max(amount, Decimal(0)) / top, 1))

    return [_Bars(month, share(month.signed), share(month.received)) for month in months]
