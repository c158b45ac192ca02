"""The working day of the READMEs, run line by line as people would: each at their own computer, on one new database.

In a README a `console` block is what one person sees. Its first line, `# Bill, sales`, says whose terminal it is; `$ `
begins a command, `> ` continues it, and what follows is what it prints, typed answers included. The READMEs tell of one
day; days, times and secrets of a run are compared by their form, everything else to the letter.

`python -m tests.docs.day` runs the day of both READMEs and writes into them what it printed.
"""

import os
import re
import shlex
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from src.cli.overview import PROGRAM
from src.i18n import _, set_language
from tests.cli.terminals import PROJECT, at_terminal, at_terminal_warm

LANGUAGES = {"README.md": "en", "README.fr.md": "fr"}
WIDTH = 100
# What the READMEs show instead of the day and the folder of a run.
DAY_SHOWN = date(2026, 11, 23)
PLACE_SHOWN = "/srv/epicevents/epic_events_crm.db"
# The settings that the day is told with: a developer's own .env must not change it.
SETTINGS = {"EPICEVENTS_CURRENCY": "EUR", "EPICEVENTS_TIME_ZONE": "Europe/Paris", "EPICEVENTS_PHONE_REGION": "FR"}
# Everybody in the story chooses the same.
CHOSEN_PASSWORD = "orbit walnut lantern thirteen"

_BLOCK = re.compile(r"(?<=^```console\n).*?(?=^```$)", re.MULTILINE | re.DOTALL)
_SECRET = re.compile(r"\b[a-z2-9]{4}(?:-[a-z2-9]{4}){4}\b")
_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d|\d\d/\d\d/\d{4})((?:T| )\d\d:\d\d(?::\d\d)?)?")
# Where there is none of these, the program alone says what there is to see.
_OF_THE_SHELL = re.compile(r"[;|&<>$`*?~]")
_TIME_ALONE = re.compile(r" +\d\d:\d\d")


@dataclass
class Step:
    """One command of one person, and the lines that it prints."""

    person: str
    typed: list[str]
    shown: list[str] = field(default_factory=list)

    @property
    def command(self) -> str:
        """What the shell is given."""
        return "\n".join(line[2:] for line in self.typed)


class Day:
    """A company on its first day: one database, and a home folder for each person."""

    def __init__(self, folder: Path, language: str) -> None:
        self.folder = folder
        self.language = language
        self.place = folder / "epic_events_crm.db"
        self.passwords: dict[str, str] = {}
        self.logged_in: dict[str, str] = {}
        (folder / "bin").mkdir()
        start = folder / "bin" / "epicevents"
        start.write_text(f'#!/bin/sh\nPYTHONPATH={shlex.quote(str(PROJECT))} exec {sys.executable} -m src "$@"\n')
        start.chmod(0o755)

    def run(self, step: Step) -> list[str]:
        """Run one command and give the lines on the screen, as the READMEs show them."""
        home = self.folder / step.person
        home.mkdir(exist_ok=True)
        words = shlex.split(step.command.replace("\\\n", ""))
        if "--username" in words:
            username = words[words.index("--username") + 1]
            if words[1] == "login":
                self.logged_in[step.person] = username
        else:
            username = words[3] if words[1:3] == ["user", "reset-password"] else ""
        env = {
            **SETTINGS,
            "EPICEVENTS_LANG": self.language,
            "DATABASE_URL": f"sqlite:///{self.place}",
            "HOME": str(home),
            "XDG_CONFIG_HOME": str(home / ".config"),
            "XDG_STATE_HOME": str(home / ".local" / "state"),
            "PATH": f"{self.folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
        }
        answers = self._answers(step, words)
        if words[0] != PROGRAM or _OF_THE_SHELL.search(step.command):
            shell = f'cd "$HOME"; {step.command}'
            seen = at_terminal(shell, command=("sh", "-c"), width=WIDTH, answers=answers, env=env)
        else:
            seen = at_terminal_warm(*words[1:], width=WIDTH, answers=answers, env=env, folder=home)
        if username and (secret := _SECRET.search(seen.plain)):
            self.passwords[username] = secret[0]
        if words[1] == "password":
            self.passwords[self.logged_in[step.person]] = CHOSEN_PASSWORD
        return [_in_the_story(line.replace(str(self.place), PLACE_SHOWN)) for line in seen.lines]

    def _answers(self, step: Step, words: list[str]) -> list[tuple[str, str]]:
        """Give what the person types: passwords, and the answers that the README shows after a question."""
        set_language(self.language)
        if words[1] == "login":
            return [(_question("Password"), self.passwords[self.logged_in[step.person]])]
        if words[1] == "password":
            present = self.passwords[self.logged_in[step.person]]
            new = [(_question(label), CHOSEN_PASSWORD) for label in ("New password", "Once more")]
            return [(_question("Present password"), present), *new]
        questions = {_plain(_question(label)): _question(label) for label in ("First name", "Last name", "E-mail")}
        return [
            (asked, _plain(line).removeprefix(known))
            for line in step.shown
            for known, asked in questions.items()
            if _plain(line).startswith(known)
        ]


def read_day(markdown: str) -> list[Step]:
    """Read every command of a README."""
    return [step for block in _BLOCK.findall(markdown) for step in _steps(block)]


def blurred(lines: list[str]) -> list[str]:
    """Give lines in which days and times of the story, and secrets, are only forms: the rest must be the same."""

    def blur(match: "re.Match[str]") -> str:
        return re.sub(r"\d", "_", match[0]) if abs((_read(match[1]) - DAY_SHOWN).days) <= 2 else match[0]

    forms = [_SECRET.sub(lambda match: re.sub(r"\w", "x", match[0]), _MOMENT.sub(blur, line)) for line in lines]
    # A table may break a moment between the day and the time.
    return [re.sub(r"\d", "_", line) if _TIME_ALONE.fullmatch(line) else line for line in forms]


def rewrite(markdown: str, folder: Path, language: str) -> str:
    """Run the day of a README and give it with what was printed; lines that only differ in their form stay."""
    day = Day(folder, language)

    def renew(block: "re.Match[str]") -> str:
        heading = block[0].partition("\n")[0]
        lines = [heading]
        for step in _steps(block[0]):
            printed = day.run(step)
            lines += step.typed + (step.shown if blurred(step.shown) == blurred(printed) else printed)
        return "\n".join(lines) + "\n"

    return _BLOCK.sub(renew, markdown)


def _steps(block: str) -> Iterator[Step]:
    heading, *lines = block.splitlines()
    person = re.match(r"# (\w+), ", heading)
    assert person, f"a console block begins with whose terminal it is: {heading}"
    step: Step | None = None
    for line in lines:
        if line.startswith("$ "):
            if step is not None:
                yield step
            step = Step(person[1].lower(), [line])
        elif step is not None:
            (step.typed if line.startswith("> ") and not step.shown else step.shown).append(line)
    if step is not None:
        yield step


def _question(label: str) -> str:
    return _("{label}:").format(label=_(label)) + " "


def _plain(text: str) -> str:
    # An answer may be written into a README after a plain space, where French puts one that does not break.
    return text.replace("\u00a0", " ")


def _in_the_story(line: str) -> str:
    today = datetime.now(ZoneInfo(SETTINGS["EPICEVENTS_TIME_ZONE"])).date()

    def shift(match: "re.Match[str]") -> str:
        away = _read(match[1]) - today
        if abs(away.days) > 2:
            return match[0]
        day = DAY_SHOWN + away
        return (day.isoformat() if "-" in match[1] else f"{day:%d/%m/%Y}") + (match[2] or "")

    return _MOMENT.sub(shift, line)


def _read(day: str) -> date:
    return date.fromisoformat(day) if "-" in day else datetime.strptime(day, "%d/%m/%Y").date()  # noqa: DTZ007 - a day


def main() -> None:
    """Run the day of each README and write into it what was printed."""
    for name, language in LANGUAGES.items():
        readme = PROJECT / name
        with tempfile.TemporaryDirectory() as folder:
            renewed = rewrite(readme.read_text(encoding="utf-8"), Path(folder), language)
        readme.write_text(renewed, encoding="utf-8")


if __name__ == "__main__":
    main()
