"""Imports only point down, and the inner layers depend on as little as possible."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.source import SRC, files_of, imports_in, place

# Pure functions over text, without I/O: what a valid e-mail address or phone number is, they know best.
DOMAIN_THIRD_PARTIES = {"email_validator", "phonenumbers"}


def lint_imports(*, folder: Path) -> "subprocess.CompletedProcess[str]":
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    return subprocess.run(command, cwd=folder, capture_output=True, encoding="utf-8", check=False)


def test_the_import_contracts_are_kept() -> None:
    ran = lint_imports(folder=SRC.parent)
    assert ran.returncode == 0, ran.stdout
    assert " 0 broken" in ran.stdout


@pytest.mark.parametrize(
    ("file", "forbidden", "contract"),
    [
        ("domain/values.py", "import src.models", "Imports only point down"),
        ("services/records.py", "import src.cli.main", "Imports only point down"),
        ("db/session.py", "import rich", "Nothing below the edges knows a screen, a page or a form"),
        ("services/records.py", "import src.config", "Only the edges read the settings"),
        ("helpers.py", "", "Imports only point down"),
    ],
)
def test_the_import_contracts_catch_what_they_forbid(tmp_path: Path, file: str, forbidden: str, contract: str) -> None:
    for path in SRC.rglob("*.py"):
        copy = tmp_path / path.relative_to(SRC.parent)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(path.read_bytes())
    (tmp_path / ".importlinter").write_bytes((SRC.parent / ".importlinter").read_bytes())
    with (tmp_path / "src" / file).open("a", encoding="utf-8") as broken:
        broken.write(f"\n{forbidden}\n")

    ran = lint_imports(folder=tmp_path)

    assert ran.returncode == 1, ran.stdout
    assert f"{contract} BROKEN" in ran.stdout


def test_domain_and_language_import_the_standard_library_and_two_pure_parsers() -> None:
    allowed = {"src", *sys.stdlib_module_names}
    found = [
        f"{place(path, line)} imports {module}"
        for layer, third_parties in (("domain", DOMAIN_THIRD_PARTIES), ("i18n", set[str]()))
        for path in files_of(layer)
        for module, line in imports_in(path)
        if module.split(".")[0] not in allowed | third_parties
    ]
    assert found == []


def test_every_package_is_a_regular_package() -> None:
    """Without __init__.py a folder is found by some tools only, and the contracts would not see its files."""
    folders = {path.parent for path in SRC.rglob("*.py")}
    assert [str(folder.relative_to(SRC)) for folder in folders if not (folder / "__init__.py").is_file()] == []
