"""The pages as browsers meet them: a server process of its own on a company of its own, asked over the network."""

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from src.models.user import User
from tests.cli.company import Company
from tests.factories import PASSWORD
from tests.program import HANG_SECONDS
from tests.real_databases import Dump

SERVER = [sys.executable, "-m", "src", "serve", "--port", "0"]
# What a browser says of a form that was on one of our own pages.
FROM_OUR_PAGE = {"sec-fetch-site": "same-origin"}


class Visitor(httpx.Client):
    """Somebody with a browser: cookies are kept, a form says that it comes from our own page."""

    def send_form(self, path: str, **fields: str) -> httpx.Response:
        """Send a form; a field named `was_x` stands for what `x` held when the form was opened."""
        values = {name.replace("was_", "was.", 1): value for name, value in fields.items()}
        return self.post(path, data=values, headers=FROM_OUR_PAGE)

    def log_in(self, username: str, password: str = PASSWORD, **fields: str) -> httpx.Response:
        """Send the log-in form."""
        return self.send_form("/login", username=username, password=password, **fields)

    def open_form(self, path: str) -> dict[str, str]:
        """Open a form and give what a browser would send back if nobody touched it."""
        answer = self.get(path)
        assert answer.status_code == 200, answer.text
        return fields_of(answer.text, path)


@dataclass
class Server:
    """A running server, the company it serves, and what it has logged."""

    url: str
    company: Company
    process: "subprocess.Popen[str]"
    lines: list[str] = field(default_factory=list)
    visitors: list[httpx.Client] = field(default_factory=list)

    @property
    def log(self) -> list[dict[str, Any]]:
        """The lines of the log; each must be a JSON object."""
        return [json.loads(line) for line in list(self.lines)]

    def records(self) -> Dump:
        """Every row but those that tell who is there now: they change when somebody reads."""
        who_is_there = {"sessions", "login_attempts"}
        return {table: rows for table, rows in self.company.look().items() if table not in who_is_there}

    def visitor(self, *, language: str = "en", **headers: str) -> Visitor:
        """Somebody who is not logged in."""
        visitor = Visitor(
            base_url=self.url,
            headers={"accept-language": language, **headers},
            follow_redirects=False,
            timeout=HANG_SECONDS,
        )
        self.visitors.append(visitor)
        return visitor

    def at_work(self, username: str, *, language: str = "en") -> Visitor:
        """Somebody who has just logged in."""
        visitor = self.visitor(language=language)
        answer = visitor.log_in(username)
        assert answer.status_code == 303, answer.text
        return visitor


@contextmanager
def serving(company: Company, *options: str, env: Mapping[str, str] | None = None) -> Iterator[Server]:
    """Serve a company for as long as the block runs; the server must then stop well and at once."""
    process = subprocess.Popen(
        [*SERVER, *options],
        env={**os.environ, "DATABASE_URL": company.url, **(env or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    try:
        announced = process.stderr.readline()
        found = re.search(r"http://\S+", announced)
        assert found, announced + process.stderr.read()
        server = Server(found[0].rstrip("/"), company, process)
        for line in process.stderr:
            server.lines.append(line)
            if "startup complete" in line:
                break
        # The log is read as it is written: a full pipe would stop the server.
        reader = threading.Thread(target=lambda: server.lines.extend(process.stderr or ()), daemon=True)
        reader.start()
        yield server
        for visitor in server.visitors:
            visitor.close()
        process.terminate()
        assert process.wait(HANG_SECONDS) in {0, -15}, server.lines[-5:]
        reader.join(HANG_SECONDS)
    finally:
        process.kill()
        process.wait()
        process.stderr.close()


def fields_of(page: str, action: str) -> dict[str, str]:
    """Give the fields of the form that is sent to `action`, with what they hold."""
    found = re.search(rf'<form[^>]* action="{re.escape(action)}"[^>]*>(.*?)</form>', page, re.DOTALL)
    assert found, f"no form for {action}"
    held = {}
    for tag in re.findall(r"<input[^>]*>", found[1]):
        name, value = re.search(r'name="([^"]*)"', tag), re.search(r'value="([^"]*)"', tag)
        if name:
            held[name[1]] = unescaped(value[1]) if value else ""
    for name_, body in re.findall(r'<select[^>]*name="([^"]*)"[^>]*>(.*?)</select>', found[1], re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', body) or re.search(r'value="([^"]*)"', body)
        held[name_] = unescaped(chosen[1]) if chosen else ""
    for name_, text in re.findall(r'<textarea[^>]*name="([^"]*)"[^>]*>(.*?)</textarea>', found[1], re.DOTALL):
        held[name_] = unescaped(text.removeprefix("\n"))
    return held


def unescaped(text: str) -> str:
    """Give what a browser reads out of HTML."""
    import html

    return html.unescape(text)


def words_of(page: str) -> str:
    """Give the words that a person reads on a page."""
    text = re.sub(r"<(script|style|svg|head)\b.*?</\1>", " ", page, flags=re.DOTALL)
    return " ".join(unescaped(re.sub(r"<[^>]+>", " ", text)).split())


def username_of(company: Company, user_id: int) -> str:
    """Give somebody's log-in name."""
    with company.database.reading() as session:
        return session.get_one(User, user_id).username


PROJECT = Path(__file__).resolve().parents[2]
