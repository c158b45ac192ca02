"""The generated pages say what the program says, and a page that does not is found out."""

import re
from pathlib import Path

import pytest

from src.domain.permissions import RULEBOOK, Action, Department
from tools import generate_docs

PROJECT = Path(__file__).parents[2]
SCOPES = {
    "docs/permissions.md": {"any": "any", "own": "own", "–": None},
    "docs/permissions.fr.md": {"tous": "any", "propres": "own", "–": None},
}


def test_the_pages_in_the_project_are_up_to_date(capsys: pytest.CaptureFixture[str]) -> None:
    assert (generate_docs.main(["--check"]), capsys.readouterr().out) == (0, "Generated pages: up to date\n")


@pytest.mark.parametrize("page", SCOPES)
def test_the_permissions_pages_are_the_rulebook(page: str) -> None:
    text = (PROJECT / page).read_text()
    rows = re.findall(r"^\| .* \| `([\w.]+)` \| (\S+) \| (\S+) \| (\S+) \|$", text, re.MULTILINE)
    told = {code: [SCOPES[page][cell] for cell in cells] for code, *cells in rows}
    assert told == {action: [RULEBOOK[action].get(department) for department in Department] for action in Action}


def test_every_page_is_written_where_there_is_none(tmp_path: Path) -> None:
    assert generate_docs.write(tmp_path) == list(generate_docs.pages())
    assert {name: (tmp_path / name).read_text() for name in generate_docs.pages()} == generate_docs.pages()
    assert generate_docs.write(tmp_path) == []


@pytest.mark.parametrize("page", generate_docs.pages())
def test_a_page_that_was_changed_or_is_missing_fails_the_check(
    page: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    generate_docs.write(tmp_path)
    (tmp_path / page).write_text((tmp_path / page).read_text().replace(":", "!", 1))
    advice = f"{page} is not what the program says. Write it with: python -m tools.generate_docs\n"
    assert (generate_docs.main(["--check"], tmp_path), capsys.readouterr().out) == (1, advice)
    (tmp_path / page).unlink()
    assert (generate_docs.main(["--check"], tmp_path), capsys.readouterr().out) == (1, advice)


def test_a_misspelt_option_writes_nothing(tmp_path: Path) -> None:
    assert generate_docs.main(["--chek"], tmp_path) == 2
    assert list(tmp_path.iterdir()) == []
