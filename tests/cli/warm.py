"""The program, loaded already: a command that is forked from here says and does the same, without the start.

For tests of many commands in a row; those of the start itself, and whatever a shell has to do with, run the real one.
"""

import os
import sys
from collections.abc import Mapping
from importlib import import_module
from multiprocessing.connection import Connection
from pkgutil import walk_packages

from sqlalchemy.orm import configure_mappers

import src.cli
import src.models
import src.presentation
import src.services
from src.__main__ import main
from tests.cli.terminals import take_terminal

# What commands load when they need it.
_LATER = ("alembic.command", "argon2", "email_validator", "phonenumbers", "rich.table", "src.schema.upgrade", "zxcvbn")
for _package in (src.cli, src.models, src.presentation, src.services):
    for _module in walk_packages(_package.__path__, f"{_package.__name__}."):
        import_module(_module.name)
for _name in _LATER:
    import_module(_name)
configure_mappers()


def run(arguments: tuple[str, ...], terminal: str, ready: Connection, env: Mapping[str, str], folder: str) -> None:
    """Be `epicevents` with these words at a terminal, in a folder and an environment."""
    os.setsid()
    opened = os.open(terminal, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(opened, descriptor)
    take_terminal()
    ready.send_bytes(b"ready")
    sys.stdin, sys.stdout, sys.stderr = (
        open(descriptor, mode, encoding="utf-8", closefd=False)  # noqa: SIM115 - until the process ends
        for descriptor, mode in enumerate("rww")
    )
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(env)
    sys.argv = ["epicevents", *arguments]
    sys.exit(main())
