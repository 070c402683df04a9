"""How figures, money and times look on pages."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal

from django import template
from django.utils import formats
from django.utils.translation import gettext as _

from core import clock
from core.money import to_cents

register = template.Library()


@register.filter
def money(amount: Decimal | int | None, places: int = 2) -> str:
    """CNY with thousands separators and two decimals; a dash when there is none."""
    if amount is None:
        return "–"
    value = to_cents(Decimal(amount)) if places == 2 else Decimal(amount)
    sign = "-" if value < 0 else ""
    return f"{sign}¥{abs(value):,.{places}f}"


@register.filter
def decimal(amount: Decimal | None, places: int = 4) -> str:
    """A number such as an amount in a foreign currency: thousands separators, at least two decimals, no idle zeros."""
    if amount is None:
        return "–"
    text = f"{amount:,.{places}f}".rstrip("0")
    whole, _point, decimals = text.partition(".")
    return f"{whole}.{decimals.ljust(2, '0')}"


@register.filter
def signed(number: Decimal | None) -> str:
    """A change with its sign and two decimals; a dash when there is none."""
    return "–" if number is None else f"{number:+,.2f}"


@register.filter
def count(number: Decimal | int | Literal[""] | None) -> str:
    """A whole number with thousands separators; a dash when there is none, or nothing stands where it is looked for."""
    return "–" if number is None or number == "" else f"{number:,.0f}"


@register.filter
def percent(share: Decimal | float | None, places: int = 1) -> str:
    """A share of one as percent; a dash when there is none."""
    return "–" if share is None else f"{Decimal(share) * 100:.{places}f}%"


@register.filter
def rate(share: Decimal | float | None) -> str:
    """A share of a whole as percent; of what is beyond the whole only that it is so."""
    return "> 100%" if share is not None and share > 1 else percent(share)


@register.filter
def day_and_time(instant: datetime | None) -> str:
    """An instant in Asia/Shanghai as people say it: today 14:30, tomorrow 09:00, 11-23 09:00, 2023-01-02 09:00."""
    if instant is None:
        return "–"
    local = clock.local(instant)
    days = (local.date() - clock.today()).days
    clock_time = f"{local:%H:%M}"
    if days in (-1, 0, 1):
        word = {-1: _("yesterday"), 0: _("today"), 1: _("tomorrow")}[days]
        return f"{word} {clock_time}"
    same_year = local.year == clock.today().year
    return f"{local:%m-%d} {clock_time}" if same_year else f"{local:%Y-%m-%d} {clock_time}"


@register.filter
def time_of_day(instant: datetime | None) -> str:
    """The wall-clock time in Asia/Shanghai."""
    return f"{clock.local(instant):%H:%M}" if instant else "–"


@register.filter
def end_of_day(instant: datetime) -> str:
    """The wall-clock time at which something ends; midnight is the end of the day before."""
    return clock.closing(clock.local(instant).time())


@register.filter
def duration(length: timedelta | None) -> str:
    """Hours and minutes with their units: 2:30 beside a time of day reads as another one."""
    if length is None:
        return "–"
    hours, minutes = divmod(int(length.total_seconds() // 60), 60)
    shape = _("%(hours)d h %(minutes)d min") if hours else _("%(minutes)d min")
    return shape % {"hours": hours, "minutes": minutes}


@register.filter(expects_localtime=True)
def weekday(day: date) -> str:
    """The short name of a day's weekday in the reader's language; an instant's day is that in Asia/Shanghai."""
    return formats.date_format(day, "D")


@register.simple_tag
def session_length(session: Any) -> timedelta | None:
    """How long a session has run, up to now while it is live."""
    if session.started_at is None:
        return None
    length: timedelta = (session.ended_at or clock.now()) - session.started_at
    return length
