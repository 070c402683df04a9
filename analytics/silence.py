"""Sessions that nobody ended: without a booking, or told as a media node's whose stream never came.

Nothing else ends them. An end that a machine invents no report could correct, so they wait for a person, who is told
what was last heard of them; the wall does not take one for on air of which nothing was heard for long.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Max, Model, OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext_lazy as _

from analytics.models import HourSales
from core.clock import HOUR, hour_start
from livestreams.choices import Delivery, SessionState
from livestreams.models import AudienceSample, HostShift, LiveSession, Publish
from supplychain.models import ExplainEvent

SECOND = timedelta(seconds=1)
SILENT = 6 * HOUR
"""So long after the last sign nobody knows whether a session is on air: tools tell of it each minute, and one that is
told by hand alone is over by then, as an evening is."""
LONGEST = 12 * HOUR
"""What runs longer was forgotten, or is worth a look: hosts relieve each other, yet rooms are cleaned and close."""

STARTED = _("it began")
WORDS = {
    "watched": _("viewers were counted"),
    "seen": _("its picture was seen"),
    "relieved": _("a shift began"),
    "explained": _("goods were explained"),
    "sold": _("an order was paid"),
}


@dataclass(frozen=True)
class Unended:
    """A session that waits for its end: what was last heard of it, and when; of orders the end of their hour."""

    session: LiveSession
    what: Any
    heard_at: datetime

    @property
    def ends_at(self) -> datetime:
        """What is proposed as its end: the first whole second that is not before the last sign, as forms take them."""
        return self.heard_at.replace(microsecond=0) + (SECOND if self.heard_at.microsecond else timedelta(0))


def unended(sessions: QuerySet[LiveSession], at: datetime) -> list[Unended]:
    """Those of the sessions that have run longer than LONGEST, or are silent, the longest first."""
    told = sessions.filter(
        Q(booking=None) | Q(delivery=Delivery.NODE), state=SessionState.LIVE, started_at__lte=at - SILENT
    )
    told = told.exclude(publishes__in=Publish.objects.running()).annotate(
        watched=_last(AudienceSample, "at", at),
        seen=_last(Publish, "last_seen_at", at),
        relieved=_last(HostShift, "starts_at", at),
        explained=_last(ExplainEvent, "at", at),
        sold=Subquery(
            HourSales.objects.filter(session_key=OuterRef("pk"), orders__gt=0)
            .order_by()
            .values("session_key")
            .annotate(last=Max("slot"))
            .values("last")
        ),
    )
    rows: Iterable[Any] = told.select_related("tenant", "room", "host").order_by("started_at", "pk")
    return [
        last
        for session in rows
        if (last := _heard(session, at)).heard_at <= at - SILENT or session.started_at <= at - LONGEST
    ]


def silent(sessions: Iterable[LiveSession], at: datetime) -> set[int]:
    """Ids of those of which nothing was heard for so long that nobody knows whether they are on air."""
    # Asked each second by walls: mostly none is old enough, and nothing more is read.
    old = [session.pk for session in sessions if (session.started_at or at) <= at - SILENT]
    if not old:
        return set()
    waiting = unended(LiveSession.objects.filter(pk__in=old), at)
    return {each.session.pk for each in waiting if each.heard_at <= at - SILENT}


def _heard(session: Any, at: datetime) -> Unended:
    sold = None if session.sold is None else min(hour_start(session.sold + 1), at)
    signs = [(getattr(session, name), word) for name, word in WORDS.items() if name != "sold"]
    signs += [(sold, WORDS["sold"]), (session.started_at, STARTED)]
    heard_at, what = max((sign for sign in signs if sign[0] is not None), key=lambda sign: sign[0])
    return Unended(session, what, heard_at)


def _last(model: type[Model], column: str, at: datetime) -> Subquery:
    rows = model._default_manager.filter(session=OuterRef("pk"), **{f"{column}__lte": at})
    return Subquery(rows.order_by().values("session").annotate(last=Max(column)).values("last"))
