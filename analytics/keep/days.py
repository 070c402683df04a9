"""What is still to come back of sales of several days, each by its own age."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from analytics.keep.cohorts import SHORTEST, WATCHED, past_of
from analytics.keep.curve import Expected, curve_of, expected_of
from core.clock import DAY, HOUR, day_start

NOON = 12 * HOUR


def expected_of_days(
    tenant_id: int, days: Mapping[date, tuple[int, int]], at: datetime
) -> tuple[Expected | None, int]:
    """What of the sales of some days, (paid, given back) in units, is still to come back within so many days.

    Day by day by the firm's own past, as for its last live day; together as little or as much as if all days were low
    or high ones. What is older than the days are watched is not expected back any more. None: the past is too short.
    """
    past = past_of(tenant_id, at)
    watched = (past.watched if past.watched >= SHORTEST else WATCHED) * DAY
    answers = []
    for day, (paid, refunded) in days.items():
        age = max(at - day_start(day) - NOON, timedelta(0))
        if age >= watched or paid <= refunded:
            continue
        curve = curve_of(past.cohorts(age))
        if curve is None:
            return None, past.watched
        answers.append(expected_of(curve, paid, refunded))
    low, middle, high = (sum(getattr(each, name) for each in answers) for name in ("low", "middle", "high"))
    return Expected(low, middle, high), past.watched
