"""What is due for a booking, by the park's terms: table, services and charges."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine

from core.actors import Actor
from core.clock import DAY, HOUR, MINUTE
from livestreams import services
from livestreams.choices import BookingState
from livestreams.errors import GivesUp, WrongState
from livestreams.models import Booking, Maintenance
from livestreams.terms import Terms, free_until
from tenants.models import Charge
from tests.factories import World

TERMS = Terms(late_cancel_percent=Decimal(50), no_show_percent=Decimal("33.3"))
PRICE = Decimal("200.01")
At = Callable[..., datetime]


@pytest.mark.parametrize(
    ("state", "more", "due"),
    [
        ("completed", {}, "200.01"),
        ("no_show", {}, "66.60"),
        ("cancelled", {"late": True}, "100.01"),
        ("cancelled", {"late": False}, "0"),
        ("cancelled", {"late": True, "was_held": True}, "0"),
        ("cancelled", {"late": True, "by_park": True}, "0"),
        ("cancelled", {"given_up": Decimal(70)}, "70"),
        ("cancelled", {"given_up": Decimal(70), "late": True}, "100.01"),
        ("cancelled", {"given_up": Decimal(70), "by_park": True}, "0"),
        ("no_show", {"given_up": Decimal(70)}, "70"),
        ("no_show", {"given_up": Decimal(70), "by_park": True}, "0"),
        ("completed", {"given_up": Decimal(70)}, "200.01"),
        ("completed", {"given_up": Decimal(300)}, "300"),
        ("confirmed", {"late": True}, "0"),
        ("confirmed", {"given_up": Decimal(70)}, "0"),
        ("checked_in", {"late": True}, "0"),
        ("held", {"late": True}, "0"),
    ],
)
def test_what_is_due_follows_from_state_and_terms(state: str, more: dict[str, Any], due: str) -> None:
    assert TERMS.due(state, PRICE, **more) == Decimal(due)


def test_the_free_hours_end_before_the_start() -> None:
    starts_at = datetime(2025, 6, 2, 12, tzinfo=UTC)
    assert free_until(starts_at, 24) == starts_at - DAY


@pytest.fixture
def strict_park(world: World) -> World:
    world.park.settings.late_cancel_percent = 50
    world.park.settings.no_show_percent = 100
    world.park.settings.save()
    return world


def book(world: World, starts_at: datetime, hours: float = 2) -> Booking:
    mine = world.tenants[0]
    return services.booking_create(
        actor=mine.owner,
        room=world.rooms[0],
        tenant=mine.tenant,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(hours=hours),
    )


def charged(booking: Booking) -> list[tuple[str, Decimal]]:
    rows = Charge.objects.filter(source="booking", source_id__startswith=str(booking.uid)).order_by("pk")
    return [(row.source_id.partition(":")[2], row.amount) for row in rows]


def test_given_back_in_time_it_costs_nothing_and_late_a_share(strict_park: World, at: At) -> None:
    early, late = book(strict_park, at(9)), book(strict_park, at(14))
    owner = strict_park.tenants[0].owner
    assert services.booking_cancel(actor=owner, booking=early).due == 0
    with time_machine.travel(at(14) - 23 * HOUR, tick=False):
        assert services.booking_cancel(actor=owner, booking=late).due == Decimal(100)
    assert charged(early) == []
    assert charged(late) == [("cancelled", Decimal(100))]


def test_what_the_park_calls_off_costs_nothing(strict_park: World, at: At) -> None:
    booking = book(strict_park, at(9))
    with time_machine.travel(at(9) - HOUR, tick=False):
        services.booking_cancel(actor=strict_park.manager, booking=booking)
    assert charged(booking) == []


def move(actor: Actor, booking: Booking, starts_at: datetime, hours: float = 2) -> Booking:
    """The booking at another time of its room."""
    return services.booking_move(
        actor=actor, booking=booking, starts_at=starts_at, ends_at=starts_at + timedelta(hours=hours)
    )


def test_who_moves_away_late_owes_what_was_given_up_wherever_it_goes(strict_park: World, at: At) -> None:
    booking = book(strict_park, at(9))
    owner = strict_park.tenants[0].owner
    with time_machine.travel(at(9) - 2 * HOUR, tick=False):
        moved = move(owner, booking, at(9, day=20), hours=0.5)
        assert (moved.given_up, moved.price, moved.free_until) == (100, 50, at(9, day=19))
        # Moved again in time, it gives nothing more up and takes nothing back.
        moved = move(owner, booking, at(9, day=25), hours=4)
        assert moved.given_up == Decimal(100)
    with time_machine.travel(at(9, day=15), tick=False):
        assert services.booking_cancel(actor=owner, booking=booking).due == Decimal(100)
    assert charged(booking) == [("cancelled", Decimal(100))]
    charge = Charge.objects.get(source="booking", source_id__startswith=str(booking.uid))
    assert Decimal(charge.explanation["given_up"]) == Decimal(100)


@pytest.mark.both_databases
def test_what_goes_back_within_minutes_has_not_been_away(strict_park: World, at: At) -> None:
    """Neither its late place is given up, nor the late one into which it slipped; once only, and to that place."""
    owner = strict_park.tenants[0].owner
    late, free = book(strict_park, at(9)), book(strict_park, at(14, day=20))
    with time_machine.travel(at(9) - 2 * HOUR, tick=False) as clock:
        assert move(owner, late, at(9, day=25)).given_up == 100
        clock.shift(9 * MINUTE)
        assert (move(owner, late, at(9)).given_up, late.pk) == (0, late.pk)
        assert move(owner, late, at(9, day=25)).given_up == 100, "undone and done again"
        assert move(owner, late, at(9, day=25), hours=1).given_up == 100
        assert move(owner, late, at(9)).given_up == 100, "it was moved from elsewhere since"
        assert move(owner, free, at(14)).given_up == 0
        assert move(owner, free, at(14, day=20)).given_up == 0, "it slipped into a late place"
        assert move(owner, free, at(14)).given_up == 0
        clock.shift(11 * MINUTE)
        assert move(owner, free, at(14, day=20)).given_up == 100, "others had that place closed to them"


def test_who_goes_to_and_fro_holds_a_late_place_for_nothing_but_once(strict_park: World, at: At) -> None:
    owner, booking = strict_park.tenants[0].owner, book(strict_park, at(14, day=20))
    with time_machine.travel(at(14) - 2 * HOUR, tick=False) as clock:
        move(owner, booking, at(14))
        clock.shift(9 * MINUTE)
        assert move(owner, booking, at(14, day=20)).given_up == 0
        move(owner, booking, at(14))
        clock.shift(9 * MINUTE)
        assert move(owner, booking, at(14, day=20)).given_up == 100


def test_what_is_due_already_is_not_asked_about_again(strict_park: World, at: At) -> None:
    owner, booking = strict_park.tenants[0].owner, book(strict_park, at(9), hours=4)
    nothing = {"actor": owner, "may_give_up": Decimal(0)}
    with time_machine.travel(at(9) - 2 * HOUR, tick=False):
        assert move(owner, booking, at(15), hours=1).given_up == 200
        moved = services.booking_move(
            booking=booking, starts_at=at(9, day=20), ends_at=at(10, day=20), **nothing
        )
        assert moved.given_up == 200
        other = book(strict_park, at(12), hours=2)
        with pytest.raises(GivesUp) as refusal:
            services.booking_move(booking=other, starts_at=at(9, day=21), ends_at=at(11, day=21), **nothing)
        assert refusal.value.extra["gives_up"] == "100.00"


def test_the_greatest_of_what_was_given_up_counts(strict_park: World, at: At) -> None:
    booking = book(strict_park, at(9), hours=4)
    owner = strict_park.tenants[0].owner
    with time_machine.travel(at(9) - 2 * HOUR, tick=False):
        assert move(owner, booking, at(15), hours=1).given_up == Decimal(200)
        assert move(owner, booking, at(9, day=20), hours=1).given_up == Decimal(200)
        assert services.booking_cancel(actor=owner, booking=booking).due == Decimal(200)


def test_a_place_that_stays_taken_is_not_given_up(strict_park: World, at: At) -> None:
    mine = strict_park.tenants[0]
    booking, other = book(strict_park, at(9)), book(strict_park, at(9, day=20))
    with time_machine.travel(at(9) - 2 * HOUR, tick=False):
        assert services.booking_move(actor=mine.owner, booking=booking, ends_at=at(12)).given_up == 0
        swapped = services.booking_swap(actor=mine.owner, booking=booking, other=other)
        other.refresh_from_db()
        assert (swapped.given_up, other.given_up) == (0, 0)
        # The place goes on with its price and its hours: whoever has it now gives it back late.
        assert services.booking_cancel(actor=mine.owner, booking=swapped).due == 0
        assert services.booking_cancel(actor=mine.owner, booking=other).due == Decimal(150)


def test_a_hold_and_a_room_out_of_use_are_left_for_nothing(strict_park: World, at: At) -> None:
    mine = strict_park.tenants[0]
    booking = book(strict_park, at(9))
    with time_machine.travel(at(9) - 2 * HOUR, tick=False):
        held = services.booking_create(
            actor=mine.owner,
            room=strict_park.rooms[0],
            tenant=mine.tenant,
            starts_at=at(15),
            ends_at=at(17),
            hold=True,
        )
        assert move(mine.owner, held, at(15, day=20)).given_up == 0
        Maintenance.objects.create(room=booking.room, starts_at=at(9), ends_at=at(10))
        assert move(mine.owner, booking, at(9, day=20)).given_up == 0


def test_what_the_park_moves_gives_nothing_up_and_keeps_its_free_hours(strict_park: World, at: At) -> None:
    mine = strict_park.tenants[0]
    away, near = book(strict_park, at(9)), book(strict_park, at(9, day=20))
    swapped, other = book(strict_park, at(12)), book(strict_park, at(12, day=20))
    with time_machine.travel(at(9) - 2 * HOUR, tick=False):
        assert move(strict_park.manager, away, at(9, day=15)).given_up == 0
        assert move(strict_park.manager, near, at(9)).free_until == at(9, day=19)
        services.booking_swap(actor=strict_park.manager, booking=swapped, other=other)
        for booking in (away, near, swapped, other):
            assert services.booking_cancel(actor=mine.owner, booking=booking).due == 0, booking


def test_a_kept_booking_is_charged_once_when_it_is_over(strict_park: World, at: At) -> None:
    booking = book(strict_park, at(9))
    with time_machine.travel(at(9), tick=False):
        services.booking_check_in(actor=strict_park.tenants[0].owner, booking=booking)
    with time_machine.travel(at(11), tick=False):
        services.release_expired()
        services.release_expired()
    assert charged(booking) == [("completed", Decimal(200))]


def test_a_check_in_told_late_takes_the_no_show_back(strict_park: World, at: At) -> None:
    booking, seen = book(strict_park, at(9)), at(8.9)
    over = at(11)
    owner = strict_park.tenants[0].owner
    with time_machine.travel(at(10), tick=False):
        services.release_expired()
        booking.refresh_from_db()
        assert (booking.state, booking.due) == (BookingState.NO_SHOW, Decimal(200))
        for _told in range(2):
            booking = services.booking_check_in(actor=owner, booking=booking, at=seen)
        assert (booking.state, booking.due, booking.checked_in_at) == (
            BookingState.CHECKED_IN,
            Decimal(0),
            seen,
        )
    with time_machine.travel(over, tick=False):
        services.release_expired()
    assert charged(booking) == [
        ("no_show", Decimal(200)),
        ("no_show:undone", Decimal(-200)),
        ("completed", Decimal(200)),
    ]
    assert sum(amount for _state, amount in charged(booking)) == Decimal(200)


def test_what_has_begun_is_not_moved_away_from_a_no_show(strict_park: World, at: At) -> None:
    booking = book(strict_park, at(9))
    with time_machine.travel(at(9) + timedelta(minutes=1)), pytest.raises(WrongState) as refused:
        services.booking_move(
            actor=strict_park.tenants[0].owner, booking=booking, starts_at=at(9, day=5), ends_at=at(11, day=5)
        )
    assert refused.value.code == "already_begun"
