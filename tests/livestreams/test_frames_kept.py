"""What encoders said is kept for a while and cannot be changed; afterwards the worst of each session is left."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.db import DatabaseError, transaction

from core.clock import DAY, MINUTE, now
from livestreams.frames import KEPT_DAYS
from livestreams.models import Booking, EncoderSample
from livestreams.services import encoder_samples_forget
from tests.factories import World, make_session

pytestmark = pytest.mark.both_databases


def said(booking: Booking, days: float, lost: str | None) -> EncoderSample:
    return EncoderSample.objects.create(
        booking=booking,
        source=f"{days}",
        at=now() - days * DAY,
        sent=9,
        dropped=0,
        encoded=9,
        skipped=0,
        rendered=9,
        missed=0,
        sent_bytes=9,
        congestion=Decimal(0),
        lost_percent=None if lost is None else Decimal(lost),
    )


def test_of_old_words_the_worst_of_each_session_is_left(world: World) -> None:
    one, two = (mine.booking for mine in world.tenants[:2])
    old = KEPT_DAYS + 10
    # The second booking was on air twice, and somebody's dock spoke for it when it was not.
    for booking, first, days in ((one, old + 5, 6), (two, old + 5, 2), (two, old + 1, 2)):
        make_session(booking.tenant, booking=booking, starts_at=now() - first * DAY, hours=days * 24)
    gone = [said(one, old + number, lost) for number, lost in enumerate((None, "0", "94"))]
    kept = [said(one, old + 3, "97"), said(one, KEPT_DAYS - 1, "1")]
    gone.append(said(one, old + 4, "97"))
    gone += [said(two, old + number, "3") for number in (4, 0.5)] + [said(two, old + 20, "99")]
    kept += [said(two, old + 3.5, "98"), said(two, old, "40")]
    assert encoder_samples_forget() >= len(gone)
    left = EncoderSample.objects.filter(pk__in=[row.pk for row in (*gone, *kept)])
    assert set(left) == set(kept)
    assert encoder_samples_forget() == 0


def test_the_database_lets_nobody_forget_sooner_or_change_anything(world: World) -> None:
    young = said(world.tenants[0].booking, KEPT_DAYS - MINUTE / DAY, "1")
    old = said(world.tenants[0].booking, KEPT_DAYS + 1, "1")
    with pytest.raises(DatabaseError), transaction.atomic():
        EncoderSample.objects.filter(pk=young.pk).delete()
    with pytest.raises(DatabaseError), transaction.atomic():
        EncoderSample.objects.filter(pk=old.pk).update(lost_percent=0)
    assert EncoderSample.objects.filter(pk=old.pk).delete()[0] == 1
