"""What a factory does for a re-order, step by step, and what follows from correcting a launch."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest
import time_machine
from django.db.models import F, Sum

from core.errors import Conflict, InvalidInput, NotFound, Refused
from livestreams.errors import WrongState
from supplychain.models import Factory, FactoryDay, Launch, LaunchDay, Reorder, ReorderWork
from supplychain.services import (
    factory_create,
    launch_update,
    reorder_advance,
    reorder_cancel,
    reorder_confirm,
    reorder_produce,
    reorder_receive,
)
from supplychain.services.launches import drain, sweep
from tests.factories import SYSTEM, make_sku
from tests.supplychain.firm import DAY, DROP, NOON, Firm

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

TODAY = NOON.date()


@pytest.fixture(autouse=True)
def _on_the_second_day() -> Iterator[None]:
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def firm(db: None) -> Firm:
    return Firm()


@pytest.fixture
def order(firm: Firm) -> Reorder:
    """250 pieces: fabric on the 6th, sewing on the 7th and the 8th."""
    return reorder_confirm(actor=firm.owner, reorder=firm.proposal(), quantity=250)


def taken_equals_work(factory: Factory) -> bool:
    """Whether a day is taken by exactly the work that is to be done on it, or was done on it or later."""
    still = ReorderWork.objects.exclude(done_on__lt=F("day"))
    planned = still.values("step", "day").annotate(all=Sum("pieces"))
    days = FactoryDay.objects.filter(step__factory=factory)
    return {(row["step"], row["day"]): row["all"] for row in planned} == {
        (day.step_id, day.day): day.taken for day in days if day.taken
    }


def test_a_step_that_is_done_early_frees_its_days(firm: Firm, order: Reorder) -> None:
    assert [(stage.step.kind, stage.first, stage.last, stage.done_on) for stage in order.stages] == [
        ("fabric", TODAY + 2 * DAY, TODAY + 2 * DAY, None),
        ("sewing", TODAY + 3 * DAY, TODAY + 4 * DAY, None),
    ]
    order = reorder_advance(actor=firm.owner, reorder=order, step="fabric")
    assert order.next_stage is not None
    assert order.next_stage.step.kind == "sewing"
    assert FactoryDay.objects.get(step__kind="fabric").taken == 0
    assert FactoryDay.objects.filter(step__kind="sewing").aggregate(all=Sum("taken"))["all"] == 250
    assert taken_equals_work(firm.factory)
    with time_machine.travel(NOON + 3 * DAY, tick=False):
        reorder_produce(actor=firm.owner, reorder=order)
    assert [day.taken for day in FactoryDay.objects.filter(step__kind="sewing").order_by("day")] == [200, 0]
    assert taken_equals_work(firm.factory)


def test_a_step_takes_those_before_it_along(firm: Firm, order: Reorder) -> None:
    order = reorder_advance(actor=firm.owner, reorder=order, step="sewing")
    assert [stage.done_on for stage in order.stages] == [TODAY, TODAY]
    assert order.next_stage is None
    with pytest.raises(WrongState):
        reorder_advance(actor=firm.owner, reorder=order, step="fabric")


def test_who_may_note_a_step_and_which(firm: Firm, order: Reorder) -> None:
    for actor in (firm.stranger, firm.storeman, firm.finance):
        with pytest.raises((NotFound, Refused)):
            reorder_advance(actor=actor, reorder=order, step="fabric")
    with pytest.raises(InvalidInput):
        reorder_advance(actor=firm.owner, reorder=order, step="washing")
    reorder_cancel(actor=firm.owner, reorder=order)
    with pytest.raises(WrongState):
        reorder_advance(actor=firm.owner, reorder=order, step="fabric")


def test_what_is_done_stays_when_the_rest_is_cancelled(firm: Firm, order: Reorder) -> None:
    order = reorder_advance(actor=firm.owner, reorder=order, step="fabric")
    reorder_cancel(actor=firm.owner, reorder=order)
    assert {work.step.kind for work in order.work.all()} == {"fabric"}
    assert taken_equals_work(firm.factory)
    assert FactoryDay.objects.aggregate(all=Sum("taken"))["all"] == 0


def test_what_came_before_its_day_frees_the_days(firm: Firm, order: Reorder) -> None:
    reorder_receive(actor=firm.storeman, reorder=order, warehouse=firm.warehouse)
    assert FactoryDay.objects.aggregate(all=Sum("taken"))["all"] == 0


def test_pieces_follow_the_sizes_that_are_bought(firm: Firm) -> None:
    firm.launch()
    firm.sell(30)
    firm.sell(10, code="RED-L")
    drain()
    order = reorder_confirm(actor=firm.owner, reorder=Reorder.objects.get(), quantity=100)
    assert {line.sku.code: line.quantity for line in order.lines.all()} == {"RED-M": 75, "RED-L": 25}


def test_a_sale_looks_at_its_own_style_and_the_sweep_at_all(firm: Firm) -> None:
    other = firm.launch(product=make_sku(firm.tenant, "BLUE").product)
    own = firm.launch()
    drain()
    with time_machine.travel(NOON + DAY / 48, tick=False) as now:
        firm.sell(30, at=NOON)
        drain()
        own.refresh_from_db(), other.refresh_from_db()
        assert (own.counted_at, other.counted_at) == (NOON + DAY / 48, NOON)
        now.move_to(NOON + DAY / 12)
        sweep()
        drain()
    other.refresh_from_db()
    assert other.counted_at == NOON + DAY / 12


def test_a_day_that_is_counted_again_is_replaced(firm: Firm) -> None:
    launch = firm.launch()
    firm.sell(30)
    drain()
    firm.sell(12, key="more")
    drain()
    assert LaunchDay.objects.get(launch=launch, day=TODAY).sold == 42


def test_a_corrected_launch_is_looked_at_again(firm: Firm) -> None:
    before = firm.proposal().quantity
    launch = launch_update(actor=firm.owner, launch=Launch.objects.get(), cost=Decimal(100))
    drain()
    assert Reorder.objects.get().quantity < before
    for values in (
        {"season_end": DROP},
        {"cost": Decimal(130)},
        {"test_batch": 0},
        {"factory": factory_create(actor=SYSTEM, tenant=firm.other, name="W", steps={"sewing": (5, 0)})},
    ):
        with pytest.raises((InvalidInput, Conflict)):
            launch_update(actor=firm.owner, launch=launch, **values)
    for actor in (firm.stranger, firm.storeman, firm.finance):
        with pytest.raises((NotFound, Refused)):
            launch_update(actor=actor, launch=launch, test_batch=50)


def test_a_season_that_ends_earlier_has_no_days_after_its_end(firm: Firm) -> None:
    launch = firm.launch()
    for number, pieces in ((0, 5), (1, 7)):
        firm.sell(pieces, at=NOON - (1 - number) * DAY)
    drain()
    launch.refresh_from_db()
    assert launch.sold == 12
    launch = launch_update(actor=firm.owner, launch=launch, season_end=DROP + DAY)
    drain()
    launch.refresh_from_db()
    assert (launch.sold, launch.days.get().day) == (5, DROP)


def test_launches_share_the_room_of_their_factory(firm: Firm) -> None:
    factory = factory_create(actor=SYSTEM, tenant=firm.tenant, name="Small", steps={"sewing": (10, 0)})
    codes = ("A", "B", "C")
    for code in codes:
        firm.launch(product=make_sku(firm.tenant, code).product, factory=factory)
        firm.sell(40, code=code)
    drain()
    proposed = [row.quantity for row in Reorder.objects.filter(factory=factory)]
    assert 0 < sum(proposed) <= 14 * 10
    firm.sell(30, code="A", key="more")
    drain()
    assert sum(row.quantity for row in Reorder.objects.filter(factory=factory, state="proposed")) <= 14 * 10
    for row in Reorder.objects.filter(factory=factory, state="proposed"):
        assert (
            reorder_confirm(actor=firm.owner, reorder=row, quantity=row.quantity).due_on <= TODAY + 14 * DAY
        )
