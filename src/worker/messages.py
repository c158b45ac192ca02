"""What a receiver reads of a change: one JSON document for each, the same at every attempt."""

import json
from datetime import UTC
from typing import Any

from src.models.webhook import WebhookSubscription
from src.services.outbox import Parcel

# The address of a webhook may be a key by itself, as those of chat programs are: no other receiver is told it.
_OWN_BUSINESS = {WebhookSubscription.audit_name: frozenset({"url"})}


def message_id(parcel: Parcel) -> str:
    """Name a message; a receiver that has seen this name before has got it twice."""
    return f"msg_{parcel.id}_{parcel.entry.id}"


def body_of(parcel: Parcel) -> bytes:
    """Write down who did what to which record, and when, as the audit log has it."""
    entry = parcel.entry
    untold = _OWN_BUSINESS.get(entry.record_type, frozenset())
    document: dict[str, Any] = {
        "id": message_id(parcel),
        "type": entry.action,
        "timestamp": entry.created_at.astimezone(UTC).isoformat(),
        "data": {
            "record_type": entry.record_type,
            "record_id": entry.record_id,
            "record_version": entry.record_version,
            "changes": {field: sides for field, sides in entry.changes.items() if field not in untold},
            "reason": entry.reason,
            "actor_id": entry.actor_id,
            "actor_username": entry.actor_username,
            "interface": entry.interface,
        },
    }
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
