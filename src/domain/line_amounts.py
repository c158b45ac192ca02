"""What a line of a contract comes to: quantity × unit price, then VAT, each rounded once to the cent."""

import re
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

from src.domain.errors import InvalidInput
from src.i18n import N_

MAX_QUANTITY = Decimal(1_000_000)
MAX_UNIT_PRICE = Decimal("9999999.99")
MAX_RATE = Decimal(100)
_CENT = Decimal("0.01")
_NUMBER = re.compile(r"\d{1,12}(?:[.,]\d{1,3})?", re.ASCII)


class Amounts(NamedTuple):
    """A line without its VAT, and its VAT."""

    net: Decimal
    vat: Decimal


def amounts_of(quantity: Decimal, unit_price: Decimal, vat_rate: Decimal) -> Amounts:
    """Work out a line; half a cent is rounded up (away from zero on a discount), as invoices do."""
    net = (quantity * unit_price).quantize(_CENT, ROUND_HALF_UP)
    return Amounts(net, (net * vat_rate / 100).quantize(_CENT, ROUND_HALF_UP))


def parse_quantity(text: str | Decimal | int, *, field: str) -> Decimal:
    """Read how much of something: `3`, `2,5`, `0.125`.

    Raises:
        InvalidInput: not a number, nothing, a fourth decimal, or more than a million.
    """
    quantity = _number(text)
    if quantity is None or not 0 < quantity <= MAX_QUANTITY:
        raise InvalidInput(N_("{field}: write a number up to a million, such as 3 or 2.5."), field=field)
    return quantity


def parse_rate(text: str | Decimal | int, *, field: str) -> Decimal:
    """Read a rate of VAT in percent: `20`, `5,5 %`.

    Raises:
        InvalidInput: not a number from 0 to 100, or a third decimal.
    """
    rate = _number(str(text)[:50].strip().removesuffix("%"))
    if rate is None or rate > MAX_RATE or rate != rate.quantize(_CENT):
        raise InvalidInput(N_("{field}: write a percentage from 0 to 100, such as 20 or 5.5."), field=field)
    return rate


def _number(text: str | Decimal | int) -> Decimal | None:
    typed = re.sub(r"[\u0020\u00a0\u202f\u2009]", "", str(text)[:50])
    return Decimal(typed.replace(",", ".")) if _NUMBER.fullmatch(typed) else None
