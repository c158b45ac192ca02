"""The demo company's calendar: the years behind it and the months before it, seen from an injected now.

Times are texts in UTC, in the one form that SQLite stores and PostgreSQL reads: at a million clients, making and
formatting datetimes would cost more than all the rest.
"""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from src.services.demo.names import ZONES

HOME = ZoneInfo("Europe/Paris")
OPENED = date(2021, 1, 4)

DAYS_PAST = 540
DAYS_AHEAD = 240
# Whoever is in charge of a contract's events is busy for three days, so that nobody is in two places at once.
BLOCK = 3
BLOCKS = (DAYS_PAST + DAYS_AHEAD) // BLOCK

# The first clients were met, and the first contracts signed, before the first event.
_MARGIN = 460


class Timeline:
    """Days by number, counted from the first one the demo company needs; `today` is the number of today."""

    def __init__(self, now: datetime) -> None:
        self.now = now.astimezone(UTC)
        here = now.astimezone(HOME).date()
        self.first = min(OPENED, here - timedelta(days=DAYS_PAST + _MARGIN))
        self.today = (here - self.first).days
        days = [self.first + timedelta(days=number) for number in range(self.today + DAYS_AHEAD + 2 * BLOCK)]
        self.days = [day.isoformat() for day in days]
        self.years = [str(day.year) for day in days]
        # How far the clocks of a zone are ahead of UTC, in minutes, at noon of each day.
        self.offsets = {
            zone: [_offset(datetime.combine(day, time(12), ZoneInfo(zone))) for day in days] for zone in ZONES
        }
        # Odd seconds, for moments at which somebody typed something; full minutes, for what was planned.
        self.clock = [f" {minute // 60:02}:{minute % 60:02}:{minute * 37 % 60:02}.000000" for minute in range(1440)]
        self.planned = [f" {minute // 60:02}:{minute % 60:02}:00.000000" for minute in range(1440)]

    def number_of(self, day: date) -> int:
        """Give a day's number."""
        return (day - self.first).days


def stored(moment: datetime) -> str:
    """Write a moment as it is stored."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")


def aware(text: str) -> str:
    """Write a stored moment as the audit log and JSON do: ISO 8601 with its offset."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC).isoformat()


def _offset(moment: datetime) -> int:
    ahead = moment.utcoffset()
    return 0 if ahead is None else int(ahead.total_seconds()) // 60
