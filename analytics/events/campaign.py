"""The festival on the wall: its phase, when that changes, and how far the joint targets are reached."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db.models import Q

from analytics.events.board import board_of
from analytics.metrics import as_text
from core import clock
from core.money import to_cents
from parks.choices import EventPhase
from parks.models import Event, Park

AHEAD_DAYS = 14
BEFORE, END = "before", "end"


def campaign_of(park: Park, day: date) -> dict[str, Any] | None:
    """The event of which a park is a venue on a day, as plain JSON values: one in its main phase before others, and
    before it begins for AHEAD_DAYS; None without one. Sums go over the tenants that show their amounts.

    Anybody may name a park as a venue: its hall shows what it organises itself, or what tenants of its own are in.
    """
    events = Event.objects.filter(
        Q(park=park) | Q(entries__park=park, entries__closed_on__isnull=True),
        venues__park=park,
        venues__closed_on__isnull=True,
        closed_on__isnull=True,
        last_day__gte=day,
        first_day__lte=day + AHEAD_DAYS * clock.DAY,
    ).distinct()
    event = min(
        events,
        key=lambda each: (each.phase_on(day) is not EventPhase.MAIN, each.first_day, each.pk),
        default=None,
    )
    if event is None:
        return None
    phase, following, changes_on = _phase(event, day)
    board = board_of(event, None)
    return {
        "name_zh": event.name_zh,
        "name_en": event.name_en,
        "phase": phase,
        "next": following,
        "next_at": clock.day_start(changes_on).isoformat(),
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
