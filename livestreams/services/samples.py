"""What sources say of a session's audience: irregular, late, repeated, out of order; all of it is kept once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from core import audit, buckets, clock
from core.actors import Actor
from core.errors import RowError
from core.locking import lock_row, retried
from core.policy import ADD
from core.scoping import require_of
from livestreams.choices import SessionState
from livestreams.errors import BadTime
from livestreams.models import AudienceSample, LiveSession
from livestreams.readings import SHOWN, Reading
from livestreams.services.locks import check_key_allows
from livestreams.services.versions import BatchCounts, versions_of


@retried
def samples_record(
    *, actor: Actor, session: LiveSession, source: str, readings: Sequence[Reading]
) -> BatchCounts:
    """Append readings. The same content at a known instant is a duplicate, other content its next version.

    All or nothing: BadTime names the readings that lie in the future.
    """
    require_of(actor, ADD, AudienceSample, session)
    check_key_allows(actor, session.room)
    _check_times(readings)
    with transaction.atomic():
        held = lock_row(LiveSession, session.pk)
        known = _newest(session, source, [reading.at for reading in readings])
        fresh, counts = versions_of(((reading.at, reading) for reading in readings), known)
        AudienceSample.objects.bulk_create(
            (_sample(session, source, version, reading) for _at, version, reading in fresh), batch_size=1000
        )
        if fresh and held.state == SessionState.ENDED:
            buckets.mark(buckets.TRUST, [(held.tenant_id, held.pk)])
        if fresh:
            audit.record(
                actor=actor,
                verb="samples.record",
                obj=session,
                node_id=session.tenant_id,
                after={"source": source, "stored": counts.stored, "corrected": counts.corrected},
            )
    return counts


def _check_times(readings: Sequence[Reading]) -> None:
    latest = clock.latest()
    message = _("This time has not come yet.")
    rows = [
        RowError(row, "at", "future", message)
        for row, reading in enumerate(readings, 1)
        if reading.at > latest
    ]
    if rows:
        raise BadTime(message, code="future", rows=rows)


def _newest(
    session: LiveSession, source: str, instants: Sequence[datetime]
) -> dict[datetime, tuple[int, Reading]]:
    """The highest known version per instant, with what it said."""
    known: dict[datetime, tuple[int, Reading]] = {}
    if not instants:
        return known
    rows = AudienceSample.objects.filter(
        session=session, source=source, at__range=(min(instants), max(instants))
    )
    for row in rows.order_by("version"):
        known[row.at] = (row.version, Reading(row.at, *(getattr(row, name) for name in SHOWN)))
    return known


def _sample(session: LiveSession, source: str, version: int, reading: Reading) -> AudienceSample:
    shown = {name: getattr(reading, name) for name in SHOWN}
    return AudienceSample(session=session, source=source, at=reading.at, version=version, **shown)
