"""The audience of one session, from what its sources read: the one place that portal, admin and API take it from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import groupby
from operator import attrgetter

from django.utils.translation import gettext as _

from analytics.trust.audience import counted, watched
from analytics.trust.evidence import Reading
from core.actors import Actor
from core.clock import MINUTE, local
from core.scoping import visible_to
from core.templatetags.portal import count
from livestreams.labels import tells_of_session
from livestreams.models import AudienceSample, LiveSession

COUNTERS = ("entered", "likes", "comments", "follows")


@dataclass(frozen=True)
class Audience:
    """Readings by source, and what they say together; None where nobody read it.

    `acu` is the mean of concurrent viewers weighted by time, of the source that looked longest; of a counter the source
    that counted most speaks.
    """

    tracks: dict[str, tuple[Reading, ...]]
    peak: int | None
    acu: int | None
    covered: timedelta
    entered: int | None
    likes: int | None
    comments: int | None
    follows: int | None
    as_of: datetime | None


def audience_of(actor: Actor, session: LiveSession) -> Audience:
    """What the actor may know of a session's audience. Of an instant the highest version holds."""
    samples = visible_to(AudienceSample.objects.filter(session=session), actor)
    tracks = {
        source: _track(list(rows))
        for source, rows in groupby(samples.order_by("source", "at", "version"), attrgetter("source"))
    }
    means = [seen for track in tracks.values() if (seen := watched(track)) is not None]
    longest = max(means, key=lambda seen: seen.covered, default=None)
    viewers = [one.concurrent for track in tracks.values() for one in track if one.concurrent is not None]
    return Audience(
        tracks,
        max(viewers, default=None),
        None if longest is None else int(longest.acu.quantize(Decimal(1), ROUND_HALF_UP)),
        timedelta(0) if longest is None else longest.covered,
        **{name: _most(tracks, name) for name in COUNTERS},
        as_of=max((track[-1].at for track in tracks.values()), default=None),
    )


def _track(rows: Sequence[AudienceSample]) -> tuple[Reading, ...]:
    latest = {row.at: row for row in rows}
    return tuple(
        Reading(
            at,
            row.concurrent,
            {name: value for name in COUNTERS if (value := getattr(row, name)) is not None},
        )
        for at, row in latest.items()
    )


def _most(tracks: dict[str, tuple[Reading, ...]], name: str) -> int | None:
    found = [value for track in tracks.values() if (value := counted(track, name)) is not None]
    return max(found, default=None)


@tells_of_session
def told(actor: Actor, session: LiveSession) -> list[tuple[str, str]]:
    """The audience in words, as the admin shows it beside a session."""
    found = audience_of(actor, session)
    if found.as_of is None:
        return []
    figures = (
        (_("Mean audience"), found.acu),
        (_("Peak audience"), found.peak),
        (_("entries"), found.entered),
        (_("likes"), found.likes),
        (_("comments"), found.comments),
        (_("new followers"), found.follows),
    )
    rows = [(label, count(value)) for label, value in figures if value is not None]
    minutes = _("%(n)d min watched") % {"n": found.covered // MINUTE}
    return [*rows, (_("last read"), f"{local(found.as_of):%Y-%m-%d %H:%M} · {minutes}")]
