"""What the dock reads from OBS about frames that it lost, and who is told of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.db import connection, transaction
from django.db.utils import DatabaseError, IntegrityError
from django.test import Client
from django.urls import reverse

from analytics.parkday import losing_encoders
from core.clock import DAY, HOUR, now
from livestreams import services
from livestreams.choices import FrameLoss
from livestreams.frames import MOST_SOURCES
from livestreams.models import Booking, EncoderSample
from parks.models import ParkSettings
from tests.analytics.test_obs import ask, screen
from tests.api.conftest import Caller
from tests.factories import TenantWorld, World
from tests.livestreams.encoders import encoder

pytestmark = pytest.mark.both_databases
WORD = {
    "source": "run-1",
    "sent": "0",
    "dropped": "0",
    "encoded": "9000",
    "skipped": "9",
    "rendered": "9000",
    "missed": "0",
    "sent_bytes": "75000000",
    "congestion": "0.25",
}


@pytest.fixture
def mine(world: World) -> TenantWorld:
    return world.tenants[0]


@pytest.fixture
def on_air(world: World, mine: TenantWorld) -> Iterator[Booking]:
    """The tenant's booking while its encoder is on air."""
    with time_machine.travel(mine.booking.starts_at, tick=False) as clock:
        assert encoder(world, mine.booking).publish().status_code == 302
        clock.shift(60)
        mine.booking.refresh_from_db()
        yield mine.booking


def tell(dock: str, seconds: int, **values: Any) -> Any:
    """What the dock shows after it sent what OBS shows so many seconds later."""
    with time_machine.travel(now() + seconds * HOUR / 3600, tick=False):
        answer = ask(dock, "/dock/encoder", **WORD | {name: str(value) for name, value in values.items()})
        assert (answer.status_code, answer.content) == (204, b"")
        return ask(dock, "/dock/now").json()["frames"]


def test_dropped_frames_alarm_and_are_good_again(world: World, mine: TenantWorld, on_air: Booking) -> None:
    dock, at = screen(mine, "dock"), now()
    assert ask(dock, "/dock/now").json()["frames"] is None
    assert tell(dock, 0, sent=300, dropped=150) == {"percent": None, "cause": "", "alarm": False}
    # 30 of the 600 frames of the last minute: a twentieth, which passes
    assert tell(dock, 20, sent=900, dropped=180)["percent"] == "5.0"
    assert not EncoderSample.objects.judged().filter(is_losing=True, booking=on_air).exists()
    worse = tell(dock, 30, sent=1200, dropped=240)
    assert worse == {
        "percent": "10.0",
        "cause": FrameLoss.NETWORK.label,
        "alarm": True,
    }

    def losing(seconds: int, parks: list[Any]) -> int:
        return losing_encoders(world.manager, parks, at + seconds * HOUR / 3600)

    assert (losing(31, [world.park]), losing(31, []), losing(61, [world.park])) == (1, 0, 0)
    # OBS began its stream anew; the minute before still counts, then is over
    assert tell(dock, 60, sent=600, dropped=0)["alarm"]
    calm = tell(dock, 91, sent=1500, dropped=0)
    assert (calm["percent"], calm["alarm"]) == ("0.0", False)
    # no connection: nothing is counted, and all is lost; false is what a browser sends of a switch that is off
    gone = tell(dock, 100, sent=1500, reconnecting="true")
    assert (gone["percent"], gone["alarm"]) == ("100.0", True)
    assert not tell(dock, 110, sent=1800, reconnecting="false")["alarm"]
    # the park lets less pass
    ParkSettings.objects.update_or_create(park=world.park, defaults={"lost_frames_percent": 0})
    assert tell(dock, 120, sent=2400, dropped=1)["alarm"]


def test_people_are_shown_what_an_encoder_loses(world: World, mine: TenantWorld, on_air: Booking) -> None:
    dock, session = screen(mine, "dock"), on_air.sessions.get()
    page = Client()
    page.force_login(mine.users["tenant_owner"])
    tell(dock, 0, sent=300)
    first = page.get(reverse("portal-booking", args=[mine.tenant.code, on_air.uid])).content.decode()
    assert re.search(r'<dd class="num">\s*–\s*<br>', first), "of one word nothing follows"
    tell(dock, 10, sent=600, dropped=60)
    with time_machine.travel(now() + 15 * HOUR / 3600, tick=False):
        for name, uid in (("portal-booking", on_air.uid), ("portal-session", session.uid)):
            shown = page.get(reverse(name, args=[mine.tenant.code, uid])).content.decode()
            assert "20.0 %" in shown
            assert 'role="alert"' in shown
        manager = Caller(user=world.users["park_manager"])
        rows = manager.get(f"encoder-samples?booking={on_air.uid}&alarm=true").json()["results"]
        assert [(row["lost_percent"], row["cause"], row["alarm"], row["sent"]) for row in rows] == [
            ("20.000", "network", True, 600)
        ]


def test_a_dock_of_a_booking_that_is_not_on_air_alarms_nobody(
    world: World, mine: TenantWorld, on_air: Booking
) -> None:
    """Both docks are open beside one OBS, which loses frames of the picture that it sends."""
    later = services.booking_create(
        actor=mine.owner,
        room=on_air.room,
        tenant=mine.tenant,
        starts_at=on_air.starts_at + 2 * DAY,
        ends_at=on_air.ends_at + 2 * DAY,
    )
    docks = [screen(mine, "dock"), screen(replace(mine, booking=later), "dock")]
    for seconds, dropped in ((0, 0), (10, 60)):
        shown = [tell(dock, seconds, sent=300 + 30 * seconds, dropped=dropped) for dock in docks]
    assert shown[0]["alarm"]
    assert shown[1] is None
    assert EncoderSample.objects.filter(booking=later).count() == 2
    assert losing_encoders(world.manager, [world.park], now() + 11 * HOUR / 3600) == 1


def test_two_encoders_are_not_one_that_jumps(mine: TenantWorld, on_air: Booking) -> None:
    dock = screen(mine, "dock")
    for seconds in (0, 10, 20):
        tell(dock, seconds, sent=300 + 30 * seconds)
        told = tell(dock, seconds, source="run-2", sent=90_000 + 30 * seconds, dropped=80_000 + 3 * seconds)
    assert told["percent"] == "10.0"
    # again within a moment: nothing new
    tell(dock, 21, sent=9000, dropped=9000)
    assert EncoderSample.objects.filter(booking=on_air, source="run-1").count() == 3


def test_no_dock_is_ever_so_many_encoders(mine: TenantWorld, on_air: Booking) -> None:
    dock = screen(mine, "dock")
    told = EncoderSample.objects.filter(booking=on_air, at__gte=now())
    for number in range(MOST_SOURCES):
        tell(dock, number, source=f"run-{number % (MOST_SOURCES - 1)}")
    tell(dock, MOST_SOURCES, source="spare")
    with time_machine.travel(now() + HOUR / 120, tick=False):
        refused = ask(dock, "/dock/encoder", **WORD | {"source": "one-more"})
        assert refused.status_code == 409
    tell(dock, 31, source="run-0")
    assert told.count() == MOST_SOURCES + 2
    # a minute later those that say nothing any more are forgotten
    tell(dock, 62, source="one-more")
    assert told.filter(source="one-more").exists()


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"sent": "-1"}, "sent"),
        ({"sent": "x"}, "sent"),
        ({"sent": ""}, "sent"),
        ({"encoded": "9" * 40}, "encoded"),
        ({"congestion": "1.1"}, "congestion"),
        ({"congestion": "NaN"}, "congestion"),
        ({"source": "s" * 33}, "source"),
        ({"source": "a\0b"}, "source"),
        ({"source": "a\nb"}, "source"),
        ({"source": "a\x1bb"}, "source"),
        ({"dropped": "2"}, ""),
    ],
)
def test_what_obs_cannot_have_said_is_refused(
    mine: TenantWorld, on_air: Booking, wrong: dict[str, str], named: str
) -> None:
    answer = ask(screen(mine, "dock"), "/dock/encoder", **WORD | wrong)
    assert answer.status_code == 400
    assert answer.json()["detail"].startswith(named)
    assert not EncoderSample.objects.filter(booking=on_air, source="run-1").exists()


def test_more_lost_than_was_due_is_all_that_was_due(mine: TenantWorld, on_air: Booking) -> None:
    dock = screen(mine, "dock")
    tell(dock, 0, sent=100)
    assert tell(dock, 10, sent=101, dropped=90)["percent"] == "100.0"
    same = EncoderSample.objects.filter(source="run-1").values().first() | {"id": None}
    for beyond in ("100.001", "-0.001"):
        with pytest.raises(IntegrityError, match="livestreams_encoder_sample_lost"), transaction.atomic():
            EncoderSample.objects.create(**same | {"source": beyond, "lost_percent": Decimal(beyond)})


def test_only_an_open_dock_tells(mine: TenantWorld, on_air: Booking) -> None:
    for secret in ("", "lps_wrong", screen(mine, "overlay")):
        assert ask(secret, "/dock/encoder", **WORD).status_code == 401


def test_words_of_encoders_stand(mine: TenantWorld) -> None:
    with pytest.raises(DatabaseError), transaction.atomic():
        EncoderSample.objects.update(dropped=0)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM livestreams_encodersample")


def test_only_the_dock_may_call_obs() -> None:
    assert "connect-src 'self' ws://127.0.0.1:*" in Client().get("/dock/")["Content-Security-Policy"]
    assert "ws:" not in Client().get("/overlay/")["Content-Security-Policy"]
