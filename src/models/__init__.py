"""The company's records: tables, relationships, and behaviour that needs no database."""

from src.models import search as search
from src.models import triggers as triggers
from src.models.audit_entry import AuditEntry
from src.models.base import Base
from src.models.client import Client
from src.models.contract import Contract, ContractStatus, Payment, PaymentMethod
from src.models.contract_line import ContractLine
from src.models.event import Event
from src.models.user import LoginAttempt, RecoveryCode, User, UserSession

__all__ = [
    "AuditEntry",
    "Base",
    "Client",
    "Contract",
    "ContractLine",
    "ContractStatus",
    "Event",
    "LoginAttempt",
    "Payment",
    "PaymentMethod",
    "RecoveryCode",
    "User",
    "UserSession",
]
