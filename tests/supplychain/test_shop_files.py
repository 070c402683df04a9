"""Messages of shops beside files of the same orders: whoever tells first, each order counts once."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from django.db.models import Q, Sum
from django.utils.translation import override

from analytics.models import DaySales
from analytics.rollup import rebuild
from core.errors import InvalidInput
from core.money import from_units
from supplychain.facts import parse_rows
from supplychain.importing.mapping import FIELD_NAMES
from supplychain.importing.profiles.base import EXAMPLES
from supplychain.models import ImportBatch, SalesEvent, ShopHook
from supplychain.services import (
    import_run,
    import_stage,
    loading,
    sales_record,
    shop_hook_revoke,
    shop_hook_secret,
    shop_messages_read,
    undo,
)
from supplychain.services.sales import BatchResult, record_facts
from tenants.models import Tenant
from tests.factories import SYSTEM, make_park, make_tenant
from tests.supplychain.shops import LINE, connect, import_sample, quiet, states_of, sums, tell, told

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


@pytest.fixture
def seller() -> Tenant:
    return make_tenant(make_park("east"), "ming")


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
AFTER_SALES = "douyin-after-sales.csv"
RETURNED = "6935112345678901235"


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
    assert {(row["field"], row["code"]) for row in problems} == {(str(FIELD_NAMES["order_no"]), "told_live")}
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


def tell_as_tool(
    seller: Tenant, source: str, numbers: Iterable[str], *, before: int = 0, atomic: bool = False, **line: Any
) -> BatchResult:
    """What a tool posts of some orders, after so many rows that were not valid, and the verdicts."""
    parsed = parse_rows([LINE | {"order_no": number} | line for number in numbers])
    assert not parsed.problems
    facts = [(before + index, fact) for index, fact in parsed.facts]
    return sales_record(actor=SYSTEM, seller=seller, source=source, facts=facts, atomic=atomic)


def test_numbers_that_are_alike_elsewhere_are_of_other_orders(seller: Tenant) -> None:
    """On another platform, also one that has no files, and once the files of the platform have the order."""
    states = paid_states()
    for source in ("kuaishou", "jd"):
        assert {*told(tell_live(seller, source, states, source))} == {("stored", "")}
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
    assert {(row["field"], row["code"]) for row in problems} == {(str(FIELD_NAMES["order_no"]), "told_live")}
    assert "“erp”" in problems[0]["message"]
    report, _rejects = import_run(actor=SYSTEM, batch=batch, progress=quiet)
    assert (report["refused"], sums(seller)) == (True, counted)
    import_run(actor=SYSTEM, batch=batch, skip_bad_rows=True, progress=quiet)
    facts = SalesEvent.objects.filter(seller=seller, source="douyin")
    assert {*others} <= {*facts.values_list("order_no", flat=True)}
    assert not facts.filter(Q(order_no=first) | Q(ref_order_no=first)).exists()


def test_an_order_of_a_platforms_file_is_not_counted_again_by_a_tool(seller: Tenant) -> None:
    """Its other orders are taken, each with its verdict where the tool has it."""
    number = paid_states()[0]["order_no"]
    import_sample(seller, DOUYIN)
    counted = sums(seller)
    with pytest.raises(InvalidInput) as whole:
        tell_as_tool(seller, "erp", ["E-1", number, "E-2"], before=4, atomic=True)
    assert [(row.row, row.code) for row in whole.value.rows] == [(6, "told_live")]
    result = tell_as_tool(seller, "erp", ["E-1", number, "E-2"], before=4)
    assert [(line.index, line.status, line.code) for line in result.lines] == [
        (4, "stored", ""),
        (5, "rejected", "told_live"),
        (6, "stored", ""),
    ]
    assert result.counts == {"stored": 2, "duplicate": 0, "conflict": 0, "rejected": 1}
    assert "“douyin”" in str(result.lines[1].message)
    assert sums(seller)["paid"] == counted["paid"] + 2 * Decimal(LINE["amount"])


REFUND = {"kind": "refunded", "amount": "1.00", "qty": 0}


def test_what_is_given_back_is_told_by_the_door_that_told_of_the_payment(seller: Tenant) -> None:
    """By a second one it would count again, whichever came first; a cancellation there would be worth nothing."""
    last = make_tenant(make_park("north"), "last")
    import_sample(seller, DOUYIN)
    tell_as_tool(last, "erp", [RETURNED])
    early = stage(last, AFTER_SALES).report["problems"]
    assert {row["code"] for row in early} == {"told_live"}, "its door has told of nothing yet, and will"
    for kind in (REFUND | {"ref_order_no": RETURNED}, {"kind": "cancelled", "order_no": RETURNED, "qty": 0}):
        (by_tool,) = tell_as_tool(seller, "erp", ["R-1"], **kind).lines
        assert (by_tool.status, by_tool.code) == ("rejected", "told_live")
        (own,) = tell_as_tool(last, "erp", ["R-1"], **kind).lines
        assert own.status == "stored"
    counted = sums(last)
    assert {row["code"] for row in stage(last, AFTER_SALES).report["problems"]} == {"told_live"}
    hook = tell_live(last, "douyin", [state for state in paid_states() if state["order_no"] == RETURNED])
    assert (told(hook), sums(last)) == ([("dead", "lines")], counted)


def test_what_is_in_the_ledger_may_be_sent_again_whoever_tells_of_the_order_since(seller: Tenant) -> None:
    number = paid_states()[0]["order_no"]
    for again in ("stored", "duplicate"):
        (placed,) = tell_as_tool(seller, "erp", [number], kind="created").lines
        assert placed.status == again
        if again == "stored":
            import_sample(seller, DOUYIN)
    assert tell_as_tool(seller, "erp", [number], kind="created", atomic=True).counts["duplicate"] == 1
    (paid,) = tell_as_tool(seller, "erp", [number]).lines
    assert paid.status == "rejected"


def test_an_order_that_a_tool_has_posted_is_not_counted_again_by_a_shop(seller: Tenant) -> None:
    """Which got the source of the platform's files; another order of it is taken."""
    first, second = paid_states()[:2]
    tell_as_tool(seller, "erp", [first["order_no"]])
    counted = sums(seller)
    hook = tell_live(seller, "douyin", [first])
    assert (told(hook), sums(seller)) == ([("dead", "lines")], counted)
    with override("en"):
        assert "let “erp” tell" in hook.messages.get().detail
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
