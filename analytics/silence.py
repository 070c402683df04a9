"""Sessions that nobody ended: without a booking, or told as a media node's whose stream never came.

Where nobody comes next into their room nothing else ends them. An end that a machine invents no report could correct,
so they wait for a person, who is told what was last heard of them; the wall does not take one for on air of which
nothing was heard for long.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Exists, Max, OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from analytics.models import HourSales
from core.clock import HOUR, MINUTE, hour_of, hour_start, now
from core.templatetags.portal import day_and_time
from livestreams.choices import Delivery, SessionState
from livestreams.labels import proposes_ending
from livestreams.models import AudienceSample, HostShift, LiveSession, Publish
from supplychain.models import ExplainEvent

SILENT = 6 * HOUR
"""So long after the last sign nobody knows whether a session is on air: tools tell of it each minute, and one that is
told by hand alone is over by then, as an evening is."""
LONGEST = 12 * HOUR
"""What is heard for longer is worth a look: hosts relieve each other, yet rooms are cleaned and close, and orders may
be taken for a forgotten one's."""
SHOWN = 5
"""So many of them stand on a first page, which then says how many more there are."""

STARTED, RELIEVED = _("it began"), _("a shift began")
# After a beginning it went on, nobody knows how long: an end at that instant would undo what began.
BEGINNINGS = (STARTED, RELIEVED)
SOLD = _("an order was paid")
SIGNS: dict[str, tuple[Any, str, Any]] = {
    "watched": (AudienceSample, "at", _("viewers were counted")),
    "seen": (Publish, "last_seen_at", _("its picture was seen")),
    "explained": (ExplainEvent, "at", _("goods were explained")),
    "left": (HostShift, "ends_at", _("a shift ended")),
    "relieved": (HostShift, "starts_at", RELIEVED),
}
# The condition of the index on sessions is named, or it is not used.
PAID = HourSales.objects.filter(session_key__gt=0, session_key=OuterRef("pk"), orders__gt=0)


@dataclass(frozen=True)
class Unended:
    """A session that waits for its end: what was last heard of it, and when; of orders the end of their hour."""

    session: LiveSession
    what: Any
    heard_at: datetime

    def __str__(self) -> str:
        told = {"what": self.what, "at": day_and_time(self.heard_at)}
        return gettext("last heard: %(what)s, %(at)s") % told

    @property
    def ends_at(self) -> datetime | None:
        """What is proposed as its end: the first whole minute that is not before the last sign, as forms show them.

        None after a mere beginning.
        """
        if self.what in BEGINNINGS:
            return None
        minute = self.heard_at.replace(second=0, microsecond=0)
        return minute if minute == self.heard_at else minute + MINUTE


def silent(sessions: QuerySet[LiveSession], at: datetime) -> QuerySet[LiveSession]:
    """Those of the sessions of which nothing was heard for SILENT, the longest first."""
    since = at - SILENT
    signs = [
        Exists(model.objects.filter(session=OuterRef("pk"), **{f"{column}__gt": since, f"{column}__lte": at}))
        for model, column, _word in SIGNS.values()
    ]
    signs.append(Exists(PAID.filter(slot__gte=hour_of(since))))
    return _waiting(sessions, since).filter(*(~sign for sign in signs))


def silent_ids(sessions: QuerySet[LiveSession], at: datetime) -> list[int]:
    """Ids of those that are silent, the longest first."""
    return list(silent(sessions, at).values_list("pk", flat=True))


def long_on_air(sessions: QuerySet[LiveSession], at: datetime) -> QuerySet[LiveSession]:
    """Those of the sessions that are still heard after LONGEST, the longest first."""
    return _waiting(sessions, at - LONGEST).exclude(pk__in=silent(sessions, at).order_by().values("pk"))


def last_heard(ids: Sequence[int], at: datetime) -> list[Unended]:
    """What was last heard of the first SHOWN of some sessions, the longest first."""
    last = {
        name: _last(model.objects.filter(session=OuterRef("pk"), **{f"{column}__lte": at}), "session", column)
        for name, (model, column, _word) in SIGNS.items()
    }
    told: Any = LiveSession.objects.filter(pk__in=ids[:SHOWN]).order_by("started_at", "pk")
    told = told.annotate(**last, sold=_last(PAID, "session_key", "slot"))
    return [_heard(session, at) for session in told.select_related("tenant", "room", "host")]


@proposes_ending
def ending_of(session: LiveSession) -> Unended | None:
    """What was last heard of a session that is silent now; None for any other."""
    if session.state != SessionState.LIVE:
        return None
    at = now()
    return next(iter(last_heard(silent_ids(LiveSession.objects.filter(pk=session.pk), at), at)), None)


def _waiting(sessions: QuerySet[LiveSession], since: datetime) -> QuerySet[LiveSession]:
    """Those that began by then and that no booking and no media node ends."""
    told = sessions.filter(Q(booking=None) | Q(delivery=Delivery.NODE), state=SessionState.LIVE)
    told = told.filter(started_at__lte=since).exclude(publishes__in=Publish.objects.running())
    return told.order_by("started_at", "pk")


def _heard(session: Any, at: datetime) -> Unended:
    signs = [(getattr(session, name), word) for name, (_model, _column, word) in SIGNS.items()]
    signs.append((None if session.sold is None else min(hour_start(session.sold + 1), at), SOLD))
    signs.append((session.started_at, STARTED))
    told = [sign for sign in signs if sign[0] is not None]
    # Whoever relieves another begins as that one ends: it went on.
    heard_at, what = max(told, key=lambda sign: (sign[0], sign[1] in BEGINNINGS))
    return Unended(session, what, heard_at)


def _last(rows: QuerySet[Any], of: str, column: str) -> Subquery:
    return Subquery(rows.order_by().values(of).annotate(last=Max(column)).values("last"))
