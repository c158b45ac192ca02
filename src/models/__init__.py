"""The company's records: tables, relationships, and behaviour that needs no database.

Whoever asks the package (`from src.models import Base`, as T004 writes) gets every table there is. Whoever asks a file
(`from src.models.client import Client`) gets that record and those it refers to: mapping a class takes 2 to 5 ms of
every command, and a list of clients needs three of them (decision 57).
"""

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from src.models.base import Base as Base
else:

    def __getattr__(name: str) -> object:
        """Load every table when somebody asks for all of them."""
        if name != "Base":
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        for file in sorted(Path(__file__).parent.glob("[!_]*.py")):
            import_module(f"{__name__}.{file.stem}")
        return import_module(f"{__name__}.base").Base
