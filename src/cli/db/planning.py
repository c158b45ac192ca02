"""`epicevents db plan`: what an upgrade would do, before it does it."""

from typing import TYPE_CHECKING, Any

import click

from src.cli.commands import argument, command
from src.cli.context import open_database
from src.cli.db.waiting import sharing
from src.cli.exports import write_json
from src.cli.render import output_options, show_list, wanted_form
from src.i18n import N_, _
from src.presentation.columns import Column, Manner

if TYPE_CHECKING:
    from src.schema.plan.plan import Plan
    from src.schema.plan.rehearsal import RevisionRun

STEPS = (
    Column(key="revision", heading=N_("Revision"), importance=1),
    Column(key="title", heading=N_("What it does"), importance=2),
    Column(key="seconds", heading=N_("Seconds"), importance=1),
    Column(key="rows", heading=N_("Rows written"), importance=1, wraps=True),
    Column(key="statements", heading=N_("Statements"), importance=2, wraps=True),
)
_MEGABYTE = 1_000_000


@command(
    "plan",
    help=N_("Rehearse the upgrade, or the way to another revision, on a copy, and show what it would do."),
    examples=("epicevents db plan", "epicevents db plan 0001_initial --json"),
    # -1 is a revision, and no option.
    context_settings={"ignore_unknown_options": True},
)
@argument("revision", metavar=N_("REVISION"), required=False)
@output_options
def plan(revision: str | None) -> None:
    """Show what would happen; the database itself is only read."""
    from src.schema.plan.plan import make_plan
    from src.services import CRM

    database = open_database()
    with sharing(_("Copying, then rehearsing")) as advance:
        made = make_plan(database.url, CRM, revision, advance=advance)
    if wanted_form() == "json":
        write_json(_document(database.place, made))
    elif not made.runs and wanted_form() is None:
        click.echo(
            _("There is nothing to do: the database at {place} is at revision {revision}.").format(
                place=database.place, revision=", ".join(made.at)
            )
        )
    else:
        show_list(STEPS, map(_row, made.runs), empty="", manner=Manner())
        for sentence in _sentences(made) if made.runs else ():
            click.echo(sentence, err=True)
    if made.refusal is not None:
        raise made.refusal


def _row(run: "RevisionRun") -> list[Any]:
    through_triggers = _("through triggers")
    rows = ", ".join(f"{table or through_triggers} {count}" for table, count in run.rows.items())
    statements = "; ".join(f"{count} × {said}" if count > 1 else said for said, count in run.statements.items())
    return [run.revision, run.title, f"{run.seconds:.2f}", rows, statements]


def _sentences(made: "Plan") -> list[str]:
    """Say how much room it takes, and whether there is as much."""
    needed = -(-made.needed // _MEGABYTE)
    if made.free is None:
        return [
            _("It takes {needed} MB more on the server's disk at its worst moment.").format(needed=needed),
            _("Nothing was changed: this was a rehearsal on a copy."),
        ]
    backup = -(-made.size // _MEGABYTE)
    sentence = _("It takes {needed} MB more at its worst moment, and {backup} MB for the backup; {free} MB are free.")
    return [
        sentence.format(needed=needed, backup=backup, free=made.free // _MEGABYTE),
        *([] if made.free > made.needed + made.size else [_("That is not enough: free some space first.")]),
        _("Nothing was changed: this was a rehearsal on a copy."),
    ]


def _document(place: str, made: "Plan") -> dict[str, Any]:
    """Give everything to a program; bytes, not megabytes."""
    return {
        "place": place,
        "at": list(made.at),
        "direction": made.direction,
        "steps": [
            {
                "revision": run.revision,
                "title": run.title,
                "seconds": round(run.seconds, 3),
                "rows": run.rows,
                "statements": [{"sql": said, "times": times} for said, times in run.statements.items()],
            }
            for run in made.runs
        ],
        "bytes": {"database": made.size, "needed": made.needed, "free": made.free},
        "refusal": None if made.refusal is None else str(made.refusal),
    }
