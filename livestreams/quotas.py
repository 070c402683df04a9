"""Hours that a firm has in a park's rooms at most, by the day and by the week."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import date, timedelta
from typing import NamedTuple

from core.clock import DAY, HOUR, business_day, day_start, now
from livestreams.conflicts import Span
from livestreams.models import Booking, ExchangeRequest, SlotQuota
from tenants.models import Tenant

WEEK = 7 * DAY
NO_TIME = timedelta(0)


class Hours(NamedTuple):
    """Hours per day and per week at most; None is no limit."""

    day: int | None = None
    week: int | None = None


def week_of(day: date) -> date:
    """The Monday of its week."""
    return day - day.weekday() * DAY


def quotas_of(park_id: int, tenants: Collection[str]) -> dict[str, Hours]:
    """What each of these firms, by code, may have in a park: its own limits, and the park's where it has none."""
    rows = SlotQuota.objects.filter(park=park_id).values_list("tenant__code", "day_hours", "week_hours")
    given = {code or "": Hours(day, week) for code, day, week in rows}
    usual = given.get("", Hours())
    own = {code: given.get(code, usual) for code in tenants}
    return {
        code: Hours(*(usual[place] if limit is None else limit for place, limit in enumerate(limits)))
        for code, limits in own.items()
    }


def beyond_quota(
    park_id: int, placed: Collection[tuple[Booking, Span | None]], given_back: Collection[Booking] = ()
) -> Iterator[Booking]:
    """Those of these bookings that lie in a day or a week in which their firm has more hours than it may have.

    With each stands when it was before, if it was. A day or week is not asked of which the firm takes no more by all of
    these than it did before, with what it had in those that it gives back for them.
    """
    after, before = defaultdict[int, list[Span]](list), defaultdict[int, list[Span]](list)
    for booking, was in placed:
        after[booking.tenant_id].append(_span(booking))
        before[booking.tenant_id] += [was] if was else []
    for booking in given_back:
        before[booking.tenant_id].append(_span(booking))
    more = {firm: _more(spans, before[firm]) for firm, spans in after.items()}
    asked = {firm: after[firm] for firm, grown in more.items() if any(grown)}
    limits = quotas_of(park_id, {booking.tenant.code for booking, _was in placed})
    hours = _hours(park_id, asked, [span for spans in asked.values() for span in spans])
    for booking, _was in placed:
        limit, taken = limits[booking.tenant.code], hours[booking.tenant_id]
        own, (days, weeks) = set(_by_day(_span(booking))), more[booking.tenant_id]
        if _is_beyond(limit, taken, days & own, weeks & set(map(week_of, own))):
            yield booking


def binds(loan: ExchangeRequest | None) -> bool:
    """Whether a quota counts a booking: any but one in a room that another park lends."""
    return loan is None or not loan.lends_room


def allows(park_id: int, tenant: Tenant) -> Callable[[Span], bool]:
    """Says of a span whether the firm may have so much at all: as if it had nothing else."""
    limit = quotas_of(park_id, [tenant.code])[tenant.code]
    return lambda span: not _is_beyond(limit, _by_day(span), *_more([span], []))


def leaves(
    park_id: int, tenant: Tenant, within: Span, *, moving: int | None = None
) -> Callable[[Span], bool]:
    """Says of a span within another whether the firm's quota leaves room for it as things stand.

    `moving` is the id of the stored booking that would lie there instead of where it is.
    """
    limit = quotas_of(park_id, [tenant.code])[tenant.code]
    if limit == Hours():
        return lambda _span: True
    taken = _hours(park_id, {tenant.pk}, [within])[tenant.pk]
    held = Booking.objects.blocking().without_expired_holds(now()).filter(pk=moving)
    was = next((_span(booking) for booking in held), None) if moving else None
    for day, length in _by_day(was).items() if was else ():
        taken[day] -= length

    def leaves_room(span: Span) -> bool:
        own = {day: taken.get(day, NO_TIME) + length for day, length in _by_day(span).items()}
        return not _is_beyond(limit, {**taken, **own}, *_more([span], [was] if was else []))

    return leaves_room


def _is_beyond(limit: Hours, hours: Mapping[date, timedelta], days: set[date], weeks: set[date]) -> bool:
    """Whether a firm has more hours than it may have in one of these days or weeks."""
    of_week = (
        sum((hours.get(monday + number * DAY, NO_TIME) for number in range(7)), NO_TIME) for monday in weeks
    )
    over_day = limit.day is not None and any(hours.get(day, NO_TIME) > limit.day * HOUR for day in days)
    return over_day or (limit.week is not None and any(taken > limit.week * HOUR for taken in of_week))


def _span(booking: Booking) -> Span:
    return Span(booking.starts_at, booking.ends_at)


def _more(after: Iterable[Span], before: Iterable[Span]) -> tuple[set[date], set[date]]:
    """The days and the weeks of which some spans take more than others did before them."""
    days, weeks = defaultdict[date, timedelta](timedelta), defaultdict[date, timedelta](timedelta)
    for spans, sign in ((after, 1), (before, -1)):
        for day, length in (part for span in spans for part in _by_day(span).items()):
            days[day] += sign * length
            weeks[week_of(day)] += sign * length
    return (
        {day for day, grown in days.items() if grown > NO_TIME},
        {monday for monday, grown in weeks.items() if grown > NO_TIME},
    )


def _by_day(span: Span) -> dict[date, timedelta]:
    """How much of a span lies in each business day that it touches."""
    first, last = business_day(span.start), business_day(span.end - timedelta.resolution)
    days = (first + number * DAY for number in range((last - first).days + 1))
    return {day: min(span.end, day_start(day) + DAY) - max(span.start, day_start(day)) for day in days}


def _hours(
    park_id: int, tenants: Collection[int], spans: Collection[Span]
) -> dict[int, dict[date, timedelta]]:
    """How long these firms have rooms of the park, by day, in all weeks of the spans."""
    found: dict[int, dict[date, timedelta]] = defaultdict(lambda: defaultdict(timedelta))
    if not spans:
        return found
    since = day_start(week_of(business_day(min(span.start for span in spans))))
    until = day_start(week_of(business_day(max(span.end for span in spans))) + WEEK)
    held = (
        Booking.objects.taking_host(since, until)
        .without_expired_holds(now())
        .filter(tenant__in=tenants, room__park=park_id)
    )
    for tenant, starts_at, ends_at in held.values_list("tenant", "starts_at", "ends_at"):
        for day, length in _by_day(Span(starts_at, ends_at)).items():
            found[tenant][day] += length
    return found
