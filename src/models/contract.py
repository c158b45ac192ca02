"""What a client buys, and the money received for it."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, Index, String, select, type_coerce
from sqlalchemy.ext.hybrid import hybrid_method, hybrid_property
from sqlalchemy.orm import Mapped, mapped_column, relationship

from src.db.types import Choice, CleanText, FoldedText, Money, UtcDateTime
from src.domain.errors import RuleBroken
from src.domain.values import fold
from src.i18n import N_
from src.models.base import Base, Record, table_args
from src.models.client import Client
from src.models.partial_indexes import partial_index


class ContractStatus(StrEnum):
    """How far a contract has come."""

    DRAFT = "draft"
    SENT = "sent"
    SIGNED = "signed"
    CANCELLED = "cancelled"

    @property
    def label(self) -> str:
        """The marked word for screens."""
        return STATUS_LABELS[self]


STATUS_LABELS = {
    ContractStatus.DRAFT: N_("draft"),
    ContractStatus.SENT: N_("sent"),
    ContractStatus.SIGNED: N_("signed"),
    ContractStatus.CANCELLED: N_("cancelled"),
}

# As text, because the query must repeat a partial index's condition to the letter for it to be used. NOT IN, because
# SQLite prefers the plain index of the status to the partial one as soon as it can search it, and then sorts every row.
IS_UNSIGNED = "status NOT IN ('signed', 'cancelled')"
IS_SIGNED = "status NOT IN ('draft', 'sent', 'cancelled')"
IS_UNPAID = f"{IS_SIGNED} AND paid < total"


class Contract(Record, Base):
    """What a client buys; paid is the sum of its payments, due is what is left of the total."""

    __tablename__ = "contracts"
    __table_args__ = table_args(
        CheckConstraint("status IN ('draft', 'sent', 'signed', 'cancelled')", name="status_known"),
        CheckConstraint("total >= 0", name="total_not_negative"),
        CheckConstraint("paid >= 0 AND paid <= total", name="paid_within_total"),
        CheckConstraint(
            "(status IN ('draft', 'sent') AND signed_at IS NULL) OR (status = 'signed' AND signed_at IS NOT NULL)"
            " OR status = 'cancelled'",
            name="signed_at_matches_status",
        ),
        Index("ix_contracts_client_id", "client_id", "id"),
        Index("ix_contracts_status", "status", "id"),
        Index("ix_contracts_title_key", "title_key", "id"),
        Index("ix_contracts_total", "total", "id"),
        Index("ix_contracts_created_at", "created_at", "id"),
        partial_index("ix_contracts_unsigned", "id", where=IS_UNSIGNED),
        partial_index("ix_contracts_unpaid", "id", where=IS_UNPAID),
        partial_index("ix_contracts_signed", "signed_at", "status", "total", where=IS_SIGNED),
    )
    audit_ignored: ClassVar[frozenset[str]] = Record.audit_ignored | {"title_key"}

    client_id: Mapped[int] = mapped_column(ForeignKey("clients.id", ondelete="RESTRICT"))
    title: Mapped[str] = mapped_column(CleanText(200))
    total: Mapped[Decimal] = mapped_column(Money)
    # Kept by the trigger tr_payments_add_up, in the transaction of each payment; never written from here.
    paid: Mapped[Decimal] = mapped_column(Money, default=Decimal("0.00"))
    status: Mapped[ContractStatus] = mapped_column(Choice(ContractStatus), default=ContractStatus.DRAFT)
    signed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    title_key: Mapped[str] = mapped_column(FoldedText(420))

    client: Mapped[Client] = relationship(lazy="raise")

    @hybrid_property
    def due(self) -> Decimal:
        """What the client still has to pay."""
        return self.total - self.paid

    @due.inplace.expression
    @classmethod
    def _due_expression(cls) -> ColumnElement[Decimal]:
        return type_coerce(cls.total - cls.paid, Money())

    def _is_owned(self, user_id: int) -> Any:
        """A contract is its client's sales contact's own."""
        return self.client.sales_contact_id == user_id

    @classmethod
    def _is_owned_condition(cls, user_id: int) -> Any:
        return cls.client_id.in_(select(Client.id).where(Client.sales_contact_id == user_id))

    is_owned_by = hybrid_method(_is_owned, _is_owned_condition)

    def derive_keys(self) -> None:
        """Keep the comparable form of the title in step with it."""
        self.title_key = fold(self.title)

    def send(self) -> None:
        """The contract goes out to the client."""
        self._move(ContractStatus.SENT, {ContractStatus.DRAFT})

    def sign(self, at: datetime) -> None:
        """The client has signed: from now on payments and events are possible."""
        self._move(ContractStatus.SIGNED, {ContractStatus.DRAFT, ContractStatus.SENT})
        self.signed_at = at

    def cancel(self) -> None:
        """The deal is off; a signing date stays, because it happened."""
        self._move(ContractStatus.CANCELLED, {ContractStatus.DRAFT, ContractStatus.SENT, ContractStatus.SIGNED})

    def change(self, *, title: str | None = None, total: Decimal | None = None) -> None:
        """Change what is offered; once signed, only an amendment may."""
        if self.status not in {ContractStatus.DRAFT, ContractStatus.SENT}:
            raise RuleBroken(N_("A signed or cancelled contract cannot be changed; management can amend a signed one."))
        self._set_terms(title=title, total=total)

    def amend(self, *, title: str | None = None, total: Decimal | None = None) -> None:
        """Change what was signed, by agreement with the client."""
        if self.status is not ContractStatus.SIGNED:
            raise RuleBroken(N_("Only a signed contract can be amended; an unsigned one is simply changed."))
        self._set_terms(title=title, total=total)

    def check_lines(self, *, amended: bool) -> None:
        """Refuse to change what the contract is made up of; once signed, only an amendment may.

        Raises:
            RuleBroken: it is cancelled, or signed and this is no amendment.
        """
        if self.status is ContractStatus.CANCELLED or (self.status is ContractStatus.SIGNED and not amended):
            raise RuleBroken(N_("A signed or cancelled contract cannot be changed; management can amend a signed one."))

    def check_payment(self, amount: Decimal) -> None:
        """Refuse money that the contract cannot take or give back.

        Raises:
            RuleBroken: the contract is not signed, the payment exceeds what is due, or the refund what was paid.
        """
        if amount > 0 and self.status is not ContractStatus.SIGNED:
            raise RuleBroken(N_("Payments can only be recorded on a signed contract."))
        if amount > self.due:
            raise RuleBroken(N_("The payment exceeds what is due ({due})."), due=self.due)
        if -amount > self.paid:
            raise RuleBroken(N_("The refund exceeds what was paid ({paid})."), paid=self.paid)

    def _set_terms(self, *, title: str | None, total: Decimal | None) -> None:
        if total is not None and total < self.paid:
            raise RuleBroken(N_("The total cannot be less than what was already paid ({paid})."), paid=self.paid)
        if title is not None:
            self.title = title
        if total is not None:
            self.total = total

    def _move(self, to: ContractStatus, allowed: set[ContractStatus]) -> None:
        if self.status not in allowed:
            raise RuleBroken(_MOVE_REFUSED[to][self.status])
        self.status = to


_MOVE_REFUSED = {
    ContractStatus.SENT: {
        ContractStatus.SENT: N_("This contract was already sent."),
        ContractStatus.SIGNED: N_("This contract is already signed."),
        ContractStatus.CANCELLED: N_("This contract is cancelled."),
    },
    ContractStatus.SIGNED: {
        ContractStatus.SIGNED: N_("This contract is already signed."),
        ContractStatus.CANCELLED: N_("This contract is cancelled."),
    },
    ContractStatus.CANCELLED: {ContractStatus.CANCELLED: N_("This contract is already cancelled.")},
}


class PaymentMethod(StrEnum):
    """How the money came."""

    TRANSFER = "transfer"
    CARD = "card"
    CHEQUE = "cheque"
    CASH = "cash"
    OTHER = "other"

    @property
    def label(self) -> str:
        """The marked word for screens."""
        return METHOD_LABELS[self]


METHOD_LABELS = {
    PaymentMethod.TRANSFER: N_("bank transfer"),
    PaymentMethod.CARD: N_("card"),
    PaymentMethod.CHEQUE: N_("cheque"),
    PaymentMethod.CASH: N_("cash"),
    PaymentMethod.OTHER: N_("other"),
}


class Payment(Record, Base):
    """Money received on a signed contract (a refund is negative); never edited, only added."""

    __tablename__ = "payments"
    __table_args__ = table_args(
        CheckConstraint("amount <> 0", name="amount_not_zero"),
        CheckConstraint("method IN ('transfer', 'card', 'cheque', 'cash', 'other')", name="method_known"),
        Index("ix_payments_contract_id", "contract_id", "id"),
        Index("ix_payments_recorded_by", "recorded_by"),
        Index("ix_payments_received_on", "received_on", "amount"),
    )
    audit_ignored: ClassVar[frozenset[str]] = Record.audit_ignored | {
        "contract_id",
        "idempotency_key",
        "recorded_by",
        "recorded_by_username",
    }

    contract_id: Mapped[int] = mapped_column(ForeignKey("contracts.id", ondelete="RESTRICT"))
    amount: Mapped[Decimal] = mapped_column(Money)
    received_on: Mapped[date]
    method: Mapped[PaymentMethod] = mapped_column(Choice(PaymentMethod))
    reference: Mapped[str] = mapped_column(CleanText(100), default="")
    reason: Mapped[str] = mapped_column(CleanText(500), default="")
    idempotency_key: Mapped[str] = mapped_column(String(100), unique=True)
    # The name stays when the account is deleted; the link goes.
    recorded_by: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    recorded_by_username: Mapped[str] = mapped_column(String(50))
