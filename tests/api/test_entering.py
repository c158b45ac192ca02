"""Who is let in, and how often: the server runs in this process, on a company and with settings of the test's own."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import httpx
from sqlalchemy import select, text

from src.api.site import build_api
from src.config import load_settings
from src.models.api_token import ApiToken
from src.services.api_tokens import SCOPES
from src.web.site import build_site
from tests.api.programs import problem, token_for
from tests.cli.company import Company

if TYPE_CHECKING:
    from starlette.types import ASGIApp


def site_of(company: Company, **environ: str) -> "ASGIApp":
    """The application as it serves a company under these settings."""
    settings, database = load_settings(environ={"DATABASE_URL": company.url, **environ}), company.database
    return build_site(settings, database, exports=database, programs=build_api(settings, database))


def ask(site: "ASGIApp", token: str, *, times: int = 1) -> list[httpx.Response]:
    """What a program is answered that asks again and again for whom it works."""

    async def asked() -> list[httpx.Response]:
        headers, transport = {"authorization": f"Bearer {token}", "accept-language": "fr"}, httpx.ASGITransport(site)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost", headers=headers) as program:
            return [await program.get("/api/v1/me") for _one in range(times)]

    # In a thread of its own: the browser that other tests drive keeps a loop running in this one.
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(lambda: asyncio.run(asked())).result()


def test_who_asks_too_often_is_told_when_to_ask_again(company: Company) -> None:
    site = site_of(company, EPICEVENTS_API_RATE="5")
    answers = ask(site, token_for(company, "sales", SCOPES), times=6)
    assert [answer.status_code for answer in answers] == [200] * 5 + [429]
    assert answers[0].headers["ratelimit-policy"] == '"default";q=5;w=60'
    assert answers[1].headers["ratelimit"].startswith('"default";r=3;t=')
    problem(answers[5], 429, "too-many-requests")
    assert answers[5].headers["content-language"] == "fr"
    assert 1 <= int(answers[5].headers["retry-after"]) <= 60
    assert [answer.status_code for answer in ask(site, token_for(company, "management", SCOPES))] == [200]


def test_whose_department_needs_a_second_factor_has_no_programs_without(company: Company) -> None:
    site = site_of(company, EPICEVENTS_TWO_FACTOR_FOR="SALES")
    [refused] = ask(site, token_for(company, "sales", SCOPES))
    problem(refused, 403, "two-factor-required")
    assert [answer.status_code for answer in ask(site, token_for(company, "support", SCOPES))] == [200]


def test_a_database_behind_the_program_is_not_worked_on(company: Company) -> None:
    token = token_for(company, "sales", SCOPES)
    with company.database.writing() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '0001_initial'"))
    [refused] = ask(site_of(company), token)
    problem(refused, 503, "unavailable")
    assert refused.headers["retry-after"] == "30"


def test_a_token_that_only_reads_is_noted_as_used_after_its_answer(company: Company) -> None:
    ask(site_of(company), token_for(company, "sales", ["read"]))
    with company.database.reading() as session:
        [used] = session.scalars(select(ApiToken.last_used_at))
    assert used is not None
