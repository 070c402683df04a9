"""Who comes to the doors of two parks, what they wish for, and how each of them sends it."""

from __future__ import annotations

import json
import random
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Model
from django.test import Client
from django.urls import reverse

from core.choices import Role
from core.clock import local
from core.models import User
from livestreams.choices import BOOKING_BLOCKING
from livestreams.models import Booking, PlannedShift
from tests.factories import TenantWorld, World, make_room


class People:
    """Tools with their keys, owners in the portal and an operator in the admin; guests are firms of another park."""

    def __init__(self, world: World, guests: World, day: datetime) -> None:
        self.world, self.guests, self.day = world, guests, day
        self.rooms = [
            *world.rooms,
            *(make_room(world.park, f"alpha-room-{number}") for number in range(2, 6)),
        ]
        self.manager = world.users[Role.PARK_MANAGER]
        firms = [*world.tenants, *guests.tenants]
        people = [self.manager, *(mine.users[Role.TENANT_OWNER] for mine in firms)]
        self.cookies = {user.pk: _logged_in(user) for user in people}

    def tool(self, mine: TenantWorld, path: str, body: dict[str, Any]) -> Any:
        return Client().post(
            f"/api/v1/{path}",
            json.dumps(body, default=_words),
            content_type="application/json",
            headers={"Authorization": f"Bearer {mine.secret}"},
        )

    def owner(self, mine: TenantWorld, page: str, *uids: Any, **values: Any) -> Any:
        """Send a page of the firm's portal."""
        person = self._person(mine.users[Role.TENANT_OWNER])
        return person.post(reverse(page, args=[mine.tenant.code, *uids]), values)

    def operator(self, row: Model, name: str, **values: Any) -> Any:
        """Do something to a row in the admin; it shows its form again when that is refused."""
        address = f"admin:livestreams_{row._meta.model_name}_operation"
        return self._person(self.manager).post(reverse(address, args=[row.pk, name]), values)

    def operator_adds(self, **values: Any) -> Any:
        return self._person(self.manager).post(reverse("admin:livestreams_booking_add"), values)

    def _person(self, user: User) -> Client:
        client = Client()
        client.cookies.load(self.cookies[user.pk])
        return client

    def span(self, chance: random.Random) -> tuple[datetime, datetime]:
        """Up to an hour and a half of the day over which everybody quarrels."""
        start = local(self.day + timedelta(minutes=30 * chance.randrange(46)))
        return start, start + timedelta(minutes=30 * chance.randint(1, 3))

    def wish(self, chance: random.Random, mine: TenantWorld) -> dict[str, Any]:
        return {"room": chance.choice(self.rooms).code, **self.asked_for(chance, mine)}

    def asked_for(self, chance: random.Random, mine: TenantWorld) -> dict[str, Any]:
        """For whom, and half of the time with its host."""
        with_host = {"host": mine.host.code} if chance.random() < 0.5 else {}
        return {"tenant": mine.tenant.code, **with_host}

    def booking_of(self, mine: TenantWorld, **like: Any) -> Booking | None:
        held = Booking.objects.filter(tenant=mine.tenant, state__in=BOOKING_BLOCKING, starts_at__gte=self.day)
        return held.filter(**like).select_related("room").order_by("?").first()

    def shift_of(self, mine: TenantWorld) -> PlannedShift | None:
        ahead = PlannedShift.objects.filter(booking__tenant=mine.tenant, starts_at__gte=self.day)
        return ahead.filter(released=False).select_related("booking").order_by("?").first()


def in_two(name: str, at: datetime) -> dict[str, str]:
    """A time as the admin's two fields for day and hour."""
    at = local(at)
    return {f"{name}_0": f"{at:%Y-%m-%d}", f"{name}_1": f"{at:%H:%M}"}


def _words(value: datetime | UUID) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _logged_in(user: User) -> str:
    client = Client()
    client.force_login(user)
    return client.cookies.output(header="", sep=";")
