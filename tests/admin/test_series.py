"""The operator books a series: the days that are named are left out, as in the portal."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from core.clock import DAY, today
from livestreams.models import Booking, BookingSeries
from tests.admin.conftest import Worlds, url_of

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


def test_named_days_are_left_out_of_a_series(manager: Client, worlds: Worlds) -> None:
    first = today() + 4 * DAY
    off = first + timedelta(days=7)
    values = {
        "room": worlds.mine.rooms[0].pk,
        "tenant": worlds.mine.tenants[0].tenant.pk,
        "first_day": f"{first}",
        "last_day": f"{first + timedelta(days=21)}",
        "weekdays": [first.weekday()],
        "starts_at": "09:00",
        "minutes": 60,
        "purpose": "",
    }
    before = BookingSeries.objects.count()
    refused = manager.post(url_of(BookingSeries, "add/"), {**values, "skip": "next week"})
    beside = manager.post(url_of(BookingSeries, "add/"), {**values, "skip": f"{off + DAY}"})
    assert [list(page.context["adminform"].form.errors) for page in (refused, beside)] == [["skip"]] * 2
    assert BookingSeries.objects.count() == before
    answer = manager.post(url_of(BookingSeries, "add/"), {**values, "skip": f"{off}，{off + 7 * DAY}"})
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    made = BookingSeries.objects.latest("pk")
    assert made.bookings.count() == 2
    assert str(off) in {left["day"] for left in made.skipped}
    listed = manager.get(url_of(Booking)).content.decode()
    assert f'<a href="{url_of(BookingSeries, f"{made.pk}/change/")}">2 / 2</a>' in listed
    shown = manager.get(url_of(BookingSeries, f"{made.pk}/change/")).content.decode()
    assert f"{off} 按要求" in shown
