"""A firm with two shops that number their orders alike: what is told of one order says nothing of the other's."""

from __future__ import annotations

from datetime import timedelta
from importlib import import_module
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.db import connection
from time_machine import travel

from supplychain.choices import ParcelState, ReservationState
from supplychain.models import Backorder, Parcel, Reservation, Wave
from supplychain.services import (
    backorder_fill,
    parcel_dispatch,
    parcel_scan,
    parcels_named,
    wave_make,
    wave_picked,
)
from supplychain.tasks import release_refunded
from supplychain.unshipped import due_today, held_lines, returns_awaited, unshipped
from tests.supplychain.ledger import NOON, SYSTEM
from tests.supplychain.stockroom import PackingShop, everything_adds_up

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
# A tool may name its shops so: what stands before the first colon is no name of a source.
ONE, OTHER = "tool:1", "tool:2"
CANCELLED = {"kind": "cancelled", "order_no": "1001", "ref_order_no": "", "external_id": "C"}


@pytest.fixture
def shop() -> PackingShop:
    """Each of its shops has sold a piece under the number 1001."""
    shop = PackingShop()
    shop.receive(5)
    shop.sell("1001", source=ONE)
    shop.sell("1001", source=OTHER, occurred_at=NOON + timedelta(hours=1))
    return shop


def of(source: str) -> Reservation:
    return Reservation.objects.get(line__startswith=f"{source}:")


def test_each_order_gets_its_parcel(shop: PackingShop) -> None:
    wave = wave_make(actor=SYSTEM, warehouse=shop.near)
    assert [parcel.source for parcel in wave.parcels.order_by("pk")] == [ONE, OTHER]
    assert of(ONE).parcel.source == ONE
    assert of(OTHER).parcel.source == OTHER
    assert everything_adds_up()


def test_a_wave_of_one_order_takes_one(shop: PackingShop) -> None:
    wave = wave_make(actor=SYSTEM, warehouse=shop.near, orders=1)
    assert [parcel.source for parcel in wave.parcels.all()] == [ONE]
    assert of(OTHER).state == ReservationState.RESERVED


@pytest.mark.parametrize("told", [CANCELLED, {}])
def test_what_one_buyer_was_given_back_lets_the_other_order_leave(
    shop: PackingShop, told: dict[str, str]
) -> None:
    shop.refund("1001", 10, source=ONE, **told)
    assert release_refunded() == 1
    assert (of(ONE).state, of(OTHER).state) == (ReservationState.RELEASED, ReservationState.RESERVED)
    wave_picked(actor=SYSTEM, wave=wave_make(actor=SYSTEM, warehouse=shop.near))
    assert shop.dispatch("1001").source == OTHER
    assert release_refunded() == 0
    assert everything_adds_up()


@pytest.mark.parametrize("told", [CANCELLED, {}])
def test_what_another_door_of_the_shop_tells_of_an_order_lets_its_goods_go(
    shop: PackingShop, told: dict[str, str]
) -> None:
    """A file brings the payments, a tool tells what is given back."""
    shop.sell("1004", source="file")
    shop.refund("1004", 10, source="api", **({**told, "order_no": "1004"} if told else {}))
    assert release_refunded() == 1
    assert Reservation.objects.get(order_no="1004").state == ReservationState.RELEASED
    assert everything_adds_up()


def test_an_order_that_was_cancelled_before_it_was_paid_holds_up_no_namesake(shop: PackingShop) -> None:
    shop.sell("1004", source=ONE)
    shop.sell("1004", source=OTHER, kind="created")
    shop.refund("1004", 10, source=OTHER, **{**CANCELLED, "order_no": "1004"})
    assert release_refunded() == 0
    assert Reservation.objects.get(order_no="1004").state == ReservationState.RESERVED


def test_one_order_given_back_whole_is_whole_beside_a_dearer_one(shop: PackingShop) -> None:
    """Two refunds that name no line reach the sum of their own order, not of both."""
    shop.sell("1001", source=ONE, line_no="2", amount=20)
    shop.refund("1001", 30, source=ONE)
    assert release_refunded() == 2
    assert of(OTHER).state == ReservationState.RESERVED


def test_what_is_owed_to_one_buyer_is_owed_when_the_other_is_given_the_money_back(shop: PackingShop) -> None:
    for source in (ONE, OTHER):
        shop.sell("1002", 9, source=source)
    shop.refund("1002", 90, source=ONE)
    release_refunded()
    kept, gone = (Backorder.objects.get(order_no="1002", state=state) for state in ("open", "cancelled"))
    assert kept.event_id > gone.event_id
    shop.receive(30)
    assert backorder_fill(actor=SYSTEM, backorder=kept, warehouse=shop.near).state == "filled"


def test_a_return_is_awaited_of_the_order_that_was_given_back(shop: PackingShop) -> None:
    wave_make(actor=SYSTEM, warehouse=shop.near)
    for number, parcel in enumerate(parcels_named(actor=SYSTEM, warehouse=shop.near, code="1001")):
        parcel_scan(actor=SYSTEM, parcel=parcel, code="S1")
        parcel_dispatch(actor=SYSTEM, parcel=parcel, carrier="sf", tracking_no=f"SF{number}")
    shop.refund("1001", 10, source=OTHER)
    assert returns_awaited(Reservation.objects.all(), NOON) == [of(OTHER)]


def test_two_orders_are_counted_as_two(shop: PackingShop) -> None:
    """And one that has to leave today counts so, however late its namesake is."""
    with travel(NOON + timedelta(hours=48, minutes=30), tick=False):
        found = unshipped(held_lines(SYSTEM), Backorder.objects.all())
        assert [line.pk for line in due_today(held_lines(SYSTEM))] == [of(OTHER).pk]
    assert (found.orders, found.overdue, found.today) == (2, 1, 1)


def test_a_number_of_two_orders_means_both(shop: PackingShop) -> None:
    wave_make(actor=SYSTEM, warehouse=shop.near)
    named = parcels_named(actor=SYSTEM, warehouse=shop.near, code=" 1001 ")
    assert [parcel.source for parcel in named] == [ONE, OTHER]
    again = Parcel.objects.create(
        warehouse=shop.near, wave=Wave.objects.get(), seller=shop.seller, source=ONE, order_no="1001"
    )
    named = parcels_named(actor=SYSTEM, warehouse=shop.near, code="1001")
    assert again not in named, "of one order the parcel that waits longest"


def test_parcels_of_before_get_their_source_and_are_taken_apart_where_they_hold_two_orders(
    shop: PackingShop,
) -> None:
    shop.sell("1003", source=OTHER)
    wave = wave_make(actor=SYSTEM, warehouse=shop.near)
    Parcel.objects.update(source="")
    mixed, spare = of(ONE).parcel, Reservation.objects.get(order_no="1001", line__startswith=OTHER).parcel
    alone = Reservation.objects.get(order_no="1003").parcel
    Reservation.objects.filter(order_no="1001").update(parcel=mixed, packed=1)
    Reservation.objects.filter(order_no="1003").update(packed=1)
    Parcel.objects.filter(pk=spare.pk).delete()
    Parcel.objects.update(state=ParcelState.PACKED)
    step = import_module("supplychain.migrations.0031_parcels_of_one_source")
    step.parcels_are_of_one_source(apps, SimpleNamespace(connection=connection))
    rows = Reservation.objects.order_by("pk").values_list(
        "parcel__order_no", "parcel__source", "parcel__state", "packed"
    )
    assert list(rows) == [
        ("1001", ONE, ParcelState.WAITING, 0),
        ("1001", OTHER, ParcelState.WAITING, 0),
        ("1003", OTHER, ParcelState.PACKED, 1),
    ]
    assert {alone.pk, mixed.pk} < set(wave.parcels.values_list("pk", flat=True))
    for parcel in parcels_named(actor=SYSTEM, warehouse=shop.near, code="1001"):
        parcel_scan(actor=SYSTEM, parcel=parcel, code="S1")
        parcel_dispatch(actor=SYSTEM, parcel=parcel, carrier="sf", tracking_no=f"SF-{parcel.source}")
    assert everything_adds_up()


def test_a_parcel_of_two_orders_that_has_left_stays_as_it_left(shop: PackingShop) -> None:
    wave_make(actor=SYSTEM, warehouse=shop.near)
    mixed, spare = of(ONE).parcel, of(OTHER).parcel
    Reservation.objects.update(parcel=mixed, state="dispatched", packed=1)
    Parcel.objects.filter(pk=spare.pk).delete()
    Parcel.objects.update(source="", state="dispatched", carrier="sf", tracking_no="S", dispatched_at=NOON)
    step = import_module("supplychain.migrations.0031_parcels_of_one_source")
    step.parcels_are_of_one_source(apps, SimpleNamespace(connection=connection))
    assert Parcel.objects.get().source == ONE
