"""Secrets of others that have to be read again: encrypted, so that the database alone does not give them away.

Fernet of `cryptography`, under a key that follows from the secret of this installation and from the purpose. Nobody
reads or changes a sealed text without that secret, and none is taken for one of another purpose. See docs/adr.
"""

from __future__ import annotations

import base64

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.utils.crypto import salted_hmac


class Broken(ValueError):
    """The text was sealed for another purpose or under another secret, or somebody changed it."""


def seal(text: str, purpose: str) -> str:
    """Encrypt a text. Whoever unseals it has to name the same purpose: whose secret it is, and which."""
    return _cipher(purpose).encrypt(text.encode()).decode()


def unseal(sealed: str, purpose: str) -> str:
    """The text that was sealed. Raises Broken. The secrets before the present one are tried as well."""
    try:
        return _cipher(purpose).decrypt(sealed.encode()).decode()
    except InvalidToken as error:
        raise Broken from error


def _cipher(purpose: str) -> MultiFernet:
    secrets = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return MultiFernet([Fernet(_key(purpose, secret)) for secret in secrets])


def _key(purpose: str, secret: str | bytes) -> bytes:
    digest = salted_hmac("core.sealing", purpose, secret=secret, algorithm="sha256").digest()
    return base64.urlsafe_b64encode(digest)
