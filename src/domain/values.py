"""Values that people type, read once for every interface: text, amounts, dates, times and time zones.

Each `parse_*` takes what was typed and the name of the field it was typed into, and either returns the exact value or
raises InvalidInput naming that field. Nothing is guessed: what can be read in two ways is refused.
"""

import re
import unicodedata
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import filterfalse
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from src.domain.errors import InvalidInput
from src.i18n import N_

MAX_NAME = 100
MAX_LINE = 200
MAX_NOTES = 10_000
MAX_AMOUNT = Decimal("9999999999.99")
_CENT = Decimal("0.01")
MIN_YEAR, MAX_YEAR = 1900, 2200
MAX_ATTENDEES = 1_000_000
MAX_ID = 2**63 - 1

# Control characters, halves of surrogate pairs, and what reorders what a reader sees; letters written right to left are
# welcome without it. One search by the regex engine: asking for each character's category takes a second per megabyte.
_FORBIDDEN = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069]")
_INVISIBLE = re.compile("[\u200b\u2060\ufeff\u00ad]")
# Letters that Unicode does not decompose, but that people type without their stroke or ligature.
_PLAIN_LETTERS = str.maketrans(
    {"œ": "oe", "æ": "ae", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "’": "'", "‘": "'", "ʼ": "'"}
)


def clean_text(text: str, *, multiline: bool = False) -> str:
    """Give a text the one form in which it is stored: NFC, trimmed, inner white space folded, nothing invisible.

    Raises:
        ValueError: it holds a control character, half a surrogate pair or a direction override.
    """
    if not text.isascii():
        # First what is invisible: removed after normalising, it would leave a letter apart from its accent.
        text = unicodedata.normalize("NFC", _INVISIBLE.sub("", text))
    if multiline:
        text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\u2029", "\n")
        text = "\n".join(" ".join(line.split()) for line in text.split("\n")).strip()
    else:
        text = " ".join(text.split())
    if not text.isprintable() and _FORBIDDEN.search(text):
        raise ValueError("control character or direction override")
    return text


def fold(text: str) -> str:
    """Give the form in which texts are compared: no accents, no capitals, ligatures opened, single spaces."""
    if text.isascii():
        return " ".join(text.lower().split())
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    # Capitals once more, because a compatibility form (a mathematical or full-width one) decomposes into a plain one.
    plain = "".join(filterfalse(unicodedata.combining, decomposed)).casefold()
    return " ".join((plain if plain.isascii() else plain.translate(_PLAIN_LETTERS)).split())


def parse_text(
    text: str, *, field: str, longest: int = MAX_LINE, required: bool = True, multiline: bool = False
) -> str:
    """Read one text, such as a company name, a place or notes.

    Raises:
        InvalidInput: empty although required, longer than `longest` characters, or holding control characters.
    """
    # White space and accents apart may make the typed text longer than the stored one, but not by this much; megabytes
    # are refused without being looked at.
    if len(text) > 10 * longest + 1000:
        raise InvalidInput(_TOO_LONG, field=field, longest=longest)
    try:
        cleaned = clean_text(text, multiline=multiline)
    except ValueError:
        raise InvalidInput(N_("{field}: control characters are not allowed."), field=field) from None
    if required and not cleaned:
        raise InvalidInput(N_("{field}: a value is required."), field=field)
    if len(cleaned) > longest:
        raise InvalidInput(_TOO_LONG, field=field, longest=longest)
    return cleaned


_TOO_LONG = N_("{field}: at most {longest} characters are allowed.")


def _one_word(value: str | Decimal | int) -> str:
    """Give what was typed for a number or a date without the space around it; nothing if no such value is as long."""
    if isinstance(value, int):
        # str() refuses numbers of more than 4,300 digits with an error of its own.
        return str(value) if abs(value) < 10**40 else ""
    typed = str(value).strip()
    return typed if len(typed) <= _LONGEST_WORD else ""


_LONGEST_WORD = 100


def parse_name(text: str, *, field: str) -> str:
    """Read a person's first or last name.

    Raises:
        InvalidInput: empty, too long, or without a single letter.
    """
    name = parse_text(text, field=field, longest=MAX_NAME)
    if not any(character.isalpha() for character in name):
        raise InvalidInput(N_("{field}: a name needs at least one letter."), field=field)
    return name


_USERNAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,48}[a-z0-9]")


def is_username(text: str) -> bool:
    """Tell whether somebody could have this log-in name, written in capitals or not."""
    return _USERNAME.fullmatch(text.lower()) is not None


def parse_username(text: str, *, field: str = N_("username")) -> str:
    """Read a log-in name: 3 to 50 plain letters, digits, dots, dashes or underscores, stored in lower case.

    Raises:
        InvalidInput: anything else.
    """
    username = parse_text(text, field=field, longest=50).lower()
    if not _USERNAME.fullmatch(username):
        raise InvalidInput(
            N_("{field}: use 3 to 50 letters without accents, digits, dots, dashes or underscores."), field=field
        )
    return username


# Digits grouped by three with a space, dot, comma or apostrophe; then, after a dot or comma, one or two decimals.
_SPACES = "\u0020\u00a0\u202f\u2009"
_AMOUNT = re.compile(
    rf"(?P<sign>[-+\u2212]?)(?P<whole>\d{{1,3}}(?:(?P<group>[{_SPACES}.,'’])\d{{3}}(?:(?P=group)\d{{3}})*)?|\d+)(?:(?P<point>[.,])(?P<cents>\d{{1,2}}))?",
    re.ASCII,
)
_CURRENCY_MARKS = re.compile(r"^(?:€|EUR)|(?:€|EUR)$", re.IGNORECASE)


def parse_money(text: str | Decimal | int, *, field: str, negative: bool = False, zero: bool = True) -> Decimal:
    """Read an amount of money, exact to the cent: `1200`, `1 200,50`, `1 200,50 €`, `1,200.50`.

    `1,200` and `1.200` alone could mean two different amounts and are refused.

    Raises:
        InvalidInput: not an amount, a third decimal, negative or zero where that makes no sense, or beyond ten billion.
    """
    if isinstance(text, Decimal | int) and not isinstance(text, bool):
        amount = Decimal(text)
        within = amount.is_finite() and amount.copy_abs() <= MAX_AMOUNT
        if not amount.is_finite() or (within and amount != amount.quantize(_CENT)):
            raise InvalidInput(N_("{field}: this is not an amount in whole cents."), field=field)
    else:
        typed = _CURRENCY_MARKS.sub("", _one_word(text)).strip()
        match = _AMOUNT.fullmatch(typed)
        if match is None:
            raise InvalidInput(N_("{field}: this is not an amount. Write for example 1200.50."), field=field)
        group, point = match["group"], match["point"]
        if (group in {".", ","} and point is None and typed.count(group) == 1) or (group and group == point):
            raise InvalidInput(
                N_("{field}: this amount can be read in two ways. Write for example 1200.50."), field=field
            )
        whole = re.sub(r"\D", "", match["whole"])
        sign = "-" if match["sign"] in {"-", "\u2212"} else ""
        amount = Decimal(f"{sign}{whole}.{match['cents'] or '0'}")
    if amount < 0 and not negative:
        raise InvalidInput(N_("{field}: the amount must not be negative."), field=field)
    if amount == 0 and not zero:
        raise InvalidInput(N_("{field}: the amount must not be zero."), field=field)
    if amount.copy_abs() > MAX_AMOUNT:
        raise InvalidInput(N_("{field}: the amount is too large."), field=field)
    return amount.quantize(_CENT) + 0  # "-0" is no amount of its own


def parse_count(text: str | int, *, field: str, most: int = MAX_ATTENDEES) -> int:
    """Read a number of people.

    Raises:
        InvalidInput: not a whole number from 0 to `most`.
    """
    typed = re.sub(rf"[{_SPACES}]", "", _one_word(text))
    if not re.fullmatch(r"\d{1,12}", typed, re.ASCII) or int(typed) > most:
        raise InvalidInput(N_("{field}: write a whole number from 0 to {most}."), field=field, most=most)
    return int(typed)


_DAY_FORMATS = (
    re.compile(r"(?P<y>\d{4})-(?P<m>\d{1,2})-(?P<d>\d{1,2})", re.ASCII),
    re.compile(r"(?P<d>\d{1,2})[/.](?P<m>\d{1,2})[/.](?P<y>\d{4})", re.ASCII),
)


def parse_date(text: str, *, field: str) -> date:
    """Read a day: `2023-06-04`, or `04/06/2023` (day first, as in France).

    Raises:
        InvalidInput: no such day, or a year outside 1900-2200.
    """
    typed = _one_word(text)
    for form in _DAY_FORMATS:
        if match := form.fullmatch(typed):
            try:
                day = date(int(match["y"]), int(match["m"]), int(match["d"]))
            except ValueError:
                break
            if MIN_YEAR <= day.year <= MAX_YEAR:
                return day
            break
    raise InvalidInput(N_("{field}: this is not a day. Write for example 2023-06-04 or 04/06/2023."), field=field)


_TIME = re.compile(
    r"(?P<h>\d{1,2})(?:[hH]|[:hH](?P<m>\d{2})(?::(?P<s>\d{2})(?:\.(?P<f>\d{1,6}))?)?)"
    r"\s*(?P<offset>Z|[+-]\d{2}:?\d{2})?",
    re.ASCII,
)


def parse_moment(text: str, *, field: str, zone: ZoneInfo) -> datetime:
    """Read a moment: `2023-06-04 13:00`, `04/06/2023 13h00`, or with an offset `2023-06-04T13:00+02:00`.

    Without an offset it is the clock time in `zone`. Returns UTC.

    Raises:
        InvalidInput: no such moment, or a clock time that the change to or from summer time skips or repeats.
    """
    day_text, _separator, time_text = re.sub(r"\s+", " ", _one_word(text)).replace("T", " ", 1).partition(" ")
    match = _TIME.fullmatch(time_text.strip())
    if match is None:
        raise InvalidInput(
            N_("{field}: this is not a day and time. Write for example 2023-06-04 13:00 or 04/06/2023 13:00."),
            field=field,
        )
    day = parse_date(day_text, field=field)
    try:
        parts = (match["h"], match["m"] or "0", match["s"] or "0", (match["f"] or "").ljust(6, "0"))
        hour, minute, second, microsecond = map(int, parts)
        clock = time(hour, minute, second, microsecond)
    except ValueError:
        raise InvalidInput(N_("{field}: there is no such time of day."), field=field) from None
    naive = datetime.combine(day, clock)
    if offset := match["offset"]:
        return datetime.fromisoformat(f"{naive.isoformat()}{_iso_offset(offset, field=field)}").astimezone(UTC)
    earlier, later = naive.replace(tzinfo=zone, fold=0), naive.replace(tzinfo=zone, fold=1)
    if earlier.utcoffset() != later.utcoffset():
        if earlier.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != naive:
            raise InvalidInput(N_("{field}: the change to summer time skips this time."), field=field)
        raise InvalidInput(
            N_("{field}: the change to winter time repeats this time. Add an offset such as +01:00."), field=field
        )
    return earlier.astimezone(UTC)


def _iso_offset(offset: str, *, field: str) -> str:
    if offset == "Z":
        return "+00:00"
    hours, minutes = int(offset[1:3]), int(offset[-2:])
    if timedelta(hours=hours, minutes=minutes) > timedelta(hours=14) or minutes > 59:
        raise InvalidInput(N_("{field}: there is no such time offset."), field=field)
    return f"{offset[0]}{hours:02}:{minutes:02}"


def parse_zone(text: str, *, field: str = N_("time zone")) -> ZoneInfo:
    """Read the name of a time zone, such as `Europe/Paris`.

    Raises:
        InvalidInput: the IANA list does not hold it.
    """
    name = parse_text(text, field=field, longest=64)
    try:
        if not _ZONE.fullmatch(name):
            raise ZoneInfoNotFoundError
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise InvalidInput(N_("{field}: unknown time zone. Write for example Europe/Paris."), field=field) from None


# The list's names begin with a capital. Some machines also hold files that are not of the list: their own clock
# (localtime), copies with leap seconds (right/Europe/Paris).
_ZONE = re.compile(r"[A-Z][A-Za-z0-9_+-]*(?:/[A-Za-z0-9_+-]+)*", re.ASCII)


def parse_id(text: str | int, *, field: str) -> int:
    """Read a record's number.

    Raises:
        InvalidInput: not a whole number from 1 to 2^63-1.
    """
    typed = _one_word(text).removeprefix("#")
    if not re.fullmatch(r"\d{1,19}", typed, re.ASCII) or not 1 <= int(typed) <= MAX_ID:
        raise InvalidInput(N_("{field}: write the record's number, such as 42."), field=field)
    return int(typed)
