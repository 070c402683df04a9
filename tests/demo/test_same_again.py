"""The demo follows from its seed and its day, in however many runs it is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.db import transaction

from analytics.demo import load
from core.models import BucketMark
from tests.demo.tables import Tables

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

DAY, THREE_DAYS_LATER = "2025-05-06T04:00:00Z", "2025-05-09T04:00:00Z"  # a room is on the air at both
BY_HAND = {  # when packing began, how far it is, and so what has left the shelves depends on when somebody looked
    "livestreams.StreamKey",  # so does what lies ahead
    *(
        f"supplychain.{name}"
        for name in (
            "WarehouseTariff",
            "Wave",
            "Parcel",
            "Reservation",
            "ReturnedGoods",
            "StockMove",
            "StockLevel",
            "ZoneLevel",
        )
    ),
}
Told = dict[str, list[str]]


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, settings: Any) -> None:
    settings.DATA_DIR = tmp_path


def told(*untils: str, seed: int = 1) -> list[Told]:
    """The tables of a site at each of these instants, up to which the demo ran."""
    cache.clear()  # a site of its own: the same keys were those of other rows
    tables = []
    with transaction.atomic():
        for until in untils:
            call_command("demo", "--tiny", seed=seed, until=until, verbosity=0)
            assert not BucketMark.objects.exists()
            tables.append(Tables().rows)
        transaction.set_rollback(True)
    return tables


def differing(one: Told, other: Told) -> list[str]:
    return [label for label in one if one[label] != other[label]]


def test_the_demo_follows_from_its_seed_and_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """In one test, as each run of the demo takes long."""
    first, caught_up = told(DAY, THREE_DAYS_LATER)
    for label in ("livestreams.LiveSession", "supplychain.SalesEvent", "analytics.DaySales"):
        assert len(first[label]) > 50, label
    for tables in (first, caught_up):
        assert any("'live'" in row for row in tables["livestreams.LiveSession"])
    [again] = told(DAY)
    assert differing(first, again) == [], "the same seed and day give the same tables"
    [other] = told(DAY, seed=2)
    changed = differing(first, other)
    assert {"supplychain.SalesEvent", "livestreams.LiveSession", "analytics.IndicatorValue"} <= set(changed)
    assert first["parks.Park"] == other["parks.Park"]
    monkeypatch.setattr(load, "HISTORY_DAYS", load.HISTORY_DAYS + 3)
    [at_once] = told(THREE_DAYS_LATER)
    assert set(differing(caught_up, at_once)) <= BY_HAND, "days caught up with are as if told at once"
