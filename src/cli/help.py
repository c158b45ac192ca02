"""`epicevents help`: what is the same for every command: exit codes, environment variables, output formats."""

from src.cli.commands import group
from src.cli.errors import MEANINGS
from src.cli.render import output_options, show_list
from src.i18n import N_, _
from src.presentation.columns import Column, Manner

VARIABLES = {
    "DATABASE_URL": N_("Where the database is: sqlite:///file.db or postgresql://user:password@server/name."),
    "EPICEVENTS_LANG": N_("Language of all texts: en or fr."),
    "EPICEVENTS_PASSWORD": N_("Password for a command that asks for one, where no terminal can."),
    "EPICEVENTS_NEW_PASSWORD": N_("New password for the command that changes it, where no terminal can ask."),
    "EPICEVENTS_CODE": N_("Code of the authenticator app, or a recovery code, where no terminal can ask."),
    "EPICEVENTS_TOKEN": N_("Session token to use instead of the one kept by log-in."),
    "EPICEVENTS_TIME_ZONE": N_("Time zone of this installation, such as Europe/Paris."),
    "EPICEVENTS_CURRENCY": N_("Currency of all amounts, such as EUR."),
    "EPICEVENTS_PHONE_REGION": N_("Country of phone numbers typed without their country code, such as FR."),
    "EPICEVENTS_TWO_FACTOR_FOR": N_("Departments that must log in with a second factor, such as management."),
    "EPICEVENTS_HOSTS": N_("Names under which browsers reach the pages, such as crm.example.com."),
    "EPICEVENTS_API_RATE": N_("Requests a minute that each token of the API may make (default: 600)."),
    "WEBHOOKS_ALLOW_PRIVATE": N_("1 lets webhooks lead into a network of your own (default: 0)."),
    "EPICEVENTS_DEBUG": N_("1 shows the details of an unexpected failure on the screen."),
    "NO_COLOR": N_("Any value: no colours."),
    "COLUMNS": N_("Width of the screen, where the terminal does not tell it."),
    "XDG_CONFIG_HOME": N_("Folder that holds the session file; ~/.config by default."),
    "XDG_STATE_HOME": N_("Folder that holds the error log; ~/.local/state by default."),
}

FORMATS = {
    "table": N_("On a terminal: a table in your language, as wide as the screen."),
    "tab": N_("To a file or another program: tab-separated lines under a header; exact values, never translated."),
    "--json": N_("One JSON document: {items, next, totals} for a list, the record itself for show. Amounts are text."),
    "--csv": N_("CSV (RFC 4180, UTF-8). A text that begins with = + - @ gets an apostrophe, so that no cell runs."),
    "--after": N_("Lists come a page at a time; the cursor under a page continues it."),
}


def _column(key: str, heading: str) -> Column:
    return Column(key=key, heading=heading, importance=1, wraps=True)


@group("help", help=N_("Explain exit codes, environment variables and output formats."))
def topics() -> None:
    """Explain what is the same for every command."""


@topics.command("exit-codes", help=N_("The exit code of each outcome, for scripts."))
@output_options
def exit_codes() -> None:
    """List the stable exit codes."""
    columns = (Column(key="code", heading=N_("Code"), kind="number", importance=1), _column("meaning", N_("Meaning")))
    show_list(columns, ((code, _(text)) for code, text in sorted(MEANINGS.items())), empty="", manner=Manner())


@topics.command("environment", help=N_("The environment variables that are read."))
@output_options
def environment() -> None:
    """List the environment variables."""
    columns = (_column("variable", N_("Variable")), _column("meaning", N_("Meaning")))
    show_list(columns, ((name, _(text)) for name, text in VARIABLES.items()), empty="", manner=Manner())


@topics.command("output", help=N_("The forms in which lists and records are written."))
@output_options
def output() -> None:
    """List the output formats."""
    columns = (_column("form", N_("Form")), _column("meaning", N_("Meaning")))
    show_list(columns, ((name, _(text)) for name, text in FORMATS.items()), empty="", manner=Manner())
