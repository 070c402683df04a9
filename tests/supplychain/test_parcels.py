"""From a paid line to a parcel and back: what is reserved, packed, dispatched and returned adds up to the ledger."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import Sum
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase
from time_machine import travel

from core.actors import user_actor
from core.choices import Role
from core.errors import Conflict, DomainError, InvalidInput, NotFound, Refused
from core.scoping import visible_to
from supplychain.choices import GoodsCondition, ParcelState, ReservationState
from supplychain.models import (
    Backorder,
    Parcel,
    Reservation,
    ReturnedGoods,
    SalesEvent,
    Sku,
    StockLevel,
    StockMove,
    Wave,
)
from supplychain.services import (
    backorder_fill,
    goods_return,
    line_missing,
    parcel_dispatch,
    parcel_empty,
    parcel_scan,
    parcels_named,
    pick_list,
    sku_resolve,
    stock_adjust,
    stock_count,
    stock_place,
    stock_transfer,
    wave_make,
    wave_picked,
)
from supplychain.tasks import release_refunded
from supplychain.unshipped import due_today, held_lines, overdue, oversold, returns_awaited, unshipped
from tenants.models import Store
from tests import factories
from tests.supplychain.ledger import NOON, SYSTEM, fact, record
from tests.supplychain.test_stock import Shop, levels_equal_moves

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


class PackingShop(Shop):
    """The shop of the stock tests, whose near warehouse packs the orders."""

    def __init__(self) -> None:
        super().__init__()
        self.near.packs_orders = True
        self.near.save()

    def sell(self, order: str, qty: int = 1, source: str = "test", **more: Any) -> None:
        values = {"kind": "paid", "order_no": order, "qty": qty, "sku_code": "S1", "amount": 10 * qty} | more
        record(self.seller, fact(**values), source=source)

    def refund(self, order: str, amount: int, source: str = "test", **more: Any) -> None:
        values = {
            "kind": "refunded",
            "order_no": f"R-{order}",
            "ref_order_no": order,
            "qty": 0,
            "amount": amount,
        }
        record(self.seller, fact(**values | more), source=source)

    def level(self, sku: Sku | None = None) -> tuple[int, int]:
        level = StockLevel.objects.get(warehouse=self.near, sku=sku or self.sku)
        return level.on_hand, level.reserved

    def packed(self, order: str) -> Parcel:
        (parcel,) = parcels_named(actor=SYSTEM, warehouse=self.near, code=order)
        for line in parcel.lines.filter(state=ReservationState.IN_WAVE).select_related("sku"):
            for _piece in range(line.quantity):
                parcel_scan(actor=SYSTEM, parcel=parcel, code=line.sku.code)
        return parcel

    def dispatch(self, order: str, number: str = "") -> Parcel:
        return parcel_dispatch(
            actor=SYSTEM, parcel=self.packed(order), carrier="sf", tracking_no=number or f"SF{order}"
        )

    def line(self, order: str) -> Reservation:
        return Reservation.objects.filter(order_no=order).latest("pk")


@pytest.fixture
def shop() -> PackingShop:
    return PackingShop()


def everything_adds_up() -> bool:
    """Levels are the sum of moves, what is reserved the sum of what is held, and what left is what parcels took."""
    held = {
        (row["warehouse"], row["sku"]): row["total"]
        for row in Reservation.objects.filter(state__in=("reserved", "in_wave"))
        .values("warehouse", "sku")
        .annotate(total=Sum("quantity"))
    }
    reserved = {(level.warehouse_id, level.sku_id): level.reserved for level in StockLevel.objects.all()}
    left = Reservation.objects.filter(state="dispatched").aggregate(total=Sum("quantity"))["total"] or 0
    moved = StockMove.objects.filter(source="parcel").aggregate(total=Sum("quantity"))["total"] or 0
    back = ReturnedGoods.objects.filter(condition="good").aggregate(total=Sum("quantity"))["total"] or 0
    came = StockMove.objects.filter(source="parcel_return").aggregate(total=Sum("quantity"))["total"] or 0
    return (
        levels_equal_moves()
        and all(reserved[place] == total for place, total in held.items())
        and sum(reserved.values()) == sum(held.values())
        and (left, back) == (-moved, came)
    )


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


def test_what_was_refunded_does_not_leave(shop: PackingShop) -> None:
    shop.receive(5)
    for order in ("O-1", "O-2", "O-3"):
        shop.sell(order)
    shop.refund("O-1", 10)
    wave = wave_make(actor=SYSTEM, warehouse=shop.near)
    assert sorted(parcel.order_no for parcel in wave.parcels.all()) == ["O-2", "O-3"]
    assert shop.level() == (5, 2)
    parcel = shop.packed("O-2")
    shop.refund("O-2", 10)
    with pytest.raises(Conflict) as refused:
        parcel_dispatch(actor=SYSTEM, parcel=parcel, carrier="sf", tracking_no="SF1")
    assert refused.value.code == "refunded"
    assert release_refunded() == 1
    parcel.refresh_from_db()
    assert (parcel.state, shop.line("O-2").state) == (ParcelState.CANCELLED, ReservationState.RELEASED)
    assert release_refunded() == 0
    assert shop.level() == (5, 1)
    assert everything_adds_up()


@pytest.mark.parametrize(
    ("refunds", "released"),
    [
        ([{"amount": 10, "ref_line": "1"}], {"1"}),
        ([{"amount": 9, "ref_line": "1"}], set()),
        ([{"amount": 6, "ref_line": "1"}, {"amount": 4, "ref_line": "1"}], {"1"}),
        ([{"amount": 10}], set()),  # nobody says of which line
        ([{"amount": 30}], {"1", "2"}),
        (
            [{"kind": "cancelled", "order_no": "O-1", "line_no": "", "ref_order_no": "", "amount": 30}],
            {"1", "2"},
        ),
        (
            [{"kind": "cancelled", "order_no": "O-1", "line_no": "2", "ref_order_no": "", "amount": 20}],
            {"2"},
        ),
    ],
)
def test_a_line_is_let_go_when_all_of_it_is_given_back(
    shop: PackingShop, refunds: list[dict[str, Any]], released: set[str]
) -> None:
    shop.receive(5)
    shop.sell("O-1", 1, line_no="1")
    shop.sell("O-1", 2, line_no="2")
    for number, refund in enumerate(refunds):
        shop.refund("O-1", **{"external_id": f"R{number}", **refund})
    release_refunded()
    gone = Reservation.objects.filter(state=ReservationState.RELEASED).values_list("quantity", flat=True)
    assert {str(quantity) for quantity in gone} == released
    assert everything_adds_up()


def test_a_correction_before_the_parcel_leaves_takes_anew_and_after_it_takes_no_second_time(
    shop: PackingShop,
) -> None:
    shop.receive(10)
    shop.sell("O-1", 2, external_id="E1", version=1)
    shop.sell("O-1", 3, external_id="E1", version=2)
    assert shop.level() == (10, 3)
    wave_make(actor=SYSTEM, warehouse=shop.near)
    shop.dispatch("O-1")
    shop.sell("O-1", 3, external_id="E1", version=3, amount=25)
    assert shop.level() == (7, 0)
    shop.sell("O-1", 5, external_id="E1", version=4)
    assert shop.level() == (7, 2)
    assert everything_adds_up()


def test_what_was_refunded_after_it_left_is_awaited_also_when_its_sale_was_corrected(
    shop: PackingShop,
) -> None:
    shop.receive(5)
    shop.sell("O-1", external_id="E1", version=1)
    wave_make(actor=SYSTEM, warehouse=shop.near)
    shop.dispatch("O-1")
    shop.sell("O-1", external_id="E1", version=2, channel="live")
    assert returns_awaited(Reservation.objects.all(), NOON) == []
    shop.refund("O-1", 10)
    assert returns_awaited(Reservation.objects.all(), NOON) == [shop.line("O-1")]


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


def test_of_an_order_that_was_refunded_nothing_is_owed(shop: PackingShop) -> None:
    shop.allow(2)
    for order in ("O-1", "O-2", "O-3"):
        shop.sell(order, 2)
    shop.refund("O-1", 20)
    shop.refund("O-2", 19)
    shop.receive(9)
    with pytest.raises(Conflict) as refused:
        backorder_fill(actor=SYSTEM, backorder=Backorder.objects.get(order_no="O-1"), warehouse=shop.near)
    assert refused.value.code == "refunded"
    assert (release_refunded(), release_refunded()) == (1, 0)
    assert [(order, state) for order, _pieces, state in shop.owed()] == [
        ("O-1", "cancelled"),
        ("O-2", "open"),
        ("O-3", "open"),
    ]
    assert unshipped(Reservation.objects.all(), Backorder.objects.all()).oversold == 4
    assert sum(row.oversold for row in oversold(Backorder.objects.all())) == 4
    shop.sell("O-4", 11)
    assert Backorder.objects.get(order_no="O-4").presold == 2  # the room of O-1


@pytest.mark.parametrize("scanned", ["S1", "s1", "O-1", "O-2", "SF 1"])
def test_what_else_is_scanned_at_the_table_is_no_label_of_a_carrier(shop: PackingShop, scanned: str) -> None:
    shop.receive(4)
    for order in ("O-1", "O-2"):
        shop.sell(order)
    wave_make(actor=SYSTEM, warehouse=shop.near)
    with pytest.raises(InvalidInput) as refused:
        shop.dispatch("O-1", scanned)
    assert (refused.value.code, shop.level()) == ("tracking_no", (4, 2))


def test_what_comes_back_is_stock_only_as_new_and_never_more_than_left(shop: PackingShop) -> None:
    shop.receive(5)
    shop.sell("O-1", 4)
    wave_make(actor=SYSTEM, warehouse=shop.near)
    with pytest.raises(Conflict):
        goods_return(actor=SYSTEM, reservation=shop.line("O-1"), quantity=1, condition="good")
    shop.dispatch("O-1")
    line = shop.line("O-1")
    goods_return(actor=SYSTEM, reservation=line, quantity=2, condition=GoodsCondition.GOOD)
    goods_return(actor=SYSTEM, reservation=line, quantity=1, condition=GoodsCondition.DAMAGED, note="碎")
    assert shop.level() == (3, 0)
    for quantity in (0, 2):
        with pytest.raises(InvalidInput):
            goods_return(actor=SYSTEM, reservation=line, quantity=quantity, condition="good")
    goods_return(actor=SYSTEM, reservation=line, quantity=1, condition=GoodsCondition.TO_OWNER)
    assert shop.level() == (3, 0)
    assert everything_adds_up()


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


class Acts:
    """What people do in a warehouse, in whatever order; what is refused changes nothing."""

    def __init__(self) -> None:
        self.shop = PackingShop()
        self.versions = dict.fromkeys(range(6), 0)

    def receive(self, number: int, quantity: int) -> None:
        self.shop.receive(quantity, zone=SHELVES[number])

    def shift(self, number: int, quantity: int) -> None:
        stock_transfer(
            actor=SYSTEM,
            origin=self.shop.near,
            target=self.shop.near,
            sku=self.shop.sku,
            quantity=quantity,
            from_zone=SHELVES[number],
            to_zone=SHELVES[-1 - number],
        )

    def place(self, number: int, _quantity: int) -> None:
        for level in StockLevel.objects.all():
            stock_place(actor=SYSTEM, level=level, zone=SHELVES[number])

    def sell(self, number: int, quantity: int) -> None:
        """The order, or a correction of it."""
        self.versions[number] += 1
        self.shop.sell(f"O-{number}", quantity, external_id=f"O-{number}", version=self.versions[number])

    def refund(self, number: int, quantity: int) -> None:
        self.shop.refund(f"O-{number}", 10 * quantity, external_id=f"R{number}-{quantity}")
        release_refunded()

    def wave(self, _number: int, quantity: int) -> None:
        wave_make(actor=SYSTEM, warehouse=self.shop.near, orders=quantity)

    def dispatch(self, number: int, _quantity: int) -> None:
        """It leaves from the zones where the pick list of its wave sends people."""
        parcel = self.shop.packed(f"O-{number}")
        before, last = self._to_fetch(parcel.wave), StockMove.objects.count()
        self.shop.dispatch(f"O-{number}", f"SF{last}")
        left = StockMove.objects.filter(source="parcel").order_by("-pk")
        gone = Counter({move.zone: -move.quantity for move in left[: StockMove.objects.count() - last]})
        assert gone + self._to_fetch(parcel.wave) == before

    def _to_fetch(self, wave: Wave) -> Counter[str]:
        return Counter({pick.zone: pick.quantity for pick in pick_list(wave)})

    def come_back(self, number: int, quantity: int) -> None:
        for line in self._lines(number, "dispatched"):
            goods_return(actor=SYSTEM, reservation=line, quantity=quantity, condition="good")

    def miss(self, number: int, _quantity: int) -> None:
        for line in self._lines(number, "in_wave"):
            line_missing(actor=SYSTEM, reservation=line)

    def fill(self, number: int, _quantity: int) -> None:
        for owed in Backorder.objects.filter(order_no=f"O-{number}", state="open"):
            backorder_fill(actor=SYSTEM, backorder=owed, warehouse=self.shop.near)

    def _lines(self, number: int, state: str) -> list[Reservation]:
        return list(Reservation.objects.filter(order_no=f"O-{number}", state=state)[:1])


SHELVES = ("", "A", "B", "A", "B", "")
KINDS = ("receive", "shift", "place", "sell", "refund", "wave", "dispatch", "come_back", "miss", "fill")
ACTS = st.lists(st.tuples(st.sampled_from(KINDS), st.integers(0, 5), st.integers(1, 3)), max_size=25)


class EverythingAddsUp(TestCase):
    @given(ACTS)
    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
    def test_whatever_is_done_in_whatever_order(self, acts: list[tuple[str, int, int]]) -> None:
        warehouse = Acts()
        for kind, number, quantity in acts:
            with suppress(DomainError):
                getattr(warehouse, kind)(number, quantity)
            assert everything_adds_up(), (kind, number, quantity)
