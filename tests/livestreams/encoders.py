"""Encoders of bookings, whose media nodes ask as they were recorded."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.test import Client

from livestreams import services
from livestreams.models import Booking, PublishDecision
from tests.factories import World

HOOKS = "/api/v1/stream-hooks/"


class Encoder:
    """One encoder of a booking, whose media node asks as recorded with nginx-rtmp 1.2.2."""

    def __init__(self, world: World, key: str, client: str = "1", app: str = "live", extra: str = "") -> None:
        self.world, self.key, self.client, self.app, self.extra = world, key, client, app, extra
        self.http = Client()

    def _post(self, call: str, more: str) -> Any:
        form = (
            f"app={self.app}&flashver=FMLE/3.0%20(compatible%3B%20Lavf59.27&swfurl=&tcurl=rtmp://127.0.0.1/live&pageurl="
            f"&addr=10.0.0.7&clientid={self.client}{more}{self.extra}"
        )
        return self.http.post(
            f"{HOOKS}nginx-rtmp/{call}",
            form,
            content_type="application/x-www-form-urlencoded",
            headers={"X-Stream-Hook-Secret": self.world.media_secret},
        )

    def publish(self) -> Any:
        return self._post("publish", f"&call=publish&name={self.key}&type=live")

    def update(self, seconds: int = 5, behind: int = 50) -> int:
        stamp = seconds * 1000 - behind
        more = f"&call=update_publish&time={seconds}&timestamp={stamp}&name={self.key}"
        return int(self._post("update", more).status_code)

    def done(self) -> int:
        return int(self._post("publish_done", f"&call=publish_done&name={self.key}").status_code)


def book(world: World, starts_at: datetime, ends_at: datetime, number: int = 0, room: int = 0) -> Booking:
    mine = world.tenants[number]
    return services.booking_create(
        actor=mine.owner,
        room=world.rooms[room],
        tenant=mine.tenant,
        host=mine.host,
        starts_at=starts_at,
        ends_at=ends_at,
    )


def encoder(world: World, booking: Booking, **more: str) -> Encoder:
    """An encoder with the key of the booking, which gets one on the way."""
    number = next(n for n, mine in enumerate(world.tenants) if mine.tenant == booking.tenant)
    key = booking.stream_keys.filter(replaced_at=None).first() or services.stream_key_renew(
        actor=world.tenants[number].owner, booking=booking, platform="douyin"
    )
    return Encoder(world, services.secret_of(key), **more)


def last_reason() -> str:
    return PublishDecision.objects.latest("id").reason
