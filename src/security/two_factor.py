"""The second factor: codes from an authenticator app (TOTP, RFC 6238), and recovery codes on paper for when it is lost.

Six digits, thirty seconds, SHA-1: what every authenticator app understands. The code of the interval before and after
is right as well, because clocks differ. A code opens the door once.
"""

import hashlib
import hmac
import re
from datetime import datetime
from io import StringIO

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session

from src.models.recovery_code import RecoveryCode
from src.models.user import User
from src.security.tokens import readable_secret

ISSUER = "Epic Events"
RECOVERY_CODES = 8
_SECONDS = 30
_DIGITS = re.compile(r"[0-9]{6}")
_SECRET = re.compile(r"[A-Z2-7]{32}")


def new_secret() -> str:
    """Make the secret that an authenticator app and the CRM share: 160 bits, as RFC 4226 recommends."""
    import pyotp  # 20 ms that only log-ins with a code need

    return pyotp.random_base32(32)


def is_secret(text: str) -> bool:
    """Tell whether a text has the form of such a secret."""
    return _SECRET.fullmatch(text) is not None


def provisioning_uri(secret: str, username: str) -> str:
    """Give the address that puts the secret into an authenticator app."""
    import pyotp

    return pyotp.TOTP(secret).provisioning_uri(name=username, issuer_name=ISSUER)


def qr_text(uri: str) -> str:
    """Draw an address as a QR code of block characters, light on dark as terminals are; no escape sequences."""
    import segno  # 40 ms that only setting up needs

    drawing = StringIO()
    segno.make(uri, error="m", micro=False).terminal(drawing, compact=True)
    return drawing.getvalue()


def matching_step(secret: str, code: str, *, now: datetime, after: int | None) -> int | None:
    """Tell which interval of thirty seconds a code is of; None if it is wrong, or of interval `after` or earlier."""
    import pyotp

    digits = re.sub(r"\s", "", code)
    if not _DIGITS.fullmatch(digits):
        return None
    app = pyotp.TOTP(secret)
    current = app.timecode(now)
    for step in (current - 1, current, current + 1):
        if hmac.compare_digest(digits, app.generate_otp(step)) and (after is None or step > after):
            return step
    return None


def use_code(session: Session, *, user_id: int, secret: str, last_step: int | None, code: str, now: datetime) -> bool:
    """Open the door once with a code of the app or a recovery code; tells whether it was right."""
    step = matching_step(secret, code, now=now, after=last_step)
    return _use_step(session, user_id, step) if step is not None else _use_recovery_code(session, user_id, code, now)


def renew_recovery_codes(session: Session, user_id: int) -> tuple[str, ...]:
    """Make eight new recovery codes, shown once; those before them open nothing any more.

    25 signs hold 123 bits: beyond the 112 from which NIST SP 800-63B-4 (3.1.2.2) lets a plain hash be stored.
    """
    remove_recovery_codes(session, user_id)
    codes = tuple(readable_secret(groups=5, signs=5) for _ in range(RECOVERY_CODES))
    session.execute(insert(RecoveryCode), [{"user_id": user_id, "code_hash": _hash(code)} for code in codes])
    return codes


def remove_recovery_codes(session: Session, user_id: int) -> None:
    """Make all recovery codes of an account worthless."""
    session.execute(
        delete(RecoveryCode).where(RecoveryCode.user_id == user_id).execution_options(synchronize_session=False)
    )


def recovery_codes_left(session: Session, user_id: int) -> int:
    """Count the recovery codes that still open the account."""
    unused = select(func.count()).where(RecoveryCode.user_id == user_id, RecoveryCode.used_at.is_(None))
    return session.scalar(unused) or 0


def _use_step(session: Session, user_id: int, step: int) -> bool:
    # One statement decides, so that of two log-ins with the same code one is refused. Logging in is no edit of the
    # account: its version and time of change stay.
    used = session.execute(
        update(User)
        .where(User.id == user_id, func.coalesce(User.totp_last_step, -1) < step)
        .values(totp_last_step=step, updated_at=User.updated_at)
        .returning(User.id)
        .execution_options(synchronize_session=False)
    )
    return used.one_or_none() is not None


def _use_recovery_code(session: Session, user_id: int, code: str, now: datetime) -> bool:
    used = session.execute(
        update(RecoveryCode)
        .where(RecoveryCode.user_id == user_id, RecoveryCode.code_hash == _hash(code), RecoveryCode.used_at.is_(None))
        .values(used_at=now)
        .returning(RecoveryCode.id)
        .execution_options(synchronize_session=False)
    )
    return used.one_or_none() is not None


def _hash(code: str) -> str:
    signs = re.sub(r"[\W_]", "", code.casefold())
    return hashlib.sha256(signs.encode(errors="backslashreplace")).hexdigest()
