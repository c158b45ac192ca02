"""What lists show of what a contract is made up of."""

from collections.abc import Callable
from typing import Any

from src.i18n import N_
from src.presentation.columns import Column
from src.presentation.contracts import ID


def _decimal(name: str) -> Callable[[Any], str]:
    # 2.500 and 20.00 are stored; nobody writes them so.
    return lambda line: f"{getattr(line, name).normalize():f}"


COLUMNS = (
    ID,
    Column(key="description", heading=N_("Description"), importance=1, wraps=True),
    Column(key="quantity", heading=N_("Quantity"), kind="decimal", of=_decimal("quantity"), importance=1),
    Column(key="unit_price", heading=N_("Unit price"), kind="money", importance=2),
    Column(key="vat_rate", heading=N_("VAT %"), kind="decimal", of=_decimal("vat_rate"), importance=2),
    Column(key="net", heading=N_("Net"), kind="money", importance=3),
    Column(key="vat", heading=N_("VAT"), kind="money", importance=3),
    Column(key="gross", heading=N_("Gross"), kind="money", importance=1),
)
