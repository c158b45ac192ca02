"""The verbs of the business: load, ask the rulebook, let the model act; the edge opens and commits the transaction."""

from pathlib import Path

from src.schema.promises import Steady, Total
from src.schema.revisions import Project

_COUNTS = ("version", "updated_at")
_ROOT = Path(__file__).absolute().parents[2]

# What the layer of schema changes is told of this program; it knows nothing of it by itself.
CRM = Project(
    ini=_ROOT / "alembic.ini",
    versions=_ROOT / "migrations" / "versions",
    create_command="epicevents init",
    backups_command="epicevents db backups",
    restore_command="epicevents db restore",
    verify_command="epicevents db verify",
    steady={
        "clients": Steady(counted_by=_COUNTS),
        # What is paid and due is kept from payments and lines; below it is counted again.
        "contracts": Steady(counted_by=_COUNTS, but=frozenset({"paid", "total"})),
        "contract_lines": Steady(counted_by=_COUNTS, may_go=True),
        "events": Steady(counted_by=_COUNTS),
        "payments": Steady(but=frozenset({"recorded_by"})),
        "audit_entries": Steady(),
    },
    totals=(
        Total(
            "contracts",
            "paid",
            "SELECT id FROM contracts c"
            " WHERE paid <> (SELECT coalesce(sum(amount), 0) FROM payments WHERE contract_id = c.id)",
        ),
        Total(
            "contracts",
            "total",
            "SELECT id FROM contracts c"
            " WHERE total <> (SELECT coalesce(sum(net + vat), c.total) FROM contract_lines WHERE contract_id = c.id)",
        ),
    ),
)
