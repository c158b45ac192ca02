"""Keep how people like to read, what they have seen, and the views of lists that they saved

Revision ID: 0004_preferences
Revises: 0003_lines
Create Date: 2026-11-24

On the way back what somebody chose or saved is set aside; on the way up again it returns.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0004_preferences"
down_revision: str | None = "0003_lines"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

RECORD_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

# In the order in which they stand in the table.
_COLUMNS = ("language", "theme", "looked_at")


def upgrade() -> None:
    """Add the columns and the table, or bring them back."""
    if _is_aside("users__looked_at"):
        for column in _COLUMNS:
            op.bring_back_column("users", column)
    else:
        language = sa.CheckConstraint("language IN ('en', 'fr')", name=op.f("ck_users_language_known"))
        theme = sa.CheckConstraint("theme IN ('light', 'dark')", name=op.f("ck_users_theme_known"))
        op.add_column("users", sa.Column("language", sa.String(2), language, nullable=True))
        op.add_column("users", sa.Column("theme", sa.String(5), theme, nullable=True))
        op.add_column("users", sa.Column("looked_at", sa.DateTime(timezone=True), nullable=True))
    if _is_aside("saved_views"):
        op.bring_back_table("saved_views")
    else:
        op.create_table(
            "saved_views",
            sa.Column("id", RECORD_ID, nullable=False),
            sa.Column("user_id", RECORD_ID, nullable=False),
            sa.Column("list_name", sa.String(20), nullable=False),
            sa.Column("name", sa.String(60), nullable=False),
            sa.Column("query", sa.String(1000), nullable=False),
            sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
            sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
            sa.Column("version", sa.Integer(), nullable=False),
            sa.ForeignKeyConstraint(
                ["user_id"], ["users.id"], name=op.f("fk_saved_views_user_id_users"), ondelete="CASCADE"
            ),
            sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_views")),
            sa.UniqueConstraint("user_id", "list_name", "name", name=op.f("uq_saved_views_user_id_list_name_name")),
            sqlite_autoincrement=True,
        )


def downgrade() -> None:
    """Set aside what anybody chose or saved, and drop what holds nothing."""
    if _holds("SELECT count(*) FROM saved_views"):
        op.set_aside_table("saved_views")
    else:
        op.accept_loss(table="saved_views", because="nobody saved a view")
        op.drop_table("saved_views")
    if _holds("SELECT count(*) FROM users WHERE COALESCE(language, theme) IS NOT NULL OR looked_at IS NOT NULL"):
        for column in reversed(_COLUMNS):
            op.set_aside_column("users", column)
        return
    for name in ("ck_users_language_known", "ck_users_theme_known"):
        op.accept_drop(kind="check", table="users", name=name, because="its column goes")
    for column in reversed(_COLUMNS):
        op.accept_loss(table="users", column=column, because="nobody chose anything")
        op.drop_column("users", column)


def _holds(question: str) -> bool:
    return not op.get_context().as_sql and bool(op.get_bind().scalar(sa.text(question)))


def _is_aside(name: str) -> bool:
    if op.get_context().as_sql or not sa.inspect(op.get_bind()).has_table("schema_aside"):
        return False
    aside = sa.text("SELECT count(*) FROM schema_aside WHERE name = :name")
    return bool(op.get_bind().scalar(aside, {"name": f"schema_aside_{name}"}))
