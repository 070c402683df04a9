"""When the platform's report on a session is to be read again."""

from __future__ import annotations

from datetime import datetime

from core.clock import DAY, business_day, day_start

# Days after the session's last on which its report is read again: the platform counts on, and goods come back.
AGAIN = (1, 7, 15, 30)


def due_again(ended_at: datetime, read_at: datetime, *, provisional: bool) -> datetime | None:
    """The next instant after a reading at which the report is due again, None when this was the last.

    What the platform had not counted yet is due on the next day.
    """
    last_day = business_day(ended_at)
    days = [last_day + number * DAY for number in AGAIN]
    if provisional:
        days.append(business_day(read_at) + DAY)
    return min((due for day in days if (due := day_start(day)) > read_at), default=None)
