"""Secrets of others that have to be read again: encrypted, so that the database alone does not give them away.

Encrypt, then authenticate, with HMAC-SHA256 for both: it makes the keystream from a nonce and a counter, and under
another key the tag over purpose, nonce and ciphertext. Keys follow from the secret of this installation. Nobody reads
or changes a sealed text without that secret, and none is taken for one of another purpose. See docs/adr.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import secrets
from itertools import count

from django.conf import settings
from django.utils.crypto import salted_hmac

VERSION = b"\x01"
NONCE, TAG = 16, 32


class Broken(ValueError):
    """The text was sealed for another purpose or under another secret, or somebody changed it."""


def seal(text: str, purpose: str) -> str:
    """Encrypt a text. Whoever unseals it has to name the same purpose: whose secret it is, and which."""
    nonce = secrets.token_bytes(NONCE)
    hidden = _masked(text.encode(), nonce, settings.SECRET_KEY)
    body = VERSION + nonce + hidden
    return base64.urlsafe_b64encode(body + _tag(body, purpose, settings.SECRET_KEY)).decode()


def unseal(sealed: str, purpose: str) -> str:
    """The text that was sealed. Raises Broken. The secrets before the present one are tried as well."""
    try:
        whole = base64.urlsafe_b64decode(sealed.encode())
    except (binascii.Error, UnicodeEncodeError) as error:
        raise Broken from error
    body, tag = whole[:-TAG], whole[-TAG:]
    for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        if body[:1] == VERSION and hmac.compare_digest(tag, _tag(body, purpose, secret)):
            nonce, hidden = body[1 : 1 + NONCE], body[1 + NONCE :]
            return _masked(hidden, nonce, secret).decode()
    raise Broken


def _key(use: str, secret: str | bytes) -> bytes:
    return salted_hmac("core.sealing", use, secret=secret, algorithm="sha256").digest()


def _masked(data: bytes, nonce: bytes, secret: str | bytes) -> bytes:
    """The data under the keystream of a nonce; masked again, it is as before."""
    key, stream = _key("encrypt", secret), b""
    for number in count():
        if len(stream) >= len(data):
            break
        stream += hmac.digest(key, nonce + number.to_bytes(8, "big"), "sha256")
    return bytes(one ^ other for one, other in zip(data, stream, strict=False))


def _tag(body: bytes, purpose: str, secret: str | bytes) -> bytes:
    name = purpose.encode()
    return hmac.digest(_key("authenticate", secret), len(name).to_bytes(8, "big") + name + body, "sha256")
