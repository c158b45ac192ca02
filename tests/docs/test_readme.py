"""The READMEs are true: their day runs as written, and what they name exists."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from src.cli.commands import Context
from src.cli.errors import MEANINGS
from src.cli.main import root
from src.cli.overview import PROGRAM
from src.schema.fitness import NOT_UP_TO_DATE
from tests.docs.day import LANGUAGES, Day, blurred, read_day
from tools.translations import extracted, translated

PROJECT = Path(__file__).parents[2]
GENERATED = {"docs/commands.md", "docs/permissions.md", "docs/permissions.fr.md"}
PAGES = sorted(
    str(page.relative_to(PROJECT))
    for page in (*PROJECT.glob("*.md"), *PROJECT.glob("docs/**/*.md"))
    if str(page.relative_to(PROJECT)) not in GENERATED
)
# What Python and Alembic themselves say, in every language.
OF_OTHERS = {"No module named 'src.models'", NOT_UP_TO_DATE}


def read(page: str) -> str:
    return (PROJECT / page).read_text(encoding="utf-8")


@pytest.mark.parametrize(("readme", "language"), LANGUAGES.items())
def test_the_day_runs_as_written(readme: str, language: str, tmp_path: Path) -> None:
    steps = read_day(read(readme))
    assert {step.person for step in steps} == {"diane", "bill", "kate"}
    day = Day(tmp_path, language)
    for step in steps:
        printed = day.run(step)
        assert blurred(step.shown) == blurred(printed), f"{step.command}: renew it with python -m tests.docs.day"


@pytest.mark.parametrize("readme", LANGUAGES)
def test_every_setting_is_in_the_table(readme: str) -> None:
    tree = ast.parse(read("src/config.py"))
    settings = {
        node.args[0].value
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "given.find"
        if isinstance(node.args[0], ast.Constant)
    }
    assert set(re.findall(r"^\| `([A-Z_]+)` \|", read(readme), re.MULTILINE)) == settings


@pytest.mark.parametrize(("readme", "language"), LANGUAGES.items())
def test_every_message_that_is_explained_is_one_that_is_shown(readme: str, language: str) -> None:
    shown = sentences(language)
    table = re.search(r"^\| --- \| --- \|\n((?:\|.*\n)+)", read(readme), re.MULTILINE)
    assert table
    explained = [row.strip("| ").split(" | ")[0] for row in table[1].splitlines()]
    assert len(explained) >= 15
    unknown = [
        text for text in explained if text not in OF_OTHERS and not any(form.fullmatch(plain(text)) for form in shown)
    ]
    assert unknown == []


@pytest.mark.parametrize("readme", LANGUAGES)
def test_the_exit_codes_of_the_day_are_listed(readme: str) -> None:
    bullet = re.search(r"^- \*\*(?:Exit codes|Codes de sortie)\*\*.*?(?=^- )", read(readme), re.MULTILINE | re.DOTALL)
    assert bullet
    of_the_day = {code for code in MEANINGS if code <= 10 or code >= 100}
    assert set(map(int, re.findall(r"\b\d+\b", bullet[0]))) == of_the_day


@pytest.mark.parametrize("page", PAGES)
def test_every_command_that_is_named_exists(page: str) -> None:
    assert [command for command in commands_named_in(read(page)) if wrong_with(command)] == []


@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_somewhere(page: str) -> None:
    folder = (PROJECT / page).parent
    targets = [link.partition("#")[0] for link in re.findall(r"\]\((?!https?:|#)([^)]+)\)", read(page))]
    assert [target for target in targets if not (folder / target).exists()] == []


@pytest.mark.parametrize("page", PAGES)
def test_every_make_target_that_is_named_exists(page: str) -> None:
    targets = set(re.findall(r"^([a-z-]+):", read("Makefile"), re.MULTILINE))
    assert set(re.findall(r"(?:^|`)make ([a-z-]+)", read(page), re.MULTILINE)) <= targets


def plain(text: str) -> str:
    """A text without the spaces that do not break, which people type as plain ones."""
    return re.sub(r"[\u00a0\u202f]", " ", text)


def sentences(language: str) -> list["re.Pattern[str]"]:
    """Every sentence of the program in a language; each of its facts stands for any text."""
    catalogue = extracted() if language == "en" else translated()
    texts = [message.id if language == "en" else message.string for message in catalogue if message.id]
    return [re.compile(re.sub(r"\\\{\w+\\\}", ".+", re.escape(plain(text)))) for text in texts if isinstance(text, str)]


def commands_named_in(markdown: str) -> Iterator[str]:
    """Every `epicevents …` in a page, in the text and in its examples."""
    for line in markdown.replace("\\\n", "").splitlines():
        for command in re.findall(rf"(?:^\$ |^|`|: ){PROGRAM} ([^`;|#]+)", line.strip()):
            yield command.partition(" > ")[0].strip()


def wrong_with(command: str) -> str:
    """What click would not understand in a command, if anything."""
    group: click.Command = root
    context: click.Context = Context(root, info_name=PROGRAM)
    words = command.split()
    while isinstance(group, click.Group) and words and not words[0].startswith("-"):
        found = group.get_command(context, words.pop(0))
        if found is None:
            return "no such command"
        context = Context(found, info_name=found.name, parent=context)
        group = found
    known = {
        name for parameter in (*group.params, *root.params) for name in (*parameter.opts, *parameter.secondary_opts)
    }
    unknown = [
        word for word in words if re.match(r"--[a-z]", word) and word.partition("=")[0] not in known | {"--help"}
    ]
    return f"no such option: {unknown}" if unknown else ""
