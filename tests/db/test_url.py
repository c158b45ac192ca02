"""Any address that a person may type for the database is read as meant, or refused without being shown."""

import string
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sqlalchemy import URL, make_url

from src.db.url import parse_database_url, place_of
from src.domain.errors import WrongSetting

ROOT = Path("/home/bill/epic events")


def parse(text: str) -> URL:
    """Read an address as if it came from the environment."""
    return parse_database_url(text, source="environment", root=ROOT)


@pytest.mark.parametrize(
    ("text", "file"),
    [
        ("sqlite:///epic_events_crm.db", "/home/bill/epic events/epic_events_crm.db"),
        ("  sqlite:///crm.db\n", "/home/bill/epic events/crm.db"),
        ("SQLite:///data/crm.db", "/home/bill/epic events/data/crm.db"),
        ("sqlite+pysqlite:///./crm.db", "/home/bill/epic events/crm.db"),
        ("sqlite:///../crm.db", "/home/bill/epic events/../crm.db"),
        ("sqlite:////srv/crm.db", "/srv/crm.db"),
        ("sqlite:////srv/été 2026/crm.db", "/srv/été 2026/crm.db"),
        ("sqlite:////srv/a%20b.db", "/srv/a b.db"),
        ("sqlite:////srv/100%.db", "/srv/100%.db"),
        ("sqlite:////srv/100%25.db", "/srv/100%.db"),
        ("sqlite:////srv/a#b@c:d&e.db", "/srv/a#b@c:d&e.db"),
        ("sqlite:////srv/what%3F.db", "/srv/what?.db"),
        ("sqlite:////srv/%E9.db", "/srv/%E9.db"),
    ],
)
def test_a_file_is_beside_alembic_ini_unless_its_path_is_absolute(text: str, file: str) -> None:
    url = parse(text)
    assert (url.drivername, url.database) == ("sqlite", file)
    assert place_of(url) == file


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg", "PostgreSQL"])
def test_every_way_to_name_postgresql_means_psycopg(scheme: str) -> None:
    assert parse(f"{scheme}://bill:pw@db.example:5433/crm") == URL.create(
        "postgresql+psycopg", "bill", "pw", "db.example", 5433, "crm"
    )


@pytest.mark.parametrize(
    ("text", "parts", "place"),
    [
        ("//bill@db/crm", ("bill", None, "db", None, "crm", {}), "postgresql://db/crm"),
        ("//bill:@db/crm", ("bill", "", "db", None, "crm", {}), "postgresql://db/crm"),
        ("//:pw@db/crm", (None, "pw", "db", None, "crm", {}), "postgresql://db/crm"),
        ("//db:5432/crm", (None, None, "db", 5432, "crm", {}), "postgresql://db:5432/crm"),
        ("///crm", (None, None, None, None, "crm", {}), "postgresql:///crm"),
        ("//bill:pw@[::1]:5432/crm", ("bill", "pw", "::1", 5432, "crm", {}), "postgresql://[::1]:5432/crm"),
        ("//[fe80::1%25eth0]/crm", (None, None, "fe80::1%eth0", None, "crm", {}), "postgresql://[fe80::1%eth0]/crm"),
        (
            "//bill:pw@/crm?host=/var/run/postgresql",
            ("bill", "pw", None, None, "crm", {"host": "/var/run/postgresql"}),
            "postgresql:///crm?host=/var/run/postgresql",
        ),
        (
            "//bill:pw@%2Fvar%2Frun/crm",
            ("bill", "pw", None, None, "crm", {"host": "/var/run"}),
            "postgresql:///crm?host=/var/run",
        ),
        (
            "//db/crm?user=bill&password=p%40w&sslmode=require",
            ("bill", "p@w", "db", None, "crm", {"sslmode": "require"}),
            "postgresql://db/crm",
        ),
        ("///x?host=db&port=5433&dbname=crm", (None, None, "db", 5433, "crm", {}), "postgresql://db:5433/crm"),
        (
            "//bill:pw@db/crm?application_name=me@home",
            ("bill", "pw", "db", None, "crm", {"application_name": "me@home"}),
            "postgresql://db/crm",
        ),
        (
            "//db/crm?application_name=me@home",
            (None, None, "db", None, "crm", {"application_name": "me@home"}),
            "postgresql://db/crm",
        ),
        ("//b%40x:pw@db/caf%C3%A9", ("b@x", "pw", "db", None, "café", {}), "postgresql://db/café"),
    ],
)
def test_every_part_of_a_postgresql_address_is_found(text: str, parts: tuple[object, ...], place: str) -> None:
    url = parse(f"postgresql:{text}")
    assert (url.username, url.password, url.host, url.port, url.database, dict(url.query)) == parts
    assert place_of(url) == place


@pytest.mark.parametrize(
    "password",
    [
        *("a%b", "%", "100%", "%zz", "%4", "a#b", "#", "a@b", "@", "@@", "a/b", "//", "a?b", "?", "a:b", ":", "::"),
        *("p@h/x", "p@h/x?y", "p@h:1/x?y=z#", "S%2x#9@k/w?q:e", "é€😀", "a b", "a+b", "&=;", "[::1]", "user:pw@host"),
        *("postgresql://u:p@h/d", "%(here)s", "$HOME", "'\"`\\", "%E9"),
    ],
)
def test_a_password_may_be_typed_as_it_is(password: str) -> None:
    url = parse(f"postgresql://bill:{password}@db:5432/crm?sslmode=prefer")
    assert (url.username, url.password, url.host, url.port, url.database) == ("bill", password, "db", 5432, "crm")


raw = st.text(st.sampled_from("%#@/?:" + string.ascii_letters + " +&=[]é"), min_size=1)


@given(raw)
@example("%%41")
def test_any_mix_of_the_documented_signs_may_be_typed(password: str) -> None:
    """Except that a `%` before two hexadecimal digits is an encoded character, as documented."""
    for pair in (f"%{a}{b}" for a in string.hexdigits for b in string.hexdigits):
        password = password.replace(pair, "")
    assert parse(f"postgresql://bill:{password}@db/crm").password == password


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])))
def test_any_password_comes_through_percent_encoded(password: str) -> None:
    url = parse(f"postgresql://bill:{quote(password, safe='')}@[::1]:5432/crm")
    assert url.password == password
    assert parse(url.render_as_string(hide_password=False)) == url
    assert make_url(url.render_as_string(hide_password=False)) == url


@given(st.text(st.characters(exclude_characters="\0/", exclude_categories=["Cs", "Cc"]), min_size=1))
def test_any_file_name_comes_through_as_sqlalchemy_writes_it(name: str) -> None:
    url = URL.create("sqlite", database=f"/srv/x{name}/crm.db")
    assert parse(url.render_as_string(hide_password=False)) == url


WRONG = {
    "it must begin with sqlite:/// or postgresql://": ["", "crm.db", "/srv/crm.db", "//bill:pw@db/crm", "=sqlite:///x"],
    "only SQLite (sqlite:///…) and PostgreSQL (postgresql://…) are supported": [
        "mysql://bill:pw@db/crm",
        "oracle+oracledb://bill:pw@db/crm",
        "https://db/crm",
        "bill:pw@db/crm",
        "C:\\crm.db",
    ],
    "asynchronous drivers are not used here; write sqlite:/// or postgresql://": [
        "sqlite+aiosqlite:///crm.db",
        "postgresql+asyncpg://bill:pw@db/crm",
        "postgresql+psycopg_async://bill:pw@db/crm",
    ],
    "another driver is named than the one used here; write sqlite:/// or postgresql://": [
        "postgresql+psycopg2://bill:pw@db/crm",
        "postgres+pg8000://bill:pw@db/crm",
        "sqlite+pysqlcipher://:pw@/crm.db",
    ],
    "a database in memory would be lost at the end of each command; name a file": [
        "sqlite://",
        "sqlite:///",
        "sqlite:///:memory:",
        "sqlite:///:memory:?cache=shared",
        "sqlite:///file:crm?mode=memory&uri=true",
        "sqlite:",
    ],
    "a file is written after three slashes, as in sqlite:///epic_events_crm.db": [
        "sqlite://crm.db",
        "sqlite:crm.db",
        "sqlite:/srv/crm.db",
        "sqlite://bill:pw@db/crm",
    ],
    "options after a question mark are not supported; in a file name write %3F for it": [
        "sqlite:///crm.db?timeout=5",
        "sqlite:///what?.db",
    ],
    "~ is not replaced by a home folder here; write the full path": ["sqlite:///~/crm.db", "sqlite:///~bill/crm.db"],
    "it holds a control character or text that is not UTF-8": [
        "sqlite:///c\0rm.db",
        "sqlite:///c%00rm.db",
        "sqlite:///cr\nm.db",
        "sqlite:///\udce9.db",
        "postgresql://bill:p%00w@db/crm",
        "postgresql://bill:p\x1bw@db/crm",
        "postgresql://bill:pw@db/c%00rm",
    ],
    "it must look like postgresql://user:password@host:5432/name": [
        "postgresql:db/crm",
        "postgresql://",
        "postgresql://bill:pw@db",
        "postgresql://bill:pw@db/",
        "postgresql://bill:pw@db:5432",
        "postgresql://bill:pw@d b/crm",
        "postgresql://bill:pw@db/c#rm",
        "postgresql://bill:pw@one,two:5432/crm",
        "postgresql://bill:pw@db/crm/more",
    ],
    "it names several servers, or one option twice": [
        "postgresql://bill:pw@/crm?host=one&host=two",
        "postgresql://bill:pw@/crm?host=one,two",
    ],
    "the password of a key file cannot be given in the address": ["postgresql://db/crm?sslpassword=pw"],
    "the port must be a number from 1 to 65535": [
        f"postgresql://bill:pw@db:{port}/crm" for port in ("x", "0", "65536", "-1", "5432 ", "٣", "9" * 5000)
    ],
}


@pytest.mark.parametrize(("reason", "text"), [(reason, text) for reason, texts in WRONG.items() for text in texts])
def test_what_cannot_be_used_is_refused_with_a_reason(reason: str, text: str) -> None:
    with pytest.raises(WrongSetting) as refused:
        parse(text)
    assert str(refused.value) == f"DATABASE_URL (environment): this setting cannot be used: {reason}."
    assert refused.value.__context__ is None  # nothing of what was typed travels along


@given(st.text(max_size=60) | st.from_regex(r"(sqlite|postgresql)://[ -~]{0,40}", fullmatch=True))
def test_no_text_ends_in_anything_but_an_address_or_a_refusal(text: str) -> None:
    try:
        url = parse(text)
    except WrongSetting:
        return
    assert url.drivername in {"sqlite", "postgresql+psycopg"}
    assert url.database
    assert "\0" not in url.render_as_string(hide_password=False)


@given(raw)
def test_where_the_database_is_never_tells_the_password(password: str) -> None:
    marked = f"<{password}>"
    assert "<" not in place_of(parse(f"postgresql://bill:{marked}@db:5432/crm"))
    assert place_of(parse(f"postgresql://bill:{quote(marked)}@db:5432/crm")) == "postgresql://db:5432/crm"
