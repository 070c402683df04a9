"""Facts get their session outside of the request: what follows what, and what is never changed."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from django.db import connection

from core import buckets
from core.errors import InvalidInput
from core.models import BucketMark
from livestreams.models import HostAccount
from supplychain.api.views import OrderLines, OrderViewSet
from supplychain.attribution import answers
from supplychain.attribution.ledger import Order, facts_of
from supplychain.attribution.lines import Fact
from supplychain.attribution.waiting import waiting_lines
from supplychain.choices import AttributionRule
from supplychain.filters import SalesEventFilter
from supplychain.models import Attribution, SalesEvent
from supplychain.services import attribution_set, placing, said, sales
from supplychain.views.orders import Orders
from tenants.models import Store, Tenant
from tests.factories import SYSTEM, make_host
from tests.supplychain.ledger import NOON, fact, record, unmark
from tests.supplychain.onair import DAY, HOUR, Shop, shop

__all__ = ["shop"]

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


def test_a_line_is_placed_by_account_and_time_and_says_by_which_rule(shop: Shop) -> None:
    shop.sold()
    assert shop.answer() == (shop.session.pk, "account")
    (row,) = Attribution.objects.all()
    assert (row.rule_name, row.rule_version, row.window_hours, row.version) == ("evidence", 1, 0, 1)


def test_placing_marks_the_hours_that_count_otherwise_and_nothing_twice(shop: Shop) -> None:
    shop.sold()
    shop.sold("A2", channel="shop")
    BucketMark.objects.filter(family=buckets.SALES).delete()
    assert placing.drain() == 2
    assert list(BucketMark.objects.values_list("family", "node", "slot")) == [
        ("sales", shop.seller.pk, int(NOON.timestamp()) // 3600 + 1)
    ]
    unmark()
    buckets.mark(buckets.PLACING, [(shop.seller.pk, int(NOON.timestamp()) // 3600 + 1)])
    assert placing.drain() == 1
    assert Attribution.objects.count() == 2
    assert not BucketMark.objects.exists()


def test_a_call_has_its_orders_placed_and_a_file_the_hours_that_it_tells_of(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    placed: list[set[str]] = []

    def told(seller: Tenant, numbers: Iterable[str]) -> dict[Order, list[Fact]]:
        placed.append(set(numbers))
        return facts_of(seller, numbers)

    monkeypatch.setattr(placing, "facts_of", told)
    for number in ("A1", "A2", "A3"):
        shop.sold(number)
    placing.drain()
    shop.sold("A4")
    shop.refunded("A2")
    placing.drain()
    monkeypatch.setattr(sales, "MOST_NAMED", 1)
    record(shop.seller, fact("A5", occurred_at=NOON + HOUR), fact("A6", occurred_at=NOON + HOUR))
    placing.drain()
    assert placed == [
        {"A1", "A2", "A3"},
        {"A2", "A4"},
        {"A1", "A2", "A3", "A4", "A5", "A6"},
    ]


@pytest.mark.parametrize("line", ["1", "7", ""])
def test_a_refund_follows_its_payment_whichever_door_tells_it(shop: Shop, line: str) -> None:
    """Also where that names lines in another way. One whose order may be either of two is nowhere."""
    shop.refunded(source="erp", ref_line=line)
    assert shop.answer(kind="refunded") == (None, "")
    shop.sold(source="douyin")
    assert shop.answer(kind="refunded") == (shop.session.pk, "follows")
    shop.sold(source="taobao")
    assert shop.answer(kind="refunded") == (None, "follows")


def test_a_refund_of_another_platform_is_of_another_order(shop: Shop) -> None:
    shop.sold(source="douyin")
    shop.refunded(source="kuaishou")
    assert shop.answer(kind="refunded") == (None, "")
    shop.sold(source="erp", order_no="A2")
    shop.refunded("A2", source="returns")
    assert shop.answer("A2", "refunded") == (shop.session.pk, "follows")


def test_everything_of_a_line_follows_its_payment_whatever_came_first(shop: Shop) -> None:
    shop.refunded()
    assert shop.answer(kind="refunded") == (None, "")
    record(shop.seller, fact("A1", "created", occurred_at=NOON - HOUR, amount="9"))
    shop.sold()
    record(shop.seller, fact("A1", "cancelled", occurred_at=NOON + 2 * DAY, line_no="", amount="0"))
    assert shop.answers() == {
        ("paid", "A1"): (shop.session.pk, "account"),
        ("refunded", "A1"): (shop.session.pk, "follows"),
        ("created", "A1"): (shop.session.pk, "follows"),
        ("cancelled", "A1"): (shop.session.pk, "follows"),
    }


def test_a_refund_follows_the_line_that_names_its_session_itself(shop: Shop) -> None:
    shop.refunded()
    shop.answers()
    shop.sold(session_ref=str(shop.session.uid), host_ref="")
    assert shop.answers() == {
        ("refunded", "A1"): (shop.session.pk, "follows"),
        ("paid", "A1"): (shop.session.pk, ""),
    }


def test_a_refund_of_the_order_follows_only_lines_that_agree(shop: Shop) -> None:
    later = shop.on_air(NOON + 3 * HOUR, host=shop.host)
    shop.sold()
    shop.refunded(ref_line="")
    assert shop.answer(kind="refunded") == (shop.session.pk, "follows")
    shop.sold(line_no="2", at=NOON + 4 * HOUR)
    assert shop.answer(kind="refunded") == (None, "follows")
    assert shop.answer()[0] == later.pk  # the second line


def test_freight_follows_the_goods_of_its_order(shop: Shop) -> None:
    shop.sold()
    record(shop.seller, fact("A1", line_no="f", line_type="freight", occurred_at=NOON + HOUR))
    shop.answers()
    freight = SalesEvent.objects.with_session().get(line_type="freight")
    assert freight.session_now == shop.session.pk


def test_what_a_person_said_stays_and_its_refund_goes_with_it(shop: Shop) -> None:
    other = shop.on_air(NOON, tenant=shop.other)
    other.shown_tenants.create(tenant=shop.seller)
    shop.sold()
    shop.refunded()
    shop.answers()
    paid = SalesEvent.objects.get(kind="paid")
    attribution_set(actor=SYSTEM, seller=shop.seller, event_ids=[paid.pk], session=other, rule="manual")
    assert shop.answers() == {
        ("paid", "A1"): (other.pk, "manual"),
        ("refunded", "A1"): (other.pk, "follows"),
    }
    attribution_set(actor=SYSTEM, seller=shop.seller, event_ids=[paid.pk], session=None, rule="no_session")
    assert shop.answers() == {("paid", "A1"): (None, "no_session"), ("refunded", "A1"): (None, "follows")}


@pytest.mark.parametrize("says_none", [False, True], ids=["another", "none"])
def test_what_a_person_said_holds_for_the_corrected_line(shop: Shop, says_none: bool) -> None:
    """Also above a version that says nothing, as an undo leaves it. What a correction names itself goes before it."""
    other = shop.on_air(NOON, tenant=shop.other)
    other.shown_tenants.create(tenant=shop.seller)
    shop.sold(external_id="e1")
    shop.answers()
    session, rule = (None, "no_session") if says_none else (other, "manual")
    said = SalesEvent.objects.get().pk
    attribution_set(actor=SYSTEM, seller=shop.seller, event_ids=[said], session=session, rule=rule)
    shop.sold(external_id="e1", version=2, amount="12.00")
    assert shop.answer() == (session and session.pk, rule)
    shop.sold(external_id="e1", version=3, kind="adjusted", qty=0, amount="0")
    shop.sold(external_id="e1", version=4)
    assert shop.answer() == (session and session.pk, rule)
    shop.sold(external_id="e1", version=5, session_ref=str(shop.session.uid))
    assert shop.answer() == (shop.session.pk, "")
    shop.sold(external_id="e1", version=6, order_no="A9")
    assert shop.answer("A9") == (shop.session.pk, "account")


def test_the_latest_that_a_person_said_of_a_line_holds_however_much_is_corrected(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    for portions in (said, answers):
        monkeypatch.setattr(portions, "AT_ONCE", 1)
    other = shop.on_air(NOON, tenant=shop.other)
    other.shown_tenants.create(tenant=shop.seller)
    for version, session, rule in ((1, other, "manual"), (2, None, "no_session")):
        shop.sold(external_id="e1", version=version)
        shop.answers()
        event = SalesEvent.objects.get(version=version).pk
        attribution_set(actor=SYSTEM, seller=shop.seller, event_ids=[event], session=session, rule=rule)
    shop.sold(external_id="e1", version=3, amount="12.00")
    assert shop.answer() == (None, "no_session")


def test_nobody_says_what_only_the_rule_finds(shop: Shop) -> None:
    shop.sold()
    ids = list(SalesEvent.objects.values_list("pk", flat=True))
    with pytest.raises(InvalidInput):
        attribution_set(actor=SYSTEM, seller=shop.seller, event_ids=ids, session=None, rule="account")


def test_an_unknown_name_waits_under_that_name(shop: Shop) -> None:
    shop.sold(session_ref="no-such-live")
    assert shop.answer() == (None, "")
    assert not Attribution.objects.exists()


def test_sales_beside_sessions_are_classed_for_good(shop: Shop) -> None:
    shop.sold("A1", channel="product_card")
    shop.sold("A2", host_ref="stranger")
    shop.sold("A3", at=NOON + 5 * HOUR)
    assert shop.answers() == {
        ("paid", "A1"): (None, "product_card"),
        ("paid", "A2"): (None, "outside_host"),
        ("paid", "A3"): (None, "outside"),
    }


def test_accounts_of_hosts_who_never_worked_for_the_seller_are_as_unknown_as_any(shop: Shop) -> None:
    foreign = make_host(shop.other, "hua-host")
    HostAccount.objects.create(host=foreign, platform="douyin", account="99")
    shop.sold("A1", host_ref="99")
    shop.sold("A2", host_ref="98")
    assert set(shop.answers().values()) == {(None, "outside_host")}


def test_a_line_without_a_name_is_the_shops_own_on_its_platform(shop: Shop) -> None:
    Store.objects.create(tenant=shop.seller, platform="douyin", account="own", name_zh="店")
    shop.sold("A1", host_ref="", source="douyin")
    shop.sold("A2", host_ref="own", source="douyin")
    assert set(shop.answers().values()) == {(shop.session.pk, "account")}


def test_orders_are_found_by_their_numbers_however_much_else_their_seller_sold(shop: Shop) -> None:
    """As the drainer asks: with an OR and a list of numbers, SQLite would read the whole ledger of the seller."""
    for order_no in ("A1", "A2"):
        shop.sold(order_no)
    shop.refunded("A1")
    found = SalesEvent.objects.of_orders(shop.seller.pk, ["A1"])
    assert sorted(found.values_list("order_no", flat=True)) == ["A1", "r-A1"]
    assert not SalesEvent.objects.of_orders(shop.other.pk, ["A1"]).exists()
    record(shop.other, fact("A1"))
    for seller, many in ((shop.seller, 2), (shop.other, 1)):
        mine = SalesEvent.objects.filter(seller=seller)
        assert {row.seller_id for row in mine.of_order("A1")} == {seller.pk}
        assert mine.of_order("A1").count() == many
    if connection.vendor == "sqlite":
        many = SalesEvent.objects.current().of_orders(
            shop.seller.pk, [f"A{number}" for number in range(2_000)]
        )
        plan = many.explain()
        assert "supplychain_sales_order (seller_id=? AND order_no=?)" in plan
        assert "supplychain_sales_refunds (seller_id=? AND ref_order_no=?)" in plan
        # As people ask who look for one: whatever else they see, and however it is sorted.
        seen = SalesEvent.objects.current().filter(seller__in=[shop.seller.pk])
        lines = seen.filter(seller=shop.seller).order_by("-slot", "-id")
        plan = SalesEventFilter({"order_no": " A1 "}, queryset=lines).qs.explain()
        assert "supplychain_sales_order (seller_id=? AND order_no=?)" in plan
        assert "supplychain_sales_refunds (seller_id=? AND ref_order_no=?)" in plan
        assert "supplychain_sales_slot" not in plan


def test_facts_of_a_session_and_what_waits_are_found_however_much_else_their_seller_sold(shop: Shop) -> None:
    """Whether a fact named the session, was placed there, or was taken from it: in the order of every list."""
    shop.sold("A1")
    for number in ("A2", "A3"):
        shop.sold(number, session_ref=str(shop.session.uid))
    shop.sold("A4", channel="shop")
    placing.drain()
    (gone,) = SalesEvent.objects.filter(order_no="A3")
    attribution_set(
        actor=SYSTEM, seller=shop.seller, event_ids=[gone.pk], session=None, rule=AttributionRule.NO_SESSION
    )
    here = [shop.session.pk]
    mine = SalesEvent.objects.current().filter(seller=shop.seller).order_by("-slot", "-id")
    assert set(mine.of_session(here).values_list("order_no", flat=True)) == {"A1", "A2"}
    assert not SalesEvent.objects.filter(seller=shop.other).of_session(here).exists()
    assert not mine.filter(order_no="A4").of_session(here).exists()
    if connection.vendor == "sqlite":
        for lines in (mine.of_session(here), waiting_lines(shop.seller)):
            plan = lines.explain()
            assert "(id=?)" in plan
            assert "supplychain_sales_slot" not in plan


@pytest.mark.postgres
def test_the_latest_orders_are_read_by_the_index_of_hours(shop: Shop) -> None:
    """By page and API, whose cost does not grow with what the seller ever sold."""
    record(shop.seller, *[fact(f"A{n}", occurred_at=fact().occurred_at - n * HOUR) for n in range(2_000)])
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE supplychain_salesevent")
    lists = (Orders().base_queryset(), OrderViewSet().base_queryset().order_by(*OrderLines.ordering))
    for lines in lists:
        plan = lines.filter(seller=shop.seller)[:50].explain()
        assert "supplychain_sales_slot" in plan, plan
