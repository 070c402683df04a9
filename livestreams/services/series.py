"""A room at the same hours every week: booked whole, or with the days left out that cannot be had."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from core import audit
from core.actors import Actor
from core.clock import SHANGHAI, now
from core.errors import Busy, DomainError, InvalidInput, RowError
from core.locking import retried
from core.policy import ADD
from core.scoping import require
from livestreams.choices import BOOKING_MOVABLE
from livestreams.errors import Overlap
from livestreams.models import Booking, BookingSeries, Host, LiveRoom
from livestreams.recurrence import series_days
from livestreams.services.bookings import booking_cancel, booking_create
from livestreams.services.locks import lock_room, lock_visible
from livestreams.services.moves import check_may_exceed
from livestreams.services.placing import check_length
from tenants.models import Tenant

MOST = 100
"""Bookings of one series: a weekday for almost two years, or three months of every day."""


@retried
def series_create(
    *,
    actor: Actor,
    room: LiveRoom,
    tenant: Tenant,
    first_day: date,
    last_day: date,
    weekdays: Collection[int],
    start: time,
    minutes: int,
    host: Host | None = None,
    purpose: str = "",
    skip: Iterable[date] = (),
    skip_taken: bool = False,
    beyond_quota: str = "",
) -> BookingSeries:
    """Book the room on these weekdays (0 is Monday) of [first_day, last_day], `minutes` long from `start` local time.

    `skip` names days of the series that are left out, InvalidInput for others. Days that cannot be had refuse the whole
    (Overlap, one row a day with its reason), or with `skip_taken` are left out too; the series keeps every day left out
    with the reason. `beyond_quota` is why the park lets the firm have more than its quota on any of them.
    """
    require(actor, ADD, Booking, tenant.pk)
    why = check_may_exceed(actor, room.park_id, beyond_quota)
    left_out = set(skip)
    days = list(series_days(first_day, last_day, weekdays, left_out)) if last_day >= first_day else []
    _check(days, minutes)
    _check_skip(left_out.difference(series_days(first_day, last_day, weekdays)))
    with transaction.atomic():
        room = lock_room(actor, room.pk)
        series = BookingSeries.objects.create(
            room=room,
            tenant=tenant,
            host=host,
            first_day=first_day,
            last_day=last_day,
            weekdays=sorted(set(weekdays)),
            starts_at=start,
            minutes=minutes,
            purpose=purpose,
        )
        refusals = _book(actor, series, days, beyond_quota)
        if refusals and (not skip_taken or len(refusals) == len(days)):
            raise _refused(refusals)
        series.skipped = _left_out(left_out, refusals)
        series.save(update_fields=["skipped", "updated_at"])
        audit.record(
            actor=actor,
            verb="series.create",
            obj=series,
            node_id=tenant.pk,
            after={
                "room": room.code,
                "bookings": len(days) - len(refusals),
                "skipped": series.skipped,
                **why,
            },
        )
    return series


def _book(
    actor: Actor, series: BookingSeries, days: list[date], beyond_quota: str
) -> list[tuple[date, DomainError]]:
    """Book the days of a series; returns those that cannot be had, each with its refusal."""
    refusals: list[tuple[date, DomainError]] = []
    for day in days:
        starts_at = datetime.combine(day, series.starts_at, SHANGHAI)
        try:
            booking = booking_create(
                actor=actor,
                room=series.room,
                tenant=series.tenant,
                starts_at=starts_at,
                ends_at=starts_at + timedelta(minutes=series.minutes),
                host=series.host,
                purpose=series.purpose,
                beyond_quota=beyond_quota,
            )
        except Busy:
            raise
        except DomainError as refusal:
            refusals.append((day, refusal))
        else:
            Booking.objects.filter(pk=booking.pk).update(series=series)
    return refusals


def _check(days: list[date], minutes: int) -> None:
    if minutes <= 0:
        raise InvalidInput(_("A booking must end after it starts."), code="order", field="minutes")
    check_length(timedelta(minutes=minutes), "minutes")
    if not days:
        raise InvalidInput(_("No day is left in this series."), code="empty", field="last_day")
    if len(days) > MOST:
        raise InvalidInput(
            _("A series has at most %(most)d bookings; this one would have %(count)d.")
            % {"most": MOST, "count": len(days)},
            code="too_many",
            field="last_day",
        )


def _check_skip(unfit: set[date]) -> None:
    if unfit:
        raise InvalidInput(
            _("Not days of this series: %(days)s.") % {"days": ", ".join(map(str, sorted(unfit)))},
            code="no_such_day",
            field="skip",
        )


def _refused(refusals: list[tuple[date, DomainError]]) -> DomainError:
    rows = [
        RowError(number, "day", refusal.code, f"{day.isoformat()}: {refusal.detail}")
        for number, (day, refusal) in enumerate(refusals, 1)
    ]
    return Overlap(_("Nothing was booked: some days cannot be had."), code="series_taken", rows=rows)


def _left_out(asked: set[date], refusals: list[tuple[date, DomainError]]) -> list[dict[str, Any]]:
    named = [{"day": day.isoformat(), "reason": ""} for day in asked]
    taken = [{"day": day.isoformat(), "reason": refusal.code} for day, refusal in refusals]
    return sorted(named + taken, key=lambda left: left["day"])


@retried
def series_cancel(*, actor: Actor, series: BookingSeries, since: datetime | None = None) -> int:
    """Give back all bookings of a series that have not begun, or those from `since` on; returns how many."""
    with transaction.atomic():
        held = lock_visible(BookingSeries, actor, series.pk)
        ahead = held.bookings.filter(state__in=BOOKING_MOVABLE, starts_at__gt=now()).order_by("pk")
        if since is not None:
            ahead = ahead.filter(starts_at__gte=since)
        for booking in ahead:
            booking_cancel(actor=actor, booking=booking)
    return len(ahead)
