"""Goods of one SKU in several zones of a warehouse: where they come in, are taken from and are fetched."""

from __future__ import annotations

from importlib import import_module
from types import SimpleNamespace
from typing import Any

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from core.clock import today
from core.errors import Conflict, InvalidInput
from supplychain.choices import MoveKind
from supplychain.models import Backorder, StockLevel, StockMove, ZoneLevel
from supplychain.services import (
    goods_return,
    inbound_announce,
    inbound_receive,
    pick_list,
    stock_adjust,
    stock_count,
    stock_place,
    stock_receive,
    stock_transfer,
    wave_make,
)
from tests.supplychain.ledger import SYSTEM, fact, record
from tests.supplychain.stockroom import PackingShop, Shop, everything_adds_up, levels_equal_moves

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


@pytest.fixture
def shop() -> Shop:
    """Four pieces on the shelf they are picked from, six in the store behind."""
    return filled(Shop())


def filled(shop: Any) -> Any:
    shop.receive(4, zone="A-01")
    shop.receive(6, zone="S-09")
    return shop


def level() -> StockLevel:
    return StockLevel.objects.get()


def shift(shop: Shop, quantity: int, from_zone: str = "", to_zone: str = "", **more: Any) -> StockMove:
    return stock_transfer(
        actor=SYSTEM, origin=shop.near, target=shop.near, sku=shop.sku, quantity=quantity,
        from_zone=from_zone, to_zone=to_zone, **more,
    )  # fmt: skip


def moves(source: str) -> list[tuple[str, int]]:
    return list(StockMove.objects.filter(source=source).order_by("pk").values_list("zone", "quantity"))


def test_the_first_goods_name_the_main_place_and_others_lie_elsewhere(shop: Shop) -> None:
    assert shop.shelves() == [("A-01", 4), ("S-09", 6)]
    assert (level().on_hand, level().elsewhere) == (10, 6)
    shop.receive(1)
    stock_receive(
        kind=MoveKind.RETURN, actor=SYSTEM, warehouse=shop.near, sku=shop.sku, quantity=1, zone="R-1"
    )
    assert shop.shelves() == [("A-01", 5), ("R-1", 1), ("S-09", 6)]
    assert levels_equal_moves()


def test_what_comes_back_of_goods_that_are_sold_out_names_no_main_place() -> None:
    shop = Shop()
    goods = {"actor": SYSTEM, "warehouse": shop.near, "sku": shop.sku}
    shop.receive(2)
    record(shop.seller, fact("A1", sku_code="S1", qty=2))
    stock_receive(kind=MoveKind.RETURN, quantity=1, zone="R-1", **goods)
    stock_adjust(quantity=-1, note="broken", zone="R-1", **goods)
    assert stock_count(counted=1, zone="R-2", **goods) is not None
    shop.receive(5)
    assert shop.shelves() == [("", 5), ("R-2", 1)]
    record(shop.seller, fact("A2", sku_code="S1", qty=6))
    shop.receive(3, zone="A-01")
    assert shop.shelves() == [("A-01", 3)]
    stock_count(counted=4, zone="F-1", **goods | {"warehouse": shop.far})
    assert (level_of := StockLevel.objects.get(warehouse=shop.far)).zone == "F-1", level_of.on_hand
    assert levels_equal_moves()


def test_a_sale_takes_from_the_main_place_and_then_from_the_others(shop: Shop) -> None:
    record(shop.seller, fact("A1", sku_code="S1", qty=3), fact("A2", sku_code="S1", qty=4))
    assert moves("sales") == [("A-01", -3), ("A-01", -1), ("S-09", -3)]
    assert shop.shelves() == [("A-01", 0), ("S-09", 3)]
    record(shop.seller, fact("A3", sku_code="S1", qty=5))
    assert Backorder.objects.get().quantity == 2
    assert shop.shelves() == [("A-01", 0)]
    assert levels_equal_moves()


def test_a_sale_that_the_main_place_can_serve_asks_for_no_other(shop: Shop) -> None:
    shop.receive(10, sku=shop.tracked("S2"))

    def statements(sku: str, order: str) -> int:
        with CaptureQueriesContext(
            connection,
        ) as told:
            record(shop.seller, fact(order, sku_code=sku, qty=2))
        return len(told)

    statements("S2", "W1")
    assert statements("S1", "A1") == statements("S2", "A2")
    assert statements("S1", "A3") == statements("S2", "A4"), "four pieces of four"
    assert statements("S1", "A5") == statements("S2", "A6") + 2


def test_a_correction_brings_each_piece_back_where_it_came_from(shop: Shop) -> None:
    record(shop.seller, fact("A1", sku_code="S1", qty=7))
    assert shop.shelves() == [("A-01", 0), ("S-09", 3)]
    record(shop.seller, fact("A1", sku_code="S1", qty=0, version=2))
    assert shop.shelves() == [("A-01", 4), ("S-09", 6)]
    record(shop.seller, fact("A2", sku_code="S1", qty=7))
    stock_place(actor=SYSTEM, level=level(), zone="B-02")
    record(shop.seller, fact("A2", sku_code="S1", qty=1, version=2), fact("A2", sku_code="S1", version=3))
    assert shop.shelves() == [("B-02", 3), ("S-09", 6)]
    assert levels_equal_moves()


def test_what_several_sales_give_back_names_no_main_place() -> None:
    """Given back first, the piece of C finds the warehouse empty; the other sale's piece still lies where it lay."""
    shop = Shop()
    shop.receive(1)
    shop.receive(2, zone="C")
    stock_adjust(actor=SYSTEM, warehouse=shop.near, sku=shop.sku, quantity=-1, note="lent", zone="")
    record(shop.seller, fact("A1", sku_code="S1"))
    shop.receive(1)
    record(shop.seller, fact("A2", sku_code="S1", qty=2))
    assert moves("sales") == [("C", -1), ("", -1), ("C", -1)]
    record(shop.seller, *(fact(key, sku_code="S1", qty=0, version=2) for key in ("A1", "A2")))
    assert shop.shelves() == [("", 1), ("C", 2)]
    assert levels_equal_moves()


def test_the_main_place_is_moved_with_what_lies_there(shop: Shop) -> None:
    stock_place(actor=SYSTEM, level=level(), zone="S-09")
    assert shop.shelves() == [("S-09", 10)]
    assert moves("place") == [("A-01", -4), ("S-09", 4)]
    stock_place(actor=SYSTEM, level=level(), zone="S-09")
    stock_place(actor=SYSTEM, level=level(), zone="")
    assert shop.shelves() == [("", 10)]
    assert levels_equal_moves()


def test_moves_of_older_versions_are_of_the_main_place(shop: Shop) -> None:
    """Written without a zone while the update runs, they have its name with the next that is said of it."""
    StockMove.objects.create(
        warehouse=shop.near,
        owner=shop.seller,
        sku=shop.sku,
        kind="adjustment",
        quantity=-1,
        source="old",
        source_key="1",
        occurred_at=StockMove.objects.latest("pk").occurred_at,
    )
    StockLevel.objects.update(on_hand=9)
    stock_place(actor=SYSTEM, level=level(), zone="B-02")
    assert shop.shelves() == [("B-02", 3), ("S-09", 6)]
    assert levels_equal_moves()


def test_what_lies_on_shelves_of_older_versions_is_of_the_main_place(shop: Shop) -> None:
    """An old process names another main place and makes no moves: they are made with the next that is said of it."""
    stock_place(actor=SYSTEM, level=level(), zone="S-09")
    shift(shop, 3, to_zone="B-02")
    StockLevel.objects.update(zone="B-02")
    stock_place(actor=SYSTEM, level=level(), zone="")
    assert shop.shelves() == [("", 10)]
    assert levels_equal_moves()


def test_goods_are_brought_from_zone_to_zone(shop: Shop) -> None:
    first = shift(shop, 5, "S-09", source_key="T1")
    assert (first.zone, first.quantity, shop.shelves()) == ("S-09", -5, [("A-01", 9), ("S-09", 1)])
    assert shift(shop, 5, "S-09", source_key="T1") == first
    with pytest.raises(Conflict) as other:
        shift(shop, 5, "A-01", "S-09", source_key="T1")
    assert other.value.code == "move_conflict"
    shift(shop, 2, to_zone=" C-03 ")
    assert shop.shelves() == [("A-01", 7), ("C-03", 2), ("S-09", 1)]
    stock_transfer(actor=SYSTEM, origin=shop.near, target=shop.far, sku=shop.sku, quantity=8, to_zone="F-1")
    assert (shop.shelves(), shop.shelves(shop.far)) == ([("A-01", 0), ("C-03", 1), ("S-09", 1)], [("F-1", 8)])
    assert levels_equal_moves()


def test_what_does_not_lie_in_a_zone_is_not_taken_from_it(shop: Shop) -> None:
    StockLevel.objects.update(reserved=3)
    goods = {"actor": SYSTEM, "warehouse": shop.near, "sku": shop.sku}
    for take in (
        lambda: stock_adjust(quantity=-5, note="broken", zone="A-01", **goods),
        lambda: stock_adjust(quantity=-7, note="broken", zone="S-09", **goods),
        lambda: stock_adjust(quantity=-1, note="broken", zone="X-1", **goods),
        lambda: shift(shop, 7, "S-09", "B-02"),
        lambda: shift(shop, 5, to_zone="B-02"),
    ):
        with pytest.raises(Conflict) as short:
            take()
        assert short.value.code == "stock_short"
    for same in (
        lambda: shift(shop, 1, "A-01"),
        lambda: shift(shop, 1, "S-09", "S-09"),
        lambda: shift(shop, 1),
    ):
        with pytest.raises(InvalidInput) as refusal:
            same()
        assert refusal.value.code in ("same_zone", "same_warehouse")
    shift(shop, 6, "S-09", "B-02")  # what is reserved may be moved: it stays in the warehouse
    assert shop.shelves() == [("A-01", 4), ("B-02", 6)]


def test_goods_without_a_named_main_place_are_moved_from_there_alone() -> None:
    shop = Shop()
    shop.receive(2)
    shift(shop, 1, to_zone="B")
    assert shop.shelves() == [("", 1), ("B", 1)]
    with translation.override("en"), pytest.raises(Conflict, match="Only 1 are available"):
        shift(shop, 2, to_zone="B")
    assert levels_equal_moves()


def test_a_zone_is_counted_by_itself(shop: Shop) -> None:
    goods = {"actor": SYSTEM, "warehouse": shop.near, "sku": shop.sku}
    for same in ("S-09", " S-09 "):
        assert stock_count(counted=6, zone=same, **goods) is None
    for zone, counted, found in (("S-09", 5, -1), ("A-01", 6, 2), ("N-1", 1, 1)):
        move = stock_count(counted=counted, zone=zone, **goods)
        assert move is not None
        assert (move.zone, move.quantity) == (zone, found)
    assert shop.shelves() == [("A-01", 6), ("N-1", 1), ("S-09", 5)]
    StockLevel.objects.update(reserved=10)
    with pytest.raises(Conflict) as held:
        stock_count(counted=2, zone="S-09", **goods)
    assert held.value.code == "stock_reserved"
    stock_count(counted=10, **goods)
    assert shop.shelves() == [("A-01", 4), ("N-1", 1), ("S-09", 5)]
    assert levels_equal_moves()


def test_one_document_is_received_into_one_zone(shop: Shop) -> None:
    goods = {"actor": SYSTEM, "warehouse": shop.near, "sku": shop.sku, "quantity": 5, "source_key": "D-1"}
    first = stock_receive(zone="S-09", **goods)
    assert stock_receive(zone="S-09", **goods) == stock_receive(**goods) == first
    with pytest.raises(Conflict):
        stock_receive(zone="A-01", **goods)
    notice = inbound_announce(actor=SYSTEM, warehouse=shop.near, sku=shop.sku, pieces=3, day=today())
    inbound_receive(actor=SYSTEM, notice=notice, received=3, zone="S-10")
    assert shop.shelves() == [("A-01", 4), ("S-09", 11), ("S-10", 3)]


def test_goods_in_a_closed_warehouse_are_brought_to_another_zone(shop: Shop) -> None:
    shop.near.closed_on = today()
    shop.near.save()
    shift(shop, 6, "S-09")
    assert shop.shelves() == [("A-01", 10)]


def test_a_wave_is_fetched_where_the_goods_lie_and_leaves_from_there() -> None:
    shop: PackingShop = filled(PackingShop())
    for order, pieces in (("O1", 3), ("O2", 3), ("O3", 2)):
        shop.sell(order, pieces)
    first = wave_make(actor=SYSTEM, warehouse=shop.near, orders=2)
    second = wave_make(actor=SYSTEM, warehouse=shop.near)

    def told(wave: Any) -> list[tuple[str, int]]:
        return [(pick.zone, pick.quantity) for pick in pick_list(wave)]

    assert (told(first), told(second)) == ([("A-01", 4), ("S-09", 2)], [("S-09", 2)])
    shop.dispatch("O3")  # before the parcels of the first wave
    assert moves("parcel") == [("S-09", -2)]
    assert told(first) == [("A-01", 4), ("S-09", 2)]
    shop.dispatch("O2")
    shop.dispatch("O1")
    assert moves("parcel")[1:] == [("A-01", -1), ("S-09", -2), ("A-01", -3)]
    goods_return(actor=SYSTEM, reservation=shop.line("O1"), quantity=1, condition="good", zone="R-1")
    assert shop.shelves() == [("A-01", 0), ("R-1", 1), ("S-09", 2)]
    assert everything_adds_up()


def test_the_database_itself_refuses_zones_that_do_not_add_up(shop: Shop) -> None:
    for wrong in ({"elsewhere": -1}, {"elsewhere": 11}):
        with pytest.raises(IntegrityError), transaction.atomic():
            StockLevel.objects.update(**wrong)
    for wrong in ({"on_hand": -1}, {"zone": ""}):
        with pytest.raises(IntegrityError), transaction.atomic():
            ZoneLevel.objects.update(**wrong)


def test_what_lay_on_shelves_before_zones_were_kept_has_their_name() -> None:
    shop = Shop()
    shop.receive(7)
    shop.receive(2, shop.far)
    StockLevel.objects.filter(warehouse=shop.near).update(zone="B-02")
    assert not levels_equal_moves()
    step = import_module("supplychain.migrations.0026_what_lies_on_shelves_has_their_name")
    step.what_lies_there_has_its_name(apps, SimpleNamespace(connection=connection))
    assert moves("place") == [("", -7), ("B-02", 7)]
    assert levels_equal_moves()
