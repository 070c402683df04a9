"""Tries to have a place: a booking, a series, a place in the queue, a move, or one given back."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any

from core.clock import DAY, HOUR
from livestreams.models import Booking, LiveRoom
from tests.factories import TenantWorld
from tests.livestreams.people import People, in_two

HALF_AN_HOUR = HOUR / 2


class Bookers(People):
    def tool_books(self, chance: random.Random, mine: TenantWorld) -> Any:
        start, end = self.span(chance)
        return self.tool(mine, "bookings", {**self.wish(chance, mine), "starts_at": start, "ends_at": end})

    def tool_books_weekly(self, chance: random.Random, mine: TenantWorld) -> Any:
        start, end = self.span(chance)
        week = {
            "first_day": f"{start:%Y-%m-%d}",
            "last_day": f"{start + 14 * DAY:%Y-%m-%d}",
            "weekdays": [start.weekday()],
            "start": f"{start:%H:%M}",
            "minutes": (end - start) // timedelta(minutes=1),
        }
        return self.tool(mine, "booking-series", {**self.wish(chance, mine), **week})

    def tool_waits(self, chance: random.Random, mine: TenantWorld) -> Any:
        start, end = self.span(chance)
        between = {"earliest": start, "latest": end, "minutes": 15}
        return self.tool(mine, "waitlist", {**self.wish(chance, mine), **between})

    def tool_moves(self, chance: random.Random, mine: TenantWorld) -> Any:
        if (booking := self.booking_of(mine)) is None:
            return None
        room, start, end = self._elsewhere(chance, booking)
        place = {"room": room.code, "starts_at": start, "ends_at": end}
        return self.tool(mine, f"bookings/{booking.uid}/move", place)

    def _elsewhere(self, chance: random.Random, booking: Booking) -> tuple[LiveRoom, datetime, datetime]:
        """Half an hour later where it is, or anywhere."""
        if chance.random() < 0.5:
            return booking.room, booking.starts_at + HALF_AN_HOUR, booking.ends_at + HALF_AN_HOUR
        return chance.choice(self.rooms), *self.span(chance)

    def tenant_books(self, chance: random.Random, mine: TenantWorld) -> Any:
        start, end = self.span(chance)
        return self.owner(
            mine,
            "portal-booking-new",
            **self.wish(chance, mine),
            day=f"{start:%Y-%m-%d}",
            start=f"{start:%H:%M}",
            minutes=(end - start) // timedelta(minutes=1),
        )

    def tenant_gives_back(self, chance: random.Random, mine: TenantWorld) -> Any:
        booking = self.booking_of(mine)
        return booking and self.owner(mine, "portal-booking-cancel", booking.uid)

    def operator_books(self, chance: random.Random, mine: TenantWorld) -> Any:
        start, end = self.span(chance)
        return self.operator_adds(
            room=chance.choice(self.rooms).pk,
            tenant=mine.tenant.pk,
            host=chance.choice((mine.host.pk, "")),
            **in_two("starts_at", start),
            **in_two("ends_at", end),
        )

    def operator_moves(self, chance: random.Random, mine: TenantWorld) -> Any:
        if (booking := self.booking_of(mine)) is None:
            return None
        room, start, end = self._elsewhere(chance, booking)
        place = {**in_two("starts_at", start), **in_two("ends_at", end)}
        return self.operator(booking, "move", room=room.pk, **place)

    def operator_gives_back(self, chance: random.Random, mine: TenantWorld) -> Any:
        booking = self.booking_of(mine)
        return booking and self.operator(booking, "cancel")
