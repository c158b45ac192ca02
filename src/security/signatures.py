"""Signatures under what is sent to others, so that they know it is from us: https://www.standardwebhooks.com."""

import base64
import hashlib
import hmac
from datetime import datetime

SECRET_PREFIX = "whsec_"  # noqa: S105 - tells secret scanners what a leaked secret belongs to
_SECRET_BYTES = 32


def new_signing_secret() -> str:
    """Make the secret that we share with one receiver: 256 random bits."""
    import secrets

    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def signed_headers(secret: str, *, message_id: str, at: datetime, body: bytes) -> dict[str, str]:
    """Give the headers that prove who sent a message, and when: a copy that is sent again later is too old."""
    timestamp = str(int(at.timestamp()))
    key = base64.b64decode(secret.removeprefix(SECRET_PREFIX))
    signature = hmac.new(key, f"{message_id}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    return {
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": f"v1,{base64.b64encode(signature).decode()}",
    }
