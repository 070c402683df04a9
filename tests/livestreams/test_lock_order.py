"""Rooms are locked before anything else, hosts after all rows, and the hours of a quota last: whoever has another
lock waits for no room, so two never wait for each other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import pytest
import time_machine

from core.clock import HOUR, now
from core.locking import advisory_locks
from livestreams import services
from livestreams.choices import Delivery
from livestreams.models import Booking, ExchangeOffer, ExchangeRequest, Host, LiveRoom, LiveSession, SlotQuota
from livestreams.services import exchange, locks, placing, sessions, slot_sessions, steps
from tenants.models import Tenant
from tests.factories import World
from tests.livestreams.lending import At, Three, ask, offer_room, three  # noqa: F401  (a fixture)
from tests.livestreams.planners import ask as ask_for_slot
from tests.livestreams.planners import make

ORDER = [Tenant, LiveRoom, ExchangeOffer, ExchangeRequest, Host, str]
"""By what is locked; a quota's hours by their name."""
pytestmark = pytest.mark.both_databases


@pytest.fixture
def locked(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Rows, and names of hours, in the order in which they were locked first."""
    rows: list[Any] = []

    def telling(lock: Callable[..., Any]) -> Callable[..., Any]:
        def told(*what: Any) -> Any:
            found = lock(*what)
            rows.extend(row for row in (found if isinstance(found, list) else [found]) if row not in rows)
            return found

        return told

    for module in (locks, exchange, sessions, slot_sessions, steps):
        for lock in {"lock_row", "lock_rows"} & vars(module).keys():
            monkeypatch.setattr(module, lock, telling(getattr(module, lock)))

    def named(names: Sequence[str]) -> None:
        rows.extend(name for name in names if name not in rows)
        advisory_locks(names)

    monkeypatch.setattr(placing, "advisory_locks", named)
    return rows


def in_order(locked: list[Any]) -> bool:
    kinds = [type(row) for row in locked if type(row) in ORDER]
    assert {LiveRoom, Host} <= set(kinds)
    return kinds == sorted(kinds, key=ORDER.index)


def test_a_schedule_locks_all_its_rooms_before_the_first_host_and_quotas_last(
    world: World, at: Callable[..., datetime], locked: list[Any]
) -> None:
    SlotQuota.objects.create(park=world.park, day_hours=8)
    for number, mine in enumerate(world.tenants):
        ask_for_slot(world, at, 10, 12, tenant=number, host=mine.host)
    plan = make(world, seconds=0)
    services.plan_publish(actor=world.manager, plan=plan)
    assert Booking.objects.filter(planned__plan=plan).values("room").distinct().count() == 2
    assert in_order(locked)
    assert len([name for name in locked if isinstance(name, str)]) == len(world.tenants)


def test_a_swap_locks_both_hosts_before_the_first_quota(
    world: World, at: Callable[..., datetime], locked: list[Any]
) -> None:
    SlotQuota.objects.create(park=world.park, day_hours=8)
    one, two = (
        services.booking_create(
            actor=mine.owner,
            room=room,
            tenant=mine.tenant,
            host=mine.host,
            starts_at=at(9),
            ends_at=at(11),
        )
        for mine, room in zip(world.tenants[:2], world.rooms, strict=False)
    )
    services.booking_move(actor=world.manager, booking=two, starts_at=at(9, 3), ends_at=at(11, 3))
    locked.clear()
    services.booking_swap(actor=world.manager, booking=one, other=two)
    assert in_order(locked)
    assert len([name for name in locked if isinstance(name, str)]) == 2


def test_who_borrows_a_room_locks_it_first_and_the_host_who_comes_along_last(
    three: Three,  # noqa: F811
    at: At,
    locked: list[Any],
) -> None:
    offer = offer_room(three, at, is_instant=True)
    ask(three, offer, at(9), at(11), host=three.guest.host)
    assert in_order(locked)


def test_who_lends_locks_the_room_before_the_request(
    three: Three,  # noqa: F811
    at: At,
    locked: list[Any],
) -> None:
    request = ask(three, offer_room(three, at), at(9), at(11), host=three.guest.host)
    locked.clear()
    services.exchange_request_accept(actor=three.giver.manager, request=request)
    assert in_order(locked)


def test_a_hold_that_ran_out_is_let_go_before_its_host_is_locked(
    world: World, at: Callable[..., datetime], locked: list[Any]
) -> None:
    mine = world.tenants[0]
    for room, hold, later in ((world.rooms[1], True, 0 * HOUR), (world.rooms[0], False, HOUR)):
        locked.clear()
        with time_machine.travel(now() + later):
            services.booking_create(
                actor=mine.owner,
                room=room,
                tenant=mine.tenant,
                host=mine.host,
                starts_at=at(9),
                ends_at=at(11),
                hold=hold,
            )
    assert [type(row) for row in locked] == [LiveRoom, Booking, Host, str]


@pytest.mark.parametrize("by_hand", [True, False])
def test_whoever_ends_a_session_locks_its_booking_first(
    world: World, at: Callable[..., datetime], locked: list[Any], by_hand: bool
) -> None:
    mine = world.tenants[0]
    booking = services.booking_create(
        actor=mine.owner, room=world.rooms[0], tenant=mine.tenant, starts_at=at(9), ends_at=at(11)
    )
    services.broadcast_choose(actor=mine.owner, booking=booking, route=Delivery.PHONE, platform="douyin")
    with time_machine.travel(at(9)):
        services.booking_check_in(actor=mine.owner, booking=booking)
    locked.clear()
    with time_machine.travel(at(11)):
        if by_hand:
            services.session_end(actor=mine.owner, session=booking.sessions.get())
        else:
            assert services.follow_slots() == 1
    assert [type(row) for row in locked] == [Booking, LiveSession]
