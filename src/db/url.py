"""The address of the company's database: read once, whatever was typed, and shown without its password.

SQLite: `sqlite:///file.db` is beside alembic.ini, `sqlite:////folder/file.db` is absolute. PostgreSQL:
`postgresql://user:password@host:port/name`, in which the password may hold `%`, `#`, `@`, `/`, `?` and `:` as typed or
percent-encoded. A `%` followed by two hexadecimal digits is always read as an encoded character; an `@` in the options
after the `?` must be written `%40`.
"""

import re
from pathlib import Path
from urllib.parse import parse_qsl, unquote

from sqlalchemy import URL

from src.domain.errors import Marked, WrongSetting
from src.i18n import N_

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+._-]*):")
_POSTGRESQL = {"postgres", "postgresql", "postgresql+psycopg"}
_ASYNC = {"aiosqlite", "asyncpg", "psycopg_async", "aiopg", "asyncmy", "aiomysql"}
# What follows the user and password. A database name is required, so that the "@" that ends a password can be told
# from one in the query: only the first kind is followed by host/name.
_SERVER = re.compile(
    r"(?:\[(?P<ipv6>[0-9A-Fa-f:.]+(?:%[^\]/@]+)?)\]|(?P<host>[^\[\]/?#@:,\s]*))"
    r"(?::(?P<port>[^/?#@]*))?/(?P<name>[^/?#@]+)(?:\?(?P<query>.*))?",
    re.DOTALL,
)
_USER = re.compile(r"(?P<user>[^:/?#@]*)(?::(?P<password>.*))?", re.DOTALL)


class _UrlError(Exception):
    """Why an address cannot be used: a marked sentence that holds nothing of the address."""


def parse_database_url(text: str, *, source: str, root: Path) -> URL:
    """Read the address of the company's database; a relative SQLite file is beside alembic.ini, in `root`.

    Raises WrongSetting, which names the setting and its source and never shows the value.
    """
    try:
        return _parse(text.strip(), root)
    except _UrlError as wrong:
        reason = Marked(wrong.args[0])
    raise WrongSetting(setting="DATABASE_URL", source=source, reason=reason)


def place_of(url: URL) -> str:
    """Tell where the database is, as people may see it: a file, or a server and a name, never a user or password."""
    if url.get_backend_name() == "sqlite":
        return url.database or ""
    socket = url.query.get("host")
    host = url.host or ""
    host = f"[{host}]" if ":" in host else host
    port = f":{url.port}" if url.port else ""
    at_socket = f"?host={socket if isinstance(socket, str) else ','.join(socket)}" if socket else ""
    return f"postgresql://{host}{port}/{url.database or ''}{at_socket}"


def _parse(text: str, root: Path) -> URL:
    if any(ord(character) < 32 or 0xD800 <= ord(character) <= 0xDFFF for character in text):
        raise _UrlError(N_("it holds a control character or text that is not UTF-8"))
    scheme = _SCHEME.match(text)
    if scheme is None:
        raise _UrlError(N_("it must begin with sqlite:/// or postgresql://"))
    name, rest = scheme[1].lower(), text[scheme.end() :]
    if name.partition("+")[2] in _ASYNC:
        raise _UrlError(N_("asynchronous drivers are not used here; write sqlite:/// or postgresql://"))
    if name in {"sqlite", "sqlite+pysqlite"}:
        return _sqlite(rest, root)
    if name in _POSTGRESQL:
        return _postgresql(rest)
    if name.startswith(("sqlite+", "postgresql+", "postgres+")):
        raise _UrlError(N_("another driver is named than the one used here; write sqlite:/// or postgresql://"))
    raise _UrlError(N_("only SQLite (sqlite:///…) and PostgreSQL (postgresql://…) are supported"))


def _sqlite(rest: str, root: Path) -> URL:
    path = rest.removeprefix("///")
    if rest in {"", "//"} or path in {"", ":memory:"} or path.startswith((":memory:?", "file:")):
        raise _UrlError(N_("a database in memory would be lost at the end of each command; name a file"))
    if not rest.startswith("///"):
        raise _UrlError(N_("a file is written after three slashes, as in sqlite:///epic_events_crm.db"))
    if "?" in path:
        raise _UrlError(N_("options after a question mark are not supported; in a file name write %3F for it"))
    if path.startswith("~"):
        raise _UrlError(N_("~ is not replaced by a home folder here; write the full path"))
    path = _decoded(path)
    if "\0" in path:
        raise _UrlError(N_("it holds a control character or text that is not UTF-8"))
    return URL.create("sqlite", database=str(root.absolute() / path))


def _postgresql(rest: str) -> URL:
    if not rest.startswith("//"):
        raise _UrlError(N_("it must look like postgresql://user:password@host:5432/name"))
    user, password, server = _split_at_the_password(rest[2:])
    query = _query(server["query"] or "")
    user = query.pop("user", user)
    password = query.pop("password", password)
    host = _decoded(server["ipv6"] or server["host"])
    host = query.pop("host", host)
    name = query.pop("dbname", _decoded(server["name"]))
    port = _port(query.pop("port", server["port"]))
    if "\0" in f"{user}{password}{host}{name}":
        raise _UrlError(N_("it holds a control character or text that is not UTF-8"))
    if host.startswith("/"):
        # SQLAlchemy writes and reads the folder of a socket in the query; anywhere else its slashes would be misread.
        query, host = query | {"host": host}, ""
    return URL.create(
        "postgresql+psycopg",
        username=user,
        password=password,
        host=host or None,
        port=port,
        database=name,
        query=query,
    )


def _split_at_the_password(rest: str) -> tuple[str | None, str | None, re.Match[str]]:
    """Find the last "@" that a server and a database name follow; what is before it is typed as it is."""
    end = len(rest)
    while (end := rest.rfind("@", 0, end)) >= 0:
        user, server = _USER.fullmatch(rest[:end]), _SERVER.fullmatch(rest[end + 1 :])
        if user and server:
            password = user["password"]
            return _decoded(user["user"]) or None, None if password is None else _decoded(password), server
    if server := _SERVER.fullmatch(rest):
        return None, None, server
    raise _UrlError(N_("it must look like postgresql://user:password@host:5432/name"))


def _query(text: str) -> dict[str, str]:
    options: dict[str, str] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        if name in options or (name == "host" and "," in value):
            raise _UrlError(N_("it names several servers, or one option twice"))
        if name == "sslpassword":
            raise _UrlError(N_("the password of a key file cannot be given in the address"))
        options[name] = value
    return options


def _port(text: str | None) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:6]) <= 65535):
        raise _UrlError(N_("the port must be a number from 1 to 65535"))
    return int(text)


def _decoded(text: str) -> str:
    try:
        # Leaves a "%" that no two hexadecimal digits follow as it is.
        return unquote(text, errors="strict")
    except UnicodeDecodeError:
        return text
