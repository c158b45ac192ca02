"""Lists and records as a person sees them at a terminal, wide or narrow, in French or English."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from src.cli.tables import draw_list, draw_record, fitting_widths
from src.presentation.columns import Column, Manner
from tests.cli.terminals import at_terminal


def test_a_wide_screen_shows_every_column() -> None:
    seen = at_terminal("list", width=140)

    assert seen.lines[:3] == [
        "No.  Name                   Company           E-mail                Total  Signed on   "
        "Last contact      Active  Department",
        "  1  Kevin Casey            Cool Startup LLC  kevin@startup.io  €1,200.00  2023-04-21  "
        "2023-04-21 13:00  yes     Sales",
        "  2  [bold]Zoë[/bold] \ufffd[2J  =HYPERLINK(1)     z@b.example          -€3.50  –           "
        "–                 no      Support",
    ]
    assert seen.lines[3] == "Due: €1,196.50"


def test_french_readers_see_french_amounts_dates_and_words() -> None:
    seen = at_terminal("list", "--lang", "fr", width=140)

    assert "  1\u202f200,00\u00a0€  21/04/2023  21/04/2023 13:00  oui    Commercial" in seen.lines[1]
    assert "     -3,50\u00a0€  –           –                 non    Support" in seen.lines[2]


def test_80_columns_leave_out_the_least_important_and_say_so() -> None:
    seen = at_terminal("list", width=80)

    assert seen.lines[0].split() == ["No.", "Name", "Company", "E-mail", "Total", "Signed", "on"]
    assert "Not shown for lack of room: Last contact, Active, Department." in seen.lines
    assert max(len(line) for line in seen.lines) <= 80


def test_40_columns_show_each_record_as_a_block() -> None:
    seen = at_terminal("list", width=40)

    assert seen.lines[:6] == [
        "No.           1",
        "Name          Kevin Casey",
        "Company       Cool Startup LLC",
        "E-mail        kevin@startup.io",
        "Total         €1,200.00",
        "Signed on     2023-04-21",
    ]
    assert max(len(line) for line in seen.lines) <= 40


@pytest.mark.parametrize("width", [20, 12])
def test_on_the_narrowest_screen_values_go_under_their_headings(width: int) -> None:
    seen = at_terminal("show", width=width)

    assert seen.lines[:4] == ["No.", "1", "Name", "Kevin Casey"]


def test_the_text_of_a_record_is_neither_markup_nor_an_order_to_the_terminal() -> None:
    seen = at_terminal("list", width=140)

    assert "[bold]Zoë[/bold] \ufffd[2J" in seen.plain
    assert "\x1b[2J" not in seen.text


def test_an_empty_list_says_what_to_do() -> None:
    assert at_terminal("list", "--empty").plain == "Nothing yet. Add one with: epicevents sample add\n"


def test_the_next_page_is_announced_below_the_table() -> None:
    assert at_terminal("list", "--next", "abc").lines[-1] == "More: add --after abc"


def test_json_and_csv_are_the_same_at_a_terminal() -> None:
    assert (
        at_terminal("list", "--empty", "--json").plain
        == '{"items": [\n], "next": null, "totals": {"due": "1196.50"}}\n'
    )
    assert at_terminal("list", "--empty", "--csv").plain.startswith("id,name,company_name,")


@pytest.mark.parametrize(
    ("arguments", "env"),
    [([], {"NO_COLOR": "1"}), (["--no-color"], {}), ([], {"TERM": "dumb"})],
)
def test_no_colours_against_the_readers_wish(arguments: list[str], env: dict[str, str]) -> None:
    assert "\x1b[" not in at_terminal("list", *arguments, env=env).text
    assert "\x1b[" not in at_terminal("refuse", "invalid", *arguments, env=env).text


def test_colours_where_they_are_welcome() -> None:
    assert "\x1b[1m" in at_terminal("list").text
    assert at_terminal("refuse", "invalid").text.startswith("\x1b[1;31mError: \x1b[0m")


def test_a_long_list_is_drawn_as_it_comes() -> None:
    seen = at_terminal("list", "--many", "450", width=140)

    assert len([line for line in seen.lines if "Kevin Casey" in line]) == 451
    assert len([line for line in seen.lines if line.startswith("No.")]) == 3


@pytest.mark.parametrize("width", range(30, 60, 3))
def test_no_line_ends_within_a_french_amount(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    amounts = ["2\u202f508,26\u00a0€", "12\u202f508,27\u00a0€", "0,01\u00a0€"]
    row = [1, "Payé\u00a0: {} → {}; Montant\u00a0: {}; Moyen\u00a0: virement".format(*amounts)]
    columns = [
        Column(key="id", heading="No.", kind="number", importance=1),
        Column(key="changes", heading="Changes", wraps=True, importance=1),
    ]

    draw_list(columns, [row], Manner())
    draw_record(columns, row, Manner())

    shown = capsys.readouterr().out
    assert [shown.count(amount) for amount in amounts] == [2, 2, 2]


@pytest.mark.parametrize("columns", ["0", "-5", "wide", "８０", "9" * 5000])
def test_a_width_that_no_screen_has_is_not_believed(columns: str) -> None:
    assert at_terminal("show", width=90, env={"COLUMNS": columns}) == at_terminal("show", width=90)


COLUMNS = st.lists(
    st.tuples(
        st.sampled_from(["text", "choice", "number", "money", "moment"]), st.sampled_from([1, 2, 3]), st.integers(1, 60)
    ),
    min_size=1,
    max_size=10,
)


@given(COLUMNS, st.integers(1, 200))
def test_a_table_always_fits_and_never_cuts_an_amount_or_a_word_to_letters(
    described: list[tuple[str, int, int]], room: int
) -> None:
    columns = [
        Column(key=f"c{position}", heading="", kind=kind, importance=importance)  # type: ignore[arg-type]  # drawn from the literals
        for position, (kind, importance, _width) in enumerate(described)
    ]
    natural = [width for _kind, _importance, width in described]

    widths = fitting_widths(columns, natural, room)

    if widths is None:
        essential = [width for column, width in zip(columns, natural, strict=True) if column.importance == 1]
        assert not essential or sum(essential) + 2 * (len(essential) - 1) > room
        return
    assert widths
    assert sum(widths.values()) + 2 * (len(widths) - 1) <= room
    for position, width in widths.items():
        if columns[position].kind in {"text", "choice"}:
            assert min(natural[position], 14) <= width <= natural[position]
        else:
            assert width == natural[position]
    assert {position for position, column in enumerate(columns) if column.importance == 1} <= set(widths)
