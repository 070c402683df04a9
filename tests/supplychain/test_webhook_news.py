"""Receivers are told of stock that runs low and of statements, in the transaction of the fact and once."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from typing import Any

import pytest
import time_machine

from core.errors import Conflict
from core.models import ScopeNode, WebhookDelivery
from core.webhooks.endpoints import webhook_create
from supplychain.models import StockLevel, Warehouse
from supplychain.services import (
    agreement_propose,
    agreement_sign,
    statement_count,
    stock_adjust,
    stock_count,
    stock_receive,
    stock_transfer,
)
from supplychain.services.news import stock_fell
from tests import factories
from tests.supplychain.ledger import NOON, SYSTEM, fact, record

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


def listen(node: ScopeNode, event: str, low_stock: int = 5) -> None:
    webhook_create(
        actor=SYSTEM,
        node=node,
        name=event,
        url=f"https://{node.code}.example/{event}/{low_stock}",
        events=[event],
        low_stock=low_stock,
    )


def told(node: ScopeNode) -> list[dict[str, Any]]:
    rows = WebhookDelivery.objects.filter(endpoint__node=node).order_by("pk")
    return [json.loads(row.body)["data"] for row in rows]


class Shop:
    """A seller with a tracked SKU in a warehouse of its park, another firm, and two warehouses."""

    def __init__(self) -> None:
        self.park = factories.make_park("alpha")
        self.seller, self.other = (factories.make_tenant(self.park, f"alpha-{name}") for name in "ab")
        self.sku = factories.make_sku(self.seller, "S1")
        self.sku.tracked_since = NOON - dt.timedelta(days=1)
        self.sku.save()
        self.near = Warehouse.objects.create(park=self.park, code="near", name_zh="近")
        self.far = Warehouse.objects.create(park=self.park, code="far", name_zh="远")
        stock_receive(actor=SYSTEM, warehouse=self.near, sku=self.sku, quantity=10)

    def sell(self, order: str, quantity: int) -> None:
        record(self.seller, fact(order, sku_code="S1", qty=quantity))


@pytest.fixture
def shop() -> Shop:
    return Shop()


def test_owner_and_park_are_told_when_stock_falls_to_what_they_call_low(shop: Shop) -> None:
    listen(shop.seller.node, "stock.low", 5)
    listen(shop.park.node, "stock.low", 8)
    listen(shop.other.node, "stock.low", 8)
    shop.sell("1", 2)
    assert told(shop.seller.node) == []
    assert told(shop.park.node) == [
        {"warehouse": "near", "owner": "alpha-a", "sku": "S1", "available": 8, "reserved": 0}
    ]
    shop.sell("2", 3)
    shop.sell("3", 4)
    assert [each["available"] for each in told(shop.seller.node)] == [5]
    assert [each["available"] for each in told(shop.park.node)] == [8]
    assert told(shop.other.node) == []


def test_it_is_told_again_after_stock_was_above(shop: Shop) -> None:
    listen(shop.seller.node, "stock.low")
    stock_count(actor=SYSTEM, warehouse=shop.near, sku=shop.sku, counted=4)
    stock_receive(actor=SYSTEM, warehouse=shop.near, sku=shop.sku, quantity=10, source_key="more")
    stock_transfer(actor=SYSTEM, origin=shop.near, target=shop.far, sku=shop.sku, quantity=12)
    assert [(each["warehouse"], each["available"]) for each in told(shop.seller.node)] == [
        ("near", 4),
        ("near", 2),
    ]


def test_reserved_goods_are_not_available(shop: Shop) -> None:
    Warehouse.objects.update(packs_orders=True)
    listen(shop.seller.node, "stock.low")
    shop.sell("1", 6)
    assert StockLevel.objects.get(warehouse=shop.near).on_hand == 10
    assert [(each["available"], each["reserved"]) for each in told(shop.seller.node)] == [(4, 6)]


def test_what_is_refused_is_not_told(shop: Shop) -> None:
    listen(shop.seller.node, "stock.low")
    with pytest.raises(Conflict):
        stock_adjust(actor=SYSTEM, warehouse=shop.near, sku=shop.sku, quantity=-11, note="lost")
    assert told(shop.seller.node) == []


def test_both_parties_are_told_of_a_statement_with_new_lines_once(shop: Shop) -> None:
    month = dt.date(2025, 1, 1)
    for node in (shop.seller.node, shop.park.node, shop.other.node):
        listen(node, "statement.ready")
    with time_machine.travel(dt.datetime(2025, 2, 2, 4, 0, tzinfo=dt.UTC), tick=False):
        agreement = agreement_propose(
            actor=SYSTEM,
            seller=shop.seller,
            partner=shop.park.code,
            kind="park",
            title="service fee",
            from_day=month,
            sales="all",
            tiers=[(Decimal(0), Decimal(10))],
        )
        agreement_sign(actor=SYSTEM, agreement=agreement)
        at = dt.datetime(2025, 1, 10, 4, 0, tzinfo=dt.UTC)
        record(shop.seller, fact("1", amount="100.00", occurred_at=at))
        statement = statement_count(actor=SYSTEM, agreement=agreement, month=month)
        statement_count(actor=SYSTEM, agreement=agreement, month=month)
        record(shop.seller, fact("2", amount="50.00", occurred_at=at))
        statement_count(actor=SYSTEM, agreement=agreement, month=month)
    expected = {
        "statement": str(statement.uid),
        "agreement": str(agreement.uid),
        "seller": "alpha-a",
        "month": "2025-01",
    }
    for node in (shop.seller.node, shop.park.node):
        assert told(node) == [
            {**expected, "version": version, "total": total, "withheld": "0.00", "to_pay": total}
            for version, total in ((1, "10.00"), (2, "15.00"))
        ]
    assert told(shop.other.node) == []


def test_a_statement_tells_what_the_platform_withholds(shop: Shop) -> None:
    listen(shop.seller.node, "statement.ready")
    with time_machine.travel(dt.datetime(2025, 2, 2, 4, 0, tzinfo=dt.UTC), tick=False):
        agreement = agreement_propose(
            actor=SYSTEM,
            seller=shop.seller,
            kind="outside_host",
            title="live",
            outside_name="Xiaoman",
            outside_ref="daren",
            from_day=dt.date(2025, 1, 1),
            sales="outside",
            tiers=[(Decimal(0), Decimal(18))],
            slot_fee=Decimal(200),
            slot_fee_per="month",
            withheld=True,
        )
        agreement_sign(actor=SYSTEM, agreement=agreement)
        at = dt.datetime(2025, 1, 10, 4, 0, tzinfo=dt.UTC)
        record(shop.seller, fact("1", amount="100.00", occurred_at=at, host_ref="daren"))
        statement_count(actor=SYSTEM, agreement=agreement, month=dt.date(2025, 1, 1))
    (said,) = told(shop.seller.node)
    assert (said["total"], said["withheld"], said["to_pay"]) == ("218.00", "18.00", "200.00")


def test_of_goods_of_several_owners_each_is_told_of_its_own(shop: Shop) -> None:
    for node in (shop.seller.node, shop.other.node, shop.park.node):
        listen(node, "stock.low")
    theirs = factories.make_sku(shop.other, "S2")
    stock_receive(actor=SYSTEM, warehouse=shop.near, sku=theirs, quantity=10)
    levels = list(StockLevel.objects.select_related("warehouse").order_by("pk"))
    for level in levels:
        level.on_hand = 1
    stock_fell([(level, 10) for level in levels])
    assert [each["sku"] for each in told(shop.seller.node)] == ["S1"]
    assert [each["sku"] for each in told(shop.other.node)] == ["S2"]
    assert [each["sku"] for each in told(shop.park.node)] == ["S1", "S2"]
