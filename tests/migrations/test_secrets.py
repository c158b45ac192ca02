"""A password works however it is typed, and never comes out again, whatever goes wrong."""

import re
from urllib.parse import quote

from sqlalchemy import make_url

from tests.migrations.command_line import CommandLine
from tests.migrations.conftest import FIRST, version_of

# Every sign that an address gives a meaning to, and nothing that could be in an answer by chance.
PASSWORD = "S%2x#9@k/w?q:e=é&+ s%zz[7]"


def test_a_password_works_as_typed_and_encoded_from_every_source(
    alembic: CommandLine, migrated_postgres_url: str
) -> None:
    """The private server's password holds `%`, `@`, `#`, `/`, `:` and an accent."""
    server = make_url(migrated_postgres_url)
    password, place = str(server.password or ""), f"{server.host}:{server.port}/{server.database}"
    typed, encoded = f"{server.username}:{password}@{place}", f"{server.username}:{quote(password, safe='')}@{place}"
    in_query = f"{place}?user={server.username}&password={quote(password, safe='')}"
    forms = [f"{scheme}://{rest}" for scheme in ("postgresql", "postgres") for rest in (typed, encoded, in_query)]
    forms.append(f"postgresql+psycopg://{encoded}?application_name=me@home")
    for url in forms:
        for answer in (alembic("current", url=url), alembic("-x", f"url={url}", "current", "-v")):
            assert answer.code == 0, answer
            assert FIRST in answer.out
            assert not leaked(password, answer.text)
    ini, env = alembic.project / "alembic.ini", alembic.project / ".env"
    before = ini.read_text()
    try:
        env.write_text(f"DATABASE_URL='postgresql://{typed}'\n")
        assert alembic("current").out == f"{FIRST}\n"
        env.unlink()
        for url in (f"postgresql://{typed}", f"postgresql://{encoded}", f"postgresql://{encoded.replace('%', '%%')}"):
            ini.write_text(before.replace("sqlite:///epic_events_crm.db", url))
            answer = alembic("current")
            assert answer.out == f"{FIRST}\n", answer
            assert not leaked(password, answer.text)
    finally:
        ini.write_text(before)
        env.unlink(missing_ok=True)


WRONG = {
    "wrong password": "postgresql://{user}:not{password}@{place}",
    "no such user": "postgresql://x{user}:{password}@{place}",
    "no such database": "postgresql://{user}:{password}@{place}_not",
    "nobody at the port": "postgresql://{user}:{password}@127.0.0.1:1/crm",
    "no such machine": "postgresql://{user}:{password}@no-such-machine.invalid/crm",
    "no such socket": "postgresql://{user}:{password}@/crm?host=/no/such/folder",
    "unknown option": "postgresql://{user}:{password}@{place}?colour=blue",
    "unknown option in the query's form": "postgresql://{place}?user={user}&password={password}&colour=blue",
    "wrong port": "postgresql://{user}:{password}@127.0.0.1:x/crm",
    "no database name": "postgresql://{user}:{password}@127.0.0.1:5432",
    "another driver": "postgresql+psycopg2://{user}:{password}@{place}",
    "another database": "mysql://{user}:{password}@{place}",
    "no scheme": "{user}:{password}@{place}",
    "a space in the machine's name": "postgresql://{user}:{password}@12 7.0.0.1/crm",
    "a password in a SQLite address": "sqlite://{user}:{password}@{place}",
    "two servers": "postgresql://{user}:{password}@one,two:5432/crm",
    "a key's password": "postgresql://{place}?sslpassword={password}",
}


def test_nothing_that_goes_wrong_shows_the_password(alembic: CommandLine, migrated_postgres_url: str) -> None:
    server = make_url(migrated_postgres_url)
    place = f"{server.host}:{server.port}/{server.database}"
    for form, pattern in WRONG.items():
        for password in (quote(PASSWORD, safe=""), PASSWORD):
            url = pattern.format(user=server.username, password=password, place=place)
            for answer in (
                alembic("current", url=url),
                alembic("-x", f"url={url}", "upgrade", "head"),
            ):
                assert answer.code == 255, (form, answer)
                assert answer.out.startswith("FAILED: "), (form, answer)
                assert not leaked(PASSWORD, answer.text), (form, answer)


def test_an_address_in_the_wrong_place_is_not_repeated(alembic: CommandLine) -> None:
    answer = alembic("-x", f"postgresql://crm:{PASSWORD}@localhost/crm", "current")
    assert answer.code == 255
    assert not leaked(PASSWORD, answer.text), answer


def test_not_even_the_traceback_that_was_asked_for_shows_the_password(
    alembic: CommandLine, migrated_postgres_url: str
) -> None:
    place = migrated_postgres_url.rpartition("@")[2]
    for url in (f"postgresql://nobody:{PASSWORD}@{place}", f"mysql://nobody:{PASSWORD}@{place}"):
        answer = alembic("--raiseerr", "current", url=url, traceback=True)
        assert "Traceback" in answer.err
        assert not leaked(PASSWORD, answer.text), answer


def test_a_refused_write_shows_no_password(alembic: CommandLine, migrated_postgres_url: str) -> None:
    url = f"{migrated_postgres_url}?options=-c%20default_transaction_read_only%3Don"
    answer = alembic("downgrade", "base", url=url)
    assert answer.code == 255
    assert "can only be read at the moment" in answer.out
    assert not leaked(str(make_url(url).password), answer.text)
    assert version_of(migrated_postgres_url) == FIRST


def leaked(password: str, text: str) -> bool:
    """Whether a text holds a password, or any part of it that is in no other word."""
    parts = {password, quote(password, safe=""), *re.findall(r"[A-Za-z0-9]{8,}", password)}
    if password == PASSWORD:
        parts |= {"9@k", "w?q", "s%zz", "9%40k", "w%3Fq", "e=é", "e%3D"}
    return any(part in text for part in parts if len(part) > 2)
