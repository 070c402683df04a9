"""The demo's new styles: what is left of a drop stands in its launch, in the stock ledger and in what is proposed."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine

from analytics.counting import drain_everything
from analytics.demo import load
from analytics.demo.build import build_park
from analytics.demo.plans import SEED, TINY
from analytics.demo.reorders import build_reorders
from parks.geography import geography_load
from supplychain.models import Launch, Reorder, StockLevel, StockMove
from supplychain.services import stock_adjust
from tests.factories import SYSTEM

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

UNTIL = dt.datetime(2025, 5, 10, 12, 30, tzinfo=dt.UTC)


def test_a_drop_is_its_test_batch_in_the_ledger_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load, "HISTORY_DAYS", 15)
    geography_load()
    with time_machine.travel(UNTIL, tick=False):
        park = build_park(TINY, actor=SYSTEM, seed=SEED, until=UNTIL.date())
        load.load_until(park, UNTIL, actor=SYSTEM, seed=SEED)
        drain_everything()
        # One of the styles has nearly run out by its drop: its test batch comes in.
        last = StockLevel.objects.filter(owner=park.tenants[0]).order_by("sku__code")[5]
        stock_adjust(
            actor=SYSTEM, warehouse=last.warehouse, sku=last.sku, quantity=1 - last.available, note="-"
        )
        build_reorders(park, actor=SYSTEM)
        launches = list(Launch.objects.filter(sold__gt=0))
        assert len(launches) > 3
        for launch in launches:
            level = StockLevel.objects.get(sku__product=launch.product_id)
            assert level.available == max(launch.test_batch - launch.sold, 0), launch
            moves = StockMove.objects.filter(sku=level.sku).values_list("quantity", flat=True)
            assert sum(moves) == level.on_hand
            assert all(share is None or share <= 1 for _days, share in launch.sell_through), launch
        for reorder in Reorder.objects.select_related("launch"):
            assert reorder.stock_then >= reorder.launch.test_batch - reorder.sold_then
            assert reorder.stock_then <= reorder.launch.test_batch
