"""The demo company's rows, exactly as the tables store them on both engines: cents, UTC texts, folded keys.

The fields are the columns of the models, in the order of loading; a test keeps them equal.
"""

from dataclasses import dataclass, field
from typing import Any, NamedTuple


class UserRow(NamedTuple):
    """A member of staff."""

    id: int
    username: str
    email: str
    password_hash: str
    first_name: str
    last_name: str
    phone: str
    department: str
    is_active: bool
    must_change_password: bool
    totp_secret: str | None
    totp_last_step: int | None
    first_name_key: str
    name_key: str
    language: str | None
    theme: str | None
    looked_at: str | None
    created_at: str
    updated_at: str
    version: int


class ClientRow(NamedTuple):
    """A client."""

    id: int
    first_name: str
    last_name: str
    email: str
    phone: str
    company_name: str
    sales_contact_id: int
    last_contact_at: str
    first_name_key: str
    name_key: str
    company_key: str
    email_key: str
    created_at: str
    updated_at: str
    version: int


class ContractRow(NamedTuple):
    """A contract; paid starts at nothing, the database adds the payments up."""

    id: int
    client_id: int
    title: str
    total: int
    paid: int
    status: str
    signed_at: str | None
    title_key: str
    created_at: str
    updated_at: str
    version: int


class LineRow(NamedTuple):
    """A line of a contract."""

    id: int
    contract_id: int
    description: str
    quantity: int
    unit_price: int
    vat_rate: int
    net: int
    vat: int
    created_at: str
    updated_at: str
    version: int


class PaymentRow(NamedTuple):
    """Money received, or given back."""

    id: int
    contract_id: int
    amount: int
    received_on: str
    method: str
    reference: str
    reason: str
    idempotency_key: str
    recorded_by: int
    recorded_by_username: str
    created_at: str
    updated_at: str
    version: int


class EventRow(NamedTuple):
    """An event."""

    id: int
    contract_id: int
    name: str
    event_start: str
    event_end: str
    time_zone: str
    location: str
    attendees: int
    notes: str
    support_contact_id: int | None
    contact_name: str
    contact_phone: str
    contact_email: str
    name_key: str
    location_key: str
    created_at: str
    updated_at: str
    version: int


class AuditRow(NamedTuple):
    """An entry of the audit log; its id is given by the database."""

    actor_id: int | None
    actor_username: str
    interface: str
    action: str
    record_type: str
    record_id: int | None
    record_version: int | None
    changes: str
    reason: str
    created_at: str
    updated_at: str
    version: int


Row = UserRow | ClientRow | ContractRow | LineRow | PaymentRow | EventRow


@dataclass
class Batch:
    """Some clients with everything that belongs to them, ready to be stored."""

    clients: list[ClientRow] = field(default_factory=list)
    contracts: list[ContractRow] = field(default_factory=list)
    lines: list[LineRow] = field(default_factory=list)
    payments: list[PaymentRow] = field(default_factory=list)
    events: list[EventRow] = field(default_factory=list)
    # Contracts called off after signing: money can only be received and given back while they are signed.
    called_off: list[int] = field(default_factory=list)

    def tables(self) -> tuple[tuple[str, type[Any], list[Any]], ...]:
        """Give each table's name, kind of row and rows, in the order in which they refer to each other."""
        return (
            ("clients", ClientRow, self.clients),
            ("contracts", ContractRow, self.contracts),
            ("contract_lines", LineRow, self.lines),
            ("payments", PaymentRow, self.payments),
            ("events", EventRow, self.events),
        )
