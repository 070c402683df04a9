"""Connections of a firm to its shops, and the shops: they sign as each system does and call the door over HTTP."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
from decimal import Decimal
from typing import Any

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from django.db.models import Sum
from django.http import HttpResponse
from django.test import Client

from core.clock import now
from core.webhooks.signing import headers
from supplychain.importing.profiles.base import EXAMPLES
from supplychain.models import ImportBatch, SalesEvent, ShopHook
from supplychain.services import import_run, import_stage, shop_hook_create
from tenants.models import Tenant
from tests.factories import SYSTEM
from tests.supplychain.exports import read

APP_KEY, APP_SECRET = "app-6839996111", "app-secret"
AES_KEY = base64.b64encode(b"k" * 32).decode().rstrip("=")

LINE = {
    "kind": "paid",
    "order_no": "A-1",
    "line_no": "1",
    "qty": 1,
    "amount": "12.50",
    "occurred_at": "2025-06-01T20:00:00+08:00",
}


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


def told(hook: ShopHook) -> list[tuple[str, str]]:
    rows = hook.messages.order_by("pk")
    return [(row.state, row.fault) for row in rows]


def sums(seller: Tenant) -> dict[str, Decimal]:
    """What the ledger counts of a seller, by kind."""
    rows = SalesEvent.objects.filter(seller=seller).current()
    found = rows.order_by().values_list("kind").annotate(Sum("amount"))
    return {kind: amount for kind, amount in found if amount}


def quiet(done: int, total: int, message: str) -> None:
    """Nobody watches."""


def import_sample(seller: Tenant, name: str) -> ImportBatch:
    batch = import_stage(actor=SYSTEM, tenant=seller, file_name=name, chunks=[(EXAMPLES / name).read_bytes()])
    report, _rejects = import_run(actor=SYSTEM, batch=batch, skip_bad_rows=False, progress=quiet)
    assert report["complete"], report
    batch.refresh_from_db()
    return batch


def states_of(name: str) -> list[dict[str, Any]]:
    """The orders of a file as a tool would tell of them."""
    facts, _report = read((EXAMPLES / name).read_bytes())
    orders: dict[str, dict[str, Any]] = {}
    for fact in facts:
        order = orders.setdefault(fact.order_no, {"order_no": fact.order_no, "lines": {}})
        line = order["lines"].setdefault(fact.line_no, {"line_no": fact.line_no})
        if fact.kind in ("created", "paid"):
            order[f"{fact.kind}_at"] = fact.occurred_at.isoformat()
            line["amount" if fact.line_type == "goods" else "freight"] = str(fact.amount)
            if fact.line_type == "goods":
                line |= {"sku_code": fact.sku_code, "qty": fact.qty}
        elif fact.kind == "refunded":
            line |= {"refunded": str(fact.amount), "ended_at": fact.occurred_at.isoformat()}
        elif fact.kind == "cancelled":
            order |= {"closed": True, "ended_at": fact.occurred_at.isoformat()}
    return [{**order, "lines": list(order["lines"].values())} for order in orders.values()]
