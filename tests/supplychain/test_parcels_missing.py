"""Goods that are not on their shelf: what is owed then, and what a count says."""

from __future__ import annotations

import pytest

from core.errors import Conflict
from supplychain.choices import ParcelState
from supplychain.models import Backorder, Parcel, Reservation, SalesEvent
from supplychain.services import backorder_fill, line_missing, sku_resolve, stock_count, wave_make
from tests.supplychain.ledger import SYSTEM
from tests.supplychain.stockroom import PackingShop, everything_adds_up

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


@pytest.fixture
def shop() -> PackingShop:
    return PackingShop()


def test_goods_that_are_not_on_their_shelf_are_owed(shop: PackingShop) -> None:
    shop.receive(4)
    shop.sell("O-1", 3)
    wave_make(actor=SYSTEM, warehouse=shop.near)
    line_missing(actor=SYSTEM, reservation=shop.line("O-1"))
    assert (shop.level(), shop.owed()) == ((4, 0), [("O-1", 3, "open")])
    assert Parcel.objects.get().state == ParcelState.CANCELLED
    with pytest.raises(Conflict):
        line_missing(actor=SYSTEM, reservation=shop.line("O-1"))
    for _again in range(2):
        backorder_fill(actor=SYSTEM, backorder=Backorder.objects.get(), warehouse=shop.near)
        wave_make(actor=SYSTEM, warehouse=shop.near)
        line_missing(actor=SYSTEM, reservation=shop.line("O-1"))
    backorder_fill(actor=SYSTEM, backorder=Backorder.objects.get(), warehouse=shop.near)
    wave_make(actor=SYSTEM, warehouse=shop.near)
    shop.dispatch("O-1")
    assert shop.level() == (1, 0)
    assert everything_adds_up()


def test_what_is_missing_of_a_promise_that_was_kept_is_promised_no_more(shop: PackingShop) -> None:
    shop.allow(10)
    shop.receive(1)
    shop.sell("O-1", 5)
    wave_make(actor=SYSTEM, warehouse=shop.near)
    shop.receive(4)
    backorder_fill(actor=SYSTEM, backorder=Backorder.objects.get(), warehouse=shop.near)
    line_missing(actor=SYSTEM, reservation=Reservation.objects.get(quantity=1))
    assert (shop.owed(), Backorder.objects.get().presold) == ([("O-1", 1, "open")], 0)


def test_what_is_missing_is_owed_of_the_sku_that_was_sold(shop: PackingShop) -> None:
    shop.sell("O-1", 3)
    other = shop.tracked("S2")
    shop.receive(5, sku=other)
    sku_resolve(actor=SYSTEM, seller=shop.seller, event_ids=[SalesEvent.objects.get().pk], sku=other)
    wave_make(actor=SYSTEM, warehouse=shop.near)
    line_missing(actor=SYSTEM, reservation=shop.line("O-1"))
    assert (Backorder.objects.get().sku, shop.owed()) == (other, [("O-1", 3, "open")])


def test_a_count_below_what_is_reserved_names_the_way_and_can_be_entered_then(shop: PackingShop) -> None:
    shop.receive(5)
    for order in ("O-1", "O-2"):
        shop.sell(order, 2)
    with pytest.raises(Conflict) as refused:
        stock_count(actor=SYSTEM, warehouse=shop.near, sku=shop.sku, counted=2)
    assert (refused.value.code, "4" in str(refused.value)) == ("stock_reserved", True)
    line_missing(actor=SYSTEM, reservation=shop.line("O-2"))
    stock_count(actor=SYSTEM, warehouse=shop.near, sku=shop.sku, counted=2)
    assert (shop.level(), shop.owed()) == ((2, 2), [("O-2", 2, "open")])
    assert everything_adds_up()
