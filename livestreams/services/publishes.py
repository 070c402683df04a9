"""Encoders on air: each asks through its node, is let in or refused, and its session follows.

One indexed query knows everything that `publishing.decide` asks for. Whoever is let in is looked at once more under the
lock of the room; the database's own rule has the last word. The order of locks is room, stream, booking, session.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q

from core.actors import system_actor
from core.clock import HOUR, now
from core.errors import DomainError
from core.locking import lock_row, lock_rows, retried
from core.prepared import insert
from livestreams.choices import (
    MediaServer,
    PublishEnd,
    PublishReason,
)
from livestreams.models import (
    Booking,
    LiveRoom,
    LiveSession,
    MediaNode,
    Publish,
    PublishDecision,
)
from livestreams.publishing import TEST_APP, Claim, Malformed, decide, is_let_in
from livestreams.services.publish_facts import known_of, name_of, row_of
from livestreams.services.seen import sign_note, signs_store
from livestreams.services.sessions import (
    session_end,
    session_lose,
    session_open_on_stream,
    session_resume,
)

ENCODER = system_actor("encoder")
# What the database says when two encoders are let in at once.
TAKEN = ("livestreams_one_publish_per_room", "livestreams_one_test_per_booking", "livestreams_publish.")
# So many refusals of one address in a minute are written down; what comes beyond is refused all the same.
REFUSALS_KEPT, MINUTE = 60, HOUR / 60


@dataclass(frozen=True)
class Answer:
    """What a node is told, and how it shall call the stream that it lets in."""

    reason: PublishReason
    name: str = ""

    @property
    def let_in(self) -> bool:
        return is_let_in(self.reason)


@retried
def publish_ask(*, node: MediaNode, call: str, claim: Claim) -> Answer:
    """Let an encoder in, let it stay, or refuse it. The same question may come again and in any order.

    The stream of a connection that may no longer stay ends here: its node cuts it off on this answer.
    """
    at = now()
    row = row_of(node, claim, at)
    reason = decide(claim, known_of(node, row), at)
    if reason == PublishReason.CONTINUED and row is not None:
        sign_note(row["own"], at, claim.behind_ms)
        return Answer(reason, name_of(claim, row))
    if row is None or not is_let_in(reason):
        return _refuse(node, call, claim, row, reason, at)
    try:
        with transaction.atomic():
            room = lock_row(LiveRoom, row["booking__room_id"])
            # Of another encoder that was taken for silent, too.
            signs_store(Publish.objects.running().filter(booking=row["booking_id"]))
            row = row_of(node, claim, at)
            reason = decide(claim, known_of(node, row), at)
            moved = row is not None and row["booking__room_id"] != room.pk
            if row is not None and is_let_in(reason) and not moved:
                if row["own"] is not None or _let_in(node, call, claim, room, row, reason, at):
                    return Answer(reason, name_of(claim, row))
                moved = True
    except IntegrityError as error:
        if not any(name in str(error) for name in TAKEN):
            raise
        reason = PublishReason.ROOM_BUSY
    except DomainError as error:
        return _refuse(node, call, claim, row, PublishReason.NO_SESSION, at, detail=error.code)
    else:
        if moved:  # to a room that nobody has locked
            return publish_ask(node=node, call=call, claim=claim)
    return _refuse(node, call, claim, row, reason, at)


@retried
def recheck(publish: Publish, at: datetime) -> Answer:
    """Ask about a running stream on behalf of a node that does not, and end it where the answer is no."""
    app = TEST_APP if publish.is_test else publish.node.app
    claim = Claim(key="", app=app, client=publish.client, address=publish.address)
    row = row_of(publish.node, claim, at, publish.key_id)
    reason = decide(claim, known_of(publish.node, row), at)
    if is_let_in(reason):
        return Answer(reason)
    return _refuse(publish.node, "recheck", claim, row, reason, at, to_drop=at)


def publish_refuse(
    *, node: MediaNode, call: str, malformed: Malformed, app: str = "", address: str = ""
) -> Answer:
    """Refuse what is no claim at all."""
    _record(
        node,
        now(),
        malformed.reason,
        call=call,
        key=malformed.shown,
        app=app,
        address=address,
    )
    return Answer(malformed.reason)


@retried
@transaction.atomic
def publish_done(*, node: MediaNode, client: str) -> None:
    """A connection publishes no longer. Unknown ones are nothing: a refused encoder hangs up as well."""
    at = now()
    if not client.isprintable():
        return  # no claim calls its connection so, and PostgreSQL cannot even look for it
    for publish in lock_rows(Publish.objects.running().filter(node=node, client=client)):
        close(publish, PublishEnd.STOPPED, at, noted_at=at)
    Publish.objects.to_drop().filter(node=node, client=client).update(to_drop=None)


def close(
    publish: Publish,
    end: PublishEnd,
    ended_at: datetime,
    *,
    noted_at: datetime,
    to_drop: datetime | None = None,
) -> None:
    """End a locked stream. Its session has lost the picture, and waits for it to come back.

    `to_drop` is given where the node does not know yet that it shall end it.
    """
    publish.end, publish.noted_at, publish.to_drop = end, noted_at, to_drop
    publish.ended_at = max(ended_at, publish.started_at)
    publish.save(update_fields=["end", "ended_at", "noted_at", "to_drop"])
    if publish.session_id is not None and not Publish.objects.running().filter(session=publish.session_id):
        session_lose(actor=ENCODER, session=LiveSession(pk=publish.session_id))


def _let_in(
    node: MediaNode,
    call: str,
    claim: Claim,
    room: LiveRoom,
    row: dict[str, Any],
    reason: PublishReason,
    at: datetime,
) -> bool:
    """Open a stream of the locked room, with its session unless it is a test. False when its booking has just left."""
    if row["left_running"]:
        silent = Publish.objects.running().filter(booking=row["booking_id"], is_test=claim.is_test)
        for publish in lock_rows(silent):
            close(publish, PublishEnd.LOST, publish.last_seen_at, noted_at=at)
    if row["left_to_drop"]:
        # Its node would end this one for the other: by the connection's number, or by the name under which it is shown.
        same = Q(client=claim.client) | Q(node__kind=MediaServer.NGINX_RTMP, room=room, is_test=claim.is_test)
        Publish.objects.to_drop().filter(same, node=node).update(to_drop=None)
    session = None if claim.is_test else _session_of(room, row, at)
    if session is None and not claim.is_test:
        return False
    stream = Publish(
        node=node,
        room=room,
        booking_id=row["booking_id"],
        key_id=row["pk"],
        session=session,
        is_test=claim.is_test,
        client=claim.client,
        address=claim.address,
        started_at=at,
        last_seen_at=at,
    )
    insert(stream)
    _record_claim(node, call, claim, row, reason, at)
    return True


def _session_of(room: LiveRoom, row: dict[str, Any], at: datetime) -> LiveSession | None:
    """The open session of the booking, live again, or a new one; None when the booking moves to another room just now.

    Whoever moves it holds the room that it comes to, and the booking.
    """
    if row["in_session"]:
        session = LiveSession.objects.open().filter(booking=row["booking_id"]).first()
        if session is not None:
            return session_resume(actor=ENCODER, session=session)
    booking = lock_row(Booking, row["booking_id"])
    if booking.room_id != room.pk:
        return None
    booking.room = room
    return session_open_on_stream(
        actor=ENCODER,
        booking=booking,
        park_id=row["booking__tenant__node__parent_id"],
        platform=row["booking__broadcast__platform"] or row["platform"],
        started_at=at,
    )


def _refuse(
    node: MediaNode,
    call: str,
    claim: Claim,
    row: dict[str, Any] | None,
    reason: PublishReason,
    at: datetime,
    *,
    detail: str = "",
    to_drop: datetime | None = None,
) -> Answer:
    """Write a refusal down. What was on air until now is off; when the slot is over, so is the session."""
    with transaction.atomic():
        own = row["own"] if row is not None else None
        for publish in lock_rows(Publish.objects.running().filter(pk=own)):
            close(publish, PublishEnd.REFUSED, at, noted_at=at, to_drop=to_drop)
            if reason == PublishReason.TOO_LATE and publish.session is not None:
                session_end(actor=ENCODER, session=publish.session, ended_at=at, booking_goes_on=True)
        _record_claim(node, call, claim, row, reason, at, detail=detail)
    return Answer(reason)


def _record_claim(
    node: MediaNode,
    call: str,
    claim: Claim,
    row: dict[str, Any] | None,
    reason: PublishReason,
    at: datetime,
    *,
    detail: str = "",
) -> None:
    _record(
        node,
        at,
        reason,
        call=call,
        key=claim.key,
        app=claim.app,
        client=claim.client,
        address=claim.address,
        booking_id=row["booking_id"] if row is not None else None,
        detail=detail,
    )


def _record(
    node: MediaNode, at: datetime, reason: PublishReason, *, key: str, app: str, address: str, **more: Any
) -> None:
    words = {"key_start": key[:6], "app": app[:64], "address": address[:64]}
    shown = {name: "".join(c for c in word if c.isprintable()) for name, word in words.items()}
    accepted = is_let_in(reason)
    if not accepted:
        before = PublishDecision.objects.filter(
            node=node, address=shown["address"], at__gt=at - MINUTE, accepted=False
        )
        if before.order_by()[REFUSALS_KEPT - 1 : REFUSALS_KEPT].exists():
            return
    insert(PublishDecision(node=node, at=at, accepted=accepted, reason=reason, **shown, **more))
