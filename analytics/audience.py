"""The audience of one session, from what its sources read: the one place that portal, admin and API take it from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from django.utils.translation import gettext as _

from analytics.tracks import Track, tracks_of
from analytics.trust.audience import most_counted, watched
from core.actors import Actor
from core.clock import MINUTE, local
from core.scoping import visible_to
from core.templatetags.portal import count
from livestreams.labels import tells_of_session
from livestreams.models import AudienceSample, LiveSession
from livestreams.readings import COUNTERS


@dataclass(frozen=True)
class Audience:
    """Readings by source, and what they say together; None where nobody read it.

    `acu` is the mean of concurrent viewers weighted by time, of the source that looked longest; of a counter the source
    that counted most speaks.
    """

    tracks: dict[str, Track]
    peak: int | None
    acu: int | None
    covered: timedelta
    entered: int | None
    likes: int | None
    comments: int | None
    follows: int | None
    as_of: datetime | None


def audience_of(actor: Actor, session: LiveSession) -> Audience:
    """What the actor may know of a session's audience while it was on air."""
    samples = visible_to(AudienceSample.objects.filter(session=session), actor)
    tracks = dict(tracks_of(samples)).get(session.pk, {})
    means = [seen for track in tracks.values() if (seen := watched(track)) is not None]
    longest = max(means, key=lambda seen: seen.covered, default=None)
    viewers = [one.concurrent for track in tracks.values() for one in track if one.concurrent is not None]
    return Audience(
        tracks,
        max(viewers, default=None),
        None if longest is None else int(longest.acu.quantize(Decimal(1), ROUND_HALF_UP)),
        timedelta(0) if longest is None else longest.covered,
        **{name: most_counted(tracks.values(), name) for name in COUNTERS},
        as_of=max((track[-1].at for track in tracks.values()), default=None),
    )


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
