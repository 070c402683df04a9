"""Shops of the demo's first firm: an ERP that tells of orders which are known, a Douyin shop with news of another one.

Their messages come in by the same door as those of real shops. None of them adds to the figures.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from typing import Any

from analytics.demo.built import BuiltPark
from analytics.demo.days import SOURCE
from core import clock
from core.actors import Actor
from core.webhooks.signing import headers
from supplychain.choices import SalesKind, ShopKind
from supplychain.models import SalesEvent, ShopHook
from supplychain.services import shop_call, shop_hook_create, shop_messages_read
from supplychain.shophooks import Call

APP_KEY, SHOP_ID = "6839996111", "4463798"
ORDER = "6935112345678909991"
# Of a fact in the ledger: what an order line of the API is called by.
COLUMNS = (
    *("external_id", "version", "kind", "line_type", "order_no", "line_no", "ref_order_no", "ref_line"),
    *("sku_code", "channel", "session_ref", "host_ref", "destination", "customs_mode"),
)


def build_shops(built: BuiltPark, *, actor: Actor) -> None:
    """Connect the shops and let them tell, once."""
    seller = built.tenants[0]
    if ShopHook.objects.filter(tenant=seller).exists():
        return
    app_secret = secrets.token_hex(16)
    erp, secret = shop_hook_create(
        actor=actor, tenant=seller, name="自家 ERP（演示）", kind=ShopKind.STANDARD, source=SOURCE
    )
    shop, _given = shop_hook_create(
        actor=actor,
        tenant=seller,
        name="抖音旗舰店（演示）",
        kind=ShopKind.DOUYIN,
        app_key=APP_KEY,
        secret=app_secret,
        shop_id=SHOP_ID,
    )
    paid = SalesEvent.objects.filter(
        seller=seller, source=SOURCE, kind=SalesKind.PAID, currency="CNY", version=1
    )
    for number, event in enumerate(paid.order_by("occurred_at", "order_no", "line_no")[:2], 1):
        _tell(erp, secret, f"erp-{number}", "order.lines", [_line(event)])
    _tell(erp, secret, "erp-3", "order.shipped", {"order_no": "ERP-1003"})
    _tell_douyin(
        shop,
        app_secret,
        [
            {"tag": "100", "msg_id": "dy-1", "data": {"p_id": ORDER, "shop_id": SHOP_ID}},
            {"tag": "101", "msg_id": "dy-2", "data": {"p_id": ORDER, "shop_id": SHOP_ID, "pay_time": 1}},
        ],
    )
    shop_messages_read()


def _line(event: SalesEvent) -> dict[str, Any]:
    line = {name: getattr(event, name) for name in COLUMNS}
    return {
        **{name: value for name, value in line.items() if value != ""},
        "qty": event.quantity,
        "amount": str(event.amount),
        "occurred_at": event.occurred_at.isoformat(),
        **({"owner": event.owner_ref} if event.owner_ref else {}),
    }


def _tell(hook: ShopHook, secret: str, message_id: str, event: str, data: Any) -> None:
    body = json.dumps({"type": event, "data": data}).encode()
    signed = headers(secret, message_id, int(clock.now().timestamp()), body)
    shop_call(hook_uid=hook.uid, call=Call(body=body, headers=signed))


def _tell_douyin(hook: ShopHook, secret: str, told: list[dict[str, Any]]) -> None:
    body = json.dumps(told).encode()
    sign = hashlib.md5(APP_KEY.encode() + body + secret.encode()).hexdigest()  # noqa: S324  # their rule
    shop_call(hook_uid=hook.uid, call=Call(body=body, headers={"app-id": APP_KEY, "event-sign": sign}))
