"""Programs that ask a running server: each has a token of somebody's, with all the scopes there are or with some."""

import itertools
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import httpx

from src.domain.permissions import Actor
from src.models.user import User
from src.services.api_tokens import SCOPES, create_token
from tests.cli.company import Company
from tests.program import HANG_SECONDS
from tests.services.office import Office
from tests.web.servers import Server

# More than any test asks.
MANY = {"EPICEVENTS_API_RATE": "99999"}
_numbers = itertools.count(1)


class Programs:
    """A running server, and the programs that ask it."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.tokens: dict[str, str] = {}
        self.usual: dict[tuple[str, str], httpx.Client] = {}

    @property
    def company(self) -> Company:
        """The company that is served."""
        return self.server.company

    @property
    def office(self) -> Office:
        """Who works there, and what is whose."""
        return self.server.company.office

    def of(self, who: str, *, scopes: Iterable[str] = SCOPES, language: str = "en") -> httpx.Client:
        """A program of somebody's (a department's name)."""
        if scopes is not SCOPES:
            return self.with_token(token_for(self.company, who, scopes), language=language)
        # Kept: to make one costs as much as ten requests.
        if (who, language) not in self.usual:
            self.usual[who, language] = self.with_token(self.token_of(who), language=language)
        return self.usual[who, language]

    def with_token(self, token: str | None, *, language: str = "en") -> httpx.Client:
        """A program that shows this token, or none."""
        headers = {"accept-language": language}
        if token is not None:
            headers["authorization"] = f"Bearer {token}"
        program = httpx.Client(base_url=f"{self.server.url}/api/v1", headers=headers, timeout=HANG_SECONDS)
        self.server.visitors.append(program)
        return program

    def token_of(self, who: str) -> str:
        """A token of somebody's with every scope, made once."""
        if who not in self.tokens:
            self.tokens[who] = token_for(self.company, who, SCOPES)
        return self.tokens[who]


def token_for(company: Company, who: str, scopes: Iterable[str]) -> str:
    """Make a token for somebody; `closed.sales` had it before the account was closed."""
    office = company.office
    person = office.closed[who.partition(".")[2]] if who.startswith("closed.") else office.people[who]
    with company.database.writing() as session:
        user = session.get_one(User, person.id)
        asking = Actor(user.id, user.username, user.department)
        return create_token(session, asking, name="program", scopes=scopes, now=datetime.now(UTC)).token


def problem(answer: httpx.Response, status: int, name: str) -> dict[str, Any]:
    """A refusal as a program reads it."""
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), answer.text
    document: dict[str, Any] = answer.json()
    assert (document["type"], document["status"]) == (f"/api/docs#problem-{name}", status), document
    assert document["request_id"] == answer.headers["x-request-id"]
    return document


def new_client(**changed: str) -> dict[str, str]:
    """The fields of a client whom no other test knows."""
    number = next(_numbers)
    typed = {
        "first_name": "Zoé",
        "last_name": f"Quidam {number}",
        "email": f"zoe{number}@programs.example",
        "phone": "01 42 68 53 00",
        "company_name": "Quidam & Filles",
    }
    return typed | changed
