"""The company in which the story is played."""

from tests.cli.company import office_file

__all__ = ["office_file"]
