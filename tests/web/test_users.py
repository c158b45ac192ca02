"""The staff pages: the directory that everybody reads, and what management does with accounts."""

import csv
import io
import itertools
import re
from typing import Any

import httpx
from sqlalchemy import select

from src.models.audit_entry import AuditEntry
from src.models.client import Client
from src.models.user import User
from tests.web.servers import Server, Visitor, words_of

_numbers = itertools.count(1)
LAST_MANAGER = "The last active member of management can be neither deactivated, deleted nor moved."


def details(**changed: str) -> dict[str, str]:
    """The fields of a new colleague whom no other test knows."""
    number = next(_numbers)
    typed = {
        "first_name": "Noé",
        "last_name": f"Recrue {number}",
        "username": f"noe.recrue{number}",
        "email": f"noe{number}@recrue.example",
        "phone": "01 42 68 53 00",
        "department": "SALES",
    }
    return typed | changed


def hire(server: Server, **changed: str) -> tuple[User, str]:
    """Create an account as management does; gives it with its one-time password."""
    typed = details(**changed)
    page = server.at_work("management").send_form("/staff/new", **typed)
    assert page.status_code == 200, words_of(page.text)
    return stored(server, typed["username"]), secret_on(page.text)


def secret_on(page: str) -> str:
    found = re.search(r'class="secret"><code>([^<]+)</code>', page)
    assert found, words_of(page)
    return found[1]


def stored(server: Server, username: str) -> User:
    with server.company.database.reading() as session:
        return session.scalars(select(User).where(User.username == username)).one()


def logged(server: Server, user_id: int) -> list[tuple[str, str, dict[str, Any]]]:
    """What the audit log has about an account, oldest first."""
    with server.company.database.reading() as session:
        of_the_account = AuditEntry.record_type == "users", AuditEntry.record_id == user_id
        entries = session.scalars(select(AuditEntry).where(*of_the_account).order_by(AuditEntry.id))
        return [(entry.action, entry.interface, entry.changes) for entry in entries]


def reset_password(manager: Visitor, path: str) -> httpx.Response:
    """Have a new password made as management does."""
    return manager.send_form(f"{path}/password", **manager.open_form(f"{path}/password"))


def choose_password(server: Server, username: str, given: str) -> Visitor:
    """Log in with a one-time password and choose one's own."""
    visitor = server.visitor()
    assert visitor.log_in(username, given).headers["location"] == "/"
    assert visitor.get("/").headers["location"] == "/account/password"
    new = "nine purple lanterns drift"
    sent = visitor.send_form("/account/password", current=given, new=new, repeated=new)
    assert sent.headers["location"] == "/"
    return visitor


def test_a_colleague_is_hired_logs_in_once_with_what_was_shown_and_is_found(either_server: Server) -> None:
    manager, typed = either_server.at_work("management"), details()
    assert set(manager.open_form("/staff/new")) == set(typed)
    page = manager.send_form("/staff/new", **typed)
    added, secret = stored(either_server, typed["username"]), secret_on(page.text)
    assert (added.full_name, added.phone, added.must_change_password) == (
        f"Noé {typed['last_name']}",
        "+33142685300",
        True,
    )
    assert secret not in str(either_server.records()["audit_entries"])
    assert [entry[:2] for entry in logged(either_server, added.id)] == [("user.create", "web")]

    seller = choose_password(either_server, added.username, secret)
    assert seller.get("/clients/new").status_code == 200
    found = seller.get("/staff", params={"q": "RECRUE", "department": "SALES", "accounts": "open"})
    assert f'href="/staff/{added.id}"' in found.text
    assert secret not in manager.get(f"/staff/{added.id}").text
    assert f'href="/staff/{added.id}"' in seller.get("/search", params={"q": typed["username"]}).text


def test_what_is_refused_is_said_at_its_field_and_no_account_is_made(server: Server) -> None:
    manager, before = server.at_work("management"), server.records()
    for wrong, status, sentence in (
        ({"username": "sales"}, 409, "username: this value is already used by another member of staff."),
        ({"email": "nowhere"}, 422, "e-mail: this is not an e-mail address."),
        ({"department": "BOSS"}, 422, "department: choose one of sales, support, management."),
        ({"last_name": " "}, 422, "last name: a value is required."),
    ):
        typed = details(**wrong)
        refused = manager.send_form("/staff/new", **typed)
        assert (refused.status_code, sentence in words_of(refused.text)) == (status, True), wrong
        assert f'value="{typed["first_name"]}"' in refused.text
        assert "secret" not in refused.text
    assert server.records() == before


def test_an_account_is_changed_and_who_saves_second_sees_no_secret_of_the_first(server: Server) -> None:
    user, _secret = hire(server)
    path = f"/staff/{user.id}"
    manager, other = server.at_work("management"), server.at_work("management")
    mine = manager.open_form(f"{path}/edit")
    assert reset_password(other, path).status_code == 200  # their password is another now
    conflict = manager.send_form(f"{path}/edit", **mine | {"phone": "12345"})
    assert (conflict.status_code, "Password" in words_of(conflict.text)) == (409, True)
    now = stored(server, user.username)
    assert now.password_hash not in conflict.text
    assert "$argon2" not in conflict.text

    again = manager.open_form(f"{path}/edit")
    assert manager.send_form(f"{path}/edit", **again | {"phone": "12345", "department": "SUPPORT"}).status_code == 303
    assert logged(server, user.id)[-1] == (
        "user.update",
        "web",
        {"phone": ["+33142685300", "12345"], "department": ["SALES", "SUPPORT"]},
    )


def test_a_closed_account_is_out_at_once_and_comes_back_with_its_password(server: Server) -> None:
    user, secret = hire(server)
    seller = choose_password(server, user.username, secret)
    manager, path = server.at_work("management"), f"/staff/{user.id}"
    assert manager.send_form(f"{path}/deactivate").headers["location"] == path
    assert seller.get("/").headers["location"] == "/login"
    assert "This account is closed" in words_of(manager.get(path).text)
    listed = {
        show: f'href="{path}"' in manager.get("/staff", params={"accounts": show, "q": "recrue"}).text
        for show in ("open", "closed")
    }
    assert listed == {"open": False, "closed": True}
    assert manager.send_form(f"{path}/reactivate").headers["location"] == path
    assert server.visitor().log_in(user.username, "nine purple lanterns drift").status_code == 303
    assert [entry[2] for entry in logged(server, user.id)][-2:] == [
        {"is_active": [True, False]},
        {"is_active": [False, True]},
    ]


def test_the_form_of_a_password_sent_again_makes_no_other_one(either_server: Server) -> None:
    user, _ = hire(either_server)
    manager, path = either_server.at_work("management"), f"/staff/{user.id}"
    typed = manager.open_form(f"{path}/password")
    given = secret_on(manager.send_form(f"{path}/password", **typed).text)
    again = manager.send_form(f"{path}/password", **typed)
    assert (again.status_code, again.headers["location"]) == (303, path)
    assert "This password was made before and shown once" in words_of(manager.get(path).text)
    choose_password(either_server, user.username, given)
    assert [entry[0] for entry in logged(either_server, user.id)].count("user.reset_password") == 1


def test_sessions_are_ended_and_a_password_is_shown_once(server: Server) -> None:
    user, secret = hire(server)
    seller = choose_password(server, user.username, secret)
    manager, path = server.at_work("management"), f"/staff/{user.id}"
    assert manager.send_form(f"{path}/sessions/end").headers["location"] == path
    assert seller.get("/").headers["location"] == "/login"
    given = secret_on(reset_password(manager, path).text)
    assert server.visitor().log_in(user.username, "nine purple lanterns drift").status_code == 401
    choose_password(server, user.username, given)
    assert [entry[0] for entry in logged(server, user.id)][-3:] == [
        "user.end_sessions",
        "user.reset_password",
        "own.password",
    ]


def test_whoever_goes_leaves_their_clients_to_a_colleague(either_server: Server) -> None:
    leaving, secret = hire(either_server)
    heir, _secret = hire(either_server)
    elsewhere, _secret = hire(either_server, department="support")
    seller = choose_password(either_server, leaving.username, secret)
    typed = {"first_name": "Zoé", "last_name": "Héritée", "email": f"zoe@{leaving.username}.example"}
    client_id = int(seller.send_form("/clients/new", **typed).headers["location"].rpartition("/")[2])
    manager, path = either_server.at_work("management"), f"/staff/{leaving.id}"
    card = words_of(manager.get(path).text)
    assert "Héritée Zoé" in card
    assert "Clients 1 Contracts 0" in card
    form = manager.get(f"{path}/delete").text
    assert "In their charge: 1 client." in words_of(form)
    assert (f'value="{heir.username}"' in form, f'value="{elsewhere.username}"' in form) == (True, False)

    before = either_server.records()
    for heir_typed, status in (("", 409), (elsewhere.username, 409), (leaving.username, 409), ("nobody.here", 422)):
        refused = manager.send_form(f"{path}/delete", reassign_to=heir_typed)
        assert (heir_typed, refused.status_code) == (heir_typed, status)
        assert f'action="{path}/delete"' in refused.text
    assert either_server.records() == before

    assert manager.send_form(f"{path}/delete", reassign_to=heir.username).headers["location"] == "/staff"
    assert manager.get(path).status_code == 404
    with either_server.company.database.reading() as session:
        assert session.get_one(Client, client_id).sales_contact_id == heir.id
    assert seller.get("/").headers["location"] == "/login"


def test_the_last_manager_stays_whatever_is_tried(own_server: Server) -> None:
    with own_server.company.database.reading() as session:
        managers = session.scalars(select(User).where(User.department == "MANAGEMENT", User.is_active)).all()
    [last] = [one for one in managers if one.username == "management"]
    manager = own_server.at_work("management")
    for other in managers:
        if other != last:
            assert manager.send_form(f"/staff/{other.id}/deactivate").status_code == 303
    before, path = own_server.records(), f"/staff/{last.id}"
    edited = manager.open_form(f"{path}/edit") | {"department": "SUPPORT"}
    for verb, typed in (("deactivate", {}), ("delete", {"reassign_to": ""}), ("edit", edited)):
        refused = manager.send_form(f"{path}/{verb}", **typed)
        assert (verb, refused.status_code, LAST_MANAGER in words_of(refused.text)) == (verb, 409, True)
    assert own_server.records() == before


def test_who_is_not_management_reads_the_directory_and_sees_no_button(server: Server) -> None:
    spare = server.company.office.spare_sales
    verbs = ("edit", "deactivate", "reactivate", "delete", "password", "sessions/end", "new")
    for who, seen in (
        ("sales", set()),
        ("support", set()),
        ("management", {"edit", "deactivate", "delete", "password", "sessions/end"}),
    ):
        visitor = server.at_work(who)
        pages = visitor.get(f"/staff/{spare}"), visitor.get("/staff")
        assert [page.status_code for page in pages] == [200, 200]
        assert {verb for verb in verbs if f'"/staff/{spare}/{verb}"' in pages[0].text} == seen
        assert ('"/staff/new"' in pages[1].text) is (who == "management")
        assert "$argon2" not in pages[0].text + pages[1].text


def test_the_directory_is_downloaded_as_it_is_narrowed_down_and_the_log_says_so(server: Server) -> None:
    hire(server, department="support")
    seller = server.at_work("sales")
    file = seller.send_form("/staff/export?department=SUPPORT&sort=-username")
    rows = list(csv.DictReader(io.StringIO(file.text.removeprefix("\ufeff"))))
    assert {row["department"] for row in rows} == {"SUPPORT"}
    names = [row["username"] for row in rows]
    assert (len(names) > 2, names) == (True, sorted(names, reverse=True))
    assert not {"password_hash", "totp_secret", "language"} & set(rows[0])
    with server.company.database.reading() as session:
        last = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert last is not None
    assert (last.action, last.actor_username, last.record_type) == ("export", "sales", "users")
    assert last.changes["department"] == [None, "SUPPORT"]


def test_wrong_questions_in_the_address_are_refused_by_name(server: Server) -> None:
    support = server.at_work("support")
    for asked, word in (
        ("department=BOSS", "department"),
        ("accounts=some", "accounts"),
        ("sort=password_hash", "sort"),
        ("after=x", "after"),
    ):
        answer = support.get(f"/staff?{asked}")
        assert (asked, answer.status_code, f"{word.capitalize()}:" in words_of(answer.text)) == (asked, 422, True)
