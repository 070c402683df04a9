"""From a paid line to a parcel and back: what is reserved, packed, dispatched and returned adds up to the ledger."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from time_machine import travel

from core.actors import user_actor
from core.choices import Role
from core.errors import Conflict, InvalidInput, NotFound, Refused
from core.scoping import visible_to
from supplychain.choices import ParcelState
from supplychain.models import Backorder, Parcel, Reservation, Sku, StockMove, Wave
from supplychain.services import (
    backorder_fill,
    goods_return,
    parcel_dispatch,
    parcel_empty,
    parcel_scan,
    parcels_named,
    pick_list,
    stock_adjust,
    wave_make,
    wave_picked,
)
from supplychain.unshipped import due_today, held_lines, overdue, unshipped
from tenants.models import Store
from tests import factories
from tests.supplychain.ledger import NOON, SYSTEM
from tests.supplychain.stockroom import PackingShop, everything_adds_up

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


@pytest.fixture
def shop() -> PackingShop:
    return PackingShop()


def test_a_sale_reserves_and_the_parcel_takes(shop: PackingShop) -> None:
    shop.receive(5)
    shop.sell("O-1", 2)
    assert shop.level() == (5, 2)
    wave = wave_make(actor=SYSTEM, warehouse=shop.near)
    assert [(pick.sku, pick.quantity) for pick in pick_list(wave)] == [("S1", 2)]
    assert wave_picked(actor=SYSTEM, wave=wave).state == "picked"
    assert shop.level() == (5, 2)
    parcel = shop.dispatch("O-1")
    assert (parcel.state, parcel.tracking_no) == (ParcelState.DISPATCHED, "SFO-1")
    assert shop.level() == (3, 0)
    assert everything_adds_up()


def test_where_nothing_is_packed_a_sale_takes_at_once(shop: PackingShop) -> None:
    shop.receive(5, shop.far)
    shop.sell("O-1", 2)
    assert (shop.on_hand(shop.far), Reservation.objects.count()) == (3, 0)


def test_what_is_reserved_is_not_sold_again(shop: PackingShop) -> None:
    shop.receive(3)
    shop.sell("O-1", 2)
    shop.sell("O-2", 2)
    assert shop.level() == (3, 3)
    assert shop.owed() == [("O-2", 1, "open")]
    with pytest.raises(Conflict):
        stock_adjust(actor=SYSTEM, warehouse=shop.near, sku=shop.sku, quantity=-1, note="sample")
    shop.receive(1)
    backorder_fill(actor=SYSTEM, backorder=Backorder.objects.get(), warehouse=shop.near)
    assert shop.level() == (4, 4)
    assert [line.quantity for line in Reservation.objects.filter(order_no="O-2")] == [2]
    assert everything_adds_up()


def test_one_parcel_holds_the_goods_of_several_owners(shop: PackingShop) -> None:
    other = factories.make_tenant(shop.park, "alpha-b")
    theirs = factories.make_sku(other, "B1")
    theirs.tracked_since = NOON - timedelta(days=1)
    theirs.save()
    store = Store.objects.create(tenant=shop.seller, platform="jd", account="x", name_zh="集合店")
    store.members.add(other)
    shop.receive(2, zone="B-07")
    shop.receive(2, sku=theirs, zone="A-01")
    shop.sell("O-1", 1, line_no="1")
    shop.sell("O-1", 2, line_no="2", sku_code="B1", owner="alpha-b")
    wave = wave_make(actor=SYSTEM, warehouse=shop.near)
    assert [(pick.zone, pick.sku, pick.quantity) for pick in pick_list(wave)] == [
        ("A-01", "B1", 2),
        ("B-07", "S1", 1),
    ]
    parcel = shop.dispatch("O-1")
    assert {(line.owner_id, line.quantity) for line in parcel.lines.all()} == {
        (shop.seller.pk, 1),
        (other.pk, 2),
    }
    moved = StockMove.objects.filter(source="parcel").values_list("owner", "quantity")
    assert sorted(moved) == sorted([(shop.seller.pk, -1), (other.pk, -2)])
    assert everything_adds_up()


def test_a_wave_takes_whole_orders_the_oldest_first(shop: PackingShop) -> None:
    shop.receive(10)
    for number in range(4):
        shop.sell(f"O-{number}", occurred_at=NOON + timedelta(minutes=number))
        shop.sell(f"O-{number}", line_no="2", occurred_at=NOON + timedelta(hours=1, minutes=number))
    first = wave_make(actor=SYSTEM, warehouse=shop.near, orders=3)
    assert [parcel.order_no for parcel in first.parcels.order_by("pk")] == ["O-0", "O-1", "O-2"]
    assert Reservation.objects.filter(parcel__wave=first).count() == 6
    second = wave_make(actor=SYSTEM, warehouse=shop.near)
    assert (second.number, [parcel.order_no for parcel in second.parcels.all()]) == (2, ["O-3"])
    with pytest.raises(Conflict) as nothing:
        wave_make(actor=SYSTEM, warehouse=shop.near)
    assert nothing.value.code == "nothing_waits"
    with pytest.raises(InvalidInput):
        wave_make(actor=SYSTEM, warehouse=shop.near, orders=0)
    wave_picked(actor=SYSTEM, wave=first)
    with pytest.raises(Conflict):
        wave_picked(actor=SYSTEM, wave=first)


def test_only_what_belongs_into_a_parcel_is_scanned_into_it(shop: PackingShop) -> None:
    shop.receive(5)
    shop.sell("O-1", 2)
    wave_make(actor=SYSTEM, warehouse=shop.near)
    (parcel,) = parcels_named(actor=SYSTEM, warehouse=shop.near, code=" O-1 ")
    for code, refusal in (("S2", "not_in_parcel"), ("s1", "not_in_parcel")):
        with pytest.raises(Conflict) as refused:
            parcel_scan(actor=SYSTEM, parcel=parcel, code=code)
        assert refused.value.code == refusal
    assert parcel_scan(actor=SYSTEM, parcel=parcel, code="S1").packed == 1
    with pytest.raises(Conflict) as early:
        parcel_dispatch(actor=SYSTEM, parcel=parcel, carrier="sf", tracking_no="SF1")
    assert early.value.code == "not_packed"
    parcel_scan(actor=SYSTEM, parcel=parcel, code="S1 ")
    with pytest.raises(Conflict) as again:
        parcel_scan(actor=SYSTEM, parcel=parcel, code="S1")
    assert again.value.code == "packed_already"
    parcel.refresh_from_db()
    assert parcel.state == ParcelState.PACKED
    assert parcel_empty(actor=SYSTEM, parcel=parcel).state == ParcelState.WAITING
    assert shop.line("O-1").packed == 0
    with pytest.raises(NotFound):
        parcels_named(actor=SYSTEM, warehouse=shop.near, code="O-9")


def test_a_number_of_a_carrier_is_on_one_parcel(shop: PackingShop) -> None:
    shop.receive(5)
    for order in ("O-1", "O-2"):
        shop.sell(order)
    wave_make(actor=SYSTEM, warehouse=shop.near)
    shop.dispatch("O-1", "sf 1".replace(" ", ""))
    with pytest.raises(Conflict) as taken:
        shop.dispatch("O-2", "SF1")
    assert taken.value.code == "tracking_taken"
    assert shop.level() == (4, 1)
    with pytest.raises(InvalidInput):
        parcel_dispatch(
            actor=SYSTEM, parcel=Parcel.objects.get(order_no="O-2"), carrier="sf", tracking_no=" "
        )
    parcel = parcel_dispatch(
        actor=SYSTEM, parcel=Parcel.objects.get(order_no="O-2"), carrier="yto", tracking_no="SF1"
    )
    assert parcel.state == ParcelState.DISPATCHED
    with pytest.raises(Conflict):
        parcel_dispatch(actor=SYSTEM, parcel=parcel, carrier="yto", tracking_no="SF2")
    assert shop.level() == (3, 0)
    assert everything_adds_up()


@pytest.mark.parametrize("scanned", ["S1", "s1", "O-1", "O-2", "SF 1"])
def test_what_else_is_scanned_at_the_table_is_no_label_of_a_carrier(shop: PackingShop, scanned: str) -> None:
    shop.receive(4)
    for order in ("O-1", "O-2"):
        shop.sell(order)
    wave_make(actor=SYSTEM, warehouse=shop.near)
    with pytest.raises(InvalidInput) as refused:
        shop.dispatch("O-1", scanned)
    assert (refused.value.code, shop.level()) == ("tracking_no", (4, 2))


def test_orders_that_wait_are_counted_once_by_age_and_deadline(shop: PackingShop) -> None:
    now = NOON + timedelta(hours=4)  # 16:00 in Shanghai
    Sku.objects.update(tracked_since=now - timedelta(days=9))
    shop.receive(20)
    for hours in (1, 30, 44, 50, 100):
        for line in ("1", "2"):
            shop.sell(f"O-{hours}", occurred_at=now - timedelta(hours=hours), line_no=line)
    shop.sell("O-more", 99, occurred_at=now)
    with travel(now, tick=False):
        found = unshipped(held_lines(SYSTEM), Backorder.objects.all())
        held = held_lines(SYSTEM)
        behind = [set(rows.values_list("order_no", flat=True)) for rows in (overdue(held), due_today(held))]
    assert (found.orders, found.ages, found.overdue, found.today) == (6, [2, 2, 1, 1], 2, 1)
    assert [len(orders) for orders in behind] == [found.overdue, found.today]
    assert all(line.due_at < now for line in overdue(held, now))
    assert (found.oldest, found.missing) == (now - timedelta(hours=100), 1)
    shop.near.ship_within_hours = 24
    shop.near.save()
    with travel(now, tick=False):
        assert unshipped(held_lines(SYSTEM), Backorder.objects.all()).overdue == 4


def test_each_firm_sees_its_own_lines_of_a_parcel() -> None:
    world, other = factories.make_world("alpha"), factories.make_world("beta")
    park = world.park
    mine, neighbour = (each.tenant for each in world.tenants)
    skus = [each.skus[0] for each in world.tenants]
    warehouse = world.warehouse
    warehouse.packs_orders = True
    warehouse.save()
    lines = []
    wave = Wave.objects.create(warehouse=warehouse, number=99)
    parcel = Parcel.objects.create(warehouse=warehouse, wave=wave, seller=mine, order_no="shared")
    for number, (owner, sku) in enumerate(zip((mine, neighbour), skus, strict=True)):
        lines.append(
            Reservation.objects.create(
                warehouse=warehouse, seller=mine, owner=owner, sku=sku, event_id=number + 1, line=f"x:{number}",
                source_key=f"k{number}", order_no="shared", quantity=1, paid_at=NOON, state="in_wave", parcel=parcel,
            )
        )  # fmt: skip

    def seen(actor: Any) -> tuple[bool, set[int]]:
        rows = visible_to(Reservation.objects.filter(parcel=parcel), actor)
        return visible_to(Parcel.objects.filter(pk=parcel.pk), actor).exists(), {row.pk for row in rows}

    first, second = (line.pk for line in lines)
    keeper = user_actor(world.users[Role.PARK_WAREHOUSE])
    assert seen(world.tenants[0].owner) == (True, {first, second})  # who sold it
    assert seen(world.tenants[1].owner) == (True, {second})
    assert seen(keeper) == (True, {first, second})
    assert seen(user_actor(other.users[Role.PARK_WAREHOUSE])) == (False, set())
    assert seen(user_actor(world.tenants[0].users[Role.HOST])) == (False, set())
    for actor in (world.tenants[0].owner, world.tenants[1].owner):
        with pytest.raises((Refused, NotFound)):
            wave_make(actor=actor, warehouse=warehouse)
        with pytest.raises((Refused, NotFound)):
            parcel_scan(actor=actor, parcel=parcel, code=skus[0].code)
        with pytest.raises((Refused, NotFound)):
            goods_return(actor=actor, reservation=lines[1], quantity=1, condition="good")
    assert parcel_scan(actor=keeper, parcel=parcel, code=skus[0].code).packed == 1
    assert park.pk == warehouse.park_id
