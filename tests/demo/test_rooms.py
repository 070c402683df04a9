"""What the demo's rooms cost: as the step does that ends a booking, so that results and charges are true."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db.models import F, Sum

from analytics.choices import ResultPart
from analytics.demo import load
from analytics.demo.build import build_park
from analytics.demo.plans import SEED, TINY
from analytics.result.gathering import account_of
from core.money import from_units
from livestreams.choices import BookingState
from livestreams.models import Booking
from livestreams.services import booking_charge
from parks.geography import geography_load
from tenants.choices import ChargeKind
from tenants.models import Charge
from tests.factories import SYSTEM

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

EARLIER = dt.datetime(2025, 5, 9, 12, 30, tzinfo=dt.UTC)
UNTIL = dt.datetime(2025, 5, 10, 12, 30, tzinfo=dt.UTC)


def test_what_is_over_is_due_charged_and_taken_off_the_result(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load, "HISTORY_DAYS", 3)
    geography_load()
    park = build_park(TINY, actor=SYSTEM, seed=SEED, until=UNTIL.date())
    load.load_until(park, EARLIER, actor=SYSTEM, seed=SEED)
    # One was charged meanwhile.
    ahead = Booking.objects.filter(starts_at__gt=EARLIER, ends_at__lt=UNTIL).earliest("ends_at")
    Charge.objects.create(**booking_charge(ahead, BookingState.COMPLETED, ahead.price))
    load.load_until(park, UNTIL, actor=SYSTEM, seed=SEED)
    # Who did not come pays for the room as well.
    over = Booking.objects.filter(state__in=(BookingState.COMPLETED, BookingState.NO_SHOW))
    assert over.count() > 5
    assert not over.exclude(due=F("price"), due__gt=0).exists()
    assert Booking.objects.exclude(pk__in=over).aggregate(due=Sum("due"))["due"] == 0

    charges = Charge.objects.filter(kind=ChargeKind.ROOM, park=park.park)
    assert {charge.explanation["booking"]: (charge.tenant_id, charge.amount) for charge in charges} == {
        str(booking.uid): (booking.tenant_id, booking.price) for booking in over
    }
    assert charges.count() == over.count()

    session = over.filter(state=BookingState.COMPLETED).latest("ends_at").sessions.get()
    room = account_of(SYSTEM, session).lines[ResultPart.ROOM]
    assert room.amount == from_units(room.units) == session.booking.price > 0
