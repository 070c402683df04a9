"""The one clock: UTC instants inside, Asia/Shanghai at the edges.

A business day is the calendar day in Asia/Shanghai, a bucket is the hour of UTC. Nothing else in the
project derives a day or an hour from an instant.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
SKEW = timedelta(minutes=5)
"""How wrong the clocks of others may be: of encoders, platforms, tools and phones."""


def now() -> datetime:
    """The present instant, aware, in UTC."""
    return datetime.now(UTC)


def latest() -> datetime:
    """The latest instant of which others may say that it is over."""
    return now() + SKEW


def next_minute(instant: datetime) -> datetime:
    """The instant, when it is a whole minute, else the next one."""
    whole = instant.replace(second=0, microsecond=0)
    return whole if whole == instant else whole + MINUTE


def closing(at: time) -> str:
    """How the wall-clock time is written at which something ends: midnight is 24:00 of the day before."""
    return "24:00" if at == time.min else f"{at:%H:%M}"


def today() -> date:
    """The present business day."""
    return business_day(now())


def business_day(instant: datetime) -> date:
    """The calendar day in Asia/Shanghai that holds an aware instant."""
    if instant.tzinfo is None:
        raise ValueError("business_day needs an aware instant")
    return instant.astimezone(SHANGHAI).date()


def hour_of(instant: datetime) -> int:
    """The UTC hour of an instant, counted from the epoch: the number of its bucket."""
    if instant.tzinfo is None:
        raise ValueError("hour_of needs an aware instant")
    since = instant - EPOCH
    return since.days * 24 + since.seconds // 3600


def hour_start(hour: int) -> datetime:
    """The instant at which a bucket's hour begins."""
    return datetime.fromtimestamp(hour * 3600, UTC)


def day_start(day: date) -> datetime:
    """The instant at which a business day begins (00:00 in Asia/Shanghai; fold 0 where it happened twice)."""
    return datetime.combine(day, time(0), SHANGHAI).astimezone(UTC)


def day_bounds(day: date) -> tuple[datetime, datetime]:
    """Half-open bounds [start, end) of a business day; 23 or 25 hours long in the summers of 1986-91."""
    return day_start(day), day_start(day + DAY)


def month_of(day: date) -> date:
    """The first day of a day's month: the number of its month."""
    return day.replace(day=1)


def next_month(day: date) -> date:
    """The first day of the following month."""
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1)


def local(instant: datetime) -> datetime:
    """An instant as wall-clock time in Asia/Shanghai, for people."""
    return instant.astimezone(SHANGHAI)
