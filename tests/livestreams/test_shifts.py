"""Shifts: planned within a booking, worked within a session, handed over; nobody is in two places."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest
import time_machine
from django.db import DatabaseError, transaction
from django.test import Client

from core.choices import Role
from core.clock import DAY, HOUR, local
from core.errors import InvalidInput, NotFound
from core.models import User
from core.policy import CHANGE
from core.scoping import visible_to
from livestreams import services
from livestreams.choices import AbsenceKind, BookingState, PublishReason, ShiftRole
from livestreams.errors import BadTime, HostAway, Overlap, WrongState
from livestreams.hostfigures import shift_gaps
from livestreams.models import Booking, Host, HostShift, LiveSession, PlannedShift
from tests.factories import World, make_host, make_session
from tests.livestreams.encoders import encoder, last_reason

pytestmark = pytest.mark.both_databases
At = Callable[..., datetime]


class Night:
    """A booking from 22 to 2 for the first tenant's host, and two more people."""

    def __init__(self, world: World, at: At) -> None:
        self.world, self.at, self.mine = world, at, world.tenants[0]
        self.first = self.mine.host
        self.second = make_host(self.mine.tenant, "second")
        self.desk = make_host(self.mine.tenant, "desk")
        self.booking = self.book(22, 26, self.first)

    def book(self, since: float, until: float, host: Host | None = None, room: int = 0) -> Booking:
        return services.booking_create(
            actor=self.mine.owner,
            room=self.world.rooms[room],
            tenant=self.mine.tenant,
            host=host,
            starts_at=self.at(since),
            ends_at=self.at(until),
        )

    def plan(self, host: Host, since: float, until: float, role: str = ShiftRole.HOST) -> PlannedShift:
        return services.shift_plan(
            actor=self.mine.owner,
            booking=self.booking,
            host=host,
            role=role,
            starts_at=self.at(since),
            ends_at=self.at(until),
        )

    def gaps(self) -> list[tuple[float, float]]:
        zero = self.at(0)
        return [
            ((gap.start - zero) / HOUR, (gap.end - zero) / HOUR)
            for gap in shift_gaps(self.booking, self.booking.shifts.all())
        ]

    def open(self) -> LiveSession:
        return services.session_open(
            actor=self.mine.owner, tenant=self.mine.tenant, platform="douyin", booking=self.booking
        )

    def worked(self, session: LiveSession) -> list[tuple[str, str, float, float | None]]:
        zero = self.at(0)
        return [
            (
                shift.host.code,
                shift.role,
                (shift.starts_at - zero) / HOUR,
                shift.ends_at and (shift.ends_at - zero) / HOUR,
            )
            for shift in session.shifts.order_by("starts_at", "role")
        ]


@pytest.fixture
def night(world: World, at: At) -> Night:
    return Night(world, at)


def test_a_plan_hands_over_across_midnight_and_gaps_are_only_a_warning(night: Night) -> None:
    assert night.gaps() == []  # the booking's own host is there all the time
    night.plan(night.first, 22, 23.5)
    night.plan(night.second, 24.5, 26)
    night.plan(night.desk, 22, 26, ShiftRole.CONTROLLER)
    assert night.gaps() == [(23.5, 24.5)]
    night.plan(night.first, 23.5, 24.5)  # neighbours may touch
    assert night.gaps() == []


def test_a_person_is_on_one_shift_at_a_time_whatever_the_role(night: Night) -> None:
    night.plan(night.second, 22, 24)
    for since, until, role in ((23, 25, "host"), (22, 24, "controller"), (23, 23.5, "controller")):
        with pytest.raises(Overlap) as refusal:
            night.plan(night.second, since, until, role)
        assert refusal.value.field == "host"
    other = night.book(23, 25, room=1)
    with pytest.raises(Overlap):
        services.shift_plan(
            actor=night.mine.owner,
            booking=other,
            host=night.second,
            starts_at=night.at(23),
            ends_at=night.at(24),
        )
    with pytest.raises(Overlap):  # the host of a booking is there whether shifts are planned or not
        services.shift_plan(
            actor=night.mine.owner,
            booking=other,
            host=night.first,
            starts_at=night.at(23),
            ends_at=night.at(24),
        )
    with pytest.raises(Overlap):  # and the other way round
        services.booking_move(actor=night.mine.owner, booking=other, host=night.second)


def test_the_database_itself_refuses_two_places(night: Night) -> None:
    kept = night.plan(night.second, 22, 24)
    values = {"host": night.second, "starts_at": night.at(23), "ends_at": night.at(25)}
    with pytest.raises(DatabaseError, match="livestreams_plannedshift_person"), transaction.atomic():
        PlannedShift.objects.create(booking=night.booking, role=ShiftRole.CONTROLLER, **values)
    PlannedShift.objects.filter(pk=kept.pk).update(released=True)
    again = PlannedShift.objects.create(booking=night.booking, **values)
    with pytest.raises(DatabaseError, match="livestreams_plannedshift_person"), transaction.atomic():
        PlannedShift.objects.filter(pk=kept.pk).update(released=False)
    again.delete()
    HostShift.objects.create(session=night.mine.session, role=ShiftRole.CONTROLLER, **values)
    with pytest.raises(DatabaseError, match="livestreams_hostshift_person"), transaction.atomic():
        HostShift.objects.create(session=night.mine.session, role=ShiftRole.CONTROLLER, **values)


def test_a_shift_lies_within_its_booking_and_within_the_hosts_hours(night: Night) -> None:
    for since, until in ((21, 23), (24, 27), (24, 24), (25, 24)):
        with pytest.raises(BadTime):
            night.plan(night.second, since, until)
    services.absence_create(
        actor=night.mine.owner,
        host=night.second,
        kind=AbsenceKind.LEAVE,
        starts_at=night.at(25),
        ends_at=night.at(30),
    )
    with pytest.raises(HostAway) as refusal:
        night.plan(night.second, 24, 26)
    assert "01:00" in str(refusal.value)
    services.booking_cancel(actor=night.mine.owner, booking=night.booking)
    with pytest.raises(WrongState):
        night.plan(night.second, 22, 23)


def test_a_plan_moves_with_its_booking_and_is_given_up_with_it(night: Night) -> None:
    night.plan(night.first, 22, 24)
    night.plan(night.second, 24, 26)
    services.booking_move(
        actor=night.mine.owner, booking=night.booking, starts_at=night.at(20), ends_at=night.at(23)
    )
    spans = night.booking.shifts.filter(released=False).order_by("starts_at")
    assert list(spans.values_list("starts_at", "ends_at")) == [
        (night.at(20), night.at(22)),
        (night.at(22), night.at(23)),
    ]
    other = night.book(10, 12, night.desk, room=1)
    services.booking_swap(actor=night.mine.owner, booking=night.booking, other=other)
    assert spans.get().starts_at == night.at(10)  # what lay beyond the two hours is given up
    services.booking_cancel(actor=night.mine.owner, booking=Booking.objects.get(pk=night.booking.pk))
    assert not spans.exists()


def test_a_booking_does_not_move_to_where_its_people_cannot_be(night: Night) -> None:
    night.plan(night.second, 22, 24)
    night.book(10, 12, night.second, room=1)
    with pytest.raises(Overlap):
        services.booking_move(
            actor=night.mine.owner, booking=night.booking, starts_at=night.at(10), ends_at=night.at(14)
        )
    night.booking.refresh_from_db()
    assert night.booking.starts_at == night.at(22)
    assert night.booking.shifts.get().released is False


def test_bookings_of_one_host_change_places_with_their_plans(night: Night) -> None:
    night.plan(night.first, 22, 24)
    other = night.book(10, 14, night.first, room=1)
    services.shift_plan(
        actor=night.mine.owner, booking=other, host=night.first, starts_at=night.at(10), ends_at=night.at(11)
    )
    services.booking_swap(actor=night.mine.owner, booking=night.booking, other=other)
    assert night.booking.shifts.get(released=False).starts_at == night.at(10)
    assert other.shifts.get(released=False).ends_at == night.at(23)


def test_what_is_ahead_can_be_taken_off_and_nobody_elses(night: Night) -> None:
    shift = night.plan(night.second, 22, 24)
    with pytest.raises(NotFound):
        services.shift_drop(actor=night.world.tenants[1].owner, shift=shift)
    services.shift_drop(actor=night.mine.owner, shift=shift)
    with pytest.raises(WrongState):
        services.shift_drop(actor=night.mine.owner, shift=shift)
    assert night.plan(night.second, 22, 24).pk


def test_a_session_is_worked_as_planned_when_nobody_says_otherwise(night: Night) -> None:
    night.plan(night.first, 22, 24)
    night.plan(night.second, 24, 26)
    night.plan(night.desk, 22, 25, ShiftRole.CONTROLLER)
    with time_machine.travel(night.at(22.25)):
        session = night.open()
        assert night.worked(session) == [
            (night.desk.code, "controller", 22.25, None),
            (night.first.code, "host", 22.25, None),
        ]
    with time_machine.travel(night.at(25.5)):
        services.session_end(actor=night.mine.owner, session=session)
    assert night.worked(session) == [
        (night.desk.code, "controller", 22.25, 25.5),  # nobody was to follow at the desk
        (night.first.code, "host", 22.25, 24),
        (night.second.code, "host", 24, 25.5),
    ]


def test_who_is_first_begins_early_and_who_is_last_stays_on(night: Night) -> None:
    night.plan(night.first, 22, 24)
    night.plan(night.second, 24, 26)
    with time_machine.travel(night.at(21.75)):
        session = night.open()
        assert night.worked(session) == [(night.first.code, "host", 21.75, None)]
    with time_machine.travel(night.at(26.25)):
        services.session_end(actor=night.mine.owner, session=session)
    assert night.worked(session) == [
        (night.first.code, "host", 21.75, 24),
        (night.second.code, "host", 24, 26.25),
    ]


def test_whoever_is_still_on_shift_next_door_stops_no_encoder(night: Night) -> None:
    before = night.book(20, 22, room=1)
    night.plan(night.desk, 22, 26, ShiftRole.CONTROLLER)
    with time_machine.travel(night.at(20), tick=False):
        earlier = services.session_open(
            actor=night.mine.owner, tenant=night.mine.tenant, platform="douyin", booking=before
        )
        services.shift_begin(
            actor=night.mine.owner, session=earlier, host=night.desk, role=ShiftRole.CONTROLLER
        )
    with time_machine.travel(night.at(21.875), tick=False):
        encoder(night.world, night.booking).publish()
        assert last_reason() == PublishReason.ACCEPTED
    session = night.booking.sessions.get()
    assert night.worked(session) == [(night.first.code, "host", 21.875, None)]
    assert night.worked(earlier) == [(night.desk.code, "controller", 20, None)]


def test_a_host_who_is_on_air_opens_no_second_session(night: Night) -> None:
    before = night.book(20, 22, night.first, room=1)
    with time_machine.travel(night.at(20)):
        services.session_open(
            actor=night.mine.owner, tenant=night.mine.tenant, platform="douyin", booking=before
        )
    with time_machine.travel(night.at(21.875)), pytest.raises(WrongState):
        night.open()


def test_an_agency_looks_at_the_shifts_of_its_people_and_changes_none(night: Night) -> None:
    agency = night.world.tenants[1]
    planned = night.plan(agency.host, 22, 24)
    night.plan(night.second, 24, 25)
    session = make_session(night.mine.tenant, host=agency.host, starts_at=night.at(0) - 9 * DAY)
    worked = session.shifts.get()
    for shift in (planned, worked):
        assert visible_to(type(shift).objects.filter(pk=shift.pk), agency.owner).exists()
        assert visible_to(type(shift).objects.filter(pk=shift.pk), night.mine.owner, CHANGE).exists()
    for actor in (agency.owner, agency.tool):
        with pytest.raises(NotFound):
            services.shift_drop(actor=actor, shift=planned)
        with pytest.raises(NotFound):
            services.shift_end(actor=actor, shift=worked, at=worked.starts_at + HOUR)


def test_gaps_are_told_by_the_shifts_that_one_sees(night: Night) -> None:
    agency = night.world.tenants[1]
    planned = night.plan(agency.host, 22, 24)
    night.plan(night.second, 24, 25)

    def gaps(user: User) -> list[str]:
        browser = Client()
        browser.force_login(user)
        shown = browser.get(f"/api/v1/planned-shifts/{planned.uid}").json()
        return [gap["starts_at"] for gap in shown["gaps"]]

    assert gaps(night.mine.users[Role.TENANT_OWNER]) == [local(night.at(25)).isoformat()]
    # Not when somebody else is there.
    assert gaps(agency.users[Role.TENANT_OWNER]) == [local(night.at(24)).isoformat()]


def test_a_hand_over_that_was_told_goes_before_the_plan(night: Night) -> None:
    night.plan(night.first, 22, 24)
    night.plan(night.second, 24, 26)
    with time_machine.travel(night.at(22)):
        session = night.open()
    with time_machine.travel(night.at(23)):
        shift = services.shift_begin(
            actor=night.mine.tool, session=session, host=night.desk, relieves=night.first
        )
        with pytest.raises(WrongState):
            services.shift_begin(actor=night.mine.tool, session=session, host=night.desk)
        with pytest.raises(InvalidInput) as refusal:
            services.shift_begin(
                actor=night.mine.tool, session=session, host=night.second, relieves=night.first
            )
        assert refusal.value.field == "relieves"
    with time_machine.travel(night.at(25)):
        services.shift_end(actor=night.mine.owner, shift=shift, at=night.at(24.5))
    with time_machine.travel(night.at(26)):
        services.session_end(actor=night.mine.owner, session=session)
    assert night.worked(session) == [
        (night.first.code, "host", 22, 23),
        (night.desk.code, "host", 23, 24.5),
    ]


def test_whoever_comes_in_addition_leaves_the_plan_as_it_is(night: Night) -> None:
    night.plan(night.first, 22, 24)
    night.plan(night.second, 24, 26)
    with time_machine.travel(night.at(22)):
        session = night.open()
    with time_machine.travel(night.at(23), tick=False):
        shift = services.shift_begin(actor=night.mine.tool, session=session, host=night.desk)
    with time_machine.travel(night.at(23.5), tick=False):
        services.shift_end(actor=night.mine.owner, shift=shift)
        stays = make_host(night.mine.tenant, "stays")
        services.shift_begin(actor=night.mine.tool, session=session, host=stays)
    with time_machine.travel(night.at(26), tick=False):
        services.session_end(actor=night.mine.owner, session=session)
    assert night.worked(session) == [
        (night.first.code, "host", 22, 24),
        (night.desk.code, "host", 23, 23.5),
        (stays.code, "host", 23.5, 26),
        (night.second.code, "host", 24, 26),
    ]


def test_shifts_of_a_session_that_is_over_are_told_with_their_end(night: Night) -> None:
    with time_machine.travel(night.at(22)):
        session = night.open()
    with time_machine.travel(night.at(25)):
        services.session_end(actor=night.mine.owner, session=session)
        begin = {"actor": night.mine.owner, "session": session, "host": night.desk, "role": "controller"}
        for at, ends_at in ((23, None), (21, 23), (23, 25.5), (24, 23)):
            with pytest.raises(BadTime):
                services.shift_begin(**begin, at=night.at(at), ends_at=ends_at and night.at(ends_at))
        services.shift_begin(**begin, at=night.at(22), ends_at=night.at(24))
    assert (night.desk.code, "controller", 22, 24) in night.worked(session)


def test_whom_the_opening_names_stands_before_the_camera(night: Night) -> None:
    night.plan(night.first, 22, 26)
    with time_machine.travel(night.at(22)):
        session = services.session_open(
            actor=night.mine.owner,
            tenant=night.mine.tenant,
            platform="douyin",
            booking=night.booking,
            host=night.second,
        )
    assert night.worked(session) == [(night.second.code, "host", 22, None)]


def test_a_no_show_frees_its_people(night: Night) -> None:
    night.plan(night.second, 22, 24)
    with time_machine.travel(night.at(23)):
        services.release_expired()
    night.booking.refresh_from_db()
    assert night.booking.state == BookingState.NO_SHOW
    assert night.booking.shifts.get().released


def test_people_of_a_no_show_that_came_after_all_are_planned_again(night: Night) -> None:
    night.plan(night.first, 22, 23)
    gone = night.plan(night.second, 23, 24)
    dropped = night.plan(night.first, 24, 25)
    services.shift_drop(actor=night.mine.owner, shift=dropped)
    with time_machine.travel(night.at(23)):
        services.release_expired()
        night.book(23.5, 24, host=night.second, room=1)
        services.booking_check_in(actor=night.mine.owner, booking=night.booking, at=night.at(22))
    planned = night.booking.shifts.filter(released=False)
    assert [(shift.host, shift.starts_at) for shift in planned] == [(night.first, night.at(22))]
    gone.refresh_from_db()
    assert gone.released, "who was booked elsewhere meanwhile stays there"
