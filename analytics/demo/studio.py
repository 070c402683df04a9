"""The day work of a demo park's studio: what happened to rooms and equipment and at the gate by now.

All of it follows from the planned sessions, so it is the same in however many runs the days are told.
"""

from __future__ import annotations

from datetime import date, datetime
from itertools import groupby
from uuid import UUID

from analytics.demo.built import BuiltPark, uid
from analytics.demo.days import PlannedSession
from analytics.demo.equipment import EQUIPPED_ROOMS
from core import clock
from core.clock import DAY, HOUR, MINUTE
from livestreams.choices import Condition, FaultKind, FaultState, RoomCheckItem
from livestreams.models import (
    Booking,
    Cleaning,
    Equipment,
    EquipmentLoan,
    Fault,
    FaultStep,
    RoomCheck,
    Visit,
)

CLEANED_AFTER = 20 * MINUTE
CHECKED_BEFORE = 30 * MINUTE
FAULTS = (
    (FaultKind.LIGHT, "左侧补光灯闪烁"),
    (FaultKind.NETWORK, "上行不稳，画面偶尔卡顿"),
    (FaultKind.SOUND, "领夹麦有杂音"),
)
GUESTS = (("李经理", "云裳面料", 2), ("陈摄影", "", 1), ("刘老师", "星途培训", 5))


def studio_days(built: BuiltPark, sessions: list[PlannedSession], after: datetime, until: datetime) -> None:
    """Tell what happened in (after, until] around the planned sessions."""
    keys = dict(
        Booking.objects.filter(uid__in=[uid("booking", session.live_id) for session in sessions]).values_list(
            "uid", "pk"
        )
    )
    sessions = [session for session in sessions if uid("booking", session.live_id) in keys]
    _turnarounds(built, sessions, keys, after, until)
    store = list(Equipment.objects.filter(park=built.park, room=None).order_by("code"))
    for day, found in groupby(sessions, key=lambda session: clock.business_day(session.starts_at)):
        first = min(found, key=lambda session: (session.starts_at, session.room))
        _fault_of(built, day, first, keys, after, until)
        _loan_of(built, day, first, keys, store[day.toordinal() % len(store)], after, until)
        _visit_of(built, day, first, after, until)


def _turnarounds(
    built: BuiltPark, sessions: list[PlannedSession], keys: dict[UUID, int], after: datetime, until: datetime
) -> None:
    """Every room is cleaned soon after its session; the first rooms are checked before it."""
    Cleaning.objects.bulk_create(
        Cleaning(booking_id=keys[uid("booking", session.live_id)], at=session.ends_at + CLEANED_AFTER)
        for session in sessions
        if after < session.ends_at + CLEANED_AFTER <= until
    )
    RoomCheck.objects.bulk_create(
        RoomCheck(
            booking_id=keys[uid("booking", session.live_id)],
            room=built.rooms[session.room],
            point=point,
            at=session.starts_at - CHECKED_BEFORE,
        )
        for session in sessions
        if session.room < EQUIPPED_ROOMS and after < session.starts_at - CHECKED_BEFORE <= until
        for point in RoomCheckItem.values
    )


def _fault_of(
    built: BuiltPark,
    day: date,
    session: PlannedSession,
    keys: dict[UUID, int],
    after: datetime,
    until: datetime,
) -> None:
    """In the first session of a day something breaks that can wait; next morning it is repaired."""
    reported, repaired = session.starts_at + HOUR / 2, clock.day_start(day + DAY) + 9 * HOUR
    kind, text = FAULTS[day.toordinal() % len(FAULTS)]
    number = uid("fault", session.live_id)
    if after < reported <= until:
        fault = Fault.objects.create(
            uid=number,
            park=built.park,
            room=built.rooms[session.room],
            booking_id=keys[uid("booking", session.live_id)],
            tenant=built.tenants[session.seller],
            kind=kind,
            text=text,
        )
        Fault.objects.filter(pk=fault.pk).update(created_at=reported)
        FaultStep.objects.create(fault=fault, state=FaultState.OPEN, at=reported)
    if after < repaired <= until:
        for fault in Fault.objects.filter(uid=number):
            Fault.objects.filter(pk=fault.pk).update(state=FaultState.REPAIRED)
            FaultStep.objects.create(fault=fault, state=FaultState.REPAIRED, at=repaired)


def _loan_of(
    built: BuiltPark,
    day: date,
    session: PlannedSession,
    keys: dict[UUID, int],
    item: Equipment,
    after: datetime,
    until: datetime,
) -> None:
    """Somebody takes an item along and brings it back late in the evening, every third day only next morning."""
    out, due = session.starts_at - HOUR / 2, session.ends_at
    back = due + HOUR if day.toordinal() % 3 else clock.day_start(day + DAY) + 10 * HOUR
    number = uid("loan", session.live_id)
    if after < out <= until:
        EquipmentLoan.objects.create(
            uid=number,
            item=item,
            tenant=built.tenants[session.seller],
            booking_id=keys[uid("booking", session.live_id)],
            out_at=out,
            due_at=due,
        )
    if after < back <= until:
        EquipmentLoan.objects.filter(uid=number).update(back_at=back, condition=Condition.GOOD)


def _visit_of(built: BuiltPark, day: date, session: PlannedSession, after: datetime, until: datetime) -> None:
    """Guests of the day's first firm, announced in the night before: some have come, some have gone by now."""
    for index, (name, company, people) in enumerate(GUESTS):
        number = uid("visit", session.live_id, index)
        arrived = clock.day_start(day) + (10 + 3 * index) * HOUR
        if after < clock.day_start(day) <= until:
            Visit.objects.create(
                uid=number,
                park=built.park,
                tenant=built.tenants[session.seller],
                day=day,
                name=name,
                company=company,
                people=people,
            )
        told = Visit.objects.filter(uid=number)
        if after < arrived <= until:
            told.update(arrived_at=arrived)
        if after < arrived + 2 * HOUR <= until:
            told.update(left_at=arrived + 2 * HOUR)
