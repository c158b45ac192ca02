"""The Tab key: every shell's script, and completions without a database, in the reader's language."""

import subprocess

import pytest

from src.cli.overview import commands
from tests.program import Program

NO_DATABASE = {"DATABASE_URL": "nonsense"}


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "powershell"])
def test_each_shell_gets_its_script_and_how_to_install_it(program: Program, shell: str) -> None:
    shown = program("completion", shell, env=NO_DATABASE)

    assert (shown.returncode, shown.stderr) == (0, "")
    assert f"_EPICEVENTS_COMPLETE={shell}_complete" in shown.stdout.replace(" = '", "=").replace("$env:", "")
    assert f"#   epicevents completion {shell} >" in shown.stdout


def test_bash_understands_its_script(program: Program) -> None:
    script = program("completion", "bash").stdout

    checked = subprocess.run(["bash", "-n"], input=script, text=True, capture_output=True, check=False)

    assert (checked.returncode, checked.stderr) == (0, "")


def completed(program: Program, line: str, **env: str) -> list[str]:
    words = line.split(" ")
    shown = program(
        env={
            "_EPICEVENTS_COMPLETE": "bash_complete",
            "COMP_WORDS": line,
            "COMP_CWORD": str(len(words) - 1),
            **NO_DATABASE,
            **env,
        }
    )
    assert (shown.returncode, shown.stderr) == (0, "")
    return [item.partition(",")[2] for item in shown.stdout.split()]


def test_tab_offers_the_commands(program: Program) -> None:
    assert completed(program, "epicevents ") == list(commands())
    assert completed(program, "epicevents per") == ["permissions"]


def test_tab_offers_verbs_options_and_choices(program: Program) -> None:
    assert completed(program, "epicevents client l") == ["list"]
    assert completed(program, "epicevents permissions --") == ["--json", "--csv", "--help"]
    assert completed(program, "epicevents completion ") == ["bash", "zsh", "fish", "powershell"]
    assert completed(program, "epicevents --lang ") == ["en", "fr"]


def test_tab_explains_in_the_readers_language(program: Program) -> None:
    shown = program(
        env={
            "_EPICEVENTS_COMPLETE": "zsh_complete",
            "COMP_WORDS": "epicevents perm",
            "COMP_CWORD": "1",
            "LANG": "fr_FR.UTF-8",
        }
    )

    assert shown.stdout.splitlines() == ["plain", "permissions", "Afficher ce que chaque département peut faire."]
