"""Goods that a wave has fetched are on no shelf: what is brought to or counted in a zone meanwhile is other goods."""

from __future__ import annotations

from typing import Any

import pytest

from supplychain.models import StockLevel, StockMove, Wave
from supplychain.services import (
    line_missing,
    pick_list,
    stock_adjust,
    stock_count,
    stock_place,
    stock_transfer,
    wave_make,
    wave_picked,
)
from tests.supplychain.ledger import SYSTEM
from tests.supplychain.stockroom import PackingShop, everything_adds_up

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
LIST = [("A-01", 4), ("S-09", 2)]


@pytest.fixture
def shop() -> PackingShop:
    """Four pieces on the shelf they are picked from, six in the store behind; six are sold."""
    shop = PackingShop()
    shop.receive(4, zone="A-01")
    shop.receive(6, zone="S-09")
    shop.sell("O1", 6)
    return shop


def told(wave: Wave) -> list[tuple[str, int]]:
    return [(pick.zone, pick.quantity) for pick in pick_list(wave)]


def shift(shop: PackingShop, quantity: int, from_zone: str, to_zone: str) -> None:
    stock_transfer(
        actor=SYSTEM, origin=shop.near, target=shop.near, sku=shop.sku, quantity=quantity,
        from_zone=from_zone, to_zone=to_zone,
    )  # fmt: skip


def left() -> list[tuple[str, int]]:
    moves = StockMove.objects.filter(source="parcel").order_by("zone")
    return [(zone, -pieces) for zone, pieces in moves.values_list("zone", "quantity")]


def place(zone: str) -> None:
    stock_place(actor=SYSTEM, level=StockLevel.objects.get(), zone=zone)


def count(shop: PackingShop, counted: int, zone: str) -> Any:
    return stock_count(actor=SYSTEM, warehouse=shop.near, sku=shop.sku, counted=counted, zone=zone)


def test_a_shelf_that_is_filled_up_after_the_walk_keeps_what_was_brought(shop: PackingShop) -> None:
    wave = wave_make(actor=SYSTEM, warehouse=shop.near)
    wave_picked(actor=SYSTEM, wave=wave)
    shift(shop, 4, "S-09", "A-01")
    assert told(wave) == LIST
    shop.dispatch("O1")
    assert (left(), shop.shelves()) == (LIST, [("A-01", 4)])
    assert everything_adds_up()


def test_a_main_place_without_a_name_is_a_place() -> None:
    """Of which goods are fetched, leave, and are brought elsewhere."""
    shop = PackingShop()
    shop.receive(4)
    shop.receive(6, zone="S-09")
    shop.sell("O1", 6)
    wave_picked(actor=SYSTEM, wave=wave_make(actor=SYSTEM, warehouse=shop.near))
    shop.receive(3)
    shift(shop, 2, "", "S-09")
    assert shop.shelves() == [("", 5), ("S-09", 8)]
    shop.dispatch("O1")
    assert (left(), shop.shelves()) == ([("", 4), ("S-09", 2)], [("", 1), ("S-09", 6)])
    assert everything_adds_up()


def test_the_first_piece_at_the_table_says_that_its_wave_is_fetched(shop: PackingShop) -> None:
    shop.receive(4, zone="S-09")
    shop.sell("O2", 4)
    wave_make(actor=SYSTEM, warehouse=shop.near)
    shop.packed("O1")
    shift(shop, 4, "S-09", "A-01")
    shop.dispatch("O2")
    assert left() == [("S-09", 4)]
    assert shop.shelves() == [("A-01", 8), ("S-09", 2)], "of which O1 has taken four and two"


def test_goods_that_are_brought_away_before_the_walk_are_fetched_where_they_are(shop: PackingShop) -> None:
    wave = wave_make(actor=SYSTEM, warehouse=shop.near)
    shift(shop, 6, "S-09", "B-02")
    assert told(wave) == [("A-01", 4), ("B-02", 2)]
    shop.dispatch("O1")
    assert (left(), shop.shelves()) == ([("A-01", 4), ("B-02", 2)], [("A-01", 0), ("B-02", 4)])


def test_a_parcel_leaves_also_where_the_books_of_its_zone_were_moved_on(shop: PackingShop) -> None:
    wave_picked(actor=SYSTEM, wave=wave_make(actor=SYSTEM, warehouse=shop.near))
    shift(shop, 4, "A-01", "B-02")
    shop.dispatch("O1")
    assert left() == [("B-02", 4), ("S-09", 2)]
    assert everything_adds_up()


def test_other_waves_are_sent_to_what_is_still_there(shop: PackingShop) -> None:
    shop.sell("O2", 2)
    first, second = (wave_make(actor=SYSTEM, warehouse=shop.near, orders=1) for _wave in range(2))
    wave_picked(actor=SYSTEM, wave=second)
    shift(shop, 4, "S-09", "T-01")  # what the second has fetched stays with it
    assert (told(first), told(second)) == ([("A-01", 4), ("T-01", 2)], [("S-09", 2)])
    line_missing(actor=SYSTEM, reservation=shop.line("O2"))
    assert (told(first), told(second)) == (LIST, [])


def test_a_count_of_a_zone_is_of_what_lies_there(shop: PackingShop) -> None:
    wave_picked(actor=SYSTEM, wave=wave_make(actor=SYSTEM, warehouse=shop.near))
    assert count(shop, 0, "A-01") is None
    assert count(shop, 3, "S-09").quantity == -1
    shop.dispatch("O1")
    assert (left(), shop.shelves()) == (LIST, [("A-01", 0), ("S-09", 3)])
    assert count(shop, 3, "S-09") is None
    assert everything_adds_up()


def test_what_leaves_without_a_zone_is_none_of_what_is_fetched(shop: PackingShop) -> None:
    wave_picked(actor=SYSTEM, wave=wave_make(actor=SYSTEM, warehouse=shop.near))
    stock_adjust(
        actor=SYSTEM, warehouse=shop.near, sku=shop.sku, quantity=-1, note="sample", kind="sample_loan"
    )
    assert shop.shelves() == [("A-01", 4), ("S-09", 5)], "A-01 is bare: it is taken from the other shelf"
    assert count(shop, 3, "S-09") is None
    shop.dispatch("O1")
    assert (left(), shop.shelves()) == (LIST, [("A-01", 0), ("S-09", 3)])
    assert everything_adds_up()


def test_what_is_fetched_of_a_main_place_is_of_the_one_that_it_becomes() -> None:
    shop = PackingShop()
    shop.receive(10)
    shop.sell("O1", 3)
    wave_picked(actor=SYSTEM, wave=wave_make(actor=SYSTEM, warehouse=shop.near))
    place("A-01")
    assert count(shop, 7, "A-01") is None
    shop.dispatch("O1")
    assert (left(), shop.shelves()) == ([("A-01", 3)], [("A-01", 7)])
    assert everything_adds_up()


def test_what_is_fetched_of_two_places_that_become_one_is_of_that_one(shop: PackingShop) -> None:
    wave = wave_make(actor=SYSTEM, warehouse=shop.near)
    wave_picked(actor=SYSTEM, wave=wave)
    place("S-09")
    assert told(wave) == [("S-09", 6)]
    assert count(shop, 4, "S-09") is None
    shop.dispatch("O1")
    assert (left(), shop.shelves()) == ([("S-09", 6)], [("S-09", 4)])
    assert everything_adds_up()


def test_no_more_of_what_is_fetched_goes_along_than_is_brought(shop: PackingShop) -> None:
    """The books had moved on: what lies in the next main place are all other goods."""
    wave_picked(actor=SYSTEM, wave=wave_make(actor=SYSTEM, warehouse=shop.near))
    shift(shop, 4, "A-01", "B-02")
    place("B-02")
    assert count(shop, 4, "B-02") is None
    shop.dispatch("O1")
    assert left() == [("B-02", 4), ("S-09", 2)]
    assert everything_adds_up()
