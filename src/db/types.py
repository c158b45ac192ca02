"""Column types that keep what they were given: exact money, aware times, clean and comparable text.

Each refuses at the door what a database would silently mangle: SQLAlchemy's Numeric is a float on SQLite, and its
DateTime(timezone=True) drops the offset there without a warning.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, DateTime, Dialect, Integer, String
from sqlalchemy.types import TypeDecorator, TypeEngine

from src.domain.values import MAX_AMOUNT, clean_text

# SQLite only counts ids by itself (and never reuses them) on a column declared exactly INTEGER.
RecordId = BigInteger().with_variant(Integer(), "sqlite")
_CENT = Decimal("0.01")


class Money(TypeDecorator[Decimal]):
    """An exact amount: Decimal in Python, whole cents in the database."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> int | None:
        """Refuse whatever is not an exact number of cents (floats, NaN, a third decimal)."""
        if value is None:
            return None
        if type(value) not in {Decimal, int}:
            raise TypeError(f"money is a Decimal, not a {type(value).__name__}")
        amount = Decimal(value)
        # Bounds first: beyond 28 digits Decimal's own arithmetic rounds.
        if not amount.is_finite() or amount.copy_abs() > MAX_AMOUNT or amount != amount.quantize(_CENT):
            raise ValueError("money has whole cents and bounds")
        return int(amount.scaleb(2))

    def process_result_value(self, value: int | None, dialect: Dialect) -> Decimal | None:
        """Give cents back as an amount with two decimals (sums come as Decimal from PostgreSQL)."""
        return None if value is None else Decimal(int(value)).scaleb(-2)

    @property
    def python_type(self) -> type[Decimal]:
        """What a value is in Python."""
        return Decimal

    def coerce_compared_value(self, op: Any, value: Any) -> TypeEngine[Any]:
        """Compare and add money with money."""
        return self


class _Thousandths(TypeDecorator[Decimal]):
    """An exact number: Decimal in Python, a whole number of its smallest step in the database."""

    impl = BigInteger
    cache_ok = True
    places = 3

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> int | None:
        """Refuse what is not exact."""
        if value is None:
            return None
        if type(value) not in {Decimal, int}:
            raise TypeError(f"an exact number is a Decimal, not a {type(value).__name__}")
        steps = Decimal(value).scaleb(self.places)
        if not steps.is_finite() or steps.copy_abs() > 10**12 or steps != int(steps):
            raise ValueError("an exact number has few decimals and bounds")
        return int(steps)

    def process_result_value(self, value: int | None, dialect: Dialect) -> Decimal | None:
        """Give it back with its decimals."""
        return None if value is None else Decimal(int(value)).scaleb(-self.places)

    @property
    def python_type(self) -> type[Decimal]:
        """What a value is in Python."""
        return Decimal


class Quantity(_Thousandths):
    """How much of something, in thousandths."""

    cache_ok = True


class Rate(_Thousandths):
    """A percentage, in hundredths of a percent."""

    cache_ok = True
    places = 2


class UtcDateTime(TypeDecorator[datetime]):
    """A moment: aware in Python, UTC in the database."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a clock time without a zone: it names no moment."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs a time zone")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give the moment back in UTC."""
        return None if value is None else value.astimezone(UTC)

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], datetime | None] | None:
        """Give what reads a moment; a page of a list holds a hundred of them, so SQLite's texts are read in one go."""
        return _read_text if dialect.name == "sqlite" else super().result_processor(dialect, coltype)

    @property
    def python_type(self) -> type[datetime]:
        """What a value is in Python."""
        return datetime


def _read_text(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text + "+00:00")


def _by_code_point(length: int, dialect: Dialect) -> TypeEngine[Any]:
    """Sort by code point on PostgreSQL as SQLite does, so that the beginning of a text is a range of the index."""
    collation = "C" if dialect.name == "postgresql" else None
    return dialect.type_descriptor(String(length, collation=collation))


class CleanText(TypeDecorator[str]):
    """A text people typed: NFC, trimmed, without control characters, whoever writes it.

    `sortable` is for plain words such as usernames, which are their own comparable form.
    """

    impl = String
    cache_ok = True

    def __init__(self, length: int, *, multiline: bool = False, sortable: bool = False) -> None:
        super().__init__(length)
        self.length = length
        self.multiline = multiline
        self.sortable = sortable

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Leave the sort order to the database, except for what lists sort by."""
        return _by_code_point(self.length, dialect) if self.sortable else super().load_dialect_impl(dialect)

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Store the one form of a text in which it can be compared."""
        return None if value is None else clean_text(value, multiline=self.multiline)

    @property
    def python_type(self) -> type[str]:
        """What a value is in Python."""
        return str


class FoldedText(TypeDecorator[str]):
    """The comparable form of a text (`domain.values.fold`), sorted and searched alike on both engines."""

    impl = String
    cache_ok = True

    def __init__(self, length: int) -> None:
        super().__init__(length)
        self.length = length

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Sort alike on both engines."""
        return _by_code_point(self.length, dialect)

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Cut what is too long to compare: one letter of a rare script may fold into eighteen."""
        return None if value is None else value[: self.length]

    @property
    def python_type(self) -> type[str]:
        """What a value is in Python."""
        return str


class Choice(TypeDecorator[StrEnum]):
    """One of a few words, as text with a CHECK: a PostgreSQL enum type would survive a downgrade."""

    impl = String
    cache_ok = True

    def __init__(self, choices: type[StrEnum], length: int = 20) -> None:
        super().__init__(length)
        self.choices = choices

    def process_bind_param(self, value: StrEnum | str | None, dialect: Dialect) -> str | None:
        """Refuse a word that is not among the choices."""
        return None if value is None else self.choices(value).value

    def process_result_value(self, value: str | None, dialect: Dialect) -> StrEnum | None:
        """Give the word back as one of the choices."""
        return None if value is None else self.choices(value)

    @property
    def python_type(self) -> type[StrEnum]:
        """The enumeration the words come from."""
        return self.choices
