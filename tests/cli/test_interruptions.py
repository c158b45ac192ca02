"""Ctrl-C at any moment: the program ends at once, without a traceback, and says truly whether something was saved."""

import os
import signal
import subprocess
import sys

import pytest

from tests.cli.company import Company
from tests.cli.terminals import PROJECT, SAMPLE
from tests.program import HANG_SECONDS


def interrupted(*arguments: str) -> tuple[str, int]:
    """What the sample program says when Ctrl-C reaches it while it works, and its exit code."""
    with subprocess.Popen(
        [*SAMPLE, *arguments],
        cwd=PROJECT,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        assert process.stderr.readline() == "waiting\n"
        process.send_signal(signal.SIGINT)
        return process.stderr.read().strip(), process.wait(HANG_SECONDS)


def test_ctrl_c_ends_with_130_and_says_that_nothing_was_saved() -> None:
    assert interrupted("wait") == ("Interrupted. Nothing was saved.", 130)
    assert interrupted("wait", "--lang", "fr") == ("Interrompu. Rien n’a été enregistré.", 130)


def test_ctrl_c_after_the_commit_says_that_the_change_was_saved() -> None:
    assert interrupted("wait", "--saved") == ("Interrupted, but the change was saved.", 130)


@pytest.mark.parametrize("milliseconds", [20, 30, 40, 50, 60, 80, 100, 120])
def test_ctrl_c_during_the_start_shows_no_traceback(milliseconds: int) -> None:
    code = f"""
import os, signal, sys, threading
from src.__main__ import main
signal.signal(signal.SIGINT, signal.default_int_handler)
timer = threading.Timer({milliseconds / 1000}, os.kill, (os.getpid(), signal.SIGINT))
timer.daemon = True
timer.start()
sys.argv[1:] = ["permissions"]
sys.exit(main())
"""
    ended = subprocess.run(
        [sys.executable, "-c", code],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (ended.returncode, ended.stderr.strip()) in [(130, "Interrupted. Nothing was saved."), (0, "")]


DROPPED = """
import os, signal, sys, weakref
from sqlalchemy import event
from sqlalchemy.orm import Session
from src.__main__ import main

class Import: pass

def press_ctrl_c(_gone):
    os.kill(os.getpid(), signal.SIGINT)
    any(range(1))

def while_cleaning_up(_session, _context):
    ended = Import()
    watch = weakref.ref(ended, press_ctrl_c)
    del ended

event.listen(Session, "after_flush", while_cleaning_up)
signal.signal(signal.SIGINT, signal.default_int_handler)
sys.argv[1:] = ["client", "contacted", sys.argv[1]]
sys.exit(main())
"""


def test_a_ctrl_c_that_python_drops_saves_nothing_either(company: Company) -> None:
    before = company.look()
    seller = company.office.people["sales"]

    ended = subprocess.run(
        [sys.executable, "-c", DROPPED, str(company.office.own.client)],
        cwd=PROJECT,
        env={**os.environ, "DATABASE_URL": company.url, "EPICEVENTS_TOKEN": seller.token},
        capture_output=True,
        text=True,
        timeout=HANG_SECONDS,
        check=False,
    )

    assert (ended.returncode, ended.stdout, ended.stderr.strip()) == (130, "", "Interrupted. Nothing was saved.")
    assert company.look() == before
