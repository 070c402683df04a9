"""The demo follows from its seed and its day, in however many runs it is told."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.db import transaction

from analytics.demo import load
from core.models import BucketMark
from tests.demo.tables import Tables

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

DAY, THREE_DAYS_LATER = "2025-05-10T12:30:00Z", "2025-05-13T12:30:00Z"
SAME_HOURS = "2025-05-06T04:00:00Z", "2025-05-09T04:00:00Z"  # a room is on the air at both
BY_HAND = {  # when packing began, how far it is, and so what has left the shelves depends on when somebody looked
    f"supplychain.{name}"
    for name in (
        "WarehouseTariff",
        "Wave",
        "Parcel",
        "Reservation",
        "ReturnedGoods",
        "StockMove",
        "StockLevel",
    )
}
Told = dict[str, list[str]]


@pytest.fixture
def told(tmp_path: object, settings: object) -> Callable[..., Told]:
    settings.DATA_DIR = tmp_path  # type: ignore[attr-defined]

    def run(*untils: str, seed: int = 1) -> Told:
        """The tables of a site on which the demo ran up to each of these instants."""
        cache.clear()  # a site of its own: the same keys were those of other rows
        with transaction.atomic():
            for until in untils:
                call_command("demo", "--tiny", seed=seed, until=until, verbosity=0)
            assert not BucketMark.objects.exists()
            rows = Tables().rows
            transaction.set_rollback(True)
        return rows

    return run


def differing(one: Told, other: Told) -> list[str]:
    return [label for label in one if one[label] != other[label]]


def test_the_same_seed_and_day_give_the_same_tables(told: Callable[..., Told]) -> None:
    first = told(DAY)
    for label in ("livestreams.LiveSession", "supplychain.SalesEvent", "analytics.DaySales"):
        assert len(first[label]) > 50, label
    assert differing(first, told(DAY)) == []


def test_another_seed_gives_other_sales_on_the_same_park(told: Callable[..., Told]) -> None:
    first, other = told(DAY), told(DAY, seed=2)
    changed = differing(first, other)
    assert {"supplychain.SalesEvent", "livestreams.LiveSession", "analytics.IndicatorValue"} <= set(changed)
    assert first["parks.Park"] == other["parks.Park"]


def test_days_caught_up_with_are_as_if_told_at_once(
    told: Callable[..., Told], monkeypatch: pytest.MonkeyPatch
) -> None:
    caught_up = told(DAY, THREE_DAYS_LATER)
    monkeypatch.setattr(load, "HISTORY_DAYS", load.HISTORY_DAYS + 3)
    assert set(differing(caught_up, told(THREE_DAYS_LATER))) <= BY_HAND


def test_a_room_that_is_on_the_air_at_both_runs_has_ended_its_first_session(
    told: Callable[..., Told],
) -> None:
    assert any("'live'" in row for row in told(*SAME_HOURS)["livestreams.LiveSession"])
