"""The report of an event: what took part, what was sold, and what that is per unit and per thousand entries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import ngettext

from analytics.events.board import Board, board_of
from analytics.events.decay import Decay, decay_of
from analytics.events.measures import EVENT_REGISTRY
from analytics.events.takings import Takings
from analytics.metrics import HOUR_PLACES, Metric, Sums, Value
from analytics.models import SessionFigures
from analytics.tracks import tracks_of
from analytics.trust.audience import most_counted
from core import clock
from core.actors import Actor
from core.days import open_on
from livestreams.models import AudienceSample, LiveSession
from parks.models import Event
from supplychain.models import EventItem


@dataclass(frozen=True)
class Figure:
    """A figure of a report with its definition; None where there is nothing to divide by.

    `ground` says how many of the sessions count entries, of a figure that rests on them.
    """

    metric: Metric
    value: Value
    ground: str = ""


@dataclass(frozen=True)
class EventReport:
    """Everything that is told of an event's figures, as of an instant."""

    event: Event
    at: datetime
    board: Board
    decay: Decay
    figures: list[Figure]


def report_of(event: Event, actor: Actor) -> EventReport:
    """The report as the actor may read it: what depends on sales goes over the tenants that the board counts."""
    board = board_of(event, actor)
    takings = Takings(event, actor)
    sums = {
        **board.sums,
        "event_tenants": board.tenants,
        "event_items": EventItem.objects.filter(open_on(clock.today()), entry__in=takings.entries).count(),
        **_of_sessions(_sessions(takings)),
    }
    return EventReport(event, clock.now(), board, decay_of(event, actor), figures_of(sums))


def figures_of(sums: Sums) -> list[Figure]:
    """Every figure of a report that follows from its sums."""
    return [Figure(metric, metric.compute(sums), _ground(metric, sums)) for metric in EVENT_REGISTRY.values()]


def _ground(metric: Metric, sums: Sums) -> str:
    """How many of the sessions count entries, beside each figure that rests on them."""
    if "event_entries" not in metric.needs:
        return ""
    return ngettext(
        "%(counting)d of %(sessions)d session counts entries",
        "%(counting)d of %(sessions)d sessions count entries",
        int(sums["event_sessions"]),
    ) % {
        "counting": sums["event_sessions_counting"],
        "sessions": sums["event_sessions"],
    }


def _sessions(takings: Takings) -> QuerySet[LiveSession]:
    since, until = clock.day_start(takings.event.first_day), clock.day_bounds(takings.event.last_day)[1]
    return LiveSession.objects.filter(
        tenant__in=takings.known,
        park__venues__event=takings.event,
        started_at__gte=since,
        started_at__lt=until,
    )


def _of_sessions(sessions: QuerySet[LiveSession]) -> dict[str, Any]:
    now = clock.now()
    times = list(sessions.values_list("started_at", "ended_at"))
    seconds = sum(((ended or now) - started).total_seconds() for started, ended in times if started)
    paid = dict(SessionFigures.objects.filter(session__in=sessions).values_list("session", "gmv_paid"))
    entries = {
        session: most
        for session, tracks in tracks_of(AudienceSample.objects.filter(session__in=sessions))
        if (most := most_counted(tracks.values(), "entered")) is not None
    }
    return {
        "event_sessions": len(times),
        "event_live_hours": (Decimal(int(seconds)) / 3600).quantize(HOUR_PLACES, ROUND_HALF_UP),
        "event_live_paid": sum(paid.values(), Decimal(0)),
        "event_sessions_counting": len(entries),
        "event_entries": sum(entries.values()) if entries else None,
        # Sales of a session whose entries nobody knows stand over no entries.
        "event_counting_paid": sum((paid.get(session, Decimal(0)) for session in entries), Decimal(0)),
    }
