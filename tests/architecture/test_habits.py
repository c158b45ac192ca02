"""What code below the edges does not do: it says nothing, translates nothing, asks nobody, and never commits."""

import ast

from tests.architecture.source import SRC, calls_in, files_below_the_edges, files_of, names_in, place, tree

# The settings are read in src/config.py; the command line asks about the terminal and the folders of the user.
# PostgreSQL's programs are started with the environment that this one was started with, and the password.
READERS_OF_THE_ENVIRONMENT = {
    SRC / "config.py",
    SRC / "schema" / "backup" / "postgresql_programs.py",
    *files_of("cli", "__main__"),
}

# A transaction is opened and committed by the edge. Log-in commits what must stay even though the log-in is refused:
# a failed attempt that was rolled back would not be counted.
MAY_COMMIT = {SRC / "services" / "logging_in.py"}


# Alembic's command line is an edge too: this is where migrations/env.py has its answers written.
MAY_SPEAK = {SRC / "schema" / "answers.py"}


def test_nothing_below_the_edges_prints() -> None:
    speaking = {"print", "input", "sys.stdout.write", "sys.stderr.write"}
    quiet = [path for path in files_below_the_edges() if path not in MAY_SPEAK]
    found = [place(path, line) for path in quiet for name, line in calls_in(path) if name in speaking]
    assert found == []


def test_services_and_models_never_commit() -> None:
    found = [
        f"{place(path, line)} {name}"
        for path in files_of("services", "models", "security", "domain")
        if path not in MAY_COMMIT
        for name, line in calls_in(path)
        if name.split(".")[-1] in {"commit", "rollback"} or name.endswith(".begin")
    ]
    assert found == []


def test_the_environment_is_read_by_the_settings_and_the_command_line_only() -> None:
    asking = ("os.environ", "os.getenv", "environ", "getenv", "os.environb", "os.putenv")
    found = [
        f"{place(path, line)} {name}"
        for path in sorted(SRC.rglob("*.py"))
        if path not in READERS_OF_THE_ENVIRONMENT
        for name, line in names_in(path)
        if name in asking
    ]
    assert found == []


def test_no_function_takes_a_boolean_by_position() -> None:
    """`delete(client, True)` tells a reader nothing; ruff sees annotated booleans, this sees the default values too."""
    found = []
    for path in sorted(SRC.rglob("*.py")):
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                found += [
                    f"{place(path, node.lineno)} {node.name}"
                    for default in node.args.defaults
                    if isinstance(default, ast.Constant) and isinstance(default.value, bool)
                ]
    assert found == []
