"""Lists and records for other programs: exact, never translated, streamed, and harmless wherever they are opened."""

import csv
import io
import json
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from src.cli.exports import json_text
from src.cli.terminal import visible
from src.presentation.columns import Column, for_json, for_programs, for_spreadsheets, row_of
from tests.cli.conftest import Sample
from tests.cli.terminals import PROJECT

FRENCH = ("--lang", "fr")


def test_off_a_terminal_a_list_is_tab_separated_and_never_translated(sample: Sample) -> None:
    shown = sample("list")

    assert (shown.returncode, shown.stderr) == (0, "")
    assert shown.stdout == (
        "id\tname\tcompany_name\temail\ttotal\tsigned_on\tlast_contact_at\tis_active\tdepartment\n"
        "1\tKevin Casey\tCool Startup LLC\tkevin@startup.io\t1200.00\t2023-04-21\t2023-04-21T11:00:00+00:00\ttrue\t"
        "SALES\n"
        "2\t[bold]Zoë[/bold] \ufffd[2J\t=HYPERLINK(1)\tz@b.example\t-3.50\t\t\tfalse\tSUPPORT\n"
    )
    assert sample("list", *FRENCH).stdout == shown.stdout


def test_csv_has_a_header_and_line_ends_of_its_own_and_no_cell_runs(sample: Sample) -> None:
    shown = sample("list", "--csv", *FRENCH).stdout

    assert shown == (
        "id,name,company_name,email,total,signed_on,last_contact_at,is_active,department\r\n"
        "1,Kevin Casey,Cool Startup LLC,kevin@startup.io,1200.00,2023-04-21,2023-04-21T11:00:00+00:00,true,SALES\r\n"
        "2,[bold]Zoë[/bold] \x1b[2J,'=HYPERLINK(1),z@b.example,-3.50,,,false,SUPPORT\r\n"
    )


def test_json_is_one_document_with_the_cursor_and_the_totals(sample: Sample) -> None:
    shown = sample("list", "--json", "--next", "abc", *FRENCH)

    assert shown.stderr == ""
    assert json.loads(shown.stdout) == {
        "items": [
            {
                "id": 1,
                "name": "Kevin Casey",
                "company_name": "Cool Startup LLC",
                "email": "kevin@startup.io",
                "total": "1200.00",
                "signed_on": "2023-04-21",
                "last_contact_at": "2023-04-21T11:00:00+00:00",
                "is_active": True,
                "department": "SALES",
            },
            {
                "id": 2,
                "name": "[bold]Zoë[/bold] \x1b[2J",
                "company_name": "=HYPERLINK(1)",
                "email": "z@b.example",
                "total": "-3.50",
                "signed_on": None,
                "last_contact_at": None,
                "is_active": False,
                "department": "SUPPORT",
            },
        ],
        "next": "abc",
        "totals": {"due": "1196.50"},
    }


def test_an_empty_list_is_a_header_or_an_empty_document(sample: Sample) -> None:
    assert sample("list", "--empty").stdout.count("\n") == 1
    assert sample("list", "--empty", "--csv").stdout.count("\r\n") == 1
    assert json.loads(sample("list", "--empty", "--json").stdout)["items"] == []


def test_the_cursor_never_mixes_with_the_rows(sample: Sample) -> None:
    shown = sample("list", "--next", "abc")

    assert (shown.stdout.count("\n"), shown.stderr) == (3, "More: add --after abc\n")


def test_a_record_is_key_and_value_or_an_object(sample: Sample) -> None:
    assert sample("show").stdout.splitlines()[:5] == [
        "id\t1",
        "name\tKevin Casey",
        "company_name\tCool Startup LLC",
        "email\tkevin@startup.io",
        "total\t1200.00",
    ]
    assert json.loads(sample("show", "--json").stdout)["total"] == "1200.00"
    assert sample("show", "--csv").stdout.count("\r\n") == 2


def test_the_output_is_utf_8_whatever_the_terminal_is(sample: Sample) -> None:
    assert "Zoë" in sample("list", "--csv", env={"PYTHONIOENCODING": "latin-1"}).stdout
    assert "Zoë" in sample("list", "--json", env={"PYTHONIOENCODING": "ascii"}).stdout


@pytest.mark.parametrize("form", [[], ["--csv"], ["--json"]])
def test_memory_does_not_grow_with_the_list(form: list[str]) -> None:
    def peak(rows: int) -> int:
        code = (
            "import resource, sys; from tests.cli.sample import main; "
            f"main({['list', '--many', str(rows), *form]!r}); "
            "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)"
        )
        done = subprocess.run(
            [sys.executable, "-c", code],
            cwd=PROJECT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            check=True,
        )
        return int(done.stderr)

    # In kilobytes; kept in memory, 50,000 rows would take more than ten thousand of them.
    assert peak(50_000) - peak(1_000) < 3_000


TEXT = Column(key="text", heading="Text")
NUMBER = Column(key="number", heading="Number", kind="number")
MONEY = Column(key="money", heading="Money", kind="money")


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"])
def test_a_text_that_a_spreadsheet_would_run_gets_an_apostrophe(start: str) -> None:
    assert for_spreadsheets([TEXT])([f"{start}1+1"]) == [f"'{start}1+1"]


def test_numbers_and_amounts_need_no_apostrophe() -> None:
    assert for_spreadsheets([NUMBER, MONEY])([-5, Decimal("-1200.5")]) == ["-5", "-1200.50"]


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=20), min_size=1, max_size=4))
def test_no_cell_of_a_csv_can_run_and_every_text_can_be_read_back(texts: list[str]) -> None:
    buffer = io.StringIO(newline="")
    csv.writer(buffer).writerow(for_spreadsheets([TEXT] * len(texts))(texts))
    buffer.seek(0)

    [cells] = csv.reader(buffer)
    assert [cell[:1] in set("=+-@\t\r") for cell in cells] == [False] * len(texts)
    assert [
        cell.removeprefix("'") if text[:1] in set("=+-@\t\r\n＝＋－＠") else cell
        for cell, text in zip(cells, texts, strict=True)
    ] == texts


@given(st.text())
def test_nothing_in_json_can_command_a_terminal(text: str) -> None:
    written = json_text({"text": text})

    assert json.loads(written) == {"text": text}
    assert visible(written) == written


@given(st.text())
def test_nothing_that_is_shown_can_command_a_terminal(text: str) -> None:
    shown = visible(text, lines=True)

    assert [character for character in shown if ord(character) < 32 and character != "\n"] == []
    assert [character for character in shown if 0x7F <= ord(character) < 0xA0] == []
    assert [
        character for character in shown if character in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
    ] == []


def test_letters_of_all_languages_are_shown_as_they_are() -> None:
    text = "Zoë Œuvre ’ « 1\u202f200,00\u00a0€ » 北京 עברית 👩‍🎤"

    assert visible(text) == text


@pytest.mark.parametrize(
    ("kind", "value", "plain", "as_json"),
    [
        ("text", "a\tb", "a\tb", "a\tb"),
        ("number", 75, "75", 75),
        ("money", Decimal("1200"), "1200.00", "1200.00"),
        ("date", date(2023, 6, 4), "2023-06-04", "2023-06-04"),
        (
            "moment",
            datetime(2023, 6, 4, 11, 0, 0, 5, tzinfo=UTC),
            "2023-06-04T11:00:00+00:00",
            "2023-06-04T11:00:00+00:00",
        ),
        (
            "moment",
            datetime(2023, 6, 4, 13, 0, tzinfo=timezone(timedelta(hours=2))),
            "2023-06-04T11:00:00+00:00",
            "2023-06-04T11:00:00+00:00",
        ),
        ("bool", False, "false", False),
        ("choice", "SALES", "SALES", "SALES"),
        ("changes", {"phone": [None, "é"]}, '{"phone": [null, "é"]}', {"phone": [None, "é"]}),
        ("money", None, "", None),
    ],
)
def test_values_are_exact_for_programs(kind: Any, value: Any, plain: str, as_json: Any) -> None:
    column = Column(key="value", heading="Value", kind=kind)

    assert for_programs([column], [value]) == [plain]
    assert for_json([column])([value]) == {"value": as_json}


def test_a_column_takes_its_value_out_of_a_record() -> None:
    columns = [Column(key="real", heading="Real"), Column(key="twice", heading="Twice", of=lambda number: number * 2)]

    assert row_of(columns, 21) == [21, 42]
