"""A room that was booked here a moment ago is booked again without a look, and never by what holds no more."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import pytest
import time_machine
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from core.clock import DAY, HOUR, MINUTE, now, today
from livestreams import services
from livestreams.errors import Overlap, RoomUnavailable
from livestreams.models import Booking, LiveRoom, Maintenance, SlotQuota
from parks.models import ParkSettings
from tenants.models import Tenant
from tests.factories import SYSTEM, make_room, make_tenant
from tests.livestreams import deciders
from tests.livestreams.deciders import BOOKED, DECIDERS, outcome

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]
At = Callable[..., datetime]
STORES = {"postgresql": ["WITH"], "sqlite": ["BEGIN", "INSERT", "INSERT", "COMMIT"]}
REFUSED = {"postgresql": ["WITH"], "sqlite": ["BEGIN", "INSERT", "ROLLBACK"]}
LOOKS = ["SELECT"]


def book(room: LiveRoom, firm: Tenant, starts_at: datetime, **more: object) -> Booking:
    return services.booking_create(
        actor=SYSTEM,
        room=room,
        tenant=firm,
        starts_at=starts_at,
        ends_at=starts_at + HOUR,
        **more,  # type: ignore[arg-type]
    )


@contextmanager
def asks(*kinds: str) -> Iterator[None]:
    """The kinds of statements that are sent meanwhile, in order."""
    with CaptureQueriesContext(connection) as asked:
        yield
    assert [str(query["sql"]).split()[0] for query in asked.captured_queries] == list(kinds)


@pytest.fixture
def place() -> tuple[LiveRoom, Tenant]:
    """A room without repairs that a firm has booked before, and that firm."""
    room, firm = deciders.place()
    Maintenance.objects.all().delete()
    book(room, firm, now().replace(minute=0, second=0, microsecond=0) + 20 * DAY)
    return room, firm


def test_who_books_a_room_again_need_not_look(place: tuple[LiveRoom, Tenant], at: At) -> None:
    stores = STORES[connection.vendor]
    room, firm = place
    another_firm, another_room = make_tenant(room.park, "decided-c"), make_room(room.park, "decided-room-2")
    with asks(*stores):
        booking = book(room, firm, at(9))
    assert booking.free_until == at(9) - timedelta(hours=ParkSettings().cancel_free_hours)
    with asks(*LOOKS, *stores):
        book(room, another_firm, at(12))
    with asks(*LOOKS, *stores):
        book(another_room, firm, at(12))


def test_a_time_that_was_booked_here_is_looked_at_first(place: tuple[LiveRoom, Tenant], at: At) -> None:
    """Most of an evening: who comes too late asks the server once, and has it refuse nothing."""
    room, firm = place
    booking = book(room, firm, at(9))
    with asks(*LOOKS), pytest.raises(Overlap):
        book(room, firm, at(9.5))
    services.booking_cancel(actor=SYSTEM, booking=booking)
    assert book(room, firm, at(9.5)).starts_at == at(9.5)


def test_a_time_that_was_booked_elsewhere_is_found_taken(place: tuple[LiveRoom, Tenant], at: At) -> None:
    """A hold goes the long way, as what another process books does for this one: nobody remembers it."""
    room, firm = place
    book(room, firm, at(9), hold=True)
    with asks(*REFUSED[connection.vendor], *LOOKS), pytest.raises(Overlap) as refusal:
        book(room, firm, at(9.5))
    assert refusal.value.extra["alternatives"]
    with asks(*LOOKS), pytest.raises(Overlap):
        book(room, firm, at(9.5))


def test_what_a_hold_that_ran_out_takes_is_booked(place: tuple[LiveRoom, Tenant], at: At) -> None:
    room, firm = place
    book(room, firm, at(9), hold=True)
    with time_machine.travel(now() + HOUR):
        assert book(room, firm, at(9)).starts_at == at(9)


@pytest.mark.parametrize("fresh", [True, False], ids=["of a row read since", "of an older row"])
@pytest.mark.parametrize("decider", DECIDERS)
def test_what_is_decided_about_a_room_counts_for_who_remembers_it(
    at: At, decider: str, *, fresh: bool
) -> None:
    room, firm = deciders.place()
    if decider != "a repair that takes longer":
        Maintenance.objects.all().delete()
    assert outcome(room, firm, at(9) + 20 * DAY) == BOOKED
    services.booking_cancel(actor=SYSTEM, booking=Booking.objects.get(room=room))
    decide, follows = DECIDERS[decider]
    decide(LiveRoom.objects.get(pk=room.pk), firm, at(12))
    if fresh:
        room.refresh_from_db()
    assert outcome(room, firm, at(12)) == follows
    assert Booking.objects.filter(starts_at=at(12)).count() == (follows == BOOKED)


def test_free_hours_and_quotas_count_from_the_next_booking_on(place: tuple[LiveRoom, Tenant], at: At) -> None:
    room, firm = place
    ParkSettings.objects.update_or_create(park=room.park, defaults={"cancel_free_hours": 5})
    assert book(room, firm, at(9)).free_until == at(4)
    assert book(room, firm, at(11)).free_until == at(6)
    SlotQuota.objects.create(park=room.park, tenant=firm, day_hours=2)
    assert outcome(room, firm, at(13)) == "quota"
    assert Booking.objects.filter(starts_at__gte=at(0), starts_at__lt=at(24)).count() == 2


def test_a_firm_that_left_since_it_booked_is_refused(place: tuple[LiveRoom, Tenant], at: At) -> None:
    room, firm = place[0], make_tenant(place[0].park, "decided-d")
    firm.closed_on = today() + 2 * DAY
    firm.save()
    book(room, firm, at(9))
    with time_machine.travel(now() + 3 * DAY):
        assert outcome(room, firm, at(9) + 5 * DAY) == "tenant"


def test_a_set_up_within_a_repair_that_is_just_over_is_refused(at: At) -> None:
    room, firm = deciders.place()
    Maintenance.objects.all().delete()
    services.maintenance_create(actor=SYSTEM, room=room, starts_at=at(8), ends_at=at(9))
    room.refresh_from_db()
    with time_machine.travel(at(9) + MINUTE):
        book(room, firm, at(12))
        with pytest.raises(RoomUnavailable):
            book(room, firm, at(9) + 5 * MINUTE)


def test_a_repair_that_lay_ahead_when_the_room_was_booked_is_heeded(at: At) -> None:
    room, firm = deciders.place()
    services.maintenance_create(actor=SYSTEM, room=room, starts_at=at(12), ends_at=at(13))
    room.refresh_from_db()
    book(room, firm, at(9))
    assert outcome(room, firm, at(12)) == "maintenance"


def test_what_was_seen_in_a_transaction_that_was_taken_back_is_nothing(
    place: tuple[LiveRoom, Tenant], at: At
) -> None:
    room, firm = place
    window = services.maintenance_create(actor=SYSTEM, room=room, starts_at=at(9), ends_at=at(13))
    room.refresh_from_db()
    with transaction.atomic():
        services.maintenance_end(actor=SYSTEM, window=window)
        book(room, firm, at(9))
        transaction.set_rollback(True)
    assert outcome(room, firm, at(12)) == "maintenance"
