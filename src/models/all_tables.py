"""Every table there is: for migrations and tests. Commands load only what they work with."""

from src.models import Base, api_token, idempotency_key, webhook

__all__ = ["Base", "api_token", "idempotency_key", "webhook"]
