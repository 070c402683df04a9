"""What is given back before its parcel leaves stays, and what was sent comes back once."""

from __future__ import annotations

from typing import Any

import pytest

from core.errors import Conflict, InvalidInput
from supplychain.choices import GoodsCondition, ParcelState, ReservationState
from supplychain.models import Backorder, Reservation
from supplychain.services import backorder_fill, goods_return, parcel_dispatch, wave_make
from supplychain.tasks import release_refunded
from supplychain.unshipped import oversold, returns_awaited, unshipped
from tests.supplychain.ledger import NOON, SYSTEM
from tests.supplychain.stockroom import PackingShop, everything_adds_up

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


@pytest.fixture
def shop() -> PackingShop:
    return PackingShop()


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
