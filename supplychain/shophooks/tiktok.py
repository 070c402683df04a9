"""TikTok Shop: `Authorization` is the HMAC-SHA256, in hexadecimal digits, of app key and body under the app's secret.

The signature covers no time of its own; the body does. Messages name an order and its status, never amounts.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

from core.strict import StrictError
from supplychain.choices import ShopFault, ShopNews, ShopRefusal
from supplychain.shophooks.incoming import (
    RETRIED_FOR,
    Call,
    Keys,
    Meaning,
    News,
    Nothing,
    Shop,
    Told,
    Unclear,
    Untrusted,
    check_time,
    digest_id,
    id_of,
    keep,
    opened,
    order_of,
    sent,
    signed_by,
    word,
)

SHAPE = {
    "type": None,
    "tts_notification_id": None,
    "shop_id": None,
    "timestamp": None,
    "data": dict.fromkeys(
        (
            *("order_id", "order_status", "update_time"),
            *("reverse_order_id", "reverse_order_status", "reverse_event_type", "return_id", "return_status"),
        )
    ),
}
ORDER_STATUS = "1"
# Returns and cancellations: their messages say that somebody asked, not what was given back.
ASKED_BACK = ("2", "12")
# Addresses, parcels, products, permissions.
IDLE = ("3", "4", "5", "6", "7", "14")
NOT_PAID = ("UNPAID", "ON_HOLD")
PAID = (
    "AWAITING_SHIPMENT",
    "PARTIALLY_SHIPPING",
    "AWAITING_COLLECTION",
    "IN_TRANSIT",
    "DELIVERED",
    "COMPLETED",
)


class TikTok(Shop):
    """See the module."""

    source = "tiktok"

    def hear(self, call: Call, keys: Keys) -> list[Told]:
        signed = keys.app_key.encode() + call.body
        expected = [hmac.new(key.secret.encode(), signed, hashlib.sha256).hexdigest() for key in keys.secrets]
        if not signed_by(call.headers.get("authorization", ""), expected):
            raise Untrusted(ShopRefusal.SIGNATURE)
        try:
            value = opened(call.body, dict)
        except StrictError as error:
            return [Told(message_id=digest_id(call.body), wrong=error.message)]
        sent_at = sent(value.get("timestamp"))
        if sent_at is not None:
            check_time(sent_at, keys.now, RETRIED_FOR)
        body, dropped = keep(value, SHAPE)
        return [
            Told(
                message_id=id_of(value.get("tts_notification_id"), call.body),
                event=word(value.get("type")),
                shop_id=word(value.get("shop_id")),
                sent_at=sent_at,
                body=body,
                dropped=dropped,
            )
        ]

    def read(self, event: str, body: Any, source: str) -> Meaning:
        if event in IDLE:
            return Nothing()
        data = body.get("data") or {}
        if event in ASKED_BACK:
            return News(ShopNews.CHANGED, order_of(data.get("order_id")))
        if event != ORDER_STATUS:
            raise Unclear(ShopFault.EVENT, event)
        order_no, status = order_of(data.get("order_id")), data.get("order_status")
        if status in NOT_PAID:
            return Nothing(order_no)
        if status in PAID:
            return News(ShopNews.PAID, order_no)
        if status == "CANCELLED":
            return News(ShopNews.CHANGED, order_no)
        raise Unclear(ShopFault.EVENT, f"{event}: {word(status)}")
