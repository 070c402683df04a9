"""What stands already: bookings as sessions that no plan moves, and the sessions of a schedule that is repaired."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace

from livestreams.choices import PlanState
from livestreams.conflicts import Span
from livestreams.models import Booking, PlannedSlot
from livestreams.planning.grid import SLOT, Grid
from livestreams.planning.requests import key_of, needs_of
from livestreams.planning.rules import PlanRules
from livestreams.scheduling import Crew, Need, Placement, Request, Room, Slots, Task, slots_of


def booked_already(
    grid: Grid,
    rules: PlanRules,
    crews: tuple[Crew, ...],
    rooms: tuple[Room, ...],
    hosts: set[str],
    own: list[int],
) -> Iterator[tuple[Request, Placement]]:
    """Bookings of the rooms, as locked sessions that are worth nothing to the plan, with the crews they were given."""
    taken = Booking.objects.taking_host(grid.span.start, grid.span.end).filter(
        room__code__in=[room.key for room in rooms]
    )
    taken = taken.exclude(pk__in=own)
    published = PlannedSlot.objects.filter(plan__state=PlanState.PUBLISHED, booking__in=taken)
    planned = {slot.booking_id: slot for slot in published.select_related("request").order_by("plan_id")}
    staff = _Staff(grid, crews)
    for booking in taken.select_related("room", "tenant", "host").order_by("pk"):
        first, last = grid.outer(Span(booking.starts_at, booking.ends_at))
        host = booking.host.code if booking.host and booking.host.code in hosts else None
        key, slot = f"booking:{booking.uid}", planned.get(booking.pk)
        everywhere, elapsed = (Slots(0, grid.slots),), max((grid.start - booking.starts_at) // SLOT, 0)
        needs = tuple(_left_of(needs_of(slot.request, rules), elapsed)) if slot else ()
        tasks = tuple(staff.task(need, booking, slot, last - first) for need in needs if slot)
        yield (
            Request(key, booking.tenant.code, last - first, everywhere, value=0, needs=needs),
            Placement(key, first, booking.room.code, host, tasks),
        )


def _left_of(needs: Iterable[Need], elapsed: int) -> Iterator[Need]:
    """What is left of a session's needs when it has taken place for so many slots."""
    for need in needs:
        if not need.during or not need.length:
            yield need
        elif need.length > elapsed:
            yield replace(need, length=need.length - elapsed)


class _Staff:
    """The shifts of crews, filled with the tasks of what is booked already."""

    def __init__(self, grid: Grid, crews: tuple[Crew, ...]) -> None:
        self.grid, self.crews = grid, {crew.key: crew for crew in crews}
        self.busy: Counter[tuple[str, int, int]] = Counter()

    def task(self, need: Need, booking: Booking, slot: PlannedSlot, length: int) -> Task | None:
        """The task of a booking in the first shift that has people left for it; none where no shift has.

        Whoever is there during a session goes along when it is moved by hand; make-up that was planned does not.
        """
        at = booking.starts_at if need.during else slot.made_up_at
        if at is None or (not need.during and (at < self.grid.start or booking.starts_at != slot.starts_at)):
            return None
        first = max((at - self.grid.start) // SLOT, 0)
        slots = range(first, first + slots_of(need, length))
        for number, shift in enumerate(self.crews[need.crew].shifts):
            keys = [(need.crew, number, at) for at in slots]
            within = shift.start <= slots.start and slots.stop <= shift.end
            if within and all(self.busy[key] + need.people <= shift.people for key in keys):
                self.busy.update(dict.fromkeys(keys, need.people))
                return Task(number, first)
        return None


def placed_before(slots: Collection[PlannedSlot], grid: Grid) -> tuple[Placement, ...]:
    """Where sessions stand, as the schedule knows it."""
    return tuple(
        Placement(
            key_of(slot.request, slot.week),
            (slot.starts_at - grid.start) // SLOT,
            slot.room.code,
            slot.host.code if slot.host else None,
        )
        for slot in slots
        if slot.room is not None and slot.starts_at is not None
    )
