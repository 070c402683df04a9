"""What matching knows of a park, from the database. Reads without scoping, for those who decided what is shown."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Q

from analytics.choices import Verdict
from analytics.matching.facts import Candidate, Observation
from analytics.models import TrustVerdict
from core.clock import DAY, HOUR, business_day, local, now
from livestreams.availability import free_hosts
from livestreams.choices import SessionState, ShiftRole
from livestreams.conflicts import Span
from livestreams.models import Certificate, Course, FollowerReading, Host, HostAccount, HostShift, LiveSession

LOOK_BACK = 180 * DAY
"""How far back sessions count."""
SETTLED = 15 * DAY
"""After so long most of a session's refunds have come: reports of platforms are read again until then."""
WEEKEND = 5
PARTS = ("night", "morning", "afternoon", "evening")
FIGURES = ("figures__gmv_paid", "figures__refunds", "figures__orders")
Readings = dict[tuple[str, str], list[tuple[date, int]]]


def observations(park_id: int, at: datetime | None = None) -> tuple[Observation, ...]:
    """The hosts' parts of the sessions of a park that ended in the last half year and have orders in the ledger.

    What was stated of a session counts nowhere. A session of several hosts is shared by the time before the camera.
    """
    at = at or now()
    sessions = LiveSession.objects.filter(
        park=park_id,
        state=SessionState.ENDED,
        started_at__gte=at - LOOK_BACK,
        ended_at__isnull=False,
        figures__lines__gt=0,
    )
    columns = (
        "pk",
        "uid",
        "tenant__code",
        "tenant__industry",
        "platform",
        "market",
        "started_at",
        "ended_at",
    )
    rows = {row["pk"]: row for row in sessions.values(*columns, *FIGURES)}
    doubtful = set(
        TrustVerdict.objects.current()
        .filter(session__in=sessions, verdict=Verdict.DOUBTFUL)
        .values_list("session", flat=True)
    )
    shifts = HostShift.objects.filter(session__in=sessions, role=ShiftRole.HOST)
    worked: dict[int, dict[tuple[str, str], float]] = defaultdict(lambda: defaultdict(float))
    for session, host, level, start, end in shifts.values_list(
        "session", "host__code", "host__level", "starts_at", "ends_at"
    ):
        if end is not None:
            worked[session][host, level] += (end - start) / HOUR
    readings = _readings(account__host__in=shifts.values("host"))
    return tuple(
        _observation(row, host, level, hours, hours / sum(parts.values()), at, readings, session in doubtful)
        for session, parts in sorted(worked.items())
        if (row := rows.get(session)) is not None
        for (host, level), hours in sorted(parts.items())
    )


def _observation(
    row: dict[str, Any],
    host: str,
    level: str,
    hours: float,
    share: float,
    at: datetime,
    readings: Readings,
    is_doubtful: bool,
) -> Observation:
    paid, refunds, orders = (row[name] for name in FIGURES)
    return Observation(
        key=f"{row['uid']}:{host}",
        host=host,
        category=row["tenant__industry"],
        hours=hours,
        paid=float(paid) * share,
        refunds=float(refunds) * share,
        level=level,
        seller=row["tenant__code"],
        platform=row["platform"],
        market=row["market"],
        slot=slot_of(row["started_at"]),
        followers=_on(readings[host, row["platform"]], business_day(row["started_at"])),
        price=float(paid) / orders if orders else None,
        is_settled=row["ended_at"] <= at - SETTLED,
        is_doubtful=is_doubtful,
    )


def slot_of(instant: datetime) -> str:
    """The kind of day and the part of it, local time."""
    here = local(instant)
    return f"{'weekend' if here.weekday() >= WEEKEND else 'weekday'} {PARTS[here.hour // 6]}"


def _readings(*which: Q, **of: Any) -> Readings:
    """Followers by host and platform on the days on which they were read; of several accounts the largest."""
    found: Readings = defaultdict(list)
    rows = FollowerReading.objects.filter(*which, **of)
    days: dict[tuple[str, str], dict[date, dict[int, int]]] = defaultdict(lambda: defaultdict(dict))
    for host, platform, account, day, followers in rows.order_by("day", "version").values_list(
        "account__host__code", "account__platform", "account", "day", "followers"
    ):
        days[host, platform][day][account] = followers
    for name, known in days.items():
        found[name] = [(day, max(accounts.values())) for day, accounts in known.items()]
    return found


def _on(readings: Sequence[tuple[date, int]], day: date) -> float | None:
    """The reading that was known on a day, or the first one after it."""
    if not readings:
        return None
    known = bisect_right(readings, day, key=lambda reading: reading[0])
    return float(readings[max(known - 1, 0)][1])


def park_hosts(park_id: int) -> Any:
    """The hosts that work in a park, whosever they are."""
    return Host.objects.working_on(business_day(now())).filter(tenant__node__parent=park_id)


def candidates(
    hosts: Iterable[Host], within: Span, *, platform: str = "", course: Course | None = None
) -> tuple[list[Candidate], dict[int, list[Span]]]:
    """Hosts as they can be had within a span, and their free spans by id.

    With a course, whoever holds no certificate of it that is valid to the end of the span is not certified.
    """
    hosts = list(hosts)
    free = free_hosts(hosts, within)
    readings = _readings(
        account__in=HostAccount.objects.held_on(business_day(within.start)), account__host__in=hosts
    )
    certified = None
    if course is not None:
        valid = Certificate.objects.filter(course=course).valid_on(
            business_day(within.end - timedelta(seconds=1))
        )
        certified = set(valid.filter(host__in=hosts).values_list("host", flat=True))
    return [
        Candidate(
            host=host.code,
            level=host.level,
            categories=tuple(host.categories),
            languages=tuple(host.languages),
            markets=tuple(host.markets),
            followers=_followers(readings, host.code, platform),
            day_rate=float(host.day_rate),
            free=tuple(span.length / HOUR for span in free[host.pk]),
            is_certified=certified is None or host.pk in certified,
        )
        for host in hosts
    ], free


def _followers(readings: Readings, host: str, platform: str) -> int | None:
    """The newest reading on the platform that is asked for; without one, where the host has most."""
    found = [
        known[-1][1] for (whose, on), known in readings.items() if whose == host and platform in ("", on)
    ]
    return max(found, default=None)
