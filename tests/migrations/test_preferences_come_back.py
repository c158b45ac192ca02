"""Going back to the program that keeps no preferences, and forward again: what people chose is there as it was."""

from datetime import UTC, datetime

from sqlalchemy import update

from src.models.saved_view import SavedView
from src.models.user import User
from src.schema.revisions import read_history
from src.services import CRM
from tests import factories
from tests.migrations.test_round_trip import change, rows_of
from tests.real_databases import opened

ADDED_BY = "0004_preferences"
WHOLE = {
    "saved_views": list(SavedView.__table__.columns.keys()),
    "users": ["id", "version", "language", "theme", "looked_at"],
}
(BEFORE,) = read_history(CRM.versions).parents[ADDED_BY]


def test_preferences_and_views_set_aside_by_a_downgrade_come_back_as_they_were(migrated_url: str) -> None:
    with opened(migrated_url) as database, database.writing() as session:
        team = factories.team(session)
        seen = datetime(2026, 11, 24, 8, 30, tzinfo=UTC)
        session.execute(update(User).where(User.id == team.sales.id).values(language="fr", looked_at=seen))
        session.execute(update(User).where(User.id == team.support.id).values(theme="dark"))
        session.add(SavedView(user_id=team.sales.id, list_name="clients", name="À rappeler 🎉", query="mine=1"))
    before = rows_of(migrated_url, WHOLE)
    assert sorted(str(row) for row in before["users"] if "fr" in str(row) or "dark" in str(row)) != []

    change(migrated_url, "downgrade", BEFORE)
    aside = rows_of(migrated_url, {"schema_aside_saved_views": WHOLE["saved_views"]})
    assert aside["schema_aside_saved_views"] == before["saved_views"]

    change(migrated_url, "upgrade", ADDED_BY)
    assert rows_of(migrated_url, WHOLE) == before
