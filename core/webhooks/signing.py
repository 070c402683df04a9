"""Signatures of Standard Webhooks: HMAC-SHA256 over `id.timestamp.body`, under a secret of the form whsec_<base64>."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets

MARK = "whsec_"
BYTES = 32


def secret_make() -> str:
    """A new secret."""
    return MARK + base64.b64encode(secrets.token_bytes(BYTES)).decode()


def signature(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """What stands in webhook-signature: `v1,` and the base64 of the HMAC. ValueError for what is no secret."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(_key(secret), signed, hashlib.sha256)).decode()


def headers(secret: str, message_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The headers that a receiver checks. It takes an id once, and no old timestamp."""
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signature(secret, message_id, timestamp, body),
    }


def _key(secret: str) -> bytes:
    try:
        return base64.b64decode(secret.removeprefix(MARK), validate=True)
    except binascii.Error as error:
        raise ValueError("no secret of Standard Webhooks") from error
