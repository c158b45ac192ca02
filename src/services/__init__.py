"""The verbs of the business: load, ask the rulebook, let the model act; the edge opens and commits the transaction."""

from pathlib import Path

from src.schema.revisions import Project

_ROOT = Path(__file__).absolute().parents[2]

# What the layer of schema changes is told of this program; it knows nothing of it by itself.
CRM = Project(
    ini=_ROOT / "alembic.ini",
    versions=_ROOT / "migrations" / "versions",
    create_command="epicevents init",
    backups_command="epicevents db backups",
    restore_command="epicevents db restore",
    verify_command="epicevents db verify",
)
