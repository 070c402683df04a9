"""Signatures of Standard Webhooks: HMAC-SHA256 over `id.timestamp.body`, under a secret of the form whsec_<base64>."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Iterable

MARK = "whsec_"
BYTES = 32
MOST_SIGNATURES = 10
"""While a secret is changed a message bears two."""


def secret_make() -> str:
    """A new secret."""
    return MARK + base64.b64encode(secrets.token_bytes(BYTES)).decode()


def signature(secret: str, message_id: str, timestamp: int | str, body: bytes) -> str:
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


def is_secret(text: str) -> bool:
    """Whether a text is a secret of Standard Webhooks: 24 to 64 bytes, as base64."""
    try:
        return 24 <= len(_key(text)) <= 64
    except ValueError:
        return False


def is_signed(known: Iterable[str], signatures: str, message_id: str, timestamp: str, body: bytes) -> bool:
    """Whether one of the signatures that a header lists, by spaces, was made with one of some secrets.

    The timestamp is signed as it was sent. Takes as long for a near miss as for any other.
    """
    given = [text.encode(errors="replace") for text in signatures.split(" ")[:MOST_SIGNATURES]]
    expected = [signature(secret, message_id, timestamp, body).encode() for secret in known]
    return any([hmac.compare_digest(one, other) for one in expected for other in given])  # noqa: C419  # all of them


def _key(secret: str) -> bytes:
    try:
        return base64.b64decode(secret.removeprefix(MARK), validate=True)
    except binascii.Error as error:
        raise ValueError("no secret of Standard Webhooks") from error
