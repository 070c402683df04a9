"""The kernel's models, one file per aggregate."""

from __future__ import annotations

from core.models.audit import AuditEntry, AuditSeal
from core.models.base import ClosableMixin, NamedMixin, PublicIdMixin, Scope, StampedMixin, new_uid
from core.models.keys import SecretMixin, ToolKey
from core.models.scope import ScopeNode
from core.models.users import Membership, User
from core.models.webhooks import WebhookDelivery, WebhookEndpoint
from core.models.work import BucketFailure, BucketMark, ExchangeRate, IdempotencyRecord, Job, Unresolved

__all__ = [
    "AuditEntry",
    "AuditSeal",
    "BucketFailure",
    "BucketMark",
    "ClosableMixin",
    "ExchangeRate",
    "IdempotencyRecord",
    "Job",
    "Membership",
    "NamedMixin",
    "PublicIdMixin",
    "Scope",
    "ScopeNode",
    "SecretMixin",
    "StampedMixin",
    "ToolKey",
    "Unresolved",
    "User",
    "WebhookDelivery",
    "WebhookEndpoint",
    "new_uid",
]
