"""Codes of an authenticator app and recovery codes: each opens the door once."""

import base64
import re
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, unquote, urlsplit

import pyotp
import pytest
import segno
from sqlalchemy import select

from src.db.session import Database
from src.models.recovery_code import RecoveryCode
from src.security import two_factor
from tests.security import accounts
from tests.security.accounts import NOW, add_user, user_row

database, postgres_of_module = accounts.database, accounts.postgres_of_module


# RFC 6238, appendix B: the shared secret of the SHA-1 vectors; the last six of its eight digits.
RFC_SECRET = base64.b32encode(b"12345678901234567890").decode()
STEP = timedelta(seconds=30)


def code_at(secret: str, moment: datetime) -> str:
    return pyotp.TOTP(secret).at(moment)


@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        (59, "287082"),
        (1111111109, "081804"),
        (1111111111, "050471"),
        (1234567890, "005924"),
        (2000000000, "279037"),
        (20000000000, "353130"),
    ],
)
def test_codes_are_those_of_rfc_6238(seconds: int, code: str) -> None:
    moment = datetime.fromtimestamp(seconds, UTC)
    assert two_factor.matching_step(RFC_SECRET, code, now=moment, after=None) == seconds // 30


def test_a_code_is_right_in_its_own_interval_and_in_the_neighbouring_ones() -> None:
    secret, code = two_factor.new_secret(), ""
    code = code_at(secret, NOW)
    step = int(NOW.timestamp()) // 30
    found = [two_factor.matching_step(secret, code, now=NOW + away * STEP, after=None) for away in (-2, -1, 0, 1, 2)]
    assert found == [None, step, step, step, None]


def test_a_code_used_once_and_those_before_it_are_wrong() -> None:
    secret, step = two_factor.new_secret(), int(NOW.timestamp()) // 30
    codes = [code_at(secret, NOW + away * STEP) for away in (-1, 0, 1)]
    assert [two_factor.matching_step(secret, code, now=NOW, after=step) for code in codes] == [None, None, step + 1]


def test_a_code_may_be_typed_in_two_groups() -> None:
    secret = two_factor.new_secret()
    code = code_at(secret, NOW)
    assert two_factor.matching_step(secret, f" {code[:3]} {code[3:]}\n", now=NOW, after=None) is not None


@pytest.mark.parametrize(
    "code", ["", "12345", "1234567", "abcdef", "１２３４５６", "٠١٢٣٤٥", "-12345", "\ud800" * 6, "1" * 10**6]
)
def test_what_is_no_code_is_wrong_without_any_error(code: str) -> None:
    assert two_factor.matching_step(two_factor.new_secret(), code, now=NOW, after=None) is None


def test_a_secret_holds_160_bits() -> None:
    secret = two_factor.new_secret()
    assert two_factor.is_secret(secret)
    assert len(base64.b32decode(secret)) == 20
    assert two_factor.new_secret() != secret


@pytest.mark.parametrize("text", ["", "A" * 31, "A" * 33, "a" * 32, "A" * 31 + "1", "A" * 32 + "\n", "É" * 32])
def test_other_texts_are_no_secret(text: str) -> None:
    assert not two_factor.is_secret(text)


def test_the_address_for_the_app_names_the_company_and_the_person() -> None:
    secret = two_factor.new_secret()
    uri = urlsplit(two_factor.provisioning_uri(secret, "bill.boquet"))
    assert (uri.scheme, uri.netloc, unquote(uri.path)) == ("otpauth", "totp", "/Epic Events:bill.boquet")
    assert parse_qs(uri.query) == {"secret": [secret], "issuer": ["Epic Events"]}


def test_the_qr_code_is_plain_text_that_draws_every_square() -> None:
    uri = two_factor.provisioning_uri(RFC_SECRET, "bill.boquet")
    lines = two_factor.qr_text(uri).splitlines()
    assert set("".join(lines)) == set(" ▀▄█")
    lit = {" ": (0, 0), "▀": (1, 0), "▄": (0, 1), "█": (1, 1)}
    drawn = [[lit[sign][half] for sign in line] for line in lines for half in (0, 1)]
    wanted = [[int(not dark) for dark in row] for row in segno.make(uri, error="m", micro=False).matrix_iter(border=4)]
    assert drawn[: len(wanted)] == wanted
    assert len(lines) <= 25


def use(database: Database, user_id: int, code: str, *, now: datetime = NOW) -> bool:
    user = user_row(database, user_id)
    assert user.totp_secret is not None
    with database.writing() as session:
        return two_factor.use_code(
            session, user_id=user_id, secret=user.totp_secret, last_step=user.totp_last_step, code=code, now=now
        )


def test_a_code_of_the_app_opens_the_door_once(database: Database) -> None:
    user_id = add_user(database, totp_secret=RFC_SECRET)
    code = code_at(RFC_SECRET, NOW)
    assert [use(database, user_id, code), use(database, user_id, code)] == [True, False]
    assert user_row(database, user_id).totp_last_step == int(NOW.timestamp()) // 30
    assert use(database, user_id, code_at(RFC_SECRET, NOW + STEP), now=NOW + STEP)


def test_a_code_that_somebody_else_used_meanwhile_is_refused_by_the_database(database: Database) -> None:
    user_id = add_user(database, totp_secret=RFC_SECRET)
    code = code_at(RFC_SECRET, NOW)
    answers = []
    for _ in range(2):
        with database.writing() as session:
            # Both read the account before either used the code.
            answers.append(
                two_factor.use_code(session, user_id=user_id, secret=RFC_SECRET, last_step=None, code=code, now=NOW)
            )
    assert answers == [True, False]


def test_using_a_code_is_no_edit_of_the_account(database: Database) -> None:
    user_id = add_user(database, totp_secret=RFC_SECRET)
    before = user_row(database, user_id)
    assert use(database, user_id, code_at(RFC_SECRET, NOW))
    after = user_row(database, user_id)
    assert (after.version, after.updated_at) == (before.version, before.updated_at)


def test_each_of_eight_recovery_codes_opens_the_door_once_however_it_is_typed(database: Database) -> None:
    user_id = add_user(database, totp_secret=RFC_SECRET)
    with database.writing() as session:
        codes = two_factor.renew_recovery_codes(session, user_id)
    assert len(set(codes)) == 8
    assert use(database, user_id, codes[0].upper().replace("-", " "))
    assert use(database, user_id, codes[1].replace("-", ""))
    assert [use(database, user_id, code) for code in codes] == [False, False] + [True] * 6
    with database.reading() as session:
        assert two_factor.recovery_codes_left(session, user_id) == 0


def test_recovery_codes_are_stored_as_hashes_only(database: Database) -> None:
    user_id = add_user(database)
    with database.writing() as session:
        codes = two_factor.renew_recovery_codes(session, user_id)
    with database.reading() as session:
        stored = session.scalars(select(RecoveryCode.code_hash)).all()
    assert len(stored) == 8
    assert [text for text in stored if not re.fullmatch(r"[0-9a-f]{64}", text)] == []
    assert set(stored) & {code.replace("-", "") for code in codes} == set()


def test_new_recovery_codes_replace_the_old_ones_and_are_the_person_s_own(database: Database) -> None:
    bill, kate = (add_user(database, name, totp_secret=RFC_SECRET) for name in ("bill.boquet", "kate.hastroff"))
    with database.writing() as session:
        old = two_factor.renew_recovery_codes(session, bill)
    with database.writing() as session:
        new = two_factor.renew_recovery_codes(session, bill)
        two_factor.renew_recovery_codes(session, kate)
    assert not use(database, bill, old[0])
    assert not use(database, kate, new[0])
    assert use(database, bill, new[0])


@pytest.mark.parametrize("code", ["", "-", "000000", "\ud800", "x" * 10**6, "' OR 1=1 --"])
def test_no_other_text_is_a_recovery_code(database: Database, code: str) -> None:
    user_id = add_user(database, totp_secret=RFC_SECRET)
    with database.writing() as session:
        two_factor.renew_recovery_codes(session, user_id)
    assert not use(database, user_id, code)
