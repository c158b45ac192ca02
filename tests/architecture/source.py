"""What the architecture tests read: the syntax trees of src, without importing it."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

SRC = Path(__file__).resolve().parents[2] / "src"
EDGES = ("cli", "web", "api")


@cache
def tree(path: Path) -> ast.Module:
    """The syntax tree of one file."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def files_of(*layers: str) -> list[Path]:
    """The Python files of some layers: packages, or single files such as `i18n`."""
    found = [path for layer in layers for path in (*SRC.glob(f"{layer}/**/*.py"), *SRC.glob(f"{layer}.py"))]
    return sorted(found)


def files_below_the_edges() -> list[Path]:
    """Every Python file that is not part of a screen, a page or the start of the program."""
    outside = {SRC / "__main__.py", SRC / "asgi.py"}
    return sorted(
        path for path in SRC.rglob("*.py") if path not in outside and path.relative_to(SRC).parts[0] not in EDGES
    )


def imports_in(path: Path) -> Iterator[tuple[str, int]]:
    """Each module that a file imports, with the line; names are absolute, as the project writes no relative imports."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from ((name.name, node.lineno) for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{place(path, node.lineno)}: a relative import"
            assert node.module is not None
            yield node.module, node.lineno


def calls_in(path: Path) -> Iterator[tuple[str, int]]:
    """Each call in a file by its dotted name: `print`, `session.commit`, `os.environ.get`."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node.lineno


def names_in(path: Path) -> Iterator[tuple[str, int]]:
    """Each dotted name that a file uses: `os.environ`, `session`."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Name | ast.Attribute):
            yield ast.unparse(node), node.lineno


def place(path: Path, line: int) -> str:
    """Where something stands, as editors open it."""
    return f"{path.relative_to(SRC.parent)}:{line}"
