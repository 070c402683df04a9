"""Douyin shop (抖店): `event-sign` is the MD5, in hexadecimal digits, of app key, body and app secret in one.

A call holds an array of messages and no time, so nothing but their ids tells an old one from a new one. They name an
order (`p_id`); the amount they may hold is that of the whole order, which its export tells line by line.
"""

from __future__ import annotations

import hashlib
from typing import Any

from core.strict import StrictError, load_json
from core.words import gettext as _
from supplychain.choices import ShopFault, ShopNews, ShopRefusal
from supplychain.shophooks.incoming import (
    MOST_BYTES,
    Call,
    Keys,
    Meaning,
    News,
    Nothing,
    Shop,
    Told,
    Unclear,
    Untrusted,
    digest_id,
    id_of,
    keep,
    order_of,
    signed_by,
    word,
)

SHAPE = dict.fromkeys(
    (
        *("p_id", "shop_id", "order_status", "order_type", "pay_time", "create_time", "cancel_time"),
        *("aftersale_id", "aftersale_status", "aftersale_type", "refund_amount", "success_time"),
    )
)
CHECK = "0"  # the platform asks whether the address answers
# Numbers of messages (tags). Of “paid” two are in use; that there is a time of payment decides.
PAID = ("101", "110")
CANCELLED = ("106",)
REFUNDED = ("206",)
IDLE = ("100", "103", "200", "207")


class Douyin(Shop):
    """See the module."""

    source = "douyin"
    answer = (200, '{"code":0,"msg":"success"}', "application/json")

    def hear(self, call: Call, keys: Keys) -> list[Told]:
        expected = [
            hashlib.md5(keys.app_key.encode() + call.body + key.secret.encode()).hexdigest()  # noqa: S324  # theirs
            for key in keys.secrets
        ]
        is_app = signed_by(call.headers.get("app-id", ""), [keys.app_key.lower()])
        if not signed_by(call.headers.get("event-sign", ""), expected) or not is_app:
            raise Untrusted(ShopRefusal.SIGNATURE)
        try:
            value = load_json(call.body, max_bytes=MOST_BYTES)
        except StrictError as error:
            return [Told(message_id=digest_id(call.body), wrong=error.message)]
        found = value if isinstance(value, list) else [value]
        return [
            self._told(message, f"{place}:".encode() + call.body)
            for place, message in enumerate(found)
            if not (isinstance(message, dict) and word(message.get("tag")) == CHECK)
        ]

    def _told(self, message: Any, name: bytes) -> Told:
        try:
            if not isinstance(message, dict):
                raise StrictError("type", _("The message is not of the shape that was agreed."))
            data = message.get("data")
            if isinstance(data, str):
                data = load_json(data.encode(), max_bytes=MOST_BYTES)
        except StrictError as error:
            return Told(message_id=digest_id(name), wrong=error.message)
        except UnicodeEncodeError as error:
            return Told(message_id=digest_id(name), wrong=str(error))
        body, dropped = keep(data, SHAPE)
        return Told(
            message_id=id_of(message.get("msg_id") or message.get("msgId"), name),
            event=word(message.get("tag")),
            shop_id=word((body or {}).get("shop_id")),
            body=body,
            dropped=dropped,
        )

    def read(self, event: str, body: Any, source: str) -> Meaning:
        if event in IDLE:
            return Nothing()
        if event not in (*PAID, *CANCELLED, *REFUNDED):
            raise Unclear(ShopFault.EVENT, event)
        data = body or {}
        order_no = order_of(data.get("p_id"), "p_id")
        if event in REFUNDED:
            return News(ShopNews.GIVEN_BACK, order_no)
        paid = event in PAID and data.get("pay_time")
        return News(ShopNews.PAID if paid else ShopNews.CHANGED, order_no)
