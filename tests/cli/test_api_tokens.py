"""`epicevents token`: made, shown once, listed, ended."""

from datetime import UTC, datetime

from src.services.api_tokens import recognise
from tests.cli.company import Company


def test_a_token_is_made_listed_and_ended(company: Company) -> None:
    made = company.run("sales", "token", "create", "cash desk", "--scope", "read", "--scope", "client.create")
    assert (made.code, made.message) == (0, "Token cash desk, shown only now. Keep it like a password:")
    key = made.out.strip()
    with company.database.reading() as session:
        bearer = recognise(session, key, now=_today())
    assert bearer.actor.username == "sales"
    as_json = company.run("sales", "token", "create", "import", "--days", "7", "--json").json
    assert sorted(as_json) == ["expires_at", "id", "name", "scopes", "token"]

    listed = company.run("sales", "token", "list", "--json")
    assert [(row["name"], row["scopes"], row["revoked_at"]) for row in listed.items] == [
        ("import", "read", None),
        ("cash desk", "read client.create", None),
    ]
    assert key not in listed.out
    assert company.run("support", "token", "revoke", str(bearer.token_id)).code == 4
    ended = company.run("management", "token", "revoke", str(bearer.token_id))
    assert (ended.code, ended.out) == (0, "Token cash desk ended.\n")
    rows = company.run("management", "token", "list", "--everybody", "--json").items
    assert [row["username"] for row in rows if row["revoked_at"]] == ["sales"]


def test_what_a_token_cannot_have_is_refused_in_both_languages(company: Company) -> None:
    refused = company.run("sales", "token", "create", "x", "--scope", "own.password")
    french = company.run("sales", "token", "create", "x", "--scope", "own.password", "--lang", "fr")
    assert (refused.code, refused.message.partition(",")[0]) == (7, "scopes: choose from audit.read_all")
    assert french.message.startswith("droits\N{NO-BREAK SPACE}: choisissez parmi")


def _today() -> datetime:
    return datetime.now(UTC)
