"""Connections of a firm to its shops, and the shops: they sign as each system does and call the door over HTTP."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
from typing import Any

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from django.http import HttpResponse
from django.test import Client

from core.clock import now
from core.webhooks.signing import headers
from supplychain.models import ShopHook
from supplychain.services import shop_hook_create
from tenants.models import Tenant
from tests.factories import SYSTEM

APP_KEY, APP_SECRET = "app-6839996111", "app-secret"
AES_KEY = base64.b64encode(b"k" * 32).decode().rstrip("=")


def connect(tenant: Tenant, kind: str = "standard", **values: Any) -> tuple[ShopHook, str]:
    """A connection of a firm, and its secret."""
    given: dict[str, Any] = {
        "actor": SYSTEM,
        "tenant": tenant,
        "kind": kind,
        "name": f"{kind} shop",
        **values,
    }
    if kind != "standard":
        given = {"app_key": APP_KEY, "secret": APP_SECRET, **given}
    if kind == "wechat":
        given = {"aes_key": AES_KEY, **given}
    hook, made = shop_hook_create(**given)
    return hook, made or given.get("secret", "")


def address(hook: ShopHook) -> str:
    return f"/api/v1/hooks/in/{hook.uid}"


def post(hook: ShopHook, body: bytes, given: dict[str, str], query: str = "") -> HttpResponse:
    """Call the door of a connection."""
    return Client().post(address(hook) + query, body, content_type="application/json", headers=given)  # type: ignore[return-value]


def tell(
    hook: ShopHook, secret: str, event: str, data: Any, *, message_id: str = "msg-1", **more: Any
) -> HttpResponse:
    """A Standard Webhook, now."""
    body = json.dumps({"type": event, "timestamp": now().isoformat(), "data": data, **more}).encode()
    return post(hook, body, headers(secret, message_id, int(now().timestamp()), body))


def tell_tiktok(hook: ShopHook, message: dict[str, Any]) -> HttpResponse:
    body = json.dumps({"timestamp": int(now().timestamp()), **message}).encode()
    sign = hmac.new(APP_SECRET.encode(), APP_KEY.encode() + body, hashlib.sha256).hexdigest()
    return post(hook, body, {"Authorization": sign})


def tell_douyin(hook: ShopHook, *messages: dict[str, Any]) -> HttpResponse:
    body = json.dumps(messages, ensure_ascii=False).encode()
    sign = hashlib.md5(APP_KEY.encode() + body + APP_SECRET.encode()).hexdigest()  # noqa: S324
    return post(hook, body, {"app-id": APP_KEY, "event-sign": sign})


def tell_wechat(hook: ShopHook, message: dict[str, Any]) -> HttpResponse:
    text = json.dumps(
        {"ToUserName": "gh_1", "FromUserName": "openid", "MsgType": "event", **message}
    ).encode()
    full = os.urandom(16) + len(text).to_bytes(4, "big") + text + APP_KEY.encode()
    full += bytes([32 - len(full) % 32]) * (32 - len(full) % 32)
    key = base64.b64decode(AES_KEY + "=")
    cipher = Cipher(algorithms.AES(key), modes.CBC(key[:16])).encryptor()
    sealed = base64.b64encode(cipher.update(full) + cipher.finalize()).decode()
    stamp, nonce = str(int(now().timestamp())), "n1"
    sign = hashlib.sha1("".join(sorted((APP_SECRET, stamp, nonce, sealed))).encode()).hexdigest()  # noqa: S324
    body = json.dumps({"ToUserName": "gh_1", "Encrypt": sealed}).encode()
    return post(hook, body, {}, f"?timestamp={stamp}&nonce={nonce}&msg_signature={sign}&encrypt_type=aes")
