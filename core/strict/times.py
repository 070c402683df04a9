"""Instants, days and time zones as they may enter: years 1990 to 2100, UTC inside."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from core.clock import SHANGHAI
from core.strict.base import StrictError, shown
from core.words import gettext as _

FIRST_YEAR, LAST_YEAR = 1990, 2100

_CLOCK = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?"
    r"(?:Z|[+-](?:0[0-9]|1[0-4]):?[0-5][0-9])?"
)
_STAMP = re.compile(r"[0-9]{9,13}")
_ZONE = re.compile(r"[A-Za-z][A-Za-z0-9_+/-]{0,63}")
# Since then no clock in China was put back or forward.
_AHEAD_SINCE, _AHEAD = 1992, timedelta(hours=8)
# A clock on a wall in Shanghai, and the instant at which it shows that.
_WALL = datetime(2000, 1, 1)  # noqa: DTZ001
_WALL_UTC = datetime(2000, 1, 1, tzinfo=UTC) - _AHEAD
_FIRST_STAMP = int(datetime(FIRST_YEAR, 1, 1, tzinfo=UTC).timestamp())
_END_STAMP = int(datetime(LAST_YEAR + 1, 1, 1, tzinfo=UTC).timestamp())


def instant(value: object, zone: ZoneInfo = SHANGHAI) -> datetime:
    """A UTC instant from ISO 8601 text; text without an offset is wall-clock time in `zone`.

    Years as written. Beyond six decimals of a second the rest is cut off.
    """
    if not isinstance(value, str):
        raise StrictError("type", _('A time is a string such as "2025-06-01T20:00:00+08:00".'))
    if not _INSTANT.fullmatch(value):
        raise _no_time(value)
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        raise _no_time(value) from None
    return to_utc(found, zone)


def check_year(found: date) -> None:
    """Refuse a day or an instant of years with which nobody reckons: the calendar has an end."""
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        message = _("The year %(year)d is outside of %(first)d to %(last)d.")
        raise StrictError("year", message % {"year": found.year, "first": FIRST_YEAR, "last": LAST_YEAR})


def to_utc(found: datetime, zone: ZoneInfo = SHANGHAI) -> datetime:
    """The UTC instant of `found`; a naive one is wall-clock time in `zone`.

    Where a clock was put back, the first of the two instants is taken; wall-clock times that a clock put
    forward has skipped are refused (in Asia/Shanghai: the summers up to 1991).
    """
    check_year(found)
    if found.tzinfo is not None:
        return found.astimezone(UTC)
    if zone is SHANGHAI and found.year >= _AHEAD_SINCE:
        return _WALL_UTC + (found - _WALL)  # twenty times as quick as `replace`
    return _wall_to_utc(found, zone)


@lru_cache(maxsize=8192)  # the lines of one order share their time, and so do orders of a busy minute
def _wall_to_utc(found: datetime, zone: ZoneInfo) -> datetime:
    utc = found.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if utc.astimezone(zone).replace(tzinfo=None) != found:
        message = _("%(time)s does not exist in %(zone)s: the clock was put forward over it.")
        raise StrictError("gap", message % {"time": found.isoformat(" "), "zone": zone.key})
    return utc


def stamp(value: object) -> datetime:
    """A UTC instant from a Unix time in seconds or milliseconds, as a number or its digits.

    The two cannot be confused: from 1990 to 2100 seconds have at most 10 digits, milliseconds at least 12.
    """
    number: int | float = -1
    if isinstance(value, str) and _STAMP.fullmatch(value):
        number = int(value)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        number = value
    for scale in (1, 1000):
        if _FIRST_STAMP * scale <= number < _END_STAMP * scale:
            return datetime.fromtimestamp(number / scale, UTC)
    message = _("“%(value)s” is not a Unix time in seconds or milliseconds from %(first)d to %(last)d.")
    raise StrictError("time", message % {"value": shown(value), "first": FIRST_YEAR, "last": LAST_YEAR})


def moment(value: object, zone: ZoneInfo = SHANGHAI) -> datetime:
    """A UTC instant from ISO 8601 text or a Unix time, as tools write either."""
    digits = isinstance(value, str) and _STAMP.fullmatch(value)
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return stamp(value) if digits or number else instant(value, zone)


def day(value: object) -> date:
    """A calendar day from “2025-06-01”."""
    try:
        found = date.fromisoformat(value) if isinstance(value, str) and _DAY.fullmatch(value) else None
    except ValueError:
        found = None
    if found is None or not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise StrictError("date", _("“%(value)s” is not a day such as 2025-06-01.") % {"value": shown(value)})
    return found


def clock_time(value: object) -> time:
    """A wall-clock time to the minute from “09:30”."""
    if not isinstance(value, str) or not _CLOCK.fullmatch(value):
        raise StrictError(
            "clock", _("“%(value)s” is not a time of day such as 09:30.") % {"value": shown(value)}
        )
    return time.fromisoformat(value)


def closing_time(value: object) -> time:
    """A wall-clock time at which something ends: as `clock_time` has it, and midnight as “24:00” too."""
    return clock_time("00:00" if value == "24:00" else value)


def zone(name: object) -> ZoneInfo:
    """The time zone of an IANA name."""
    try:
        found = ZoneInfo(name) if isinstance(name, str) and _ZONE.fullmatch(name) else None
    except (OSError, ValueError, LookupError):  # absent, a folder of zones, or no zone file
        found = None
    if found is None:
        message = _("“%(value)s” is not a time zone such as Asia/Shanghai.")
        raise StrictError("timezone", message % {"value": shown(name)})
    return found


def _no_time(value: str) -> StrictError:
    message = _("“%(value)s” is not a time such as 2025-06-01T20:00:00+08:00.")
    return StrictError("time", message % {"value": shown(value)})
