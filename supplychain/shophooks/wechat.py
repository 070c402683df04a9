"""WeChat shop (微信小店), safe mode, JSON: the SHA-1 of token, timestamp, nonce and ciphertext, sorted, in one.

The ciphertext is AES-256-CBC under the EncodingAESKey: 16 random bytes, a length, the message, the AppID. In plain mode
the body is not signed at all, so plain messages are refused. Messages have no id: the same text is the same message.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import Any

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from core.strict import StrictError
from supplychain.choices import ShopFault, ShopNews, ShopRefusal
from supplychain.shophooks.incoming import (
    RETRIED_FOR,
    Call,
    Keys,
    Meaning,
    News,
    Nothing,
    Secret,
    Shop,
    Told,
    Unclear,
    Untrusted,
    check_time,
    digest_id,
    keep,
    opened,
    order_of,
    sent,
    signed_by,
    word,
)

SHAPE = {
    "ToUserName": None,
    "CreateTime": None,
    "MsgType": None,
    "Event": None,
    "order_info": dict.fromkeys(("order_id", "pay_time", "cancel_type", "settle_time")),
    "finder_shop_aftersale_status_update": dict.fromkeys(("order_id", "after_sale_order_id", "status")),
}
PAID = "channels_ec_order_pay"
CANCELLED = "channels_ec_order_cancel"
AFTER_SALE = "channels_ec_aftersale_update"
GIVEN_BACK = ("MERCHANT_REFUND_SUCCESS", "MERCHANT_RETURN_SUCCESS")
IDLE = (
    *("channels_ec_order_new", "channels_ec_order_deliver", "channels_ec_order_confirm"),
    *("channels_ec_order_settle", "channels_ec_order_ext_info_update", "debug_demo"),
)
BLOCK = 16


class WeChat(Shop):
    """See the module."""

    source = "wechat"
    has_aes_key = True
    answer = (200, "success", "text/plain")

    def greet(self, call: Call, keys: Keys) -> str | None:
        """When the address is entered WeChat asks once for its `echostr` back."""
        _check_signature(call, keys, "signature")
        return call.query.get("echostr", "")[:200]

    def hear(self, call: Call, keys: Keys) -> list[Told]:
        try:
            sealed = opened(call.body, dict).get("Encrypt")
        except StrictError as error:
            raise Untrusted(ShopRefusal.SIGNATURE) from error
        if not isinstance(sealed, str):
            raise Untrusted(ShopRefusal.SIGNATURE)
        text = _open(sealed, _check_signature(call, keys, "msg_signature", sealed), keys.app_key)
        try:
            value = opened(text, dict)
        except StrictError as error:
            return [Told(message_id=digest_id(text), wrong=error.message)]
        body, dropped = keep(value, SHAPE)
        return [
            Told(
                message_id=digest_id(text),
                event=word(value.get("Event")),
                shop_id=word(value.get("ToUserName")),
                sent_at=sent(value.get("CreateTime")),
                body=body,
                dropped=dropped,
            )
        ]

    def read(self, event: str, body: Any, source: str) -> Meaning:
        if event in IDLE:
            return Nothing()
        if event == AFTER_SALE:
            update = body.get("finder_shop_aftersale_status_update") or {}
            order_no = order_of(update.get("order_id"))
            return (
                News(ShopNews.GIVEN_BACK, order_no)
                if update.get("status") in GIVEN_BACK
                else Nothing(order_no)
            )
        if event not in (PAID, CANCELLED):
            raise Unclear(ShopFault.EVENT, event)
        order_no = order_of((body.get("order_info") or {}).get("order_id"))
        return News(ShopNews.PAID if event == PAID else ShopNews.CHANGED, order_no)


def _check_signature(call: Call, keys: Keys, name: str, *more: str) -> Secret:
    """The secret by which the query is signed. Raises Untrusted, also for a time that is too old."""
    timestamp, nonce = call.query.get("timestamp", ""), call.query.get("nonce", "")
    for secret in keys.secrets:
        text = "".join(sorted((secret.secret, timestamp, nonce, *more)))
        if signed_by(call.query.get(name, ""), [hashlib.sha1(text.encode()).hexdigest()]):  # noqa: S324  # theirs
            sent_at = sent(timestamp)
            if sent_at is None:
                raise Untrusted(ShopRefusal.STALE)
            check_time(sent_at, keys.now, RETRIED_FOR)
            return secret
    raise Untrusted(ShopRefusal.SIGNATURE)


def _open(sealed: str, secret: Secret, app_id: str) -> bytes:
    """The message in a ciphertext that was signed. Raises Untrusted where key or AppID are not those of the sender."""
    try:
        key = base64.b64decode(secret.aes_key + "=", validate=True)
        cipher = Cipher(algorithms.AES(key), modes.CBC(key[:BLOCK])).decryptor()
        text = cipher.update(base64.b64decode(sealed, validate=True)) + cipher.finalize()
    except (ValueError, binascii.Error) as error:
        raise Untrusted(ShopRefusal.SIGNATURE) from error
    text = text[: -text[-1]] if text else text
    end = BLOCK + 4 + int.from_bytes(text[BLOCK : BLOCK + 4], "big")
    if text[end:] != app_id.encode():
        raise Untrusted(ShopRefusal.SIGNATURE)
    return text[BLOCK + 4 : end]


def is_aes_key(text: str) -> bool:
    """Whether a text is an EncodingAESKey: 43 letters and digits, base64 of 32 bytes."""
    try:
        return len(text) == 43 and len(base64.b64decode(text + "=", validate=True)) == 32
    except (ValueError, binascii.Error):
        return False
