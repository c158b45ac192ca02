"""Hostile text in every option and argument: a named refusal or an inert record, never a crash, never obeyed."""

import csv
import io
import os
import re
from collections.abc import Iterator

import click
import pytest

from src.cli.main import root
from src.cli.terminal import visible
from tests.cli.command_lines import LINES, SECRETS, asked
from tests.cli.company import Company
from tests.cli.test_account import leaves
from tests.program import Program

HOSTILE = {
    "nul": "a\0b",
    "escape": "\x1b[2J\x1b]0;owned\x07name",
    "c1": "\x9b31mname",
    "half a surrogate": "a\udcffb",
    "override": "abc\u202eexe.txt",
    "isolate": "a\u2066b\u2069",
    "markup": "[red]name[/red] [link=https://evil.example]x[/link]",
    "style": "{0.__class__} %s %(x)s ${HOME} `id` $(id)",
    "formula": '=HYPERLINK("https://evil.example","x")',
    "sql": "'; DROP TABLE users; --",
    "option": "--help",
    "huge": "x" * 100_000,
    "2^63": str(2**63),
    "NaN": "NaN",
    "infinity": "1e999",
    "digits": "٣٤",
    "decomposed": "E\u0301loi\u0308se",
    "emoji": "👩‍👩‍👧‍👦 🎉",
    "zero width": "a\u200bb\ufeff",
    "tags": "a\U000e0041b",
    "blank": " \u00a0\u3000 ",
    "empty": "",
    "line ends": "a\nb\r\nc\u2028d",
    "tab": "a\tb",
}
EVERYWHERE = ("nul", "escape", "half a surrogate", "2^63", "huge")
# What a terminal would obey, or what would reorder what is read.
_OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f]")


def values() -> Iterator[tuple[str, str]]:
    """Every command line, once for each of its texts: `*` marks where the hostile one goes."""
    for path, command in leaves(root):
        if path[0] in {"completion", "demo", "help", "init", "permissions", "rescue"}:
            continue
        for parameter in command.params:
            if isinstance(parameter, click.Option) and not parameter.is_flag:
                yield " ".join(path), max(parameter.opts, key=len)
        arguments = [parameter for parameter in command.params if isinstance(parameter, click.Argument)]
        yield from ((" ".join(path), str(place)) for place in range(len(arguments)))


def planted(company: Company, command: str, place: str, text: str) -> list[str]:
    known = [line.words for line in LINES if (line.words + " ").startswith(command + " ")] or [command]
    words = asked(company.office, company.office.people["management"], known[0], own=False)
    length = len(command.split())
    if not place.startswith("--"):
        words[length + int(place) : length + int(place) + 1] = [text]
        return words
    if place in words:
        words[words.index(place) + 1] = text
        return words
    return [*words, f"{place}={text}"]


@pytest.mark.parametrize(("command", "place"), list(values()))
def test_hostile_text_in_any_place_is_never_a_crash(company: Company, command: str, place: str) -> None:
    person = {"client": "sales", "event": "support"}.get(command.split(maxsplit=1)[0], "management")
    for kind in EVERYWHERE:
        answer = company.run(person, *planted(company, command, place, HOSTILE[kind]), env=SECRETS)
        # 1 would be a crash; 2 to 8 are refusals with a sentence of their own.
        assert answer.code in {0, 2, 3, 4, 5, 6, 7, 8}, (kind, answer)
        assert not _OBEYED.search(answer.out + answer.err), (kind, answer)
        assert (answer.code == 0) != answer.message_is_an_error, (kind, answer)


# Each free text that is stored: who may write it, the command line without the text, and the noun that shows it.
STORED = {
    "first_name": ("sales", "client edit 1 --first-name=", "client"),
    "last_name": ("sales", "client edit 1 --last-name=", "client"),
    "company_name": ("sales", "client edit 1 --company=", "client"),
    "title": ("sales", "contract edit 2 --title=", "contract"),
    "name": ("support", "event edit 1 --name=", "event"),
    "location": ("support", "event edit 1 --location=", "event"),
    "notes": ("support", "event edit 1 --notes=", "event"),
    "contact_name": ("support", "event edit 1 --contact-name=", "event"),
}
REFUSED = {"nul", "escape", "c1", "half a surrogate", "override", "isolate", "huge"}


@pytest.mark.parametrize("field", STORED)
def test_what_is_stored_of_hostile_text_is_inert_in_every_form(company: Company, field: str) -> None:
    who, line, noun = STORED[field]
    number = line.split()[2]
    before = company.look()
    for kind in sorted(REFUSED):
        refused = company.run(who, *f"{line}*".split()[:-1], f"{line.split()[-1]}{HOSTILE[kind]}")
        assert (kind, refused.code, refused.out) == (kind, 7, "")
    assert company.look() == before
    for kind, text in HOSTILE.items():
        if kind in REFUSED:
            continue
        saved = company.run(who, *line.split()[:-1], f"{line.split()[-1]}{text}", "--json")
        if saved.code:
            # A name needs a letter; some texts may not be empty.
            assert (saved.code, kind in {"blank", "empty", "2^63", "digits", "emoji"}) == (7, True), (kind, saved)
            continue
        kept = saved.json[field]
        if text.strip():
            assert kept == STORED_AS.get((field, kind), STORED_AS.get(("", kind), text)), kind
        if kind in {"markup", "formula", "tags", "style"}:
            record = company.run(who, noun, "show", number, screen=200)
            history = company.run(who, noun, "history", number, screen=200)
            listed = company.run(who, noun, "list", screen=60)
            for shown in (record, history, listed):
                assert (shown.code, _OBEYED.search(shown.out)) == (0, None), (kind, shown)
            assert visible(text) in " ".join(record.out.split()), kind
            header, row = csv.reader(io.StringIO(company.run(who, noun, "show", number, "--csv").out))
            assert row[header.index(field)] == (f"'{text}" if kind == "formula" else text)


# What is stored where that is not what was typed.
STORED_AS = {
    ("", "decomposed"): "\u00c9lo\u00efse",
    ("", "zero width"): "ab",
    ("", "line ends"): "a b c d",
    ("notes", "line ends"): "a\nb\nc\nd",
    ("", "tab"): "a b",
}


@pytest.mark.parametrize("amount", ["NaN", "inf", "1e999", "0x10", "9" * 400, "1_000", "٣٤", "1.234", "-5", ""])
def test_an_amount_is_exact_or_refused(company: Company, amount: str) -> None:
    before = company.look()
    for words in (["contract", "pay", "1", "--", amount], ["contract", "edit", "2", f"--total={amount}"]):
        refused = company.run("sales", *words)
        assert (refused.code, refused.out) == (7, ""), refused
        assert refused.message.split(":")[0] in {"amount", "total"}
    assert company.look() == before


def test_the_same_name_typed_in_two_forms_is_one_name(company: Company) -> None:
    for form in ("\u00c9loïse@startup.example", "E\u0301lo\u0069\u0308se@startup.example"):
        answer = company.run("sales", "client", "edit", "1", f"--email={form}")
        assert answer.code == 0
        assert company.run("sales", "client", "show", "1", "--json").json["email"] == "éloïse@startup.example"


def test_bytes_that_are_no_text_on_a_real_command_line(company: Company, program: Program) -> None:
    env = {"EPICEVENTS_TOKEN": company.office.people["sales"].token}
    broken = os.fsdecode(b"Kevin \xff")
    for words in (("client", "edit", "1", "--first-name", broken), ("client", "show", broken), (broken,)):
        refused = program(*words, env=env, database=company.url)
        assert (refused.returncode in {2, 7}, refused.stdout) == (True, ""), refused
        assert "Traceback" not in refused.stderr
