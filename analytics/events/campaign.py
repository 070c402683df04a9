"""The festival on the wall: its phase, when that changes, and how far the joint targets are reached."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Any

from django.db.models import Q

from analytics.events.board import board_of
from analytics.metrics import as_text
from core import clock
from core.days import open_on
from core.money import to_cents
from parks.choices import EventPhase
from parks.models import Event, Park

AHEAD_DAYS = 14
BEFORE, END = "before", "end"


def campaigns_on(parks: Collection[Park], day: date) -> list[Event]:
    """The events of which parks are venues on a day, from AHEAD_DAYS before they begin: the nearest to its main phase
    first.

    Anybody may name a park as a venue: its hall shows what it organises itself, or what tenants of its own are in.
    """
    events = Event.objects.filter(
        Q(park__in=parks) | Q(entries__park__in=parks) & open_on(day, "entries"),
        open_on(day, "venues"),
        open_on(day),
        venues__park__in=parks,
        last_day__gte=day,
        first_day__lte=day + AHEAD_DAYS * clock.DAY,
    ).distinct()
    return sorted(
        events, key=lambda each: (each.phase_on(day) is not EventPhase.MAIN, each.first_day, each.pk)
    )


def campaigns_in(parks: Collection[Park], day: date) -> list[dict[str, Any]]:
    """The events in some parks with their phase and the countdown to its change, as plain JSON values, and no sums."""
    return [_course(event, day) for event in campaigns_on(parks, day)]


def campaign_of(park: Park, day: date) -> dict[str, Any] | None:
    """The first event of a park on a day with what is reached of its targets; None without one. Sums go over the
    tenants that show their amounts.
    """
    event = next(iter(campaigns_on([park], day)), None)
    if event is None:
        return None
    board = board_of(event, None)
    return {
        **_course(event, day),
        "progress": [
            {
                "code": each.metric.code,
                "target": _text(each.target),
                "value": _text(each.value),
                "share": as_text(each.share),
            }
            for each in board.progress
        ],
        "summed": {"tenants": board.counted, "of": board.tenants},
        "dirty": board.dirty,
    }


def _course(event: Event, day: date) -> dict[str, Any]:
    phase, following, changes_on = _phase(event, day)
    return {
        "name_zh": event.name_zh,
        "name_en": event.name_en,
        "phase": phase,
        "next": following,
        "next_at": clock.day_start(changes_on).isoformat(),
    }


def _phase(event: Event, day: date) -> tuple[str, str, date]:
    """The phase of a day, the one that follows, and the day on which that begins."""
    starts = [(str(phase), first) for phase, first, _last in event.phases] + [
        (END, event.last_day + clock.DAY)
    ]
    now = event.phase_on(day)
    following, changes_on = next((phase, first) for phase, first in starts if first > day)
    return str(now) if now else BEFORE, following, changes_on


def _text(value: Any) -> str:
    return str(value) if isinstance(value, int) else str(to_cents(value))
