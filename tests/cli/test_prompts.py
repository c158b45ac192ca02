"""What a command still needs is asked for at a terminal, and named all at once where nobody can answer."""

import pytest

from tests.cli.conftest import Sample
from tests.cli.terminals import at_terminal


def test_off_a_terminal_all_missing_options_are_named_at_once(sample: Sample) -> None:
    refused = sample("add")

    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr.splitlines() == [
        "Usage: epicevents add [OPTIONS]",
        "Try 'epicevents add --help' for help.",
        "",
        "Error: Missing options: --name, --email, --kind.",
    ]
    assert sample("add", "--name", "K", "--kind", "small", "--lang", "fr").stderr.endswith(
        "Erreur\u00a0: Option manquante\u00a0: --email.\n"
    )


def test_what_is_given_is_not_asked_for(sample: Sample) -> None:
    done = sample("add", "--name", "Kevin", "--email", "KEVIN@startup.io", "--kind", "small")

    assert (done.returncode, done.stdout, done.stderr) == (0, "Added Kevin <kevin@startup.io> small\n", "")


def test_a_wrong_value_is_refused_by_the_domain_with_its_own_exit_code(sample: Sample) -> None:
    refused = sample("add", "--name", "Kevin", "--email", "kevin", "--kind", "small")

    assert (refused.returncode, refused.stderr) == (7, "Error: e-mail: this is not an e-mail address.\n")


def test_at_a_terminal_each_missing_value_is_asked_for_until_it_is_right() -> None:
    seen = at_terminal(
        "add",
        "--name",
        "Kevin",
        "--lang",
        "fr",
        answers=[
            ("E-mail", "kevin"),
            ("E-mail", ""),
            ("E-mail", "k@b.example"),
            ("How large", "huge"),
            ("How large", "large"),
        ],
    )

    assert seen.code == 0
    assert seen.lines == [
        "E-mail\u00a0: kevin",
        "Erreur\u00a0: e-mail\u00a0: ce n’est pas une adresse e-mail.",
        "E-mail\u00a0:",
        "E-mail\u00a0: k@b.example",
        "How large (small, large)\u00a0: huge",
        "Erreur\u00a0: 'huge' n’est pas parmi 'small', 'large'.",
        "How large (small, large)\u00a0: large",
        "Added Kevin <k@b.example> large",
    ]


@pytest.mark.parametrize("key", ["^C", "\x04"])
def test_ctrl_c_and_ctrl_d_at_a_question_end_the_command(key: str) -> None:
    seen = at_terminal("add", answers=[("Name", key)])

    assert seen.code == 130
    assert seen.lines[-1] == "Interrupted. Nothing was saved."


def test_a_password_is_asked_for_twice_and_never_shown() -> None:
    seen = at_terminal(
        "secret",
        "--twice",
        answers=[
            ("Password", "correct horse"),
            ("Once more", "battery"),
            ("Password", "staple!"),
            ("Once more", "staple!"),
        ],
    )

    assert (seen.code, seen.lines[-1]) == (0, "length 7")
    assert "The two entries differ." in seen.plain
    assert [word for word in ("horse", "battery", "staple") if word in seen.text] == []


def test_a_password_comes_from_standard_input_or_the_environment(sample: Sample) -> None:
    assert sample("secret", "--password-stdin", input="été 2026\nsecond line\n").stdout == "length 8\n"
    assert sample("secret", "--password-stdin", input="windows\r\n").stdout == "length 7\n"
    assert sample("secret", env={"EPICEVENTS_PASSWORD": "four"}).stdout == "length 4\n"


@pytest.mark.parametrize(
    ("arguments", "typed", "message"),
    [
        ([], "", "No terminal to ask for the password on: use --password-stdin or set EPICEVENTS_PASSWORD."),
        (["--password-stdin"], "", "The password is empty."),
        (["--password-stdin"], "x" * 1025 + "\n", "The password is longer than 1024 bytes."),
        (["--password-stdin"], "é" * 513 + "\n", "The password is longer than 1024 bytes."),
    ],
)
def test_no_password_is_a_mistake_in_the_command_line(
    sample: Sample, arguments: list[str], typed: str, message: str
) -> None:
    refused = sample("secret", *arguments, input=typed)

    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr.endswith(f"Error: {message}\n")


def test_a_password_is_not_accepted_on_the_command_line(sample: Sample) -> None:
    assert sample("secret", "--password", "x").returncode == 2


@pytest.mark.parametrize(
    ("language", "answer", "code", "last"),
    [
        ("en", "y", 0, "dropped"),
        ("en", "YES", 0, "dropped"),
        ("en", "n", 130, "Nothing was done."),
        ("en", "", 130, "Nothing was done."),
        ("fr", "o", 0, "dropped"),
        ("fr", "oui", 0, "dropped"),
        ("fr", "non", 130, "Rien n’a été fait."),
    ],
)
def test_a_dangerous_act_is_confirmed_in_the_readers_language(language: str, answer: str, code: int, last: str) -> None:
    seen = at_terminal("drop", "--lang", language, answers=[("Really", answer)])

    assert (seen.code, seen.lines[-1]) == (code, last)


def test_an_unclear_answer_is_asked_again() -> None:
    seen = at_terminal("drop", answers=[("Really", "perhaps"), ("Really", "y")])

    assert (seen.code, seen.plain.count("Really drop it? [y/N]")) == (0, 2)


def test_without_a_terminal_a_dangerous_act_needs_yes(sample: Sample) -> None:
    refused = sample("drop", input="y\n")

    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr.endswith("Error: This needs a confirmation: add --yes.\n")
    assert sample("drop", "--yes").stdout == "dropped\n"


def test_the_answer_is_not_mixed_with_the_questions(sample: Sample) -> None:
    done = sample("add", "--name", "Kevin", "--email", "k@b.example", "--kind", "small", "--json")

    assert done.stdout == '{"name": "Kevin"}\n'
