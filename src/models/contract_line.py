"""What a contract is made up of, line by line; where there are lines, they add up to its total."""

from decimal import Decimal
from typing import ClassVar

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from src.db.types import CleanText, Money, Quantity, Rate
from src.domain.line_amounts import amounts_of
from src.models.base import Base, Record, table_args

# Half a cent is rounded away from zero, in whole numbers that both engines cut off towards zero.
NET_IS_ROUNDED = (
    "net = (quantity * unit_price + CASE WHEN unit_price < 0 THEN -500 ELSE 500 END) / 1000"
    " AND net BETWEEN -999999999999 AND 999999999999"
)
VAT_IS_ROUNDED = "vat = (net * vat_rate + CASE WHEN net < 0 THEN -5000 ELSE 5000 END) / 10000"


class ContractLine(Record, Base):
    """One thing that is sold under a contract: how much of it, at which price without VAT, at which rate of VAT."""

    __tablename__ = "contract_lines"
    __table_args__ = table_args(
        CheckConstraint("quantity BETWEEN 1 AND 1000000000", name="quantity_in_bounds"),
        CheckConstraint("unit_price BETWEEN -999999999 AND 999999999", name="unit_price_in_bounds"),
        CheckConstraint("vat_rate BETWEEN 0 AND 10000", name="vat_rate_in_bounds"),
        CheckConstraint(NET_IS_ROUNDED, name="net_is_rounded"),
        CheckConstraint(VAT_IS_ROUNDED, name="vat_is_rounded"),
        Index("ix_contract_lines_contract_id", "contract_id", "id"),
    )
    audit_ignored: ClassVar[frozenset[str]] = Record.audit_ignored | {"contract_id", "net", "vat"}

    contract_id: Mapped[int] = mapped_column(ForeignKey("contracts.id", ondelete="RESTRICT"))
    description: Mapped[str] = mapped_column(CleanText(200))
    quantity: Mapped[Decimal] = mapped_column(Quantity)
    # A discount is a line with a negative price.
    unit_price: Mapped[Decimal] = mapped_column(Money)
    vat_rate: Mapped[Decimal] = mapped_column(Rate)
    net: Mapped[Decimal] = mapped_column(Money)
    vat: Mapped[Decimal] = mapped_column(Money)

    @property
    def gross(self) -> Decimal:
        """What the client pays for it."""
        return self.net + self.vat

    def derive_keys(self) -> None:
        """Keep the amounts in step with what they are worked out from."""
        self.net, self.vat = amounts_of(self.quantity, self.unit_price, self.vat_rate)
