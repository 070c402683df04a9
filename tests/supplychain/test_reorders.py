"""Launches and re-orders on the ledger: what sales lead to, who may do what, and what is taken in."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest
import time_machine
from django.db.models import Sum

from core import buckets
from core.errors import Conflict, InvalidInput, NotFound, Refused
from core.models import BucketMark
from livestreams.errors import WrongState
from supplychain.choices import ReorderState
from supplychain.models import FactoryDay, LaunchDay, Reorder, Sku, StockLevel, StockMove
from supplychain.services import (
    factory_update,
    launch_create,
    reorder_cancel,
    reorder_confirm,
    reorder_decline,
    reorder_produce,
    reorder_receive,
    stock_receive,
)
from supplychain.services.launches import drain, sweep
from tests.factories import SYSTEM, make_sku
from tests.supplychain.firm import DAY, DROP, NOON, Firm
from tests.supplychain.test_webhook_news import listen, told

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


@pytest.fixture(autouse=True)
def _on_the_second_day() -> Iterator[None]:
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def firm(db: None) -> Firm:
    return Firm()


def test_sales_lead_to_a_proposal_when_what_waits_is_counted(firm: Firm) -> None:
    launch = firm.launch()
    drain()
    assert not Reorder.objects.exists()
    firm.sell(30)
    firm.sell(10, code="RED-L")
    drain()
    launch.refresh_from_db()
    assert (launch.sold, LaunchDay.objects.get(launch=launch, day=NOON.date()).sold) == (40, 40)
    assert launch.low < launch.expected < launch.high
    reorder = Reorder.objects.get()
    assert (reorder.state, reorder.sold_then, reorder.stock_then) == ("proposed", 40, 60)
    assert reorder.quantity == reorder.proposed >= 10
    assert reorder.signalled_at == NOON
    assert not BucketMark.objects.filter(family=buckets.LAUNCHES).exists()


def test_a_proposal_follows_the_sales_and_stays_one(firm: Firm) -> None:
    listen(firm.tenant.node, "reorder.proposed")
    reorder = firm.proposal()
    before = reorder.quantity
    firm.sell(50, key="more")
    drain()
    reorder.refresh_from_db()
    assert Reorder.objects.count() == 1
    assert reorder.quantity > before
    # Told once, with what it was then.
    assert [(row["reorder"], row["quantity"]) for row in told(firm.tenant.node)] == [
        (str(reorder.uid), before)
    ]
    with time_machine.travel(NOON + 40 * DAY, tick=False):
        sweep()
        drain()
    reorder.refresh_from_db()
    assert reorder.state == ReorderState.CANCELLED


def test_what_lies_on_the_shelf_is_not_made_again(firm: Firm) -> None:
    """The stock ledger has the last word on what is left where it has more than the test batch leaves."""
    reorder = firm.proposal()
    assert reorder.stock_then == 60
    Sku.objects.update(tracked_since=NOON)
    common = {"actor": SYSTEM, "warehouse": firm.warehouse}
    stock_receive(sku=firm.sku, quantity=51, source_key="one", **common)
    stock_receive(sku=firm.sku_2, quantity=25, source_key="two", **common)
    StockLevel.objects.filter(sku=firm.sku_2).update(reserved=5)
    firm.sell(1, key="more")
    drain()
    reorder.refresh_from_db()
    assert reorder.stock_then == 50 + 20
    stock_receive(sku=firm.sku, quantity=4000, source_key="three", **common)
    firm.sell(1, key="again")
    drain()
    reorder.refresh_from_db()
    assert reorder.state == ReorderState.CANCELLED
    assert not Reorder.objects.filter(state=ReorderState.PROPOSED).exists()


def test_stock_that_sales_do_not_take_from_does_not_stop_a_reorder(firm: Firm) -> None:
    """Recorded once and never lowered, as where a firm ships from elsewhere: what was made and not sold counts."""
    stock_receive(actor=SYSTEM, warehouse=firm.warehouse, sku=firm.sku, quantity=100, source_key="batch")
    firm.launch()
    firm.sell(95)
    drain()
    assert StockLevel.objects.get().on_hand == 100
    reorder = Reorder.objects.get()
    assert (reorder.state, reorder.stock_then) == (ReorderState.PROPOSED, 5)


def test_slow_goods_are_not_made_again(firm: Firm) -> None:
    firm.launch()
    firm.sell(1)
    with time_machine.travel(NOON + 6 * DAY, tick=False):
        sweep()
        drain()
    assert not Reorder.objects.exists()


def test_sales_of_before_a_launch_was_written_down_count(firm: Firm) -> None:
    firm.sell(40)
    drain()
    launch = firm.launch()
    drain()
    launch.refresh_from_db()
    assert launch.sold == 40


def test_a_confirmed_order_takes_the_earliest_room(firm: Firm) -> None:
    reorder = reorder_confirm(actor=firm.owner, reorder=firm.proposal(), quantity=250)
    today = NOON.date()
    # Fabric is prepared on the first day and made on the second; sewing takes two days after it.
    assert [(work.day, work.pieces) for work in reorder.work.filter(step__kind="fabric")] == [
        (today + 2 * DAY, 250)
    ]
    assert [(work.day, work.pieces) for work in reorder.work.filter(step__kind="sewing")] == [
        (today + 3 * DAY, 200),
        (today + 4 * DAY, 50),
    ]
    assert reorder.due_on == today + 4 * DAY
    assert sum(line.quantity for line in reorder.lines.all()) == 250
    with pytest.raises(WrongState):
        reorder_confirm(actor=firm.owner, reorder=reorder, quantity=1)


def test_what_is_cancelled_gives_its_room_back(firm: Firm) -> None:
    reorder = reorder_confirm(actor=firm.owner, reorder=firm.proposal(), quantity=250)
    reorder_cancel(actor=firm.owner, reorder=reorder)
    assert FactoryDay.objects.aggregate(all=Sum("taken"))["all"] == 0
    assert not reorder.work.exists()


def test_no_room_is_a_conflict_and_nothing_is_taken(firm: Firm) -> None:
    reorder = firm.proposal()
    with pytest.raises(Conflict) as refused:
        reorder_confirm(actor=firm.owner, reorder=reorder, quantity=1_000_000)
    assert refused.value.code == "no_room"
    assert not FactoryDay.objects.exists()


def test_a_declined_proposal_waits_for_the_next_day_of_decision(firm: Firm) -> None:
    reorder_decline(actor=firm.owner, reorder=firm.proposal())
    drain()
    firm.sell(5, key="again")
    drain()
    assert not Reorder.objects.filter(state=ReorderState.PROPOSED).exists()
    with time_machine.travel(NOON + 2 * DAY, tick=False):
        firm.sell(30, at=NOON + 2 * DAY)
        drain()
    assert Reorder.objects.filter(state=ReorderState.PROPOSED).count() == 1


def test_received_pieces_equal_the_ledger(firm: Firm) -> None:
    reorder = reorder_confirm(actor=firm.owner, reorder=firm.proposal(), quantity=101)
    reorder_produce(actor=firm.owner, reorder=reorder)
    with pytest.raises(InvalidInput):
        reorder_receive(actor=firm.storeman, reorder=reorder, warehouse=firm.warehouse, pieces={"BLUE": 1})
    held = reorder_receive(
        actor=firm.storeman, reorder=reorder, warehouse=firm.warehouse, pieces={"RED-M": 60, "RED-L": 38}
    )
    moves = StockMove.objects.filter(source="reorder", source_key=str(reorder.uid))
    assert {move.sku.code: move.quantity for move in moves} == {"RED-M": 60, "RED-L": 38}
    assert {line.sku.code: line.received for line in held.lines.all()} == {"RED-M": 60, "RED-L": 38}
    assert StockLevel.objects.aggregate(all=Sum("on_hand"))["all"] == 98
    with pytest.raises(WrongState):
        reorder_receive(actor=firm.storeman, reorder=reorder, warehouse=firm.warehouse)


def test_who_may_do_what(firm: Firm) -> None:
    reorder = firm.proposal()
    for actor in (firm.stranger, firm.finance, firm.storeman):
        with pytest.raises((NotFound, Refused)):
            reorder_confirm(actor=actor, reorder=reorder, quantity=10)
        with pytest.raises((NotFound, Refused)):
            reorder_decline(actor=actor, reorder=reorder)
    held = reorder_confirm(actor=firm.owner, reorder=reorder, quantity=10)
    with pytest.raises((NotFound, Refused)):
        reorder_receive(actor=firm.stranger, reorder=held, warehouse=firm.warehouse)
    with pytest.raises((NotFound, Refused)):
        launch_create(
            actor=firm.stranger,
            tenant=firm.tenant,
            product=firm.sku.product,
            day=DROP,
            season_end=DROP + DAY,
        )


def test_a_launch_is_refused_that_does_not_make_sense(firm: Firm) -> None:
    foreign = make_sku(firm.other, "BLUE")
    for values in (
        {"season_end": DROP},
        {"product": foreign.product},
        {"cost": Decimal(130)},
        {"test_batch": 0},
    ):
        with pytest.raises((InvalidInput, Conflict, NotFound)):
            firm.launch(**values)
    firm.launch()
    with pytest.raises(Conflict):
        firm.launch(day=DROP + 3 * DAY)


def test_a_step_that_can_do_less_keeps_what_is_promised(firm: Firm) -> None:
    reorder_confirm(actor=firm.owner, reorder=firm.proposal(), quantity=200)
    factory_update(actor=firm.owner, factory=firm.factory, steps={"sewing": (50, 0)})
    assert FactoryDay.objects.get(step__kind="sewing").taken == 200
    for steps in ({"sewing": (0, 0)}, {"ironing": (5, 0)}):
        with pytest.raises(InvalidInput):
            factory_update(actor=SYSTEM, factory=firm.factory, steps=steps)
