"""What shops sign, and what their messages say: published vectors where there are any, else HMACs made another way.

WeChat's are those of its documentation (message push, plain and safe mode); the vector of Standard Webhooks is that of
its specification. TikTok Shop and Douyin shop publish none: their vectors were made with `openssl dgst` from the rules
that the SDKs of others implement (EcomPHP, doudian), TikTok's over the body that EcomPHP tests with.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from core.clock import SKEW
from core.strict import StrictError
from supplychain.choices import ShopNews, ShopRefusal
from supplychain.shophooks import SHOPS, Call, Facts, Keys, News, Nothing, Secret, Unclear, Untrusted
from supplychain.shophooks.incoming import RETRIED_FOR, keep
from supplychain.shophooks.state import facts_of_state

STANDARD, TIKTOK, DOUYIN, WECHAT = (SHOPS[kind] for kind in ("standard", "tiktok", "douyin", "wechat"))


def at(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


# Standard Webhooks, specification: the example of its signature scheme.
SPEC_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
SPEC = Call(
    body=b'{"test": 2432232314}',
    headers={
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    },
)
SPEC_KEYS = Keys("", (Secret(SPEC_SECRET),), at(1614265330))

# printf 'fake_app_key%s' "$BODY" | openssl dgst -sha256 -hmac fake_app_secret
TIKTOK_BODY = (
    b'{"type":1,"shop_id":"7494726673780148744","timestamp":1664095733,"data":{"order_id":"576684019603311365",'
    b'"order_status":"AWAITING_SHIPMENT","update_time":1664095610}}'
)
TIKTOK_SIGN = "21109834de72ec53c9959716d8514ae388ce1f123e5ffdcafc46713fcdf62b27"
TIKTOK_CALL = Call(body=TIKTOK_BODY, headers={"authorization": TIKTOK_SIGN})
TIKTOK_KEYS = Keys("fake_app_key", (Secret("fake_app_secret"),), at(1664095740))

# printf '%s%s%s' 6839996111 "$BODY" 8a2c8e2f-secret | openssl dgst -md5
DOUYIN_BODY = (
    '[{"tag":"101","msg_id":"7001_101_1","data":{"p_id":"6917528391234567891","s_ids":["6917528391234567892"],'
    '"shop_id":4463798,"pay_time":1664095610,"pay_amount":12900,"buyer_name":"王小明"}},{"tag":"0","msg_id":"0",'
    '"data":"2022-09-25"}]'
).encode()
DOUYIN_SIGN = "f7362b27c6e9fa477f3e4bc1e55f4ea9"
DOUYIN_CALL = Call(body=DOUYIN_BODY, headers={"app-id": "6839996111", "event-sign": DOUYIN_SIGN})
DOUYIN_KEYS = Keys("6839996111", (Secret("8a2c8e2f-secret"),), at(1664095740))

# developers.weixin.qq.com, message push: the URL's check, and a message in safe mode.
WECHAT_AES_KEY = "A" * 43
WECHAT_GREETING = Call(
    query={
        "signature": "f464b24fc39322e44b38aa78f5edd27bd1441696",
        "echostr": "4375120948345356249",
        "timestamp": "1714036504",
        "nonce": "1514711492",
    }
)
WECHAT_CIPHER = (
    "+qdx1OKCy+5JPCBFWw70tm0fJGb2Jmeia4FCB7kao+/Q5c/ohsOzQHi8khUOb05JCpj0JB4RvQMkUyus8TPxLKJGQqcvZqzDpVzazhZv6JsXUnnR8X"
    "GT740XgXZUXQ7vJVnAG+tE8NUd4yFyjPy7GgiaviNrlCTj+l5kdfMuFUPpRSrfMZuMcp3Fn2Pede2IuQrKEYwKSqFIZoNqJ4M8EajAsjLY2km32IIj"
    "df8YL/P50F7mStwntrA2cPDrM1kb6mOcfBgRtWygb3VIYnSeOBrebufAlr7F9mFUPAJGj04="
)
WECHAT_CALL = Call(
    body=json.dumps({"ToUserName": "gh_97417a04a28d", "Encrypt": WECHAT_CIPHER}).encode(),
    query={
        "signature": "6c5c811b55cc85e0e1b54100749188c20beb3f5d",
        "timestamp": "1714112445",
        "nonce": "415670741",
        "encrypt_type": "aes",
        "msg_signature": "046e02f8204d34f8ba5fa3b1db94908f3df2e9b3",
    },
)
WECHAT_KEYS = Keys("wxba5fad812f8e6fb9", (Secret("AAAAA", WECHAT_AES_KEY),), at(1714112445))

VECTORS = {
    "standard": (STANDARD, SPEC, SPEC_KEYS),
    "tiktok": (TIKTOK, TIKTOK_CALL, TIKTOK_KEYS),
    "douyin": (DOUYIN, DOUYIN_CALL, DOUYIN_KEYS),
    "wechat": (WECHAT, WECHAT_CALL, WECHAT_KEYS),
}


def changed(call: Call, **values: Any) -> Call:
    return Call(**{"body": call.body, "headers": call.headers, "query": call.query, **values})


def refused(shop: Any, call: Call, keys: Keys) -> str:
    with pytest.raises(Untrusted) as caught:
        shop.hear(call, keys)
    return str(caught.value.reason)


@pytest.mark.parametrize("kind", VECTORS)
def test_a_message_is_known_by_its_signature(kind: str) -> None:
    shop, call, keys = VECTORS[kind]
    assert len(shop.hear(call, keys)) == 1
    other = [
        Secret("whsec_" + base64.b64encode(b"x" * 24).decode() if kind == "standard" else "other", "B" * 43)
    ]
    assert refused(shop, call, Keys(keys.app_key, tuple(other), keys.now)) == ShopRefusal.SIGNATURE
    # While a secret is changed the old one is good as well.
    assert len(shop.hear(call, Keys(keys.app_key, (*other, *keys.secrets), keys.now))) == 1


@pytest.mark.parametrize("kind", VECTORS)
def test_every_byte_of_the_body_counts(kind: str) -> None:
    shop, call, keys = VECTORS[kind]
    for place in range(len(call.body)):
        tampered = bytearray(call.body)
        tampered[place] ^= 1
        if kind == "wechat" and b'"Encrypt": "' not in call.body[: place + 1]:
            continue  # around the ciphertext nothing is read but its name
        if kind == "wechat" and place >= len(call.body) - 2:
            continue
        assert refused(shop, changed(call, body=bytes(tampered)), keys) == ShopRefusal.SIGNATURE, place
    assert refused(shop, changed(call, body=b""), keys) == ShopRefusal.SIGNATURE


@pytest.mark.parametrize("kind", VECTORS)
def test_without_a_signature_nobody_is_heard(kind: str) -> None:
    shop, call, keys = VECTORS[kind]
    assert refused(shop, changed(call, headers={}, query={}), keys) == ShopRefusal.SIGNATURE
    odd = dict.fromkeys(("authorization", "event-sign", "app-id", "webhook-signature"), "\udc80é")
    assert (
        refused(shop, changed(call, headers=odd, query={"msg_signature": "é"}), keys) == ShopRefusal.SIGNATURE
    )


@pytest.mark.parametrize(
    ("kind", "tolerance"), [("standard", SKEW), ("tiktok", RETRIED_FOR), ("wechat", RETRIED_FOR)]
)
def test_an_old_message_is_refused_and_so_is_one_of_tomorrow(kind: str, tolerance: timedelta) -> None:
    shop, call, keys = VECTORS[kind]
    sent_at = {"standard": 1614265330, "tiktok": 1664095733, "wechat": 1714112445}[kind]
    second = timedelta(seconds=1)
    for now in (at(sent_at) + tolerance, at(sent_at) - SKEW):
        assert shop.hear(call, Keys(keys.app_key, keys.secrets, now))
    for now in (at(sent_at) + tolerance + second, at(sent_at) - SKEW - second):
        assert refused(shop, call, Keys(keys.app_key, keys.secrets, now)) == ShopRefusal.STALE


def test_the_time_of_a_standard_webhook_is_signed_and_needed() -> None:
    for stamp in ("", "1614265331", "1614265330.0", "nan", "٠" * 10):
        headers = {**SPEC.headers, "webhook-timestamp": stamp}
        assert refused(STANDARD, changed(SPEC, headers=headers), SPEC_KEYS) == ShopRefusal.SIGNATURE
    headers = {**SPEC.headers, "webhook-signature": "v1,AAAA v1a,BBBB " + SPEC.headers["webhook-signature"]}
    assert STANDARD.hear(changed(SPEC, headers=headers), SPEC_KEYS)


def test_another_app_is_not_heard() -> None:
    for kind in ("tiktok", "douyin", "wechat"):
        shop, call, keys = VECTORS[kind]
        assert refused(shop, call, Keys("another", keys.secrets, keys.now)) == ShopRefusal.SIGNATURE
    headers = {**DOUYIN_CALL.headers, "app-id": "1"}
    assert refused(DOUYIN, changed(DOUYIN_CALL, headers=headers), DOUYIN_KEYS) == ShopRefusal.SIGNATURE


def test_wechat_asks_whether_the_address_is_right() -> None:
    keys = Keys("wxba5fad812f8e6fb9", (Secret("AAAAA", WECHAT_AES_KEY),), at(1714036504))
    assert WECHAT.greet(WECHAT_GREETING, keys) == "4375120948345356249"
    wrong = {**WECHAT_GREETING.query, "nonce": "1514711493"}
    with pytest.raises(Untrusted):
        WECHAT.greet(changed(WECHAT_GREETING, query=wrong), keys)
    assert TIKTOK.greet(TIKTOK_CALL, TIKTOK_KEYS) is None


def test_a_plain_message_of_wechat_is_refused_for_nothing_signs_its_body() -> None:
    plain = Call(
        body=b'{"ToUserName":"gh_97417a04a28d","Event":"channels_ec_order_pay"}',
        query={
            "signature": "899cf89e464efb63f54ddac96b0a0a235f53aa78",
            "timestamp": "1714037059",
            "nonce": "486452656",
        },
    )
    assert refused(WECHAT, plain, WECHAT_KEYS) == ShopRefusal.SIGNATURE


def test_what_wechat_said_is_opened_and_the_buyer_left_out() -> None:
    (told,) = WECHAT.hear(WECHAT_CALL, WECHAT_KEYS)
    assert (told.event, told.shop_id, told.sent_at) == ("debug_demo", "gh_97417a04a28d", at(1714112445))
    assert "o9AgO5Kd5ggOC-bXrbNODIiE3bGY" not in json.dumps(told.body)
    assert told.dropped == ["FromUserName", "debug_str"]
    assert WECHAT.read(told.event, told.body, "wechat") == Nothing()


def test_what_is_not_needed_does_not_get_in() -> None:
    (told,) = DOUYIN.hear(DOUYIN_CALL, DOUYIN_KEYS)  # the check of the address is no message
    assert told.message_id == "7001_101_1"
    assert "王小明" not in json.dumps(told.body, ensure_ascii=False)
    assert told.dropped == ["buyer_name", "pay_amount", "s_ids"]
    kept, dropped = keep({"order_id": {"phone": 1}, "phone": "13800000000"}, {"order_id": None})
    assert (kept, dropped) == ({"order_id": None}, ["phone"])
    kept, _dropped = keep([{"qty": 1, "name": "x"}, "text"], [{"qty": None}])
    assert kept == [{"qty": 1}, None]


ORDER = "6917528391234567891"


@pytest.mark.parametrize(
    ("kind", "event", "body", "meaning"),
    [
        (
            "tiktok",
            "1",
            {"data": {"order_id": ORDER, "order_status": "AWAITING_SHIPMENT"}},
            News(ShopNews.PAID, ORDER),
        ),
        (
            "tiktok",
            "1",
            {"data": {"order_id": ORDER, "order_status": "CANCELLED"}},
            News(ShopNews.CHANGED, ORDER),
        ),
        ("tiktok", "1", {"data": {"order_id": ORDER, "order_status": "UNPAID"}}, Nothing(ORDER)),
        ("tiktok", "2", {"data": {"order_id": ORDER}}, News(ShopNews.CHANGED, ORDER)),
        ("tiktok", "3", {"data": None}, Nothing()),
        ("douyin", "101", {"p_id": int(ORDER), "pay_time": 1664095610}, News(ShopNews.PAID, ORDER)),
        ("douyin", "110", {"p_id": ORDER}, News(ShopNews.CHANGED, ORDER)),
        ("douyin", "106", {"p_id": ORDER}, News(ShopNews.CHANGED, ORDER)),
        ("douyin", "206", {"p_id": ORDER, "refund_amount": 100}, News(ShopNews.GIVEN_BACK, ORDER)),
        ("douyin", "100", None, Nothing()),
        (
            "wechat",
            "channels_ec_order_pay",
            {"order_info": {"order_id": int(ORDER)}},
            News(ShopNews.PAID, ORDER),
        ),
        (
            "wechat",
            "channels_ec_order_cancel",
            {"order_info": {"order_id": ORDER}},
            News(ShopNews.CHANGED, ORDER),
        ),
        (
            "wechat",
            "channels_ec_aftersale_update",
            {"finder_shop_aftersale_status_update": {"order_id": ORDER, "status": "MERCHANT_REFUND_SUCCESS"}},
            News(ShopNews.GIVEN_BACK, ORDER),
        ),
        (
            "wechat",
            "channels_ec_aftersale_update",
            {"finder_shop_aftersale_status_update": {"order_id": ORDER, "status": "USER_WAIT_RETURN"}},
            Nothing(ORDER),
        ),
    ],
)
def test_platforms_say_that_something_became_of_an_order(
    kind: str, event: str, body: Any, meaning: Any
) -> None:
    assert SHOPS[kind].read(event, body, kind) == meaning


@pytest.mark.parametrize(
    ("kind", "event", "body"),
    [
        ("tiktok", "99", {}),
        ("tiktok", "1", {"data": {"order_id": ORDER, "order_status": "ELSEWHERE"}}),
        ("tiktok", "1", {"data": {"order_status": "AWAITING_SHIPMENT"}}),
        ("tiktok", "2", {"data": {"order_id": True}}),
        ("tiktok", "", {}),
        ("douyin", "999", {"p_id": ORDER}),
        ("douyin", "206", None),
        ("wechat", "channels_ec_other", {}),
        ("wechat", "channels_ec_order_pay", {"order_info": None}),
        ("standard", "order.shipped", {}),
        ("standard", "order.paid", {"data": None}),
        ("standard", "order.lines", {"data": [None, {"kind": "paid"}]}),
    ],
)
def test_what_is_not_understood_says_so(kind: str, event: str, body: Any) -> None:
    with pytest.raises((Unclear, StrictError)):
        SHOPS[kind].read(event, body, "api")


@pytest.mark.parametrize("body", [b"no json", b"[]", b'{"a":1,"a":2}', b"\xff", b'{"a":"\\ud800"}'])
def test_a_signed_body_without_shape_is_one_message_that_is_wrong(body: bytes) -> None:
    sign = hmac.new(b"fake_app_secret", b"fake_app_key" + body, hashlib.sha256).hexdigest()
    (told,) = TIKTOK.hear(Call(body=body, headers={"authorization": sign}), TIKTOK_KEYS)
    assert told.wrong
    assert told.body is None
    assert told.message_id.startswith("sha256:")


STATE: dict[str, Any] = {
    "order_no": "A-1",
    "created_at": "2025-06-01T20:00:00+08:00",
    "paid_at": "2025-06-01T20:01:00+08:00",
    "channel": "live",
    "lines": [
        {
            "line_no": "1",
            "sku_code": "RED",
            "qty": 2,
            "amount": "100.00",
            "freight": "6.00",
            "refunded": "30.00",
        },
        {"line_no": "2", "sku_code": "BLUE", "qty": 1, "amount": "50.00"},
    ],
}


def test_the_state_of_an_order_becomes_facts() -> None:
    found = facts_of_state(STATE, "api")
    told = [(fact.kind, fact.line_type, fact.line_no, fact.amount, fact.version) for fact in found]
    assert told == [
        ("created", "goods", "1", Decimal("100.00"), 4),
        ("created", "freight", "1", Decimal("6.00"), 4),
        ("paid", "goods", "1", Decimal("100.00"), 1),
        ("paid", "freight", "1", Decimal("6.00"), 1),
        ("refunded", "goods", "1", Decimal("30.00"), 8 * 3001),
        ("created", "goods", "2", Decimal("50.00"), 4),
        ("paid", "goods", "2", Decimal("50.00"), 1),
    ]
    meaning = STANDARD.read("order.refunded", {"data": STATE}, "api")
    assert meaning == Facts(found, "A-1", states=True)
    whole = facts_of_state(
        {**STATE, "lines": STATE["lines"][1:], "refunded": "0", "closed": True, "total": "50.00"}, "api"
    )
    assert [(fact.kind, fact.line_no, fact.amount) for fact in whole][2:] == [
        ("cancelled", "", Decimal("50.00"))
    ]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"order_no": ""}, "order_no"),
        ({"order_no": 6917528391234567891}, "order_no"),
        ({"created_at": "yesterday"}, "created_at"),
        ({"closed": "yes"}, "closed"),
        ({"channel": "tv"}, "channel"),
        ({"lines": []}, "lines"),
        ({"lines": [None]}, "lines"),
        ({"lines": "x"}, "lines"),
        ({"lines": [{"line_no": "1", "qty": 1, "amount": 12.5}]}, "lines.0.amount"),
        ({"lines": [{"line_no": "1", "qty": 1, "amount": "-1"}]}, "lines.0.amount"),
        ({"lines": [{"line_no": "1", "qty": 1, "amount": "1.001"}]}, "lines.0.amount"),
        ({"lines": [{"line_no": "1", "qty": "many", "amount": "1"}]}, "lines.0.qty"),
        ({"lines": [{"qty": 1, "amount": "1"}]}, "lines.0.line_no"),
        ({"currency": "yuan"}, "currency"),
    ],
)
def test_a_state_that_is_wrong_names_the_field(change: dict[str, Any], field: str) -> None:
    with pytest.raises(StrictError) as caught:
        facts_of_state({**STATE, **change}, "api")
    assert caught.value.field == field


def test_lines_of_a_tool_do_not_mix_with_the_files_of_a_platform() -> None:
    line = {
        "kind": "paid",
        "order_no": "A-1",
        "qty": 1,
        "amount": "1.00",
        "occurred_at": "2025-06-01T20:00:00Z",
    }
    assert isinstance(STANDARD.read("order.lines", {"data": [line]}, "api"), Facts)
    with pytest.raises(Unclear, match="douyin"):
        STANDARD.read("order.lines", {"data": [line]}, "douyin")
