"""Messages of shops from the call to the ledger: kept once, read once, put aside with a reason, read again."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal
from hashlib import sha1
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError, transaction
from django.db.models import Q, Sum
from django.test import Client
from django.utils import translation

from analytics.models import DaySales
from analytics.rollup import rebuild
from core.actors import Actor, user_actor
from core.choices import Role
from core.clock import now
from core.errors import Conflict, InvalidInput, NotFound, Refused
from core.models import AuditEntry, ExchangeRate
from core.money import from_units
from core.webhooks.signing import headers, secret_make
from supplychain.facts import SaleFact, parse_rows
from supplychain.importing.profiles.base import EXAMPLES
from supplychain.models import ImportBatch, SalesEvent, ShopHook, ShopMessage, ShopRefusals
from supplychain.services import (
    import_run,
    import_stage,
    loading,
    sales_record,
    shop_hook_renew,
    shop_hook_revoke,
    shop_hook_secret,
    shop_hook_update,
    shop_message_replay,
    shop_messages_read,
    shopreading,
    undo,
)
from supplychain.services.sales import BatchResult, record_facts
from supplychain.services.shophooks import MOST, OVERLAP
from supplychain.shophooks.incoming import MOST_BYTES
from tenants.models import Tenant
from tests.factories import SYSTEM, make_park, make_tenant, make_user
from tests.supplychain.exports import read
from tests.supplychain.shops import (
    APP_SECRET,
    address,
    connect,
    post,
    tell,
    tell_douyin,
    tell_tiktok,
    tell_wechat,
)

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

LINE = {
    "kind": "paid",
    "order_no": "A-1",
    "line_no": "1",
    "qty": 1,
    "amount": "12.50",
    "occurred_at": "2025-06-01T20:00:00+08:00",
}


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


def told(hook: ShopHook) -> list[tuple[str, str]]:
    rows = hook.messages.order_by("pk")
    return [(row.state, row.fault) for row in rows]


def sums(seller: Tenant) -> dict[str, Decimal]:
    """What the ledger counts of a seller, by kind."""
    rows = SalesEvent.objects.filter(seller=seller).current()
    found = rows.order_by().values_list("kind").annotate(Sum("amount"))
    return {kind: amount for kind, amount in found if amount}


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


# Message and file of the same orders


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


FILES = ["douyin-orders.csv", "kuaishou-orders.csv", "wechat-orders.csv", "xiaohongshu-orders.csv"]


@pytest.mark.parametrize("name", FILES)
def test_message_and_file_of_the_same_orders_add_up_in_any_order(seller: Tenant, name: str) -> None:
    source = name.partition("-")[0]
    park = make_park("north")
    first, last, alone = seller, make_tenant(park, "last"), make_tenant(park, "alone")
    import_sample(alone, name)
    expected = sums(alone)
    assert expected["paid"]

    def send(tenant: Tenant, mark: str) -> None:
        hook = ShopHook.objects.filter(tenant=tenant).first() or connect(tenant, source=source)[0]
        secret = shop_hook_secret(actor=SYSTEM, hook=hook)
        for number, state in enumerate(states_of(name)):
            tell(hook, secret, "order.changed", state, message_id=f"{mark}-{number}")
        shop_messages_read()
        assert {state for state, _fault in told(hook)} == {"stored"}, [m.detail for m in hook.messages.all()]

    send(first, "a")
    assert sums(first)["paid"] == expected["paid"]
    import_sample(first, name)
    send(first, "b")
    import_sample(last, name)
    send(last, "a")
    assert sums(first) == sums(last) == expected


def test_lines_under_other_numbers_than_those_of_the_file_do_not_count_beside_it(seller: Tenant) -> None:
    import_sample(seller, "kuaishou-orders.csv")
    expected = sums(seller)
    hook, secret = connect(seller, source="kuaishou")
    (state, *_others) = states_of("kuaishou-orders.csv")
    state["lines"][0]["line_no"] = "1"
    tell(hook, secret, "order.changed", state)
    shop_messages_read()
    message = hook.messages.get()
    assert (message.fault, sums(seller)) == ("lines", expected)
    assert state["order_no"] in message.detail


DOUYIN = "douyin-orders.csv"


def tell_live(seller: Tenant, source: str, states: list[dict[str, Any]], mark: str = "a") -> ShopHook:
    """Orders that a connection with a source has told of and was understood."""
    hook, secret = connect(seller, source=source, name=f"shop {source} {mark}")
    for number, state in enumerate(states):
        tell(hook, secret, "order.changed", state, message_id=f"{mark}-{number}")
    shop_messages_read()
    return hook


def stage(seller: Tenant, name: str = DOUYIN) -> ImportBatch:
    return import_stage(actor=SYSTEM, tenant=seller, file_name=name, chunks=[(EXAMPLES / name).read_bytes()])


def paid_states() -> list[dict[str, Any]]:
    return [state for state in states_of(DOUYIN) if "paid_at" in state]


@pytest.mark.parametrize("name", [DOUYIN, "douyin-after-sales.csv"])
def test_an_order_that_a_connection_has_told_of_is_not_counted_again_by_a_file(
    seller: Tenant, name: str
) -> None:
    """The file is refused with the rows, from the preview on; without them its other orders are imported."""
    last = make_tenant(make_park("north"), "last")
    for tenant in (seller, last):
        assert {state for state, _fault in told(tell_live(tenant, "api", paid_states()[:2]))} == {"stored"}
    live = {state["order_no"] for state in paid_states()[:2]}
    counted = sums(seller)
    batch = stage(seller, name)
    problems = batch.report["problems"]
    assert {(row["field"], row["code"]) for row in problems} == {("order_no", "told_live")}
    assert "“api”" in problems[0]["message"]
    report, _rejects = import_run(actor=SYSTEM, batch=batch, progress=quiet)
    assert (report["refused"], report["problems"], sums(seller)) == (True, problems, counted)
    import_run(actor=SYSTEM, batch=batch, skip_bad_rows=True, progress=quiet)
    facts = SalesEvent.objects.filter(seller=seller, source="douyin")
    assert facts.exists()
    assert not facts.filter(Q(order_no__in=live) | Q(ref_order_no__in=live)).exists()


def test_what_a_shop_tells_while_a_file_is_read_is_not_counted_again(
    seller: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "STEP", 1)
    states = paid_states()
    tell_live(seller, "api", [{**states[0], "order_no": "1"}])
    batch = stage(seller)
    assert batch.report["bad_rows"] == 0
    reads: list[int] = []

    def meanwhile(done: int, total: int, message: str) -> None:
        reads.append(done)
        if len(reads) == batch.report["rows"]:
            tell_live(seller, "api", states[:1], "b")

    report, _rejects = import_run(actor=SYSTEM, batch=batch, progress=meanwhile)
    assert {row["code"] for row in report["problems"]} == {"told_live"}
    assert not SalesEvent.objects.filter(source="douyin").exists()


def tell_as_tool(seller: Tenant, source: str, numbers: Iterable[str], **line: Any) -> BatchResult:
    """What a tool posts of some orders, and the verdicts."""
    parsed = parse_rows([LINE | {"order_no": number} | line for number in numbers])
    assert not parsed.problems
    return sales_record(actor=SYSTEM, seller=seller, source=source, facts=parsed.facts)


def test_numbers_that_are_alike_elsewhere_are_of_other_orders(seller: Tenant) -> None:
    """On another platform, and once the files of the platform have the order."""
    states = paid_states()
    tell_live(seller, "kuaishou", states)
    assert stage(seller).report["bad_rows"] == 0
    import_sample(seller, DOUYIN)
    again = import_sample(seller, DOUYIN).report
    assert (again["refused"], again["stored"]) == (False, 0)


def test_an_order_that_a_tool_has_posted_is_not_counted_again_by_a_file(seller: Tenant) -> None:
    """Nobody connected a shop: an ERP posts the orders of a platform under a name of its own."""
    first, *others = [state["order_no"] for state in paid_states()]
    tell_as_tool(seller, "erp", [first])
    counted = sums(seller)
    batch = stage(seller)
    problems = batch.report["problems"]
    assert {(row["field"], row["code"]) for row in problems} == {("order_no", "told_live")}
    assert "“erp”" in problems[0]["message"]
    report, _rejects = import_run(actor=SYSTEM, batch=batch, progress=quiet)
    assert (report["refused"], sums(seller)) == (True, counted)
    import_run(actor=SYSTEM, batch=batch, skip_bad_rows=True, progress=quiet)
    facts = SalesEvent.objects.filter(seller=seller, source="douyin")
    assert {*others} <= {*facts.values_list("order_no", flat=True)}
    assert not facts.filter(Q(order_no=first) | Q(ref_order_no=first)).exists()


def test_an_order_of_a_platforms_file_is_not_counted_again_by_a_tool(seller: Tenant) -> None:
    """Its other orders are taken, each with its verdict where the tool has it; so is what only the tool gives back."""
    paid = {state["order_no"] for state in paid_states()}
    import_sample(seller, DOUYIN)
    back = set(
        SalesEvent.objects.filter(seller=seller, kind="refunded").values_list("ref_order_no", flat=True)
    )
    number, whole = min(paid - back), min(paid & back)
    counted = sums(seller)
    result = tell_as_tool(seller, "erp", ["E-1", number, "E-2"])
    assert [(line.index, line.status, line.code) for line in result.lines] == [
        (0, "stored", ""),
        (1, "rejected", "told_live"),
        (2, "stored", ""),
    ]
    assert result.counts == {"stored": 2, "duplicate": 0, "conflict": 0, "rejected": 1}
    assert "“douyin”" in str(result.lines[1].message)
    assert sums(seller)["paid"] == counted["paid"] + 2 * Decimal(LINE["amount"])
    refund = {"kind": "refunded", "amount": "1.00", "qty": 0}
    taken = tell_as_tool(seller, "erp", ["R-1"], **refund, ref_order_no=number)
    told_already = tell_as_tool(seller, "erp", ["R-2"], **refund, ref_order_no=whole)
    assert [line.status for result in (taken, told_already) for line in result.lines] == [
        "stored",
        "rejected",
    ]


def test_an_order_that_a_tool_has_posted_is_not_counted_again_by_a_shop(seller: Tenant) -> None:
    """Which got the source of the platform's files; another order of it is taken."""
    first, second = paid_states()[:2]
    tell_as_tool(seller, "erp", [first["order_no"]])
    counted = sums(seller)
    hook = tell_live(seller, "douyin", [first])
    assert (told(hook), sums(seller)) == ([("dead", "lines")], counted)
    assert "erp" in hook.messages.get().detail
    assert told(tell_live(seller, "douyin", [second], "b")) == [("stored", "")]


def test_an_order_of_both_sources_is_told_by_the_one_of_its_files_alone(seller: Tenant) -> None:
    """Both were taken before each door looked at what the other had told."""
    states = paid_states()
    import_sample(seller, DOUYIN)
    other = parse_rows([LINE | {"order_no": states[0]["order_no"]}]).facts
    with transaction.atomic():
        record_facts(seller, "api", other, None)
    again = import_sample(seller, DOUYIN).report
    assert (again["refused"], again["stored"]) == (False, 0), "the file goes on telling what it has told"
    hook = tell_live(seller, "api", states[:1])
    assert told(hook) == [("dead", "lines")]
    assert "douyin" in hook.messages.get().detail
    assert told(tell_live(seller, "douyin", states[:1])) == [("stored", "")]


def test_an_order_that_was_told_of_before_the_shop_was_connected_anew_is_not_counted_again(
    seller: Tenant,
) -> None:
    first, *others = paid_states()
    tell_live(seller, "api", [first])
    counted = sums(seller)
    hook = tell_live(seller, "douyin", [first])
    assert (told(hook), sums(seller)) == ([("dead", "lines")], counted)
    assert told(tell_live(seller, "douyin", others[:1], "b")) == [("stored", "")]


AFTER_SALES = "douyin-after-sales.csv"
RETURNED = "6935112345678901235"


def moved(seller: Tenant, **paid: Any) -> dict[str, Any]:
    """An order that was told live under another source, whose connection is revoked; as it was when it was paid."""
    (state,) = (state for state in paid_states() if state["order_no"] == RETURNED)
    (line,) = state["lines"]
    line = {name: value for name, value in line.items() if name not in ("refunded", "ended_at")} | paid
    state = {**state, "closed": False, "lines": [line]}
    hook = tell_live(seller, "api", [state], "old")
    assert told(hook) == [("stored", "")]
    shop_hook_revoke(actor=SYSTEM, hook=hook)
    return state


def give_back(state: dict[str, Any], **of_line: Any) -> dict[str, Any]:
    return {**state, "lines": [{**state["lines"][0], "ended_at": "2025-06-02T09:10:00+08:00", **of_line}]}


def net(seller: Tenant) -> Decimal:
    """What the figures say of a seller."""
    rebuild()
    days = DaySales.objects.filter(tenant=seller)
    return from_units(days.aggregate(net=Sum("gmv_paid") - Sum("refunds"))["net"]) or Decimal(0)


def test_a_refund_that_no_connection_has_told_nor_will_comes_by_a_file(seller: Tenant) -> None:
    state = moved(seller)
    assert net(seller) == 129
    assert import_sample(seller, AFTER_SALES).report["bad_rows"] == 0
    refund = SalesEvent.objects.get(seller=seller, ref_order_no=RETURNED)
    assert (refund.source, refund.amount) == ("douyin", 129)
    others = SalesEvent.objects.filter(seller=seller, kind="refunded").exclude(pk=refund.pk)
    assert net(seller) == -sum(fact.amount for fact in others)
    counted = sums(seller)
    for source in ("douyin", "api"):
        hook = tell_live(seller, source, [give_back(state, refunded="129.00")], "again")
        assert told(hook) == [("dead", "lines")], "it would count beside the file's"
    assert sums(seller) == counted


@pytest.mark.parametrize("line_no", [RETURNED, "1"])
@pytest.mark.parametrize("end", [{"refunded": "129.00"}, {}])
def test_what_is_given_back_after_the_shop_moved_is_of_the_order_where_it_is_paid(
    seller: Tenant, line_no: str, end: dict[str, str]
) -> None:
    """Also where lines had other numbers: a cancellation of those would take back nothing."""
    state = moved(seller, line_no=line_no)
    state["lines"][0]["line_no"] = RETURNED
    hook = tell_live(seller, "douyin", [{**give_back(state, **end), "closed": True}])
    assert told(hook) == [("stored", "")], hook.messages.get().detail
    assert set(SalesEvent.objects.filter(seller=seller).values_list("source", flat=True)) == {"api"}
    assert net(seller) == 0
    codes = {row["code"] for row in stage(seller, AFTER_SALES).report["problems"]}
    assert codes == {"told_live"}, "the connection has told it"


def test_more_that_is_given_back_after_the_shop_moved_counts_once(seller: Tenant) -> None:
    state = moved(seller)
    for number, amount in enumerate(("29.00", "79.00")):
        assert told(tell_live(seller, "douyin", [give_back(state, refunded=amount)], f"n{number}")) == [
            ("stored", "")
        ]
    assert sums(seller)["refunded"] == Decimal(79)


def test_what_the_moved_shop_does_not_know_for_sure_is_put_aside(seller: Tenant) -> None:
    """A state without money given back; refunds that were told one by one; a connection that tells it anyway."""
    state = moved(seller)
    counted = sums(seller)
    assert told(tell_live(seller, "douyin", [state], "plain")) == [("dead", "lines")]
    assert sums(seller) == counted
    refund = {"kind": "refunded", "order_no": "R-1", "ref_order_no": RETURNED, "qty": 0, "amount": "129.00"}
    one = [fact for _index, fact in parse_rows([LINE | refund]).facts]
    sales_record(actor=SYSTEM, seller=seller, source="api", facts=list(enumerate(one)), atomic=True)
    counted = sums(seller)
    back = give_back(state, refunded="129.00")
    assert told(tell_live(seller, "douyin", [back], "back")) == [("dead", "lines")]
    assert {row["code"] for row in stage(seller, AFTER_SALES).report["problems"]} == {"told_live"}
    last = make_tenant(make_park("north"), "last")
    state = moved(last)
    connect(last, source="api", name="another")
    assert told(tell_live(last, "douyin", [back], "back")) == [("dead", "lines")]
    assert {row["code"] for row in stage(last, AFTER_SALES).report["problems"]} == {"told_live"}
    assert sums(seller) == counted


def test_a_refund_of_a_file_is_not_told_again_by_a_connection_with_another_source(seller: Tenant) -> None:
    """Though its order's payment is in no file yet."""
    import_sample(seller, AFTER_SALES)
    counted = sums(seller)
    (state,) = (state for state in paid_states() if state["order_no"] == RETURNED)
    hook = tell_live(seller, "api", [state])
    assert (told(hook), sums(seller)) == ([("dead", "lines")], counted)
    assert "douyin" in hook.messages.get().detail


def test_an_after_sale_of_a_file_says_it_better_than_a_message(seller: Tenant) -> None:
    """Douyin's after-sales export is finer: whichever comes first, it alone counts."""
    park = make_park("north")
    last, alone = make_tenant(park, "last"), make_tenant(park, "alone")
    for name in ("douyin-orders.csv", "douyin-after-sales.csv"):
        import_sample(alone, name)

    def send(tenant: Tenant) -> None:
        hook, secret = connect(tenant, source="douyin")
        for number, state in enumerate(states_of("douyin-orders.csv")):
            tell(hook, secret, "order.changed", state, message_id=str(number))
        shop_messages_read()

    import_sample(seller, "douyin-after-sales.csv")
    send(seller)
    import_sample(seller, "douyin-orders.csv")
    send(last)
    import_sample(last, "douyin-orders.csv")
    import_sample(last, "douyin-after-sales.csv")
    assert sums(seller) == sums(last) == sums(alone)


def test_a_message_counts_again_after_the_file_was_taken_back(seller: Tenant) -> None:
    hook, secret = connect(seller, source="kuaishou")
    batch = import_sample(seller, "kuaishou-orders.csv")
    expected = sums(seller)
    undo.undo_run(actor=SYSTEM, batch=batch, progress=quiet)
    assert sums(seller) == {}
    for number, state in enumerate(states_of("kuaishou-orders.csv")):
        tell(hook, secret, "order.changed", state, message_id=str(number))
    shop_messages_read()
    assert sums(seller)["paid"] == expected["paid"]


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
