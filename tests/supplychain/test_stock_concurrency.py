"""Many hands at the same stock and the same facts: real threads, each with a connection of its own."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TypeVar

import pytest
from django.db import connection, transaction
from django.db.models import Sum

from core.errors import DomainError
from core.locking import lock_row
from supplychain.choices import ParcelState
from supplychain.models import (
    Backorder,
    Parcel,
    Reservation,
    SalesEvent,
    SalesEventKey,
    StockLevel,
    StockMove,
)
from supplychain.services import (
    parcel_scan,
    stock_adjust,
    stock_place,
    stock_receive,
    stock_transfer,
    wave_make,
)
from supplychain.tasks import release_refunded
from tests.supplychain.ledger import SYSTEM, fact, record
from tests.supplychain.stockroom import PackingShop, Shop, everything_adds_up, levels_equal_moves
from tests.waits import someone_waits

pytestmark = pytest.mark.both_databases
THREADS = 48
R = TypeVar("R")


def side_by_side(work: Callable[[int], R], times: int) -> list[R]:
    """Do something many times in many threads, each of which opens one connection, as a server does."""

    def share(first: int) -> list[R]:
        try:
            return [work(number) for number in range(first, times, THREADS)]
        finally:
            connection.close()

    with ThreadPoolExecutor(THREADS) as pool:
        return [done for each in pool.map(share, range(THREADS)) for done in each]


def test_five_pieces_are_taken_five_times(transactional_db: None) -> None:
    shop = Shop()
    shop.receive(5)

    def take(_number: int) -> str:
        try:
            stock_adjust(actor=SYSTEM, warehouse=shop.near, sku=shop.sku, quantity=-1, note="taken")
        except DomainError as refusal:
            return refusal.code
        return "taken"

    assert Counter(side_by_side(take, 10 * THREADS)) == {"taken": 5, "stock_short": 10 * THREADS - 5}
    assert shop.on_hand() == 0
    assert levels_equal_moves()


def test_stock_moved_in_all_directions_stays_whole(transactional_db: None) -> None:
    shop = Shop()
    other = shop.tracked("S2")
    for sku in (shop.sku, other):
        shop.receive(10, sku=sku)

    def move(number: int) -> str:
        chance = random.Random(number)
        sku = chance.choice((shop.sku, other))
        origin, target = chance.sample((shop.near, shop.far), 2)
        try:
            stock_transfer(actor=SYSTEM, origin=origin, target=target, sku=sku, quantity=chance.randint(1, 4))
        except DomainError as refusal:
            return refusal.code
        return "moved"

    outcomes = Counter(side_by_side(move, 4 * THREADS))
    assert set(outcomes) == {"moved", "stock_short"}, outcomes
    assert {sku.pk: shop.on_hand(sku=sku) + shop.on_hand(shop.far, sku) for sku in (shop.sku, other)} == {
        shop.sku.pk: 10,
        other.pk: 10,
    }
    assert levels_equal_moves()


def test_sales_take_what_is_there_and_owe_the_rest(transactional_db: None) -> None:
    shop = Shop()
    shop.receive(5)
    side_by_side(lambda number: record(shop.seller, fact(f"A{number}", sku_code="S1")), THREADS)
    assert SalesEvent.objects.count() == THREADS
    assert (StockMove.objects.filter(kind="sale").count(), Backorder.objects.count()) == (5, THREADS - 5)
    assert StockLevel.objects.get().on_hand == 0
    assert levels_equal_moves()


def test_pieces_in_two_zones_are_sold_once_while_they_are_moved(transactional_db: None) -> None:
    shop = Shop()
    shop.receive(2, zone="A")
    shop.receive(3, zone="B")

    def work(number: int) -> None:
        if number % 4:
            record(shop.seller, fact(f"A{number}", sku_code="S1"))
            return
        goods = {"actor": SYSTEM, "origin": shop.near, "target": shop.near, "sku": shop.sku, "quantity": 1}
        with suppress(DomainError):
            stock_transfer(from_zone="BA"[number % 8 // 4], to_zone="AB"[number % 8 // 4], **goods)
        if number % 12 == 0:
            stock_place(actor=SYSTEM, level=StockLevel.objects.get(), zone="CA"[number % 24 // 12])

    side_by_side(work, THREADS)
    assert -StockMove.objects.filter(kind="sale").aggregate(all=Sum("quantity"))["all"] == 5
    assert (Backorder.objects.count(), StockLevel.objects.get().on_hand) == (THREADS * 3 // 4 - 5, 0)
    assert levels_equal_moves()


def test_five_pieces_and_a_limit_of_three_are_promised_eight_times(transactional_db: None) -> None:
    shop = Shop()
    shop.receive(5)
    shop.allow(3)
    side_by_side(lambda number: record(shop.seller, fact(f"A{number}", sku_code="S1")), THREADS)
    promised = Backorder.objects.filter(presold=1).count()
    assert (StockMove.objects.filter(kind="sale").count(), promised) == (5, 3)
    assert Backorder.objects.filter(presold=0).count() == THREADS - 8
    assert levels_equal_moves()


def test_the_same_facts_in_any_order_from_everybody_are_stored_once(transactional_db: None) -> None:
    shop = Shop()
    shop.receive(500)
    facts = [fact(f"A{number}", sku_code="S1") for number in range(200)]
    facts += [fact(f"A{number}", sku_code="S1", version=2, qty=2) for number in range(0, 200, 10)]

    def send(number: int) -> Counter[str]:
        mine = random.Random(number).sample(facts, len(facts))
        return Counter(record(shop.seller, *mine[:110]).counts) + Counter(
            record(shop.seller, *mine[110:]).counts
        )

    verdicts = sum(side_by_side(send, 24), Counter[str]())
    assert verdicts == {"stored": 220, "duplicate": 23 * 220}
    assert SalesEvent.objects.count() == SalesEventKey.objects.count() == 220
    assert shop.on_hand() == 500 - 180 - 20 * 2
    assert levels_equal_moves()


def test_receipts_of_one_document_from_everybody_are_one(transactional_db: None) -> None:
    shop = Shop()
    goods = {"actor": SYSTEM, "warehouse": shop.near, "sku": shop.sku, "quantity": 3, "source_key": "D-1"}
    moves = side_by_side(lambda _number: stock_receive(**goods).pk, THREADS)
    assert len(set(moves)) == 1
    assert shop.on_hand() == 3


def test_orders_leave_once_while_everybody_packs_corrects_and_refunds(transactional_db: None) -> None:
    """Waves, scans, dispatches, corrections and refunds side by side: no deadlock remains, and it all adds up."""
    shop = PackingShop()
    shop.receive(40)
    orders = 20
    for number in range(orders):
        shop.sell(f"O-{number}", 1, external_id=f"E{number}", version=1)

    def work(number: int) -> str:
        order = f"O-{number % orders}"
        steps: list[Callable[[], object]] = [
            lambda: wave_make(actor=SYSTEM, warehouse=shop.near, orders=3),
            lambda: shop.dispatch(order, f"SF{number}"),
            lambda: shop.dispatch(order, f"SF{number}"),
            lambda: shop.sell(order, 2, external_id=f"E{number % orders}", version=2 + number),
            lambda: shop.refund(order, 20, external_id=f"R{number}"),
            release_refunded,
        ]
        try:
            steps[number % len(steps)]()
        except DomainError as refusal:
            return refusal.code
        return "done"

    outcomes = Counter(side_by_side(work, 4 * THREADS))
    assert outcomes["done"] > orders
    assert everything_adds_up()
    left = Reservation.objects.filter(state="dispatched").values_list("parcel__tracking_no", "parcel_id")
    assert len({number for number, _parcel in left}) == len({parcel for _number, parcel in left})


def test_five_pieces_are_reserved_five_times(transactional_db: None) -> None:
    shop = PackingShop()
    shop.receive(5)
    side_by_side(lambda number: record(shop.seller, fact(f"A{number}", sku_code="S1")), THREADS)
    assert shop.level() == (5, 5)
    assert Backorder.objects.count() == THREADS - 5
    assert everything_adds_up()


@pytest.mark.postgres
def test_who_scans_first_of_a_wave_waits_for_its_parcels_before_their_lines(transactional_db: None) -> None:
    """Somebody empties the parcel meanwhile: who holds a parcel gets its lines, so neither waits for the other."""
    shop = PackingShop()
    shop.receive(1)
    shop.sell("O1", 1)
    wave_make(actor=SYSTEM, warehouse=shop.near)
    parcel = Parcel.objects.get()

    def scan() -> None:
        try:
            parcel_scan(actor=SYSTEM, parcel=parcel, code="S1")
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            lock_row(Parcel, parcel.pk)
            scanned = pool.submit(scan)
            waits = False
            for _look in range(200):
                if waits := someone_waits():
                    break
                time.sleep(0.02)
            assert waits
            assert len(Reservation.objects.select_for_update(nowait=True)) == 1
        scanned.result()
    assert Parcel.objects.get().state == ParcelState.PACKED
