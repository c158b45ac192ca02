"""The command line: people of three departments do their day's work in a shell.

How to write the file of a noun (`src/cli/clients.py`), without services or SQLAlchemy at its top, so that help and the
Tab key stay instant:

    @group("client", help=N_("Clients and their sales contacts."))
    def client() -> None: ...

    @client.command("list", help=N_("List clients."), examples=("epicevents client list --mine",))
    @option("--search", metavar=N_("TEXT"), help=N_("Words or parts of words, in a name, company or e-mail."))
    @output_options                                   # --json, --csv (json_option for commands that change something)
    def list_clients(search: str | None) -> None:
        from src.services import clients
        with reading() as desk:                       # .session .actor .settings .manner; `writing()` commits
            page = clients.search(desk.session, desk.actor, search=search)
            show_list(COLUMNS, rows_of(COLUMNS, page.items), empty=_("No client yet. …"), manner=desk.manner)

`option(..., ask=N_("First name"))` makes a value required and asks for it at a terminal; `type=Parsed(parse_email)`
reads it with the domain's own parser. `show_record`, `show_done` answer; say "done" after the `with writing()` block.
Refuse by letting a CrmError pass: src.cli.errors gives it its exit code. Passwords: `read_secret`; dangers: `confirm`.
Then add the command to the table of src.cli.overview, and run `python -m tools.translations update`.
"""
