"""What docs/upgrades.md and its French twin quote is what the program says, and what they tell people to type works."""

import re
from gettext import GNUTranslations
from pathlib import Path

import click
import pytest

from src.cli.errors import EXIT_CODES
from src.cli.main import root
from src.domain import errors
from src.i18n import LOCALE_DIR
from tests.cli.company import Company, company, execute, office_file

__all__ = ["company", "office_file"]

DOCS = Path(__file__).parents[2] / "docs"
PAGES = {"en": (DOCS / "upgrades.md").read_text(encoding="utf-8")}
PAGES["fr"] = (DOCS / "upgrades.fr.md").read_text(encoding="utf-8")
# The numbers that both pages name, in the order in which they stand.
CODES = [errors.BackupFailed, errors.DiskFull, errors.DataLossRefused]


def blocks(page: str) -> list[str]:
    """The command lines of the shell blocks, without their comments."""
    lines = (
        line.split("#")[0].strip()
        for block in re.findall(r"```bash\n(.*?)```", page, re.S)
        for line in block.split("\n")
    )
    return [line for line in lines if line]


def quoted_commands(page: str) -> list[str]:
    """Every `epicevents …` and every option that stands in the text."""
    return re.findall(r"`(epicevents [^`]+)`", page)


def pieces(cell: str) -> list[str]:
    """The parts of a quoted message between what it leaves out."""
    parts = (part.strip(" :()") for part in re.split("…|`[^`]+`", cell))
    return [part for part in parts if len(part) > 3]


def messages(page: str) -> list[str]:
    """The first column of the table of what may be in the way."""
    table = page.split("| --- | --- |\n")[1].split("\n\n", maxsplit=1)[0]
    return [line.split(" | ")[0].removeprefix("| ") for line in table.splitlines()]


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_quoted_message_is_said_by_the_program(language: str) -> None:
    with Path(LOCALE_DIR, "fr", "LC_MESSAGES", "epicevents.mo").open("rb") as file:
        catalogue = GNUTranslations(file)._catalog  # type: ignore[attr-defined] # there is no public way to list it
    said = "\n".join(str(one) for one in (catalogue if language == "en" else catalogue.values())).replace("\u00a0", " ")
    said = said.replace("\u202f", " ")
    quoted = messages(PAGES[language])
    assert len(quoted) == len(messages(PAGES["en"])) > 5
    assert [piece for cell in quoted for piece in pieces(cell) if piece not in said] == []


def test_both_pages_name_the_same_commands_and_exit_codes() -> None:
    assert blocks(PAGES["en"]) == blocks(PAGES["fr"])
    assert set(quoted_commands(PAGES["en"])) == set(quoted_commands(PAGES["fr"]))
    for page, words in (
        (PAGES["en"], r"exit\s+code (\d+)(?:, or (\d+))?"),
        (PAGES["fr"], r"code\s+de\s+sortie (\d+)(?:, ou (\d+))?"),
    ):
        found = [int(number) for numbers in re.findall(words, page) for number in numbers if number]
        assert found == [EXIT_CODES[error] for error in CODES]


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_named_command_and_option_is_there(language: str) -> None:
    for line in {*quoted_commands(PAGES[language]), *blocks(PAGES[language])}:
        command: click.Command | None = root
        for word in line.split()[1:3]:
            assert isinstance(command, click.Group)
            command = command.get_command(click.Context(command), word)
        assert command is not None, line
    downgrade = root.get_command(click.Context(root), "db")
    assert isinstance(downgrade, click.Group)
    upgrade = downgrade.get_command(click.Context(downgrade), "upgrade")
    assert upgrade is not None
    assert "--no-backup" in {name for one in upgrade.params for name in one.opts}


def test_the_blocks_do_what_the_page_says(company: Company) -> None:
    before = company.look()
    company.database.close()
    env = {"DATABASE_URL": company.url}
    assert execute("db", "downgrade", "-1", "--yes", env=env).code == 0
    restore: list[str] = []
    for line in blocks(PAGES["en"]):
        words = line.split()[1:]
        if words[1] == "restore":
            words[2:] = [restore[-1], "--yes"]
        answer = execute(*words, env=env)
        # What it says of a database that is behind is its exit code.
        assert answer.code == (12 if words == ["db", "status"] else 0), (line, answer)
        restore += re.findall(r"To come back to it: epicevents db restore (\S+)", answer.err)
    assert execute("db", "upgrade", env=env).code == 0
    assert company.look() == before
