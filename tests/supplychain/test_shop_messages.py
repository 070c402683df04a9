"""Messages of shops from the call to the ledger: kept once, read once, put aside with a reason, read again."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal
from hashlib import sha1
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError, transaction
from django.test import Client
from django.utils import translation

from core.actors import Actor, user_actor
from core.choices import Role
from core.clock import now
from core.errors import Conflict, InvalidInput, NotFound, Refused
from core.models import AuditEntry, ExchangeRate
from core.webhooks.signing import headers, secret_make
from supplychain.facts import SaleFact
from supplychain.models import SalesEvent, ShopHook, ShopMessage, ShopRefusals
from supplychain.services import (
    sales_record,
    shop_hook_renew,
    shop_hook_revoke,
    shop_hook_secret,
    shop_hook_update,
    shop_message_replay,
    shop_messages_read,
    shopreading,
)
from supplychain.services.shophooks import MOST, OVERLAP
from supplychain.shophooks.incoming import MOST_BYTES
from tenants.models import Tenant
from tests.factories import SYSTEM, make_park, make_tenant, make_user
from tests.supplychain.shops import (
    APP_SECRET,
    LINE,
    address,
    connect,
    import_sample,
    post,
    sums,
    tell,
    tell_douyin,
    tell_tiktok,
    tell_wechat,
    told,
)

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


@pytest.fixture(autouse=True)
def in_english(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(settings, "LANGUAGE_CODE", "en")  # what a worker speaks
    with translation.override("en"):
        yield


@pytest.fixture
def seller() -> Tenant:
    return make_tenant(make_park("east"), "ming")


@pytest.fixture
def owner(seller: Tenant) -> Actor:
    return user_actor(make_user("ming-owner", Role.TENANT_OWNER, seller.node))


def test_lines_of_a_message_are_in_the_ledger_once(seller: Tenant) -> None:
    hook, secret = connect(seller)
    assert tell(hook, secret, "order.lines", [LINE]).status_code == 204
    assert told(hook) == [("waiting", "")]
    assert not SalesEvent.objects.exists()
    assert shop_messages_read() == 1
    message = hook.messages.get()
    assert (message.state, message.order_no, message.stored, message.known) == ("stored", "A-1", 1, 0)
    event = SalesEvent.objects.get()
    assert (event.source, event.amount, event.order_no) == ("api", Decimal("12.50"), "A-1")
    cache.clear()
    with time_machine.travel(now() + timedelta(minutes=4)):
        assert tell(hook, secret, "order.lines", [LINE | {"order_no": "A-2"}]).status_code == 204
    assert (hook.messages.count(), shop_messages_read()) == (1, 0)
    # The same lines under another id, and by the API, are known.
    tell(hook, secret, "order.lines", [LINE], message_id="msg-2")
    shop_messages_read()
    assert (hook.messages.latest("pk").stored, hook.messages.latest("pk").known) == (0, 1)
    assert sums(seller) == {"paid": Decimal("12.50")}
    assert AuditEntry.objects.filter(verb="sales.record", node_id=seller.pk).count() == 2


@pytest.mark.parametrize("kind", ["tiktok", "douyin", "wechat"])
def test_a_replay_a_year_later_is_no_second_message(seller: Tenant, kind: str) -> None:
    hook, _secret = connect(seller, kind)
    calls: dict[str, Any] = {
        "tiktok": lambda: tell_tiktok(
            hook,
            {"type": 1, "tts_notification_id": "7", "data": {"order_id": "1", "order_status": "DELIVERED"}},
        ),
        "douyin": lambda: tell_douyin(
            hook, {"tag": "101", "msg_id": "7", "data": {"p_id": "1", "pay_time": 1}}
        ),
        "wechat": lambda: tell_wechat(
            hook, {"CreateTime": 1, "Event": "channels_ec_order_pay", "order_info": {"order_id": 1}}
        ),
    }
    answers = {"tiktok": "", "douyin": '{"code":0,"msg":"success"}', "wechat": "success"}
    answer = calls[kind]()
    assert (answer.status_code, answer.content.decode()) == (200, answers[kind])
    cache.clear()
    with time_machine.travel(now() + timedelta(days=365)):
        assert calls[kind]().status_code == 200
    assert hook.messages.count() == 1
    shop_messages_read()
    message = hook.messages.get()
    assert (message.state, message.news, message.order_no) == ("news", "paid", "1")


def test_what_is_not_from_the_shop_is_counted_and_not_kept(seller: Tenant) -> None:
    hook, secret = connect(seller)
    body = json.dumps({"type": "order.lines", "data": [LINE]}).encode()
    stamp = int(now().timestamp())
    good = headers(secret, "msg-1", stamp, body)
    other = secret_make()
    cases = {
        "signature": [
            (body, headers(other, "msg-1", stamp, body)),
            (body.replace(b"12.50", b"92.50"), good),
            (body, {}),
            (body, {**good, "webhook-id": "msg-2"}),
        ],
        "stale": [
            (body, headers(secret, "msg-1", stamp - 301, body)),
            (body, headers(secret, "msg-1", stamp + 400, body)),
        ],
    }
    count = 0
    for reason, calls in cases.items():
        for sent, given in calls:
            assert (post(hook, sent, given).status_code, told(hook)) == (401, [])
            count += 1
            refusals = ShopRefusals.objects.get(hook=hook)
            assert (refusals.refused, refusals.reason) == (count, reason)
    assert "12.50" not in "".join(str(entry.after) for entry in AuditEntry.objects.all())
    neighbour, _secret = connect(make_tenant(make_park("west"), "hua"))
    assert post(neighbour, body, good).status_code == 401
    assert post(hook, body, good).status_code == 204


def test_only_a_bounded_body_is_read(seller: Tenant) -> None:
    hook, secret = connect(seller)
    for size, status in ((MOST_BYTES, 204), (MOST_BYTES + 1, 413), (9 * 2**20, 413)):
        body = b" " * size
        given = headers(secret, f"msg-{size}", int(now().timestamp()), body)
        assert post(hook, body, given).status_code == status
    assert hook.messages.count() == 1


def test_who_is_nobody_s_shop_hears_nothing(seller: Tenant) -> None:
    hook, secret = connect(seller)
    assert Client().get(address(hook)).status_code == 401
    assert Client().put(address(hook)).status_code == 405
    shop_hook_revoke(actor=SYSTEM, hook=hook)
    assert tell(hook, secret, "order.lines", [LINE]).status_code == 401
    hook.uid = hook.tenant.uid
    assert tell(hook, secret, "order.lines", [LINE]).status_code == 401
    assert not ShopMessage.objects.exists()


def test_wechat_may_ask_for_its_word_back(seller: Tenant) -> None:
    hook, _secret = connect(seller, "wechat")
    stamp = str(int(now().timestamp()))
    sign = sha1("".join(sorted((APP_SECRET, stamp, "n"))).encode()).hexdigest()  # noqa: S324
    query = f"?signature={sign}&timestamp={stamp}&nonce=n&echostr=%3Cb%3E"
    answer = Client().get(address(hook) + query)
    assert (answer.content, answer["Content-Type"]) == (b"<b>", "text/plain")
    assert Client().get(address(hook) + query.replace("nonce=n", "nonce=m")).status_code == 401


def test_a_secret_is_changed_with_a_day_to_do_it_in(seller: Tenant, owner: Actor) -> None:
    hook, old = connect(seller)
    held, new = shop_hook_renew(actor=owner, hook=hook)
    assert new.startswith("whsec_")
    assert new != old
    assert shop_hook_secret(actor=owner, hook=held) == new
    assert tell(hook, old, "order.lines", [LINE]).status_code == 204
    assert tell(hook, new, "order.lines", [LINE], message_id="msg-2").status_code == 204
    with time_machine.travel(now() + OVERLAP + timedelta(seconds=1)):
        assert tell(hook, old, "order.lines", [LINE], message_id="msg-3").status_code == 401
        assert tell(hook, new, "order.lines", [LINE], message_id="msg-4").status_code == 204
    stored = ShopHook.objects.values_list("sealed_secret", "sealed_before").get()
    assert not any(secret in text for secret in (old, new) for text in stored)
    assert not any(
        secret in json.dumps([entry.before, entry.after])
        for entry in AuditEntry.objects.all()
        for secret in (old, new)
    )
    # A sealed secret opens in no other row, and a connection whose secret is lost hears nobody.
    other, _secret = connect(seller, name="other")
    ShopHook.objects.filter(pk=other.pk).update(sealed_secret=stored[0])
    assert tell(other, new, "order.lines", [LINE]).status_code == 401
    assert ShopRefusals.objects.get(hook=other).reason == "secret"


def test_a_connection_says_what_it_lacks(seller: Tenant, owner: Actor) -> None:
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"name": " "}, "name"),
        ({"kind": "amazon"}, "kind"),
        ({"secret": "whsec_x"}, "secret"),
        ({"source": "a\nb"}, "source"),
        ({"kind": "tiktok", "app_key": ""}, "app_key"),
        ({"kind": "douyin", "secret": ""}, "secret"),
        ({"kind": "wechat", "aes_key": "short"}, "aes_key"),
        ({"kind": "wechat", "source": "api"}, "source"),
    ]
    for values, field in wrong:
        with pytest.raises(InvalidInput) as caught:
            connect(seller, **values)
        assert caught.value.field == field
    hook, _secret = connect(seller, "tiktok")
    with pytest.raises(Conflict):
        connect(seller, "tiktok")
    with pytest.raises(Conflict):
        shop_hook_secret(actor=owner, hook=hook)
    for number in range(MOST - 1):
        connect(seller, name=f"shop {number}")
    with pytest.raises(Conflict):
        connect(seller, name="one too many")
    assert shop_hook_update(actor=owner, hook=hook, shop_id="7").shop_id == "7"
    shop_hook_revoke(actor=owner, hook=hook)
    with pytest.raises(Conflict):
        shop_hook_update(actor=owner, hook=hook, name="x")
    connect(seller, name="there is room again")


def test_only_the_firm_s_own_people_connect_and_replay(seller: Tenant, owner: Actor) -> None:
    hook, secret = connect(seller)
    tell(hook, secret, "nonsense", {})
    shop_messages_read()
    message = hook.messages.get()
    stranger = user_actor(
        make_user("stranger", Role.TENANT_OWNER, make_tenant(make_park("west"), "hua").node)
    )
    manager = user_actor(make_user("manager", Role.PARK_MANAGER, seller.node.parent))
    money = user_actor(make_user("money", Role.TENANT_FINANCE, seller.node))
    staff = user_actor(make_user("staff", Role.TENANT_STAFF, seller.node))
    for actor in (stranger, manager, money):
        with pytest.raises((NotFound, Refused)):
            shop_message_replay(actor=actor, message=message)
        with pytest.raises((NotFound, Refused)):
            shop_hook_revoke(actor=actor, hook=hook)
        with pytest.raises((NotFound, Refused)):
            connect(seller, actor=actor, name="x")
    with pytest.raises((NotFound, Refused)):
        shop_hook_secret(actor=staff, hook=hook)
    assert shop_message_replay(actor=staff, message=message).state == "waiting"


def test_what_is_not_understood_waits_for_somebody_who_mends_it(seller: Tenant, owner: Actor) -> None:
    hook, secret = connect(seller)
    foreign = {key: value for key, value in LINE.items() if key != "amount"}
    foreign |= {"currency": "USD", "amount_foreign": "10.00"}
    tell(hook, secret, "order.lines", [LINE, foreign | {"order_no": "A-2"}])
    shop_messages_read()
    message = hook.messages.get()
    assert (message.state, message.fault, message.tries) == ("dead", "lines", 1)
    assert message.detail.startswith("Order A-2, line 1, currency: ")
    assert "USD" in message.detail
    assert not SalesEvent.objects.exists()  # all of a message or nothing
    shop_message_replay(actor=owner, message=message)
    shop_messages_read()
    message.refresh_from_db()
    assert (message.state, message.tries) == ("dead", 2)
    ExchangeRate.objects.create(currency="USD", day="2025-06-01", cny_per_unit=Decimal("7.2"), source="test")
    shop_message_replay(actor=owner, message=message)
    shop_messages_read()
    message.refresh_from_db()
    assert (message.state, message.fault, message.detail, message.stored) == ("stored", "", "", 2)
    assert sums(seller) == {"paid": Decimal("84.50")}
    with pytest.raises(Conflict):
        shop_message_replay(actor=owner, message=message)


def test_each_reason_has_its_name(seller: Tenant) -> None:
    hook, secret = connect(seller, shop_id="7")
    tell(hook, secret, "order.shipped", {}, message_id="1")
    tell(hook, secret, "order.lines", [LINE | {"amount": 12.5, "buyer": "王小明"}], message_id="2")
    tell(hook, secret, "order.paid", {"order_no": "A-1"}, message_id="3")
    body = b"{"
    post(hook, body, headers(secret, "4", int(now().timestamp()), body))
    tell(hook, secret, "order.lines", [LINE], message_id="5")
    tell(hook, secret, "order.lines", [LINE | {"amount": "13.00"}], message_id="6")
    tell(hook, secret, "webhook.tried", {"who": "me"}, message_id="7")
    shops, _secret = connect(seller, "tiktok", shop_id="7494")
    tell_tiktok(shops, {"type": 1, "shop_id": "1", "data": {"order_id": "1", "order_status": "COMPLETED"}})
    assert shop_messages_read() == 8
    assert told(hook) == [
        ("dead", "event"),
        ("dead", "lines"),
        ("dead", "lines"),
        ("dead", "shape"),
        ("stored", ""),
        ("dead", "lines"),
        ("idle", ""),
    ]
    assert told(shops) == [("dead", "shop")]
    bad = hook.messages.get(message_id="2")
    assert bad.detail.startswith("Row 1, amount: ")
    with translation.override("zh-hans"):
        assert hook.messages.get(message_id="2").detail.startswith("第 1 行，amount：金额")
        assert "内容" in hook.messages.get(message_id="6").detail
        assert "不是有效的 JSON" in hook.messages.get(message_id="4").detail
    assert bad.dropped == ["buyer"]
    assert "王小明" not in json.dumps(bad.body, ensure_ascii=False)
    assert hook.messages.get(message_id="4").body is None
    assert "known with other content" in hook.messages.get(message_id="6").detail
    assert sums(seller) == {"paid": Decimal("12.50")}


def test_a_failure_of_ours_stops_one_message_and_not_the_others(
    seller: Tenant, owner: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    hook, secret = connect(seller)
    tell(hook, secret, "order.lines", [LINE], message_id="1")
    tell(hook, secret, "order.lines", [LINE | {"order_no": "A-2"}], message_id="2")
    real = shopreading.record_facts

    def fails_first(seller: Tenant, source: str, facts: list[tuple[int, SaleFact]], batch: Any) -> Any:
        found = real(seller, source, facts, batch)
        if facts[0][1].order_no == "A-1":
            raise ZeroDivisionError
        return found

    with monkeypatch.context() as patched:
        patched.setattr(shopreading, "record_facts", fails_first)
        assert shop_messages_read() == 2
    assert told(hook) == [("dead", "error"), ("stored", "")]
    assert sums(seller) == {"paid": Decimal("12.50")}
    shop_message_replay(actor=owner, message=hook.messages.earliest("pk"))
    shop_messages_read()
    assert sums(seller) == {"paid": Decimal("25.00")}


def test_what_a_message_said_never_changes(seller: Tenant) -> None:
    hook, secret = connect(seller)
    tell(hook, secret, "order.lines", [LINE])
    message = hook.messages.get()
    changes: tuple[dict[str, Any], ...] = (
        {"body": {}},
        {"message_id": "x"},
        {"hook": connect(seller, name="b")[0]},
    )
    for change in changes:
        with pytest.raises(DatabaseError), transaction.atomic():
            ShopMessage.objects.filter(pk=message.pk).update(**change)
    with pytest.raises(DatabaseError), transaction.atomic():
        message.delete()
    ShopMessage.objects.filter(pk=message.pk).update(tries=3)


def test_news_of_an_order_stands_until_it_is_imported(seller: Tenant) -> None:
    hook, _secret = connect(seller, "douyin")
    pending = ShopMessage.objects.not_imported

    def news(number: str, tag: str, order_no: str) -> None:
        tell_douyin(hook, {"tag": tag, "msg_id": number, "data": {"p_id": order_no, "pay_time": 1}})
        shop_messages_read()

    def record(kind: str, order_no: str) -> None:
        fact = SaleFact(
            kind=kind,  # type: ignore[arg-type]
            order_no=order_no,
            qty=1,
            amount=Decimal(10),
            occurred_at=now() - timedelta(days=1),
            external_id=f"{order_no}-{kind}-{now().timestamp()}",
        )
        sales_record(actor=SYSTEM, seller=seller, source="douyin", facts=[(0, fact)], atomic=True)

    news("1", "101", "A-1")
    assert [message.order_no for message in pending()] == ["A-1"]
    assert not SalesEvent.objects.exists()  # an amount is never made up
    record("paid", "A-1")
    assert not pending().exists()
    news("2", "101", "A-1")
    assert not pending().exists()  # known before
    record("refunded", "A-1")
    with time_machine.travel(now() + timedelta(minutes=1)):
        news("3", "206", "A-1")
        news("4", "106", "A-9")
        assert sorted(message.order_no for message in pending()) == ["A-1", "A-9"]
    with time_machine.travel(now() + timedelta(minutes=2)):
        record("refunded", "A-1")
        assert [message.order_no for message in pending()] == ["A-9"]
        # A file of the source came later and did not say anything of the order: then nothing of it is missing.
        import_sample(seller, "douyin-orders.csv")
        assert not pending().exists()


def test_reading_stops_when_its_time_is_over(seller: Tenant) -> None:
    hook, secret = connect(seller)
    tell(hook, secret, "order.lines", [LINE])
    assert shop_messages_read(seconds=0) == 0
    assert told(hook) == [("waiting", "")]


def test_a_platform_s_kept_body_holds_no_buyer(seller: Tenant) -> None:
    hook, _secret = connect(seller, "wechat")
    tell_wechat(
        hook,
        {
            "CreateTime": 1,
            "Event": "channels_ec_order_pay",
            "order_info": {"order_id": 3719512345678901001, "pay_time": 1, "receiver": "王小明"},
        },
    )
    message = hook.messages.get()
    text = json.dumps([message.body, message.dropped], ensure_ascii=False)
    assert "王小明" not in text
    assert "openid" not in text
    assert message.dropped == ["FromUserName", "receiver"]
    shop_messages_read()
    assert hook.messages.get().order_no == "3719512345678901001"
