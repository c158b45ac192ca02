"""Changing a record: two people at once, a form at a terminal, prompts for what is missing, Ctrl-C."""

import sys
from collections.abc import Callable, Mapping, Sequence

import pytest

from tests.cli.company import Company
from tests.cli.terminals import Seen, at_terminal

PROGRAM = (sys.executable, "-m", "src")


def typing(
    company: Company,
    person: str | None,
    *words: str,
    answers: Sequence[tuple[str, str | Callable[[str], str]]],
    env: Mapping[str, str] | None = None,
) -> Seen:
    """Run the real program at a real terminal."""
    token = {"EPICEVENTS_TOKEN": company.office.people[person].token} if person else {}
    return at_terminal(
        *words,
        command=PROGRAM,
        answers=answers,
        width=100,
        env={"DATABASE_URL": company.url, "NO_COLOR": "1", **token, **(env or {})},
    )


@pytest.mark.parametrize(
    ("record", "first", "second", "told"),
    [
        (
            ("sales", "client", "1"),
            ["--phone", "0123456789", "--company", "Mine"],
            ["--company", "Yours"],
            ["  Phone", "    now: +33123456789", "  Company", "    yours: Yours", "    now: Mine"],
        ),
        (
            ("management", "contract", "2"),
            ["--total", "1500"],
            ["--total", "900", "--title", "Other"],
            ["  Total", "    yours: €900.00", "    now: €1,500.00"],
        ),
        (
            ("support", "event", "1"),
            ["--attendees", "80"],
            ["--attendees", "90"],
            ["  Attendees", "    yours: 90", "    now: 80"],
        ),
        (
            ("management", "user", "10"),
            ["--last-name", "Mine"],
            ["--last-name", "Yours"],
            ["  Last name", "    yours: Yours", "    now: Mine"],
        ),
    ],
)
def test_the_second_of_two_editors_sees_both_values_and_overwrites_nothing(
    company_on_both: Company, record: tuple[str, str, str], first: list[str], second: list[str], told: list[str]
) -> None:
    company, (who, noun, number) = company_on_both, record
    read = company.run(who, noun, "show", number, "--json").json["version"]
    assert company.run(who, noun, "edit", number, *first, "--version", str(read)).code == 0
    before = company.look()

    refused = company.run(who, noun, "edit", number, *second, "--version", str(read))

    assert (refused.code, refused.out) == (6, "")
    assert refused.err.splitlines()[0].endswith("while you were editing it. Nothing was saved.")
    assert refused.err.splitlines()[1:] == told
    assert company.look() == before
    assert company.run(who, noun, "edit", number, *second, "--version", str(read + 1)).code == 0


def test_a_conflict_can_be_read_by_a_program(company: Company) -> None:
    assert company.run("sales", "client", "edit", "1", "--company", "Mine").code == 0
    refused = company.run("sales", "client", "edit", "1", "--company", "Yours", "--version", "1", "--json")
    assert (refused.code, refused.json_error) == (
        6,
        "Somebody else changed this client while you were editing it. Nothing was saved.",
    )
    assert '"changes": [{"field": "company_name", "yours": "Yours", "theirs": "Mine"}]' in refused.err


@pytest.mark.parametrize(
    ("who", "words"),
    [
        ("management", "client reassign 1 10"),
        ("management", "event assign 1 11"),
        ("management", "event unassign 1"),
        ("management", "contract amend 1 --total 2000 --reason Guests"),
    ],
)
def test_whoever_acts_on_an_old_version_is_told(company: Company, who: str, words: str) -> None:
    before = company.look()
    refused = company.run(who, *words.split(), "--version", "0")
    assert (refused.code, refused.err.splitlines()[0]) == (
        6,
        f"Error: Somebody else changed this {words.split(maxsplit=1)[0]} while you were editing it. Nothing was saved.",
    )
    assert company.look() == before
    assert company.run(who, *words.split(), "--version", "1").code == 0


def test_at_a_terminal_enter_keeps_and_a_dash_empties(company: Company) -> None:
    assert company.run("sales", "client", "edit", "1", "--phone", "0123456789").code == 0
    seen = typing(
        company,
        "sales",
        "client",
        "edit",
        "1",
        answers=[
            ("First name [Kevin]:", ""),
            ("Last name", ""),
            ("E-mail [", "not an address"),
            ("E-mail [", "kevin@startup.io"),
            ("Phone [+33123456789]:", "-"),
            ("Company [Cool Startup LLC]:", ""),
        ],
    )
    assert (seen.code, seen.lines[-1]) == (0, "Client 1 saved.")
    assert "Error: e-mail: this is not an e-mail address." in seen.lines
    client = company.run("sales", "client", "show", "1", "--json").json
    assert (client["first_name"], client["email"], client["phone"]) == ("Kevin", "kevin@startup.io", "")
    assert (client["company_name"], client["version"]) == ("Cool Startup LLC", 3)


def test_what_changed_while_the_form_was_open_is_not_overwritten(company: Company) -> None:
    """The form remembers the version that it showed."""
    answers = [("Title", ""), ("Total [1000.00]:", "900")]
    script = (
        "import src.cli.editing as editing, subprocess, sys\n"
        "from src.__main__ import main\n"
        "ask = editing.ask_to_keep\n"
        "def slowly(label, present):\n"
        "    if present == '1000.00':\n"
        "        subprocess.run([sys.executable, '-m', 'src', 'contract', 'edit', '2', '--total', '700'], check=True)\n"
        "    return ask(label, present)\n"
        "editing.ask_to_keep = slowly\n"
        "sys.argv[0] = 'epicevents'\n"
        "sys.exit(main())\n"
    )
    seen = at_terminal(
        "contract",
        "edit",
        "2",
        command=(sys.executable, "-c", script),
        answers=answers,
        env={"DATABASE_URL": company.url, "NO_COLOR": "1", "EPICEVENTS_TOKEN": company.office.people["sales"].token},
    )
    assert seen.code == 6
    assert seen.lines[-3:] == ["  Total", "    yours: €900.00", "    now: €700.00"]
    assert company.run("sales", "contract", "show", "2", "--json").json["total"] == "700.00"


def test_a_form_left_as_it_is_saves_nothing(company: Company) -> None:
    before, title = company.look(), company.run("sales", "contract", "show", "2", "--json").json["title"]
    done = company.run("sales", "contract", "edit", "2", "--lang", "fr", answers=["", ""])
    assert (done.code, done.out, done.err.splitlines()[-1]) == (
        0,
        "",
        f"Titre [{title}]\u00a0: Total [1000.00]\u00a0: Rien n’a été modifié.",
    )
    assert company.look() == before


def test_an_event_is_edited_with_the_clock_of_its_place(company: Company) -> None:
    assert company.run("support", "event", "edit", "1", "--time-zone", "America/New_York").code == 0
    answers = ["", "2026-12-24 18:00", "2026-12-25 02:00", "", "", "many", "120", "", "Jacky Blangier", "", ""]
    done = company.run("support", "event", "edit", "1", answers=answers)
    assert (done.code, done.out) == (0, "Event 1 saved.\n")
    assert "Start [2026-12-22 10:00]: " in done.err
    event = company.run("support", "event", "show", "1", "--json").json
    assert (event["event_start"], event["event_end"]) == ("2026-12-24T23:00:00+00:00", "2026-12-25T07:00:00+00:00")
    assert (event["attendees"], event["contact_name"]) == (120, "Jacky Blangier")


@pytest.mark.parametrize(
    ("who", "words", "last"),
    [
        ("support", "client edit 1", "Your department (Support) may not do this: change a client."),
        ("sales", "client edit 2", "Only the person in charge of this record may do this: change a client."),
        (
            "sales",
            "contract amend 1 --reason x",
            "Your department (Sales) may not do this: amend a contract after signing.",
        ),
        ("sales", "contract cancel 1 --reason x", "Your department (Sales) may not do this: cancel a contract."),
        ("sales", "contract refund 1 5 --reason x", "Your department (Sales) may not do this: refund a payment."),
        ("support", "user delete sales", "Your department (Support) may not do this: delete a member of staff."),
        ("management", "event edit 1", "Your department (Management) may not do this: change an event's details."),
        ("management", "user delete nobody.here", "member of staff: nobody has this username or number."),
        ("management", "contract cancel 99 --reason x", "There is no contract with number 99."),
        (None, "client add", "You are not logged in, or your session has ended. Log in first."),
    ],
)
def test_nobody_fills_in_a_form_in_vain(quiet_company: Company, who: str | None, words: str, last: str) -> None:
    refused = quiet_company.run(who, *words.split(), answers=[])
    assert (refused.out, refused.err) == ("", f"Error: {last}\n")


def test_missing_values_are_asked_for_at_a_terminal(company: Company) -> None:
    answers = ["kevin", "1", "", "Été", "NaN", "1 200,50 €"]
    done = company.run("management", "contract", "add", answers=answers)
    assert (done.code, done.out) == (0, "Contract 11 drawn up: Été.\n")
    assert done.err == (
        "Client no.: Error: client: write the record's number, such as 42.\n"
        "Client no.: Title: Title: Total: Error: total: this is not an amount. Write for example 1200.50.\n"
        "Total: "
    )


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("client add", "--first-name, --last-name, --email"),
        ("contract add --client 1", "--title, --total"),
        ("event add --contract 1 --name Gala", "--start, --end"),
        ("user add", "--username, --email, --first-name, --last-name, --department"),
    ],
)
def test_off_a_terminal_missing_values_are_one_clear_error(quiet_company: Company, words: str, names: str) -> None:
    refused = quiet_company.run("management", *words.split())
    assert (refused.code, refused.out, refused.message) == (2, "", f"Missing options: {names}.")
    french = quiet_company.run("management", *words.split(), "--lang", "fr")
    assert french.message == f"Options manquantes\u00a0: {names}."


@pytest.mark.parametrize(
    "words", ["client edit 1", "contract edit 2", "contract amend 1 --reason x", "event edit 1", "user edit 1"]
)
def test_off_a_terminal_nothing_to_change_is_an_error(quiet_company: Company, words: str) -> None:
    refused = quiet_company.run("management", *words.split())
    assert refused.code == 2
    assert refused.message.startswith("Nothing to change: give at least one of --")


@pytest.mark.parametrize(
    ("who", "words", "answers"),
    [
        ("sales", "client edit 1", [("First name", "Changed"), ("Last name", "^C")]),
        ("management", "contract refund 1 50 --reason Rain", [("Refund €50.00 on contract 1, Party ", "^C")]),
        ("sales", "password", [("Present password:", "correct horse battery staple"), ("New password:", "^C")]),
    ],
)
def test_ctrl_c_at_any_question_saves_nothing(
    company: Company, who: str, words: str, answers: list[tuple[str, str]]
) -> None:
    before = company.look()
    seen = typing(company, who, *words.split(), answers=answers)
    assert (seen.code, seen.lines[-1]) == (130, "Interrupted. Nothing was saved.")
    assert company.look() == before


@pytest.mark.parametrize(
    ("words", "question"),
    [
        ("contract cancel 1 --reason Pluie", "Annuler le contrat 1, {title}\u202f? C’est définitif."),
        ("contract refund 1 50 --reason Pluie", "Rembourser 50,00\u00a0€ sur le contrat 1, {title}\u202f?"),
        ("user delete sales.10", "Supprimer le compte sales.10 (Camille Martin 10)\u202f? C’est définitif."),
    ],
)
def test_what_cannot_be_undone_is_confirmed(company: Company, words: str, question: str) -> None:
    before = company.look()
    question = question.format(title=company.run("sales", "contract", "show", "1", "--json").json["title"])
    refused = company.run("management", *words.split(), "--lang", "fr", answers=["peut-être", "non"])
    assert (refused.code, refused.out) == (130, "")
    assert refused.err == f"{question} [o/N] {question} [o/N] Rien n’a été fait.\n"
    assert company.look() == before
    assert company.run("management", *words.split()).code == 2
    assert company.run("management", *words.split(), "--lang", "fr", answers=["oui"]).code == 0
    assert company.look() != before
