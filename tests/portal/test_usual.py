"""What the form of a booking proposes: the usual room, length and hour, as soon as they can be had."""

from __future__ import annotations

from datetime import date, time

import pytest
from django.test import Client
from django.urls import reverse

from core.clock import DAY, HOUR, MINUTE, day_start
from livestreams.choices import BookingState
from livestreams.models import Booking
from livestreams.services import booking_create
from livestreams.usual import habit, next_free
from tests.factories import TenantWorld, World
from tests.portal.booking import day

__all__ = ["day"]


def test_the_form_offers_the_usual_room_and_length_as_soon_as_they_can_be_had(
    owner: Client, world: World, firm: TenantWorld, day: date
) -> None:
    address = reverse("portal-booking-new", args=[firm.tenant.code])
    Booking.objects.filter(tenant=firm.tenant).update(state=BookingState.CANCELLED)
    usual, other = world.rooms[1], world.rooms[0]
    for days, room, hours in ((9, usual, 3), (10, usual, 3), (11, other, 1)):
        starts_at = day_start(day + days * DAY) + 9 * HOUR
        booking_create(
            actor=firm.owner,
            room=room,
            tenant=firm.tenant,
            starts_at=starts_at,
            ends_at=starts_at + hours * HOUR,
        )
    # somebody else has all rooms for the whole day and ten minutes of the next
    neighbour = world.tenants[1]
    for room in world.rooms:
        booking_create(
            actor=neighbour.owner,
            room=room,
            tenant=neighbour.tenant,
            starts_at=day_start(day),
            ends_at=day_start(day + DAY) + 10 * MINUTE,
        )

    def offered(query: str = "") -> dict[str, str]:
        form = owner.get(f"{address}?day={day}{query}").context["form"]
        return {name: str(form[name].value()) for name in ("room", "day", "start", "minutes")}

    values = {
        "room": usual.code,
        "day": f"{day + DAY}",
        "start": "09:00",
        "minutes": "180",
    }
    assert offered() == values
    assert offered(f"&room={other.code}")["room"] == other.code
    assert offered("&start=07:30&minutes=60") == {
        **values,
        "day": f"{day}",
        "start": "07:30",
        "minutes": "60",
    }
    for nonsense in ("&minutes=x", "&minutes=9999999", "&room=no%00room"):
        assert offered(nonsense) == values
    assert owner.post(address, values).status_code == 302


@pytest.mark.parametrize(
    ("begins", "usual", "proposed"),
    [
        # the hour near which most begin, on the next evening on which it is free
        ((19.5, 20.25, 20.75, 3), time(20, 15), 44.25),
        # also around midnight, where tomorrow is near today
        ((23.75, 0.25, 0.5, 12), time(0, 30), 24.5),
        # at no hour in particular: as soon as can be, a quarter for the set-up after whoever is there
        ((3, 9, 15, 21), None, 24.25),
        ((), None, 24.25),
    ],
)
def test_a_time_is_proposed_at_the_usual_hour_and_the_soonest_only_without_one(
    world: World,
    firm: TenantWorld,
    day: date,
    begins: tuple[float, ...],
    usual: time | None,
    proposed: float,
) -> None:
    room, neighbour = world.rooms[0], world.tenants[1]
    Booking.objects.filter(tenant=firm.tenant).update(state=BookingState.CANCELLED)
    midnight = day_start(day)
    for number, hour in enumerate(begins, start=10):
        start = midnight + 2 * number * DAY + hour * HOUR
        booking_create(
            actor=firm.owner, room=room, tenant=firm.tenant, starts_at=start, ends_at=start + 2 * HOUR
        )
    booking_create(
        actor=neighbour.owner,
        room=room,
        tenant=neighbour.tenant,
        starts_at=midnight + 18 * HOUR,
        ends_at=midnight + 24 * HOUR,
    )
    found = habit(Booking.objects.filter(tenant=firm.tenant), [120])
    assert (found.minutes, found.begins) == (120, usual)
    window = next_free([room], 2 * HOUR, midnight + 20 * HOUR, found.begins)
    assert window is not None
    assert window.span.start == midnight + proposed * HOUR


def test_a_neighbour_that_is_free_earlier_is_proposed_before_the_usual_room(
    world: World, firm: TenantWorld, day: date
) -> None:
    usual, other = world.rooms[:2]
    Booking.objects.all().update(state=BookingState.CANCELLED)
    midnight, neighbour = day_start(day), world.tenants[1]
    booking_create(
        actor=neighbour.owner,
        room=usual,
        tenant=neighbour.tenant,
        starts_at=midnight + HOUR,
        ends_at=midnight + 2 * DAY + 12 * HOUR,
    )
    for begins, hour in ((time(20), 20), (None, 1)):
        window = next_free([usual, other], 2 * HOUR, midnight + HOUR, begins)
        assert window is not None
        assert (window.room, window.span.start) == (other, midnight + hour * HOUR), begins
        window = next_free([usual, other], 2 * HOUR, midnight + 2 * DAY + 13 * HOUR, begins)
        assert window is not None
        assert window.room == usual, "the first of those that are free on one day"
