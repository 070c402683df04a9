"""Tools, tenants and operators at once, each through their own door: no overlap, and nobody sees a server error."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from core.choices import Role
from core.clock import DAY, local
from core.models import User
from livestreams.choices import BOOKING_BLOCKING
from livestreams.models import Booking
from tests.factories import TenantWorld, World, make_room, make_world
from tests.livestreams.crowds import crowd, doubled

TRIES = 1_000
# How each door says that what was wanted is taken; the admin shows its form again.
TAKEN = {"tool_books": 409, "tenant_books": 409, "operator_books": 200}


class Doors:
    """One try of somebody through a door: a booking, a series, a place in the queue, a move, or one given back."""

    def __init__(self, world: World, day: datetime) -> None:
        self.rooms, self.tenants, self.day = (
            [*world.rooms, make_room(world.park, "alpha-room-2")],
            world.tenants,
            day,
        )
        people = [world.users[Role.PARK_MANAGER], *(mine.users[Role.TENANT_OWNER] for mine in world.tenants)]
        self.cookies = {user.pk: _logged_in(user) for user in people}
        self.manager = people[0]
        self.acts: list[Callable[[random.Random, TenantWorld], Any]] = [
            *[self.tool_books] * 3,
            self.tool_books_weekly,
            self.tool_waits,
            self.tool_moves,
            *[self.tenant_books] * 3,
            self.tenant_gives_back,
            *[self.operator_books] * 3,
            self.operator_moves,
            self.operator_gives_back,
        ]

    def try_one(self, seed: int) -> tuple[str, int]:
        """The door's name and the status of its answer, 0 when there was nothing to be done."""
        chance = random.Random(seed)
        act = chance.choice(self.acts)
        answer = act(chance, chance.choice(self.tenants))
        return act.__name__, answer.status_code if answer is not None else 0

    def tool_books(self, chance: random.Random, mine: TenantWorld) -> Any:
        start, end = self._span(chance)
        return self._tool(mine, "bookings", {**self._wish(chance, mine), "starts_at": start, "ends_at": end})

    def tool_books_weekly(self, chance: random.Random, mine: TenantWorld) -> Any:
        start, end = self._span(chance)
        week = {
            "first_day": f"{start:%Y-%m-%d}",
            "last_day": f"{start + 14 * DAY:%Y-%m-%d}",
            "weekdays": [start.weekday()],
            "start": f"{start:%H:%M}",
            "minutes": (end - start) // timedelta(minutes=1),
        }
        return self._tool(mine, "booking-series", {**self._wish(chance, mine), **week})

    def tool_waits(self, chance: random.Random, mine: TenantWorld) -> Any:
        start, end = self._span(chance)
        between = {"earliest": start, "latest": end, "minutes": 15}
        return self._tool(mine, "waitlist", {**self._wish(chance, mine), **between})

    def tool_moves(self, chance: random.Random, mine: TenantWorld) -> Any:
        if (booking := self._one_of(mine)) is None:
            return None
        start, end = self._span(chance)
        place = {"room": chance.choice(self.rooms).code, "starts_at": start, "ends_at": end}
        return self._tool(mine, f"bookings/{booking.uid}/move", place)

    def tenant_books(self, chance: random.Random, mine: TenantWorld) -> Any:
        start, end = self._span(chance)
        wish = {
            **self._wish(chance, mine),
            "day": f"{start:%Y-%m-%d}",
            "start": f"{start:%H:%M}",
            "minutes": (end - start) // timedelta(minutes=1),
        }
        return self._person(mine.users[Role.TENANT_OWNER]).post(
            reverse("portal-booking-new", args=[mine.tenant.code]), wish
        )

    def tenant_gives_back(self, chance: random.Random, mine: TenantWorld) -> Any:
        if (booking := self._one_of(mine)) is None:
            return None
        address = reverse("portal-booking-cancel", args=[mine.tenant.code, booking.uid])
        return self._person(mine.users[Role.TENANT_OWNER]).post(address)

    def operator_books(self, chance: random.Random, mine: TenantWorld) -> Any:
        start, end = self._span(chance)
        values = {
            "room": chance.choice(self.rooms).pk,
            "tenant": mine.tenant.pk,
            "host": chance.choice((mine.host.pk, "")),
            **_in_two("starts_at", start),
            **_in_two("ends_at", end),
        }
        return self._person(self.manager).post(reverse("admin:livestreams_booking_add"), values)

    def operator_moves(self, chance: random.Random, mine: TenantWorld) -> Any:
        if (booking := self._one_of(mine)) is None:
            return None
        start, end = self._span(chance)
        values = {
            "room": chance.choice(self.rooms).pk,
            **_in_two("starts_at", start),
            **_in_two("ends_at", end),
        }
        return self._person(self.manager).post(_operation(booking, "move"), values)

    def operator_gives_back(self, chance: random.Random, mine: TenantWorld) -> Any:
        if (booking := self._one_of(mine)) is None:
            return None
        return self._person(self.manager).post(_operation(booking, "cancel"))

    def held(self) -> int:
        return Booking.objects.blocking().filter(starts_at__gte=self.day).count()

    def _span(self, chance: random.Random) -> tuple[datetime, datetime]:
        start = local(self.day + timedelta(minutes=30 * chance.randrange(46)))
        return start, start + timedelta(minutes=30 * chance.randint(1, 3))

    def _wish(self, chance: random.Random, mine: TenantWorld) -> dict[str, Any]:
        with_host = {"host": mine.host.code} if chance.random() < 0.5 else {}
        return {"room": chance.choice(self.rooms).code, **with_host}

    def _one_of(self, mine: TenantWorld) -> Booking | None:
        held = Booking.objects.filter(tenant=mine.tenant, state__in=BOOKING_BLOCKING, starts_at__gte=self.day)
        return held.order_by("?").first()

    def _tool(self, mine: TenantWorld, path: str, body: dict[str, Any]) -> Any:
        return Client().post(
            f"/api/v1/{path}",
            json.dumps({"tenant": mine.tenant.code, **body} if "/" not in path else body, default=_iso),
            content_type="application/json",
            headers={"Authorization": f"Bearer {mine.secret}"},
        )

    def _person(self, user: User) -> Client:
        client = Client()
        client.cookies.load(self.cookies[user.pk])
        return client


def _iso(value: datetime) -> str:
    return value.isoformat()


def _logged_in(user: User) -> str:
    client = Client()
    client.force_login(user)
    return client.cookies.output(header="", sep=";")


def _in_two(name: str, at: datetime) -> dict[str, str]:
    return {f"{name}_0": f"{at:%Y-%m-%d}", f"{name}_1": f"{at:%H:%M}"}


def _operation(booking: Booking, name: str) -> str:
    return reverse("admin:livestreams_booking_operation", args=[booking.pk, name])


@pytest.mark.gate
@pytest.mark.both_databases
def test_a_thousand_tries_through_every_door(
    transactional_db: None, at: Callable[..., datetime], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    doors = Doors(make_world("alpha"), at(0))
    with crowd(tmp_path, monkeypatch) as people:
        answers = Counter(people.map(doors.try_one, range(TRIES)))
        assert doubled(people) == 0
        won = people.submit(doors.held).result()
    print(connection.vendor, dict(sorted(answers.items())), f"{won} held at the end")
    assert {status for _door, status in answers} <= {0, 200, 201, 302, 409}
    for act in doors.acts:
        name = act.__name__
        assert any(answers[name, status] for status in (200, 201, 302) if status != TAKEN.get(name)), name
    for name, status in TAKEN.items():
        assert answers[name, status] > 10, f"{name}: others held what was wanted"
    assert won > 20
