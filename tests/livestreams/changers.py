"""Tries that change more than one thing at once: swaps, offers taken, shifts, whole schedules, rooms and hosts lent."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from threading import Lock
from typing import Any

from core import jobs
from core.actors import Actor, user_actor
from core.clock import local
from livestreams import services, tasks
from livestreams.choices import BookingState, ExchangeState, PlanState
from livestreams.models import (
    Booking,
    ExchangeOffer,
    ExchangeRequest,
    PlannedShift,
    SchedulePlan,
    SlotRequest,
)
from tests.factories import TenantWorld, World
from tests.livestreams.people import People


class Changers(People):
    def __init__(self, world: World, guests: World, day: datetime) -> None:
        super().__init__(world, guests, day)
        # To be had at once: a room, and a host who is much in demand at home. Another room is asked for, more often.
        asked_for = self._offer(room=self.rooms[1])
        self.offers = [
            self._offer(room=self.rooms[0], is_instant=True),
            self._offer(host=world.tenants[0].host, is_instant=True),
            asked_for,
            asked_for,
        ]
        self.planning, self.sweeping = Lock(), Lock()

    def _offer(self, **what: Any) -> ExchangeOffer:
        actor = user_actor(self.manager)
        if "host" in what:
            actor = self.world.tenants[0].owner
        return services.exchange_offer_make(
            actor=actor,
            starts_at=self.day,
            ends_at=self.day + timedelta(hours=24),
            hourly_rate=Decimal(70),
            places=[self.guests.park.code],
            **what,
        )

    # Swaps

    def tool_swaps(self, chance: random.Random, mine: TenantWorld) -> Any:
        one, other = self.booking_of(mine), self.booking_of(mine)
        if one is None or other is None or one == other:
            return None
        return self.tool(mine, f"bookings/{one.uid}/swap", {"other": other.uid})

    def tenant_swaps(self, chance: random.Random, mine: TenantWorld) -> Any:
        one, other = self.booking_of(mine), self.booking_of(mine)
        if one is None or other is None or one == other:
            return None
        return self.owner(mine, "portal-booking-swap", one.uid, other=other.uid)

    def operator_swaps(self, chance: random.Random, mine: TenantWorld) -> Any:
        """Of two firms, as only the park can."""
        one, other = (self.booking_of(firm) for firm in self.world.tenants)
        return one and other and self.operator(one, "swap", other=other.pk)

    # The waitlist

    def beat_offers(self, chance: random.Random, mine: TenantWorld) -> Any:
        """The sweep, of which one runs at a time."""
        if self.sweeping.acquire(blocking=False):
            try:
                tasks.offer_waitlist()
            finally:
                self.sweeping.release()

    def tenant_takes(self, chance: random.Random, mine: TenantWorld) -> Any:
        """What the waitlist holds for the firm."""
        offered = self.booking_of(mine, state=BookingState.HELD, waited__isnull=False)
        return offered and self.owner(mine, "portal-booking-confirm", offered.uid)

    def tool_takes(self, chance: random.Random, mine: TenantWorld) -> Any:
        offered = self.booking_of(mine, state=BookingState.HELD, waited__isnull=False)
        return offered and self.tool(mine, f"bookings/{offered.uid}/confirm", {})

    # Shifts

    def tool_plans_shift(self, chance: random.Random, mine: TenantWorld) -> Any:
        if (booking := self.booking_of(mine)) is None:
            return None
        half = booking.starts_at + (booking.ends_at - booking.starts_at) / 2
        start, end = chance.choice(((booking.starts_at, half), (half, booking.ends_at)))
        shift = {"booking": booking.uid, "host": mine.host.code, "starts_at": start, "ends_at": end}
        return self.tool(mine, "planned-shifts", shift)

    def tenant_plans_shift(self, chance: random.Random, mine: TenantWorld) -> Any:
        if (booking := self.booking_of(mine)) is None:
            return None
        start, end = local(booking.starts_at), local(booking.ends_at)
        shift = {"role": "host", "start": f"{start:%H:%M}", "end": f"{end:%H:%M}"}
        return self.owner(mine, "portal-booking-shifts", booking.uid, host=mine.host.code, **shift)

    def tenant_drops_shift(self, chance: random.Random, mine: TenantWorld) -> Any:
        shift = self.shift_of(mine)
        return shift and self.owner(mine, "portal-shift-drop", shift.uid)

    # Schedules

    def tool_asks_for_slot(self, chance: random.Random, mine: TenantWorld) -> Any:
        """For one more slot, or no longer for the first of two: schedules stay small, and are outdated quickly."""
        open_still = SlotRequest.objects.filter(tenant=mine.tenant, withdrawn_at=None, earliest__gte=self.day)
        if len(asked := list(open_still.order_by("pk"))) > 1:
            return self.tool(mine, f"slot-requests/{asked[0].uid}/withdraw", {})
        start, end = self.span(chance)
        windows = [{"starts_at": start, "ends_at": end}]
        wish = {"minutes": 30, "windows": windows, **self.asked_for(chance, mine)}
        return self.tool(mine, "slot-requests", wish)

    def operator_publishes(self, chance: random.Random, mine: TenantWorld) -> Any:
        """Whatever fits of what is asked for, as it was when the schedule was made."""
        day = local(self.day).date()
        return self._plans(
            lambda actor: services.plan_start(
                actor=actor, park=self.world.park, first_day=day, last_day=day, seconds=0
            )
        )

    def operator_repairs(self, chance: random.Random, mine: TenantWorld) -> Any:
        """Moves what a schedule gave out of a room."""
        booked = Booking.objects.filter(planned__isnull=False, state=BookingState.CONFIRMED)
        plans = SchedulePlan.objects.filter(state=PlanState.PUBLISHED, slots__booking__in=booked)
        if (base := plans.order_by("?").first()) is None:
            return None
        rooms = (chance.choice(self.rooms),)
        return self._plans(
            lambda actor: services.plan_repair(actor=actor, plan=base, rooms=rooms), patience=2
        )

    def _plans(self, start: Callable[[Actor], SchedulePlan], patience: float = 0) -> Any:
        """Start a schedule, let a worker make it, publish it. A park makes one at a time.

        There is seldom one to repair, so who repairs waits some seconds for who makes one.
        """
        if not self.planning.acquire(timeout=patience):
            return None
        try:
            plan = start(user_actor(self.manager))
            jobs.run_due(limit=1)
            return self.operator(plan, "publish")
        finally:
            self.planning.release()

    # Between parks

    def guest_tool_asks(self, chance: random.Random, mine: TenantWorld) -> Any:
        guest, offer, brings = self._guest(chance)
        start, end = self.span(chance)
        wish = {"offer": offer.uid, "tenant": guest.tenant.code, "starts_at": start, "ends_at": end}
        return self.tool(guest, "exchange-requests", {**wish, **brings})

    def guest_asks(self, chance: random.Random, mine: TenantWorld) -> Any:
        guest, offer, brings = self._guest(chance)
        start, end = self.span(chance)
        minutes = (end - start) // timedelta(minutes=1)
        when = {"day": f"{start:%Y-%m-%d}", "start": f"{start:%H:%M}", "minutes": minutes}
        return self.owner(guest, "portal-exchange-ask", offer.uid, **when, **brings)

    def _guest(self, chance: random.Random) -> tuple[TenantWorld, ExchangeOffer, dict[str, str]]:
        """A firm, what it wants, and what it brings: its host to a room, a room to a host."""
        guest, offer = chance.choice(self.guests.tenants), chance.choice(self.offers)
        room = {"room": self.guests.rooms[0].code}
        return guest, offer, room if offer.host_id else {"host": guest.host.code}

    def operator_lends(self, chance: random.Random, mine: TenantWorld) -> Any:
        asked = ExchangeRequest.objects.filter(offer__in=self.offers, state=ExchangeState.REQUESTED)
        if (request := asked.order_by("-pk").first()) is None:
            return None
        answer = self.operator(request, "accept")
        if answer.status_code == 200:
            self.operator(request, "decline", reason="Taken meanwhile.")
        return answer

    def guest_gives_back(self, chance: random.Random, mine: TenantWorld) -> Any:
        guest = chance.choice(self.guests.tenants)
        booking = self.booking_of(guest, loan__isnull=False)
        return booking and self.tool(guest, f"bookings/{booking.uid}/cancel", {})

    def left(self) -> dict[str, int]:
        """How many bookings came by each of these ways, whatever became of them."""
        made = Booking.objects.filter(starts_at__gte=self.day)
        return {
            "planned": made.filter(planned__isnull=False).distinct().count(),
            "waited for": made.filter(waited__isnull=False, hold_expires_at=None).count(),
            "lent": made.filter(loan__isnull=False).count(),
            "with shifts": PlannedShift.objects.filter(booking__in=made).count(),
        }
