"""What the demo shows of encoders, through the pages of the people who log in to it."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from analytics.demo import load
from analytics.demo.build import build_park
from analytics.demo.encoders import ADDRESS, build_nodes, give_keys
from analytics.demo.people import make_short_logins
from analytics.demo.plans import SEED, TINY
from core.models import User
from livestreams.choices import BookingState
from livestreams.models import Booking, MediaNode, StreamKey
from livestreams.services import stream_credentials
from parks.geography import geography_load
from tests.factories import SYSTEM

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

UNTIL = dt.datetime(2025, 5, 10, 4, 30, tzinfo=dt.UTC)


def test_whoever_looks_at_a_booking_finds_what_the_encoder_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    """A firm and a host of the demo read server and key; building it again leaves both as they are."""
    monkeypatch.setattr(load, "HISTORY_DAYS", 1)
    geography_load()
    with time_machine.travel(UNTIL):
        park = build_park(TINY, actor=SYSTEM, seed=SEED, until=UNTIL.date())
        load.load_until(park, UNTIL, actor=SYSTEM, seed=SEED)
        make_short_logins([park], actor=SYSTEM)
        secrets = set()
        for _start in range(2):
            build_nodes([park], actor=SYSTEM)
            give_keys(park, UNTIL, actor=SYSTEM)
            secrets |= set(StreamKey.objects.values_list("secret_hash", flat=True))
        assert MediaNode.objects.get().address == ADDRESS
        ahead = Booking.objects.ahead(UNTIL).filter(state=BookingState.CONFIRMED)
        for login, theirs in (
            ("tenant", ahead.filter(tenant=park.tenants[0])),
            ("host", ahead.filter(host=park.hosts[1])),
        ):
            booking = theirs.earliest("starts_at")
            key = stream_credentials(actor=SYSTEM, booking=booking).key
            assert key.startswith("lsk_")
            browser = Client()
            browser.force_login(
                User.objects.get(username=login), backend="django.contrib.auth.backends.ModelBackend"
            )
            of = booking.tenant if login == "tenant" else park.hosts[1].tenant
            page = browser.get(reverse("portal-booking", args=[of.code, booking.uid])).content.decode()
            assert ADDRESS in page
            assert key in page
        assert len(secrets) == StreamKey.objects.count() > 1
