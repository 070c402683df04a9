"""What no encoder reports: that it fell silent, that its slot is over and its node does not ask, that it is cut."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import transaction
from django.db.models import Exists, Max, OuterRef, Q
from django.utils.translation import gettext as _

from core import audit, doorbell
from core.actors import Actor
from core.clock import HOUR, now
from core.locking import lock_rows, retried
from livestreams.choices import Delivery, PublishEnd, SessionState
from livestreams.errors import WrongState
from livestreams.mediaservers import PROGRAMS, Away, program_of
from livestreams.models import LiveSession, MediaNode, Publish
from livestreams.services.locks import lock_visible
from livestreams.services.publishes import ENCODER, close, recheck
from livestreams.services.seen import signs_store
from livestreams.services.sessions import session_end

log = structlog.get_logger("livepark.streams")

DROP = "livestreams.tasks.drop_streams"
# Nodes ask again every five to ten seconds: three times nothing is silence.
LOST_AFTER = timedelta(seconds=30)
# So long a session waits for its picture.
RECONNECT = HOUR / 60
# What its column holds.
MOST_KBPS = 2**31 - 1
ASKING = tuple(kind for kind, program in PROGRAMS.items() if program.ASKS_AGAIN)


def watch_streams() -> int:
    """Look at the nodes, end what may not stay and what is gone; returns how many streams and sessions ended."""
    at = now()
    answered = [node.pk for node in _nodes() if _look_at(node, at)]
    _note_weak(at)
    ended = _end_refused(at) + _end_silent(at, answered) + _end_lost(at)
    drop_streams()
    return ended


def _nodes() -> list[MediaNode]:
    """Nodes on which something runs, or should not any more, and whose figures can be read."""
    running, to_drop = (
        Exists(rows.filter(node=OuterRef("pk")))
        for rows in (Publish.objects.running(), Publish.objects.to_drop())
    )
    return list(MediaNode.objects.filter(running | to_drop).exclude(control_url=""))


def _look_at(node: MediaNode, at: datetime) -> bool:
    """Note the bitrate of every stream of a node; whether the node answered."""
    program = program_of(node)
    try:
        readings = program.readings(node)
    except Away as error:
        log.warning("media node does not answer", node=node.code, error=str(error))
        return False
    # What a node calls its connections need not be text that a database takes: it is compared here.
    running = Publish.objects.running().filter(node=node)
    for publish in running:
        if publish.client in readings:
            seen = {} if program.ASKS_AGAIN else {"last_seen_at": at}
            running.filter(pk=publish.pk).update(kbps=_possible(readings[publish.client]), **seen)
    told = Publish.objects.to_drop().filter(node=node, to_drop__lt=at)
    gone = [publish.pk for publish in told if publish.client not in readings]
    told.filter(pk__in=gone).update(to_drop=None)
    return True


def _possible(kbps: Any) -> int | None:
    """A bitrate as a node gives it; None for what is none."""
    return kbps if type(kbps) is int and 0 <= kbps <= MOST_KBPS else None


def _note_weak(at: datetime) -> None:
    """Note since when pictures are weak, and which are good again."""
    running = Publish.objects.running()
    running.weak().filter(weak_since__isnull=True).update(weak_since=at)
    running.filter(weak_since__isnull=False).exclude(pk__in=running.weak().values("pk")).update(
        weak_since=None
    )


def _end_refused(at: datetime) -> int:
    """Ask on behalf of nodes that do not ask again, and end what may not stay."""
    running = Publish.objects.running().exclude(node__kind__in=ASKING)
    return sum(
        not recheck(publish, at).let_in for publish in running.select_related("node", "room", "booking")
    )


def drop_streams() -> int:
    """Tell the nodes to end what was cut; returns how many did. The others are told again until they have."""
    waiting = Publish.objects.to_drop().exclude(node__control_url="")
    return sum(_drop(publish) for publish in waiting.select_related("node", "room", "booking"))


def _drop(publish: Publish) -> bool:
    try:
        program_of(publish.node).drop(publish)
    except Away as error:
        log.warning("stream not cut by its node", stream=str(publish.uid), error=str(error))
        return False
    Publish.objects.filter(pk=publish.pk, to_drop=publish.to_drop).update(to_drop=None)
    return True


def _end_silent(at: datetime, answered: list[int]) -> int:
    """Streams that nobody confirms any more were lost when they were last seen."""
    silent = Publish.objects.running().filter(last_seen_at__lt=at - LOST_AFTER)
    told = silent.filter(Q(node__kind__in=ASKING) | Q(node__in=answered))
    return sum(_lose(pk, at) for pk in told.values_list("pk", flat=True))


@retried
def _lose(pk: int, at: datetime) -> int:
    with transaction.atomic():
        streams = Publish.objects.running().filter(pk=pk)
        signs_store(streams)
        rows = lock_rows(streams.filter(last_seen_at__lt=at - LOST_AFTER))
        for publish in rows:
            close(publish, PublishEnd.LOST, publish.last_seen_at, noted_at=at)
    return len(rows)


def _end_lost(at: datetime) -> int:
    """Sessions whose picture has not come back end when it went."""
    running = Publish.objects.running().filter(session=OuterRef("pk"))
    waiting = LiveSession.objects.filter(~Exists(running), state=SessionState.LOST, delivery=Delivery.NODE)
    over = waiting.annotate(gone=Max("publishes__ended_at"), noted=Max("publishes__noted_at")).filter(
        noted__lte=at - RECONNECT
    )
    return sum(_end(pk, gone) for pk, gone in over.values_list("pk", "gone"))


@retried
def _end(pk: int, gone: datetime) -> int:
    """End one session, unless its picture came back meanwhile."""
    with transaction.atomic():
        rows = lock_rows(LiveSession.objects.filter(pk=pk, state=SessionState.LOST))
        for session in rows:
            ended_at = max(gone, session.started_at or gone)
            session_end(actor=ENCODER, session=session, ended_at=ended_at, booking_goes_on=True)
    return len(rows)


@retried
@transaction.atomic
def publish_cut(*, actor: Actor, publish: Publish, reason: str = "") -> Publish:
    """Take a stream off the air, and keep its booking off until it is let in again. Its session ends now."""
    held = lock_visible(Publish, actor, publish.pk)
    if held.ended_at is not None or held.cut_at is not None:
        raise WrongState(_("This stream is not running any more."), code="not_running")
    held.cut_at, held.cut_reason = now(), reason
    held.save(update_fields=["cut_at", "cut_reason"])
    # Let in again before its node has dropped it, it is a stream like any other: with a session of its own.
    close(held, PublishEnd.REFUSED, held.cut_at, noted_at=held.cut_at, to_drop=held.cut_at)
    if held.session is not None:
        session_end(actor=actor, session=held.session, booking_goes_on=True)
    _record(actor, "publish.cut", held, reason)
    doorbell.ring(DROP)
    return held


@retried
@transaction.atomic
def publish_readmit(*, actor: Actor, publish: Publish) -> Publish:
    """Let the booking of a stream that was cut on air again."""
    held = lock_visible(Publish, actor, publish.pk)
    Publish.objects.filter(booking=held.booking_id, cut_at__isnull=False, readmitted_at__isnull=True).update(
        readmitted_at=now()
    )
    held.refresh_from_db(fields=["readmitted_at"])
    _record(actor, "publish.readmit", held)
    return held


def _record(actor: Actor, verb: str, publish: Publish, reason: str = "") -> None:
    after = {"room": publish.room.code, "reason": reason}
    audit.record(actor=actor, verb=verb, obj=publish, node_id=publish.booking.tenant_id, after=after)
