"""A factory with little room and many who want it at once: real threads, each with a connection of its own."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

import pytest
import time_machine
from django.db.models import F, Sum

from core import clock
from supplychain.choices import ReorderState
from supplychain.models import FactoryDay, Reorder, ReorderWork, StockLevel
from supplychain.services import launch_create, reorder_confirm, reorder_receive
from supplychain.services.launches import drain
from tests.factories import SYSTEM, make_sku
from tests.supplychain.firm import DAY, DROP, NOON, Firm
from tests.supplychain.test_settlement_concurrency import together

pytestmark = pytest.mark.both_databases


@pytest.fixture
def firm(transactional_db: None) -> Firm:
    with time_machine.travel(NOON, tick=False):
        return Firm(pieces=50)


def proposals(firm: Firm, number: int) -> list[Reorder]:
    """Proposals of so many styles for the same factory."""
    found = []
    for place in range(number):
        sku = make_sku(firm.tenant, f"STYLE-{place}")
        launch = launch_create(
            actor=SYSTEM,
            tenant=firm.tenant,
            product=sku.product,
            factory=firm.factory,
            day=DROP,
            season_end=DROP + 45 * DAY,
            test_batch=100,
            price=Decimal(120),
            cost=Decimal(50),
        )
        numbers = dict.fromkeys(
            ("quantity", "proposed", "low", "expected", "high", "day_then", "sold_then", "stock_then"), 40
        )
        found.append(
            Reorder.objects.create(
                launch=launch,
                factory=firm.factory,
                price=50,
                gain=1,
                lead_days=4,
                signalled_at=clock.now(),
                **numbers,
            )
        )
    return found


def test_a_factory_is_never_promised_beyond_its_room(firm: Firm) -> None:
    with time_machine.travel(NOON, tick=True):
        rows = proposals(firm, 8)
        outcomes = together(
            *[lambda row=row: reorder_confirm(actor=SYSTEM, reorder=row, quantity=40) for row in rows]  # type: ignore[misc]
        )
    assert Counter(outcomes) == {"done": 8}
    assert not FactoryDay.objects.filter(taken__gt=F("step__pieces_per_day")).exists()
    for step in firm.factory.steps.all():
        done = ReorderWork.objects.filter(step=step)
        assert done.aggregate(all=Sum("pieces"))["all"] == 8 * 40
        for day in step.days.all():
            assert day.taken == done.filter(day=day.day).aggregate(all=Sum("pieces"))["all"]


def test_one_of_many_confirms_and_one_takes_in(firm: Firm) -> None:
    with time_machine.travel(NOON, tick=True):
        (row,) = proposals(firm, 1)
        outcomes = together(*[lambda: reorder_confirm(actor=SYSTEM, reorder=row, quantity=40)] * 4, drain)
        assert Counter(outcomes)["done"] <= 2
        row.refresh_from_db()
        if row.state == ReorderState.CONFIRMED:
            taken = together(
                *[lambda: reorder_receive(actor=SYSTEM, reorder=row, warehouse=firm.warehouse)] * 4
            )
            assert Counter(taken) == {"done": 1, "wrong_state": 3}
            assert StockLevel.objects.get().on_hand == 40
