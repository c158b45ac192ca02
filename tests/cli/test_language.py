"""The language of a command: where it comes from, and that every text a person sees follows it."""

from pathlib import Path

import pytest
from sqlalchemy import update

from src.cli.start import preferred_language, take_global_options
from src.i18n import DEFAULT_LANGUAGE
from src.models.user import User
from tests.cli.company import Company
from tests.program import Program


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({}, "en"),
        ({"LANG": "fr_FR.UTF-8"}, "fr"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({"LANG": "fr_CA", "LC_MESSAGES": "en_US"}, "en"),
        ({"LANG": "en_US", "LC_MESSAGES": "en_US", "LC_ALL": "fr_FR"}, "fr"),
        ({"LC_ALL": "en_US", "EPICEVENTS_LANG": "fr"}, "fr"),
        ({"LANG": "fr_FR", "EPICEVENTS_LANG": "en"}, "en"),
        ({"LANG": "fr_FR", "EPICEVENTS_LANG": "xx"}, "fr"),
        ({"LANG": "en_US.UTF-8", "LANGUAGE": "de:fr:en"}, "fr"),
        ({"LANG": "C.UTF-8", "LANGUAGE": "fr"}, "en"),
        ({"LANGUAGE": "fr"}, "en"),
        ({"LANG": "", "LC_ALL": "", "LC_MESSAGES": "fr"}, "fr"),
    ],
)
def test_the_environment_chooses_the_language(environment: dict[str, str], language: str) -> None:
    assert (preferred_language(environment) or DEFAULT_LANGUAGE) == language


def test_the_account_chooses_where_neither_the_command_nor_the_environment_does(company: Company) -> None:
    with company.database.writing() as session:
        session.execute(update(User).where(User.username == "sales").values(language="fr"))
    for given, words, expected in (
        ({}, (), "Département"),
        ({"LANG": "C.UTF-8"}, (), "Département"),
        ({"LANG": "en_GB.UTF-8"}, (), "Department"),
        ({"EPICEVENTS_LANG": "en"}, (), "Department"),
        ({}, ("--lang", "en"), "Department"),
    ):
        shown = company.run("sales", "user", "show", "sales", *words, env=given, screen=100)
        assert (given, words, expected in shown.out) == (given, words, True)
    assert "Department" in company.run("support", "user", "show", "sales", screen=100).out
    refused = company.run("sales", "user", "delete", "support", "--yes")
    assert refused.message.startswith("Votre département (Commercial) n’a pas ce droit")


def test_the_env_file_counts_as_the_environment_variable() -> None:
    assert preferred_language({"LANG": "en_US"}, installation="fr") == "fr"
    assert preferred_language({"EPICEVENTS_LANG": "en"}, installation="fr") == "en"


@pytest.mark.parametrize(
    ("arguments", "language", "rest"),
    [
        (["--lang", "fr", "client", "list"], "fr", ["client", "list"]),
        (["client", "list", "--lang=fr"], "fr", ["client", "list"]),
        (["client", "--lang", "en", "list", "--lang", "fr"], "fr", ["client", "list"]),
        (["client", "add", "--", "--lang", "fr"], None, ["client", "add", "--", "--lang", "fr"]),
        (["client", "--lang", "de", "list"], None, ["--lang", "de", "client", "list"]),
        (["client", "--lang"], None, ["--lang", "", "client"]),
    ],
)
def test_lang_is_understood_anywhere_on_the_line(arguments: list[str], language: str | None, rest: list[str]) -> None:
    assert take_global_options(arguments) == (language, rest)


def test_a_language_we_do_not_speak_is_refused_with_the_choices(program: Program) -> None:
    refused = program("permissions", "--lang", "de")

    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr.endswith("Error: Invalid value for '--lang': 'de' is not one of 'en', 'fr'.\n")


def test_help_is_french_down_to_the_words_of_click(program: Program) -> None:
    shown = program("completion", "--help", "--lang", "fr").stdout

    assert shown.startswith("Utilisation\u00a0: epicevents completion [OPTIONS] ")
    assert "\nArguments\u00a0:\n" in shown
    assert "\nOptions\u00a0:\n  -h, --help  Afficher cette aide.\n" in shown
    assert "\nExemples\u00a0:\n" in shown


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["permision"], "Erreur\u00a0: La commande 'permision' n’existe pas. Vouliez-vous dire 'permissions'\u202f?"),
        (["help", "exit"], "Erreur\u00a0: La commande 'exit' n’existe pas."),
        (["permissions", "--hel"], "Erreur\u00a0: L’option '--hel' n’existe pas. Vouliez-vous dire '--help'\u202f?"),
        (["permissions", "x"], "Erreur\u00a0: Argument de trop (x)."),
        (["completion"], "Erreur\u00a0: Argument manquant\u00a0: '[bash|zsh|fish|powershell]'."),
        (["completion", "ksh"], "'ksh' n’est pas parmi 'bash', 'zsh', 'fish', 'powershell'."),
        (["permissions", "--json=1"], "Erreur\u00a0: L’option '--json' ne prend pas de valeur."),
    ],
)
def test_what_click_refuses_is_refused_in_french(program: Program, arguments: list[str], message: str) -> None:
    refused = program(*arguments, env={"LANG": "fr_FR.UTF-8"})

    assert refused.returncode == 2
    assert message in refused.stderr
    assert "Pour obtenir de l’aide\u00a0: epicevents" in refused.stderr


def test_a_mistyped_command_is_answered_with_the_right_one(program: Program) -> None:
    assert "Did you mean 'completion'?" in program("completio").stderr


def test_an_ascii_terminal_shows_codes_instead_of_failing(program: Program) -> None:
    shown = program("--lang", "fr", env={"PYTHONIOENCODING": "ascii"})

    assert (shown.returncode, shown.stderr) == (0, "")
    assert "\\xe9v\\xe9nements" in shown.stdout


def test_bytes_that_are_no_text_are_shown_as_codes(program: Program) -> None:
    refused = program(b"caf\xe9".decode("utf-8", "surrogateescape"))

    assert (refused.returncode, refused.stderr.splitlines()[-1]) == (2, "Error: No such command 'caf\\udce9'.")


def test_the_language_of_the_installation_is_read_from_its_env_file(tmp_path: Path, program: Program) -> None:
    # A tree that links to this src is an installation of its own, with its own .env.
    (tmp_path / "src").symlink_to(Path(__file__).parent.parent.parent / "src")
    (tmp_path / ".env").write_text("# ours\nexport EPICEVENTS_LANG='fr'\n")

    shown = program("--help", cwd=tmp_path, env={"PYTHONPATH": str(tmp_path)})

    assert shown.stdout.startswith("CRM Epic Events\u00a0:")
