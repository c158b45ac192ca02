"""Which part of a list a request asks for."""

from typing import Any

from src.api.desk import Desk
from src.services.lists import DEFAULT_LIMIT


def part_of(desk: Desk, *, sort: str = "") -> dict[str, Any]:
    """Give the sort, limit and cursor that a request asks for; what it asks wrongly, the service refuses by name."""
    part = {"limit": desk.asked.get("limit", DEFAULT_LIMIT), "after": desk.asked.get("after")}
    return {**part, "sort": desk.asked.get("sort", sort)} if sort else part
