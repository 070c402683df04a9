"""Levels are the sum of their moves, never below zero, whoever takes."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from core.actors import Actor, user_actor
from core.clock import today
from core.errors import Conflict, InvalidInput, NotFound, Refused
from core.scoping import visible_to
from supplychain.choices import MoveKind
from supplychain.models import Backorder, Product, Reservation, Sku, StockLevel, StockMove
from supplychain.services import (
    backorder_fill,
    sku_resolve,
    stock_adjust,
    stock_count,
    stock_place,
    stock_receive,
    stock_transfer,
)
from supplychain.unshipped import unshipped
from tenants.models import Tenant
from tenants.services import tenancy_move
from tests import factories
from tests.supplychain.ledger import NOON, SYSTEM, fact, record
from tests.supplychain.stockroom import Shop, levels_equal_moves

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


@pytest.fixture
def shop() -> Shop:
    return Shop()


def test_goods_come_in_once_for_each_document(shop: Shop) -> None:
    options = {"actor": SYSTEM, "warehouse": shop.near, "sku": shop.sku, "source_key": "D-1"}
    first = stock_receive(quantity=5, **options)
    assert stock_receive(quantity=5, **options).pk == first.pk
    with pytest.raises(Conflict):
        stock_receive(quantity=6, **options)
    assert (shop.on_hand(), StockMove.objects.count()) == (5, 1)
    assert stock_receive(kind=MoveKind.RETURN, quantity=5, **options).pk != first.pk, (
        "a document of another kind"
    )


def test_no_more_leaves_than_is_there_and_not_reserved(shop: Shop) -> None:
    shop.receive(5)
    StockLevel.objects.update(reserved=2)
    take = {"actor": SYSTEM, "warehouse": shop.near, "sku": shop.sku, "note": "broken"}
    with pytest.raises(Conflict) as short:
        stock_adjust(quantity=-4, **take)
    assert (short.value.code, short.value.extra["available"]) == ("stock_short", 3)
    assert stock_adjust(quantity=-3, **take).quantity == -3
    with pytest.raises(Conflict):
        stock_transfer(actor=SYSTEM, origin=shop.near, target=shop.far, sku=shop.sku, quantity=1)
    with pytest.raises(Conflict):
        stock_transfer(actor=SYSTEM, origin=shop.far, target=shop.near, sku=shop.sku, quantity=1)
    for quantity, note in ((0, "x"), (1, " ")):
        with pytest.raises(InvalidInput):
            stock_adjust(**{**take, "quantity": quantity, "note": note})
    assert levels_equal_moves()


def test_transfer_return_and_count(shop: Shop) -> None:
    shop.receive(5)
    stock_transfer(actor=SYSTEM, origin=shop.near, target=shop.far, sku=shop.sku, quantity=2)
    stock_receive(kind=MoveKind.RETURN, actor=SYSTEM, warehouse=shop.far, sku=shop.sku, quantity=1)
    assert (shop.on_hand(), shop.on_hand(shop.far)) == (3, 3)
    move = stock_count(actor=SYSTEM, warehouse=shop.far, sku=shop.sku, counted=7)
    assert move is not None
    assert (move.quantity, shop.on_hand(shop.far)) == (4, 7)
    assert stock_count(actor=SYSTEM, warehouse=shop.far, sku=shop.sku, counted=7) is None
    assert levels_equal_moves()


def test_the_database_itself_refuses_a_level_below_zero(shop: Shop) -> None:
    shop.receive(1)
    with pytest.raises(IntegrityError), transaction.atomic():
        StockLevel.objects.update(on_hand=-1)


def test_the_database_itself_refuses_to_promise_more_than_lies_there(shop: Shop) -> None:
    shop.receive(2)
    StockLevel.objects.update(reserved=2)
    for wrong in ({"reserved": 3}, {"on_hand": 1}, {"reserved": -1}):
        with pytest.raises(IntegrityError, match="supplychain_level_reserved"), transaction.atomic():
            StockLevel.objects.update(**wrong)


def test_a_keeper_moves_in_the_park_and_a_stranger_sees_nothing() -> None:
    world, other = factories.make_world("alpha"), factories.make_world("beta")
    mine = world.tenants[0]
    keeper = user_actor(world.users["park_warehouse"])
    stranger = user_actor(other.users["park_warehouse"])
    goods = {"warehouse": world.warehouse, "sku": mine.skus[0], "quantity": 1}
    assert stock_receive(actor=keeper, **goods).quantity == 1
    with pytest.raises(NotFound):
        stock_receive(actor=stranger, **goods)
    with pytest.raises(NotFound):
        stock_receive(actor=stranger, **{**goods, "warehouse": other.warehouse})
    with pytest.raises(Refused):
        stock_receive(actor=mine.owner, **goods)


def test_goods_of_a_tenant_that_moved_are_handed_out_where_they_lie() -> None:
    world, other = factories.make_world("alpha"), factories.make_world("beta")
    mine = world.tenants[0]
    lying, elsewhere = mine.skus
    tenancy_move(actor=SYSTEM, tenant=mine.tenant, park=other.park, from_day=today())
    old, new = (user_actor(each.users["park_warehouse"]) for each in (world, other))

    def out(actor: Actor, sku: Sku, quantity: int) -> StockMove:
        return stock_adjust(
            actor=actor, warehouse=world.warehouse, sku=sku, quantity=-quantity, note="fetched by its owner"
        )

    assert set(visible_to(Sku.objects.filter(tenant=mine.tenant), old)) == {lying}
    assert set(visible_to(Sku.objects.filter(tenant=mine.tenant), new)) == {lying, elsewhere}
    assert not visible_to(Product.objects.filter(tenant=mine.tenant), old).exists()
    for actor, sku in ((new, lying), (old, elsewhere)):
        with pytest.raises(NotFound):
            out(actor, sku, 1)
    StockLevel.objects.filter(sku=lying).update(reserved=0)
    assert stock_count(actor=old, warehouse=world.warehouse, sku=lying, counted=49) is not None
    assert out(old, lying, 49).quantity == -49
    assert not visible_to(Sku.objects.filter(tenant=mine.tenant), old).exists()  # nothing lies there any more


def test_a_sale_takes_what_is_there_and_owes_the_rest(shop: Shop) -> None:
    shop.receive(2)
    shop.receive(1, shop.far)
    record(shop.seller, fact("A1", sku_code="S1", qty=4), fact("A2", sku_code="S1", qty=1))
    assert (shop.on_hand(), shop.on_hand(shop.far)) == (0, 0)
    assert shop.owed() == [("A1", 1, "open"), ("A2", 1, "open")]
    record(shop.seller, fact("A1", sku_code="S1", qty=4))
    assert levels_equal_moves()
    assert StockMove.objects.filter(kind="sale").count() == 2


def test_only_paid_goods_since_tracking_take_stock(shop: Shop) -> None:
    shop.receive(9)
    factories.make_sku(shop.seller, "untracked")
    record(
        shop.seller,
        fact("A1", "created", sku_code="S1"),
        fact("A2", "refunded", sku_code="S1"),
        fact("A3", sku_code="S1", line_type="freight"),
        fact("A4", sku_code="S1", occurred_at=NOON - timedelta(days=1, seconds=1)),
        fact("A5", sku_code="untracked"),
        fact("A6", sku_code="S1", qty=0),
    )
    assert (shop.on_hand(), shop.owed()) == (9, [])
    record(shop.seller, fact("A7", sku_code="S1"), fact("A7", "refunded", sku_code="S1"))
    assert shop.on_hand() == 8


def test_a_correction_gives_back_and_takes_for_itself(shop: Shop) -> None:
    other = shop.tracked("S2")
    shop.receive(3)
    shop.receive(1, sku=other)
    record(shop.seller, fact("A1", sku_code="S1", qty=5))
    assert (shop.on_hand(), shop.owed()) == (0, [("A1", 2, "open")])
    record(shop.seller, fact("A1", sku_code="S1", qty=2, version=3))
    assert (shop.on_hand(), shop.owed()) == (1, [("A1", 2, "cancelled")])
    record(shop.seller, fact("A1", sku_code="S1", qty=1, version=2))
    assert shop.on_hand() == 1
    record(shop.seller, fact("A1", sku_code="S2", qty=2, version=4))
    assert (shop.on_hand(), shop.on_hand(sku=other)) == (3, 0)
    assert shop.owed()[-1] == ("A1", 1, "open")
    record(shop.seller, fact("A1", "cancelled", external_id="A1:1:paid", sku_code="S2", qty=2, version=5))
    assert (shop.on_hand(), shop.on_hand(sku=other)) == (3, 1)
    assert {state for _order, _quantity, state in shop.owed()} == {"cancelled"}
    assert levels_equal_moves()


def test_versions_of_one_batch_in_any_order_end_alike(shop: Shop) -> None:
    shop.receive(9)
    record(shop.seller, fact("A1", sku_code="S1", qty=3, version=2), fact("A1", sku_code="S1", qty=5))
    record(shop.seller, fact("A2", sku_code="S1", qty=3, version=2))
    record(shop.seller, fact("A2", sku_code="S1", qty=5))
    assert shop.on_hand() == 3


def test_another_sku_by_hand_moves_the_stock_with_it(shop: Shop) -> None:
    other = shop.tracked("S2")
    shop.receive(2)
    shop.receive(2, sku=other)
    record(shop.seller, fact("A1", sku_code="S1", qty=2))
    event = shop.seller.sales_events.get().pk
    for sku, left in ((other, (2, 0)), (shop.sku, (0, 2)), (other, (2, 0)), (None, (2, 2))):
        sku_resolve(actor=SYSTEM, seller=shop.seller, event_ids=[event], sku=sku)
        assert (shop.on_hand(), shop.on_hand(sku=other)) == left
    assert levels_equal_moves()


def test_a_backorder_is_filled_once_and_given_back_with_its_sale(shop: Shop) -> None:
    record(shop.seller, fact("A1", sku_code="S1", qty=2))
    owed = Backorder.objects.get()
    with pytest.raises(Conflict):
        backorder_fill(actor=SYSTEM, backorder=owed, warehouse=shop.near)
    shop.receive(3)
    assert backorder_fill(actor=SYSTEM, backorder=owed, warehouse=shop.near).state == "filled"
    with pytest.raises(Conflict):
        backorder_fill(actor=SYSTEM, backorder=owed, warehouse=shop.near)
    assert shop.on_hand() == 1
    record(shop.seller, fact("A1", sku_code="S1", qty=1, version=2))
    assert shop.on_hand() == 2
    assert levels_equal_moves()


ZONES = st.sampled_from(["", "A", "B"])
STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            ["receive", "adjust", "transfer", "shift", "place", "return", "count", "sell", "correct"]
        ),
        st.integers(-4, 6),
        st.integers(0, 3),
        st.booleans(),
        st.tuples(ZONES, ZONES),
    ),
    max_size=25,
)


class LevelsAddUp(TestCase):
    """After any steps, refused ones included, a level is the sum of its moves and not below zero."""

    @settings(max_examples=60)
    @given(STEPS)
    def test_any_steps(self, steps: list[tuple[str, int, int, bool, tuple[str, str]]]) -> None:
        shop = Shop()
        versions: dict[int, int] = {}
        for name, quantity, order, near, (zone, other) in steps:
            here, there = (shop.near, shop.far) if near else (shop.far, shop.near)
            goods = {"actor": SYSTEM, "sku": shop.sku}
            try:
                if name == "receive":
                    stock_receive(warehouse=here, quantity=quantity, zone=zone, **goods)
                elif name == "adjust":
                    stock_adjust(warehouse=here, quantity=quantity, note="because", zone=zone, **goods)
                elif name in ("transfer", "shift"):
                    stock_transfer(
                        origin=here,
                        target=there if name == "transfer" else here,
                        quantity=quantity,
                        from_zone=zone,
                        to_zone=other,
                        **goods,
                    )
                elif name == "place":
                    for level in StockLevel.objects.filter(warehouse=here):
                        stock_place(actor=SYSTEM, level=level, zone=zone)
                elif name == "return":
                    stock_receive(kind=MoveKind.RETURN, warehouse=here, quantity=quantity, zone=zone, **goods)
                elif name == "count":
                    stock_count(warehouse=here, counted=quantity, zone=zone, **goods)
                else:
                    versions[order] = (
                        versions.get(order, 0) + 1 if name == "correct" else versions.get(order, 1)
                    )
                    record(
                        shop.seller,
                        fact(f"A{order}", sku_code="S1", qty=abs(quantity), version=versions[order]),
                    )
            except (Conflict, InvalidInput):
                continue
            assert levels_equal_moves()


def test_goods_leave_a_closed_warehouse_and_do_not_come_in() -> None:
    shop = Shop()
    receipt = {"actor": SYSTEM, "warehouse": shop.near, "sku": shop.sku, "quantity": 9, "source_key": "R1"}
    first = stock_receive(**receipt)
    shop.receive(5, shop.far)
    shop.near.closed_on = today()
    shop.near.save()
    more = {"actor": SYSTEM, "sku": shop.sku}
    for refused in (
        lambda: shop.receive(1),
        lambda: stock_receive(kind=MoveKind.RETURN, warehouse=shop.near, quantity=1, **more),
        lambda: stock_adjust(warehouse=shop.near, quantity=1, note="found", **more),
        lambda: stock_transfer(origin=shop.far, target=shop.near, quantity=1, **more),
        lambda: stock_count(warehouse=shop.near, counted=10, **more),
    ):
        with pytest.raises(InvalidInput) as refusal:
            refused()
        assert (refusal.value.code, refusal.value.field) == ("closed", "warehouse")
    assert stock_receive(**receipt) == first, "what is posted stays posted, however often it is told"
    stock_transfer(origin=shop.near, target=shop.far, quantity=4, **more)
    stock_adjust(warehouse=shop.near, quantity=-2, note="broken", **more)
    stock_count(warehouse=shop.near, counted=1, **more)
    assert (shop.on_hand(), shop.on_hand(shop.far)) == (1, 9)
    shop.near.closed_on = today() + timedelta(days=1)
    shop.near.save()
    shop.receive(1)


def test_a_firm_that_left_takes_returns_in_and_no_new_goods() -> None:
    shop = Shop()
    shop.receive(3)
    Tenant.objects.update(closed_on=today())
    shop.sku.refresh_from_db()
    with pytest.raises(InvalidInput) as refusal:
        shop.receive(1)
    assert (refusal.value.code, refusal.value.field) == ("closed", "sku")
    stock_receive(kind=MoveKind.RETURN, actor=SYSTEM, warehouse=shop.near, sku=shop.sku, quantity=1)
    assert shop.on_hand() == 4


# --- pre-sale


def promised() -> list[tuple[str, int, int]]:
    rows = Backorder.objects.filter(state="open").order_by("pk")
    return list(rows.values_list("order_no", "quantity", "presold"))


def test_what_is_not_there_is_promised_up_to_the_limit(shop: Shop) -> None:
    shop.receive(5)
    shop.allow(3)
    for number in range(10):
        record(shop.seller, fact(f"A{number}", sku_code="S1"))
    assert promised() == [("A5", 1, 1), ("A6", 1, 1), ("A7", 1, 1), ("A8", 1, 0), ("A9", 1, 0)]
    assert shop.on_hand() == 0
    with pytest.raises(IntegrityError), transaction.atomic():
        Backorder.objects.update(presold=2)


def test_an_order_is_promised_in_part_and_without_a_limit_not_at_all(shop: Shop) -> None:
    shop.receive(5)
    record(shop.seller, fact("A", sku_code="S1", qty=6))
    shop.allow(3)
    record(shop.seller, fact("B", sku_code="S1", qty=2), fact("C", sku_code="S1", qty=4))
    assert promised() == [("A", 1, 0), ("B", 2, 2), ("C", 4, 1)]
    assert [row.oversold for row in Backorder.objects.order_by("pk")] == [1, 0, 3]
    shop.allow(1)
    record(shop.seller, fact("D", sku_code="S1"))
    assert promised()[-1] == ("D", 1, 0)


def test_what_is_filled_corrected_or_cancelled_leaves_room(shop: Shop) -> None:
    shop.allow(3)
    record(shop.seller, fact("A", sku_code="S1", qty=3, external_id="A", version=1))
    record(shop.seller, fact("A", sku_code="S1", qty=1, external_id="A", version=2))
    record(shop.seller, fact("B", sku_code="S1", qty=3))
    assert promised() == [("A", 1, 1), ("B", 3, 2)]
    shop.receive(1)
    backorder_fill(
        actor=SYSTEM, backorder=Backorder.objects.get(order_no="A", state="open"), warehouse=shop.near
    )
    record(shop.seller, fact("C", sku_code="S1", qty=2))
    assert promised() == [("B", 3, 2), ("C", 2, 1)]
    counted = unshipped(Reservation.objects.all(), Backorder.objects.all())
    assert (counted.missing, counted.oversold) == (2, 2)
