"""Slow stock: what counts as slow, in which class a firm is, and who sees it."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from analytics.counting import drain_figures
from analytics.slowstock import CLASSES, SLOW_DAYS, UNKNOWN, class_of, counted, slow_stock
from core.actors import user_actor
from core.choices import Role
from core.clock import now
from supplychain.models import Product, Warehouse
from supplychain.services import stock_receive
from tests.api.conftest import Caller
from tests.factories import SYSTEM, make_park, make_sku, make_tenant, make_user
from tests.supplychain.ledger import fact, record

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

LONG_AGO = timedelta(days=SLOW_DAYS + 1)


class Shop:
    """A firm with 100 pieces that came long ago, list price 10, and its neighbour with nothing."""

    def __init__(self) -> None:
        self.park = make_park("east")
        self.firm, self.other = make_tenant(self.park, "ming"), make_tenant(self.park, "hua")
        self.warehouse = Warehouse.objects.create(park=self.park, code="wh", name_zh="仓")
        self.sku = make_sku(self.firm, "S1")
        self.sku.product.list_price = Decimal(10)
        self.sku.product.save()
        self.sku.tracked_since = now() - 3 * LONG_AGO
        self.sku.save()
        self.receive(100, LONG_AGO)

    def receive(self, quantity: int, ago: timedelta) -> None:
        stock_receive(
            actor=SYSTEM, warehouse=self.warehouse, sku=self.sku, quantity=quantity, occurred_at=now() - ago
        )

    def sell(self, quantity: int, amount: str, ago: timedelta = timedelta(days=1)) -> None:
        at = now() - ago
        record(self.firm, fact(f"{ago}", amount=amount, occurred_at=at, sku_code="S1", qty=quantity))
        drain_figures()

    def slow(self) -> tuple[int, Decimal, Decimal, str]:
        (found,) = slow_stock(SYSTEM, [self.park.pk])
        return found.pieces, found.amount, found.sales, found.of_class.code


@pytest.fixture
def shop(db: None) -> Shop:
    return Shop()


def test_what_lies_and_what_would_be_sold(shop: Shop) -> None:
    assert shop.slow() == (100, 1000, 0, "above_40")
    shop.sell(20, "4000.00")
    # 80 are left; at this speed 20 of them go in the next days.
    assert shop.slow() == (60, 600, 4000, "to_20")
    shop.receive(50, timedelta(days=3))
    assert shop.slow() == (60, 600, 4000, "to_20")
    shop.sell(30, "2500.00", ago=LONG_AGO / 2)
    assert shop.slow() == (0, 0, 6500, "none")


def test_what_has_no_price_is_not_nothing(shop: Shop) -> None:
    Product.objects.update(list_price=0)
    shop.sell(20, "4000.00")
    (found,) = slow_stock(SYSTEM, [shop.park.pk])
    assert (found.pieces, found.share, found.of_class) == (60, None, UNKNOWN)
    assert sum(row.firms for row in counted([found])) == 0
    manager = Caller(user=make_user("manager", Role.PARK_MANAGER, shop.park.node))
    (firm,) = manager.get("slow-stock", park=shop.park.code).json()["firms"]
    assert (firm["in_class"], firm["share"]) == ("unknown", None)


def test_every_share_has_its_class() -> None:
    for percent, code in {
        "0": "none",
        "0.01": "to_10",
        "10": "to_10",
        "10.01": "to_20",
        "20": "to_20",
        "30": "to_30",
        "40": "to_40",
        "40.01": "above_40",
        "500": "above_40",
    }.items():
        assert class_of(Decimal(percent), Decimal(100)).code == code
    assert class_of(Decimal(0), Decimal(0)).code == "none"
    assert class_of(Decimal(1), Decimal(0)).code == "above_40"
    assert sum(one.survey for one in CLASSES) == 100


def test_a_park_sees_its_firms_by_class_and_a_firm_itself(shop: Shop) -> None:
    manager = Caller(user=make_user("manager", Role.PARK_MANAGER, shop.park.node))
    answer = manager.get("slow-stock", park=shop.park.code).json()
    assert [firm["tenant"] for firm in answer["firms"]] == ["ming"]
    assert [row["firms"] for row in answer["classes"]] == [0, 0, 0, 0, 0, 1]
    stranger = make_user("stranger", Role.TENANT_OWNER, shop.other.node)
    assert slow_stock(user_actor(stranger), [shop.firm.pk]) == []
    assert Caller(user=stranger).get("slow-stock", tenant="ming").status_code == 404
    assert Caller(user=stranger).get("slow-stock").status_code == 400
    keeper = make_user("keeper", Role.TENANT_WAREHOUSE, shop.firm.node)
    assert slow_stock(user_actor(keeper), [shop.firm.pk]) == [], "a storekeeper sees no sales"
    assert [row.share for row in counted([])] == [0] * 6
