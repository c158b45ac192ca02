"""`epicevents db history` and `lint`: what was done to the database, and what its revision files would do."""

import click

from src.cli.commands import command
from src.cli.context import manner_of, open_database, settings
from src.cli.errors import UNSAFE_REVISIONS
from src.cli.render import output_options, show_list
from src.i18n import N_, _
from src.presentation.columns import Column, Manner, rows_of

DIRECTIONS = {"upgrade": N_("upgrade"), "downgrade": N_("downgrade"), "stamp": N_("mark")}

STEPS = (
    Column(key="at", heading=N_("When"), kind="moment", importance=1),
    Column(key="direction", heading=N_("Step"), kind="choice", importance=1, labels=DIRECTIONS),
    Column(key="revision", heading=N_("Revision"), importance=1),
    Column(key="duration_ms", heading=N_("Milliseconds"), kind="number", importance=3),
    Column(key="rows_inserted", heading=N_("Rows inserted"), kind="number", importance=2),
    Column(key="rows_updated", heading=N_("Rows updated"), kind="number", importance=2),
    Column(key="rows_deleted", heading=N_("Rows deleted"), kind="number", importance=2),
    Column(key="program", heading=N_("Program"), importance=3),
    Column(key="backup", heading=N_("Backup"), importance=2),
    Column(key="checksum", heading=N_("Checksum of the file"), importance=3),
)

FINDINGS = (
    Column(key="file", heading=N_("File"), importance=1),
    Column(key="line", heading=N_("Line"), kind="number", importance=1),
    Column(key="rule", heading=N_("Rule"), importance=1),
    Column(key="wrong", heading=N_("What is wrong"), importance=1, wraps=True),
    Column(key="safely", heading=N_("The safe way"), importance=1, wraps=True),
)


@command(
    "history",
    help=N_("List what was done to the database's schema, newest first."),
    examples=("epicevents db history", "epicevents db history --json"),
)
@output_options
def history() -> None:
    """Show the ledger."""
    from src.schema.ledger import read_steps
    from src.schema.state import looking_at
    from src.services import CRM

    with looking_at(open_database().url, CRM) as connection:
        steps = read_steps(connection)
    rows = rows_of(STEPS, reversed(steps))
    show_list(STEPS, rows, empty=_("No step is recorded in this database."), manner=manner_of(settings()))


@command(
    "lint",
    help=N_("Look for steps in the revision files that could lose data or stop everybody's work."),
    examples=("epicevents db lint", "epicevents db lint --json"),
)
@output_options
def lint() -> None:
    """Show what the linter finds; the exit code tells whether it found something."""
    from src.schema.lint import lint_environment, lint_history
    from src.schema.lint.findings import RULES
    from src.services import CRM

    findings = [*lint_history(CRM.versions), *lint_environment(CRM.versions.parent / "env.py")]
    rows = (
        [one.file, one.line, one.rule, _(RULES[one.rule][0]).format(what=one.what), _(RULES[one.rule][1])]
        for one in findings
    )
    show_list(FINDINGS, rows, empty=_("Nothing was found in the revision files."), manner=Manner())
    if findings:
        click.get_current_context().exit(UNSAFE_REVISIONS)
