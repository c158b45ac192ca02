"""A list as somebody likes to see it: narrowed down and sorted, under a name of their own."""

from typing import Any

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.ext.hybrid import hybrid_method
from sqlalchemy.orm import Mapped, mapped_column

from src.db.types import CleanText
from src.models.base import Base, Record, table_args


class SavedView(Record, Base):
    """One view of one list that one member of staff keeps; nobody else sees it."""

    __tablename__ = "saved_views"
    __table_args__ = table_args(UniqueConstraint("user_id", "list_name", "name"))

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    # The list's address without its slash: "clients", "events".
    list_name: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(CleanText(60))
    # What the list's address asks for, such as "mine=1&sort=-name"; read again, by name, each time it is opened.
    query: Mapped[str] = mapped_column(String(1000))

    @hybrid_method
    def is_owned_by(self, user_id: int) -> Any:
        """A view is its maker's own."""
        return self.user_id == user_id
