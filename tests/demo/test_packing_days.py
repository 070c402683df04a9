"""The demo's warehouse goes on packing for as long as the simulation runs."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine

from analytics.demo.build import build_park
from analytics.demo.load import History
from analytics.demo.parcels import packing_begins
from analytics.demo.plans import SEED, TINY
from analytics.demo.simulator import ParkReplay, replay_for
from analytics.management.commands.simulate import Command
from core.clock import DAY, HOUR
from parks.geography import geography_load
from supplychain.choices import ParcelState, ReservationState, WaveState
from supplychain.models import Parcel, Reservation, Sku, Wave
from tests.factories import SYSTEM
from tests.supplychain.ledger import fact, record

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

MORNING = dt.datetime(2025, 5, 10, 1, 0, tzinfo=dt.UTC)


def test_each_new_day_of_the_simulation_sends_what_was_sold_the_day_before() -> None:
    geography_load()
    with time_machine.travel(MORNING, tick=False) as clock:
        park = build_park(TINY, actor=SYSTEM, seed=SEED, until=MORNING.date())
        packing_begins(park, MORNING.date())
        replay = replay_for(park, "http://127.0.0.1:9", "", lambda at: at)
        sku = Sku.objects.filter(tenant=park.tenants[0]).earliest("pk")
        for day in range(10):
            now = MORNING + day * DAY
            clock.move_to(now)
            _goes_on(replay, now)
            clock.shift(14 * HOUR)
            for hour in (1, 13):  # in the morning, and in the evening
                paid = fact(f"D{day}-{hour}", sku_code=sku.code, occurred_at=now + hour * HOUR)
                record(park.tenants[0], paid)
            _goes_on(replay, now + 14 * HOUR)
    sent = Parcel.objects.filter(state=ParcelState.DISPATCHED).values_list("order_no", flat=True)
    waits = Reservation.objects.exclude(state=ReservationState.DISPATCHED)
    assert set(sent) == {f"D{day}-1" for day in range(9)} | {f"D{day}-13" for day in range(8)}
    assert set(waits.values_list("order_no", flat=True)) == {"D8-13", "D9-1", "D9-13"}
    assert Wave.objects.filter(state=WaveState.PICKING).count() == 1


def _goes_on(replay: ParkReplay, now: dt.datetime) -> None:
    """A turn of the simulation in which nothing is sold."""
    history = History(MORNING.date(), MORNING.date(), MORNING)
    Command()._advance(replay, history, now, now, SEED)
