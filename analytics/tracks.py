"""What sources read of the audiences of sessions, from the facts: pages, reports of events and verdicts begin here."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter

from django.db.models import F, Q, QuerySet

from livestreams.models import AudienceSample
from livestreams.readings import SHOWN, Reading

Track = tuple[Reading, ...]


def tracks_of(samples: QuerySet[AudienceSample]) -> Iterator[tuple[int, dict[str, Track]]]:
    """Session by session, named by its key, the readings of each source in the order of time.

    Those from its start to its end, both included: a tool may read on when nobody is on air any more. Of an instant
    the highest version holds.
    """
    until_its_end = Q(session__ended_at=None) | Q(session__ended_at__gte=F("at"))
    on_air = samples.filter(until_its_end, session__started_at__lte=F("at"))
    rows = on_air.order_by("session_id", "source", "at", "version").values_list(
        "session_id", "source", "at", *SHOWN
    )
    for session, of_session in groupby(rows.iterator(), itemgetter(0)):
        yield (
            session,
            {
                source: tuple({at: Reading(at, *shown) for _session, _source, at, *shown in read}.values())
                for source, read in groupby(of_session, itemgetter(1))
            },
        )
