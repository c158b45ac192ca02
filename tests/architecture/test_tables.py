"""Whoever asks the models for all tables gets all of them."""

import ast
import subprocess
import sys

from tests.architecture.source import SRC, files_of, tree

ASK = """
from src.models import Base
print(*sorted(mapper.class_.__name__ for mapper in Base.registry.mappers))
"""


def test_the_package_has_the_table_of_every_file() -> None:
    """T004's `from src.models import Base` is what migrations are compared with: a table missing there is dropped."""
    written = sorted(
        node.name
        for path in files_of("models")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ClassDef) and any(ast.unparse(base) == "Base" for base in node.bases)
    )
    asked = subprocess.run([sys.executable, "-c", ASK], cwd=SRC.parent, capture_output=True, text=True, check=True)
    assert asked.stdout.split() == written
