"""Every refusal has its exit code and its sentence, and whatever else happens nobody sees a traceback."""

import importlib
import json
import os
import pkgutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

import src
from src.cli.errors import EXIT_CODES, MEANINGS, exit_code_of
from src.domain.errors import CrmError, Forbidden
from src.i18n import _, set_language
from tests.cli.company import Company
from tests.cli.conftest import Sample
from tests.cli.terminals import PROJECT, SAMPLE
from tests.program import HANG_SECONDS, Program


def every_refusal() -> set[type[CrmError]]:
    """All kinds of refusal in the whole program, but for those that only the pages and the API know."""
    for module in pkgutil.walk_packages(src.__path__, "src."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    found, waiting = set(), [CrmError]
    while waiting:
        kind = waiting.pop()
        found.add(kind)
        waiting += kind.__subclasses__()
    elsewhere = ("src.web.", "src.api.", "src.presentation.requests")
    return {one for one in found if one.__module__.startswith("src.") and not one.__module__.startswith(elsewhere)}


def test_every_refusal_has_its_own_entry_in_the_table_of_exit_codes() -> None:
    assert every_refusal() == set(EXIT_CODES)


def test_every_exit_code_is_explained_in_both_languages() -> None:
    set_language("fr")

    assert {0, 1, 2, 27, 28, 130, 141} | set(EXIT_CODES.values()) == set(MEANINGS)
    assert [meaning for meaning in MEANINGS.values() if _(meaning) == meaning] == []


def test_exit_codes_never_change() -> None:
    assert {kind.__name__: code for kind, code in EXIT_CODES.items()} == {
        "CrmError": 1,
        "NotAuthenticated": 3,
        "LoginRefused": 3,
        "SecondFactorNeeded": 3,
        "Forbidden": 4,
        "PasswordChangeRequired": 4,
        "TwoFactorRequired": 4,
        "NotFound": 5,
        "Conflict": 6,
        "AlreadyExists": 6,
        "InvalidInput": 7,
        "RuleBroken": 8,
        "TooManyAttempts": 9,
        "DatabaseMissing": 10,
        "DatabaseUnversioned": 11,
        "DatabaseBehind": 12,
        "DatabaseAhead": 13,
        "NotADatabase": 14,
        "DatabaseBusy": 15,
        "DatabaseUnreachable": 16,
        "DatabaseReadOnly": 17,
        "DiskFull": 18,
        "DatabaseError": 19,
        "WrongSetting": 20,
        "LocalFileError": 21,
        "DataLossRefused": 22,
        "NoRoom": 18,
        "BackupFailed": 23,
        "BackupDamaged": 24,
        "NotRestored": 25,
        "RevisionEdited": 26,
        "TablesDiffer": 28,
    }


def test_a_kind_of_refusal_that_comes_later_has_the_code_of_its_family() -> None:
    class NotToday(Forbidden):
        """Not on Sundays."""

    assert exit_code_of(NotToday()) == 4


def test_the_exit_codes_are_a_page_of_the_program(program: Program) -> None:
    listed = json.loads(program("help", "exit-codes", "--json").stdout)

    assert {item["code"]: item["meaning"] for item in listed["items"]} == MEANINGS


def test_a_refusal_is_one_sentence_on_the_error_output(sample: Sample) -> None:
    refused = sample("refuse", "forbidden")

    assert (refused.returncode, refused.stdout) == (4, "")
    assert refused.stderr == "Error: Your department (Support) may not do this: change a client.\n"


def test_a_refusal_is_said_in_the_language_of_the_reader(sample: Sample) -> None:
    refused = sample("refuse", "invalid", "--lang", "fr")

    assert (refused.returncode, refused.stderr) == (7, "Erreur\u00a0: e-mail\u00a0: cette valeur n’est pas valable.\n")


def test_a_conflict_shows_both_values_of_each_field_and_obeys_none_of_them(sample: Sample) -> None:
    refused = sample("refuse", "conflict")

    assert refused.returncode == 6
    assert refused.stderr == (
        "Error: Somebody else changed this client while you were editing it. Nothing was saved.\n"
        "  Phone\n    yours: +33 1\ufffd[31m\n    now: +33 2\n"
        "  E-mail\n    now: k@b.example\n"
    )


@pytest.mark.parametrize(
    ("kind", "code", "error"),
    [
        (
            "invalid",
            7,
            {"type": "InvalidInput", "message": "e-mail: this value is not valid.", "exit_code": 7, "field": "e-mail"},
        ),
        (
            "attempts",
            9,
            {
                "type": "TooManyAttempts",
                "message": "Too many failed log-ins. Try again in 2 minutes.",
                "exit_code": 9,
                "retry_after_seconds": 61,
            },
        ),
        (
            "conflict",
            6,
            {
                "type": "Conflict",
                "message": "Somebody else changed this client while you were editing it. Nothing was saved.",
                "exit_code": 6,
                "changes": [
                    {"field": "phone", "yours": "+33 1\x1b[31m", "theirs": "+33 2"},
                    {"field": "email", "yours": None, "theirs": "k@b.example"},
                ],
            },
        ),
    ],
)
def test_with_json_a_refusal_is_an_object(sample: Sample, kind: str, code: int, error: dict[str, object]) -> None:
    refused = sample("refuse", kind, "--json")

    assert (refused.returncode, refused.stdout, json.loads(refused.stderr)) == (code, "", {"error": error})


def test_with_json_a_mistake_in_the_command_line_is_an_object_too(sample: Sample) -> None:
    refused = sample("list", "--json", "--csv")

    assert refused.returncode == 2
    assert json.loads(refused.stderr)["error"] == {
        "type": "UsageError",
        "message": "--json and --csv cannot be used together.",
        "exit_code": 2,
    }


def test_what_nobody_foresaw_ends_with_a_sentence_and_a_private_file_without_values(sample: Sample, home: Path) -> None:
    failed = sample("refuse", "crash")
    log = home / ".local" / "state" / "epicevents" / "errors.log"

    assert (failed.returncode, failed.stdout) == (1, "")
    assert failed.stderr == (
        "Error: Something unexpected failed (ValueError). Nothing was saved. "
        f"The details, without any personal data, are in {log}.\n"
    )
    written = log.read_text()
    assert "builtins.ValueError" in written
    assert "src/cli/shell.py:" in written
    assert [word for word in ("kevin", "1200", str(home), str(PROJECT)) if word in written] == []
    assert stat.S_IMODE(log.stat().st_mode) == 0o600


def test_the_file_of_failures_does_not_grow_for_ever(sample: Sample, home: Path) -> None:
    log = home / ".local" / "state" / "epicevents" / "errors.log"
    log.parent.mkdir(parents=True)
    log.write_text("x" * 1_000_001)

    sample("refuse", "crash")

    assert log.stat().st_size < 10_000
    assert (log.parent / "errors.old.log").stat().st_size == 1_000_001


def test_a_failure_that_cannot_be_written_down_is_still_one_sentence(sample: Sample, home: Path) -> None:
    (home / ".local").write_text("a file where a folder is needed")

    failed = sample("refuse", "crash")

    assert failed.returncode == 1
    assert failed.stderr == (
        "Error: Something unexpected failed (ValueError). Nothing was saved. "
        "Set EPICEVENTS_DEBUG=1 and repeat to see the details.\n"
    )


def test_the_traceback_is_shown_to_those_who_ask_for_it(sample: Sample) -> None:
    failed = sample("refuse", "crash", env={"EPICEVENTS_DEBUG": "1"})

    assert failed.returncode == 1
    assert failed.stderr.startswith("Traceback")


@pytest.mark.parametrize("arguments", [("list", "--many", "20000"), ("list", "--many", "20000", "--json")])
def test_a_reader_that_has_seen_enough_ends_the_program_quietly(arguments: tuple[str, ...]) -> None:
    with subprocess.Popen(
        [*SAMPLE, *arguments], cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert (process.stderr.read(), process.wait(HANG_SECONDS)) == ("", 141)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is always full")
@pytest.mark.parametrize("arguments", [("--help",), ("permissions",), ("permissions", "--csv"), ("help",)])
def test_an_output_that_is_full_is_said(arguments: tuple[str, ...]) -> None:
    with Path("/dev/full").open("w") as full:
        failed = subprocess.run(
            [sys.executable, "-m", "src", *arguments],
            cwd=PROJECT,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )

    assert failed.stderr == "Error: The output could not be written: no space left on the disk.\n"
    assert failed.returncode == 21


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is always full")
def test_an_output_that_is_full_does_not_hide_what_was_saved(company: Company) -> None:
    add = ["client", "add", "--first-name", "Zoé", "--last-name", "Œil", "--email", "{}@epic.example"]
    saved = []
    for name, redirected in {"said": ">/dev/full", "unsaid": ">/dev/full 2>/dev/full"}.items():
        words = [sys.executable, "-m", "src", *[word.format(name) for word in add]]
        environment = {"DATABASE_URL": company.url, "EPICEVENTS_TOKEN": company.office.people["sales"].token}
        saved.append(
            subprocess.run(
                ["/bin/sh", "-c", f'exec "$@" {redirected}', "sh", *words],
                cwd=PROJECT,
                env={**os.environ, **environment},
                stderr=subprocess.PIPE,
                text=True,
                check=False,
            )
        )
    told = "Error: The output could not be written: no space left on the disk. The change was saved.\n"
    assert [(done.returncode, done.stderr) for done in saved] == [(21, told), (21, "")]
    listed = company.run("sales", "client", "list", "--search", "oeil", "--json").items
    assert sorted(client["email"] for client in listed) == ["said@epic.example", "unsaid@epic.example"]


def test_closed_streams_are_no_reason_to_fail() -> None:
    done = subprocess.run(
        ["/bin/sh", "-c", 'exec "$0" -m src permissions <&- >&-', sys.executable],
        cwd=PROJECT,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")
