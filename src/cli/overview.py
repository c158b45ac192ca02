"""The first page of the command line: every command in one line, written without loading any of them.

`epicevents --help` must answer at once, and click alone takes five times as long to load as Python itself. So the table
of commands lives here, in plain tuples; src.cli.main reads the same table to find the file of a command it runs.
"""

import os

from src.i18n import LANGUAGES, N_, _

PROGRAM = "epicevents"

# (heading, ((command, where its click object is, what it does), ...), ...); the help is repeated on the command itself.
SECTIONS: tuple[tuple[str, tuple[tuple[str, str, str], ...]], ...] = (
    (
        N_("Work"),
        (
            ("client", "src.cli.clients:client", N_("Clients and their sales contacts.")),
            ("contract", "src.cli.contracts:contract", N_("Contracts and their payments.")),
            ("event", "src.cli.events:event", N_("Events, their place, time and support contact.")),
            ("user", "src.cli.users:user", N_("The staff directory and, for management, its accounts.")),
            (
                "search",
                "src.cli.search:search",
                N_("Search clients, contracts, events and staff at once; the latest first."),
            ),
            ("audit", "src.cli.audit:audit", N_("Who did what, for management.")),
            ("webhook", "src.cli.webhooks:webhook", N_("Other programs that are told of changes, for management.")),
        ),
    ),
    (
        N_("Your account"),
        (
            ("login", "src.cli.auth:login", N_("Log in; the session lasts 12 hours.")),
            ("logout", "src.cli.auth:logout", N_("Log out; the session ends everywhere.")),
            ("whoami", "src.cli.auth:whoami", N_("Show who is logged in.")),
            (
                "password",
                "src.cli.own_account:password",
                N_("Choose another password; your other sessions end."),
            ),
            ("sessions", "src.cli.own_account:sessions", N_("Where you are logged in.")),
            ("token", "src.cli.api_tokens:token", N_("Keys for programs that work in your name.")),
            ("feed", "src.cli.calendar_feeds:feed", N_("Your events in the calendar of your telephone.")),
            ("two-factor", "src.cli.own_account:two_factor", N_("A code from your telephone as a second key.")),
        ),
    ),
    (
        N_("Installation"),
        (
            ("init", "src.cli.init:init", N_("Create or upgrade the database, and the first manager's account.")),
            ("rescue", "src.cli.init:rescue", N_("Let a manager in again who lost password and second factor.")),
            ("db", "src.cli.db:db", N_("The database: its state, upgrades, backups and history.")),
            ("serve", "src.cli.serve:serve", N_("Serve the pages to browsers.")),
            ("work", "src.cli.work:work", N_("Send changes to webhooks; epicevents serve does it too.")),
            ("demo", "src.cli.demo:demo", N_("A demo company to try the CRM on, in a database of its own.")),
        ),
    ),
    (
        N_("Help"),
        (
            ("permissions", "src.cli.permissions:permissions", N_("Show what each department may do.")),
            ("completion", "src.cli.completion:completion", N_("Complete commands with the Tab key in your shell.")),
            ("help", "src.cli.help:topics", N_("Explain exit codes, environment variables and output formats.")),
        ),
    ),
)

OPTIONS = (
    (
        "--lang [{languages}]",
        N_("Language of all texts, also after a command. Otherwise EPICEVENTS_LANG, then the system's."),
    ),
    ("--no-color", N_("No colours, also after a command; as with NO_COLOR in the environment.")),
    ("--version", N_("Show the version.")),
    ("-h, --help", N_("Show this help; after a command, the help of that command.")),
)

EXAMPLES = (
    "epicevents login --username kate.hastroff",
    "epicevents client list --mine",
    "epicevents contract list --unpaid --json",
    "epicevents event list --upcoming --lang fr",
)

WIDEST = 100


def commands() -> dict[str, tuple[str, str]]:
    """Give each command's place (`module:attribute`) and its marked help line, in the order of the overview."""
    return {name: (place, help_line) for _heading, entries in SECTIONS for name, place, help_line in entries}


def overview(width: int | None = None) -> str:
    """Write the first page of help in the reader's language, `width` columns wide (the terminal's by default)."""
    width = min(width or terminal_width(), WIDEST)
    lines = [
        *_wrapped(
            _("Epic Events CRM: clients, contracts and events, and for each department exactly its rights."), width
        ),
        "",
        *_wrapped(" ".join([_("Usage:"), PROGRAM, "[OPTIONS]", _("COMMAND [ARGUMENTS]...")]), width),
    ]
    first_column = max(len(name) for name in commands())
    for heading, entries in SECTIONS:
        lines += _section(
            _(heading), [(name, _(help_line)) for name, _place, help_line in entries], first_column, width
        )
    options = [(names.format(languages="|".join(LANGUAGES)), _(help_line)) for names, help_line in OPTIONS]
    lines += _section(_("Options"), options, max(len(names) for names, _help in options), width)
    lines += ["", _("{heading}:").format(heading=_("Examples")), *(f"  {example}" for example in EXAMPLES)]
    lines += ["", *_wrapped(_("More about a command: epicevents COMMAND --help"), width)]
    return "\n".join(lines)


def terminal_width() -> int:
    """Tell how many columns the terminal has; 80 where there is none."""
    columns = os.environ.get("COLUMNS", "")
    # No screen has a million columns; int() itself fails above 4,300 digits.
    if columns.isascii() and columns.isdigit() and len(columns) < 7 and int(columns) > 0:
        return int(columns)
    for stream in (1, 2, 0):
        try:
            return os.get_terminal_size(stream).columns or 80
        except OSError:
            continue
    return 80


def _section(heading: str, rows: list[tuple[str, str]], first_column: int, width: int) -> list[str]:
    lines = ["", _("{heading}:").format(heading=heading)]
    # Too narrow for two columns: the explanation goes under its command.
    stacked = width - first_column - 4 < 24
    for name, text in rows:
        if stacked:
            lines += [f"  {name}", *(f"      {line}" for line in _wrapped(text, width - 6))]
        else:
            first, *others = _wrapped(text, width - first_column - 4)
            lines += [f"  {name:<{first_column}}  {first}", *(f"{'':<{first_column + 4}}{line}" for line in others)]
    return lines


def _wrapped(text: str, width: int) -> list[str]:
    # textwrap would import the re module: half of what this page may cost.
    lines = [""]
    for word in text.split(" "):
        if lines[-1] and len(lines[-1]) + 1 + len(word) > width:
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {word}" if lines[-1] else word
    return lines
