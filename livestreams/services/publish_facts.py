"""Everything that is known of a stream key at the moment it is shown, in one indexed query."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from django.db import connection
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from core.prepared import Prepared
from core.services import hash_secret
from livestreams.choices import BOOKING_AHEAD, BOOKING_BLOCKING, SessionState
from livestreams.models import (
    Booking,
    LiveSession,
    Maintenance,
    MediaNode,
    Publish,
    StreamKey,
)
from livestreams.publishing import Claim, Known, public_name
from parks.models import ParkSettings

COLUMNS = (
    "pk",
    "platform",
    "replaced_at",
    "booking_id",
    "booking__uid",
    "booking__state",
    "booking__broadcast__platform",
    "booking__starts_at",
    "booking__ends_at",
    "booking__tenant__closed_on",
    "booking__tenant__node__parent_id",
    "booking__room_id",
    "booking__room__code",
    "booking__room__park_id",
    "booking__room__media_node_id",
    "booking__room__closed_on",
)


def row_of(node: MediaNode, claim: Claim, at: datetime, key_id: int | None = None) -> dict[str, Any] | None:
    """Everything that is known of the key shown, in one query; None for a key nobody has."""
    shown = {"pk": key_id} if key_id is not None else {"secret_hash": hash_secret(claim.key)}
    query = _query(*shown, is_test=claim.is_test, database=connection.vendor)
    return query.first(node=node.pk, client=claim.client, at=at, **shown)


@cache
def _query(by: str, *, is_test: bool, database: str) -> Prepared:
    """The query by `pk` or `secret_hash` of the key: nodes ask for each encoder every few seconds."""

    def build(node: int, client: str, at: datetime, **shown: Any) -> QuerySet[Any, dict[str, Any]]:
        return _keys(Q(**shown), node, client, at, is_test=is_test)

    shown = {by: "a hash" if by == "secret_hash" else -2}
    return Prepared(build, {"node": -1, "client": "a client", "at": datetime(1, 1, 2, tzinfo=UTC), **shown})


def _keys(key: Q, node: int, client: str, at: datetime, *, is_test: bool) -> QuerySet[Any, dict[str, Any]]:
    room, booking = OuterRef("booking__room"), OuterRef("booking")
    around = Booking.objects.filter(room=room).order_by()
    running = Publish.objects.running().order_by()
    mine = Q(node=node, client=client)
    own = running.filter(mine, key=OuterRef("pk"))
    of_booking = running.filter(booking=booking, is_test=is_test)
    rivals = of_booking.exclude(mine)
    live = LiveSession.objects.filter(room=room, state=SessionState.LIVE).exclude(booking=booking)
    keys = StreamKey.objects.filter(key).annotate(
        own=Subquery(own.values("pk")[:1]),
        own_since=Subquery(own.values("started_at")[:1]),
        rival_seen=Subquery(rivals.order_by("-last_seen_at").values("last_seen_at")[:1]),
        # A session by hand that somebody forgot to end holds the room until its slot is over, and one without a
        # booking until this one begins, or for good if it came later.
        room_taken=Exists(running.filter(room=room, is_test=False).exclude(booking=booking))
        | Exists(live.filter(booking__ends_at__gt=at))
        | Exists(live.filter(booking=None, started_at__gte=OuterRef("booking__starts_at")))
        | Q(Exists(live.filter(booking=None)), booking__starts_at__gt=at),
        # What a newcomer finds left behind: a stream that nobody ended (a node that starts again counts its connections
        # from one, so it may bear the newcomer's number), a stream that its node has yet to end.
        left_running=Exists(of_booking),
        left_to_drop=Exists(Publish.objects.to_drop().filter(node=node)),
        in_session=Exists(LiveSession.objects.open().filter(booking=booking)),
        previous_until=Subquery(
            around.filter(starts_at__lt=OuterRef("booking__starts_at"), state__in=BOOKING_AHEAD)
            .order_by("-starts_at")
            .values("ends_at")[:1]
        ),
        next_from=Subquery(
            around.filter(starts_at__gte=OuterRef("booking__ends_at"), state__in=BOOKING_BLOCKING)
            .order_by("starts_at")
            .values("starts_at")[:1]
        ),
        # A fault does not cut those who are in the room already: they may go on with what works.
        under_repair=Exists(
            Maintenance.objects.filter(
                room=room,
                starts_at__lte=Coalesce(OuterRef("booking__checked_in_at"), Value(at)),
                ends_at__gt=at,
            )
        ),
        cut=Exists(Publish.objects.filter(booking=booking, cut_at__isnull=False, readmitted_at__isnull=True)),
        early=_of_the_park("stream_early_minutes"),
        late=_of_the_park("stream_late_minutes"),
    )
    return keys.values(*COLUMNS, *keys.query.annotations).order_by("pk")


def _of_the_park(setting: str) -> Coalesce:
    return Coalesce(F(f"booking__room__park__settings__{setting}"), Value(getattr(ParkSettings(), setting)))


def name_of(claim: Claim, row: dict[str, Any]) -> str:
    return public_name(row["booking__room__code"], row["booking__uid"], is_test=claim.is_test)


def known_of(node: MediaNode, row: dict[str, Any] | None) -> Known | None:
    if row is None:
        return None
    return Known(
        node=node.pk,
        node_park=node.park_id,
        node_app=node.app,
        room=row["booking__room__code"],
        room_park=row["booking__room__park_id"],
        room_node=row["booking__room__media_node_id"],
        room_closed_on=row["booking__room__closed_on"],
        tenant_closed_on=row["booking__tenant__closed_on"],
        replaced=row["replaced_at"] is not None,
        state=row["booking__state"],
        starts_at=row["booking__starts_at"],
        ends_at=row["booking__ends_at"],
        early=timedelta(minutes=row["early"]),
        late=timedelta(minutes=row["late"]),
        previous_until=row["previous_until"],
        next_from=row["next_from"],
        under_repair=row["under_repair"],
        cut=row["cut"],
        own_since=row["own_since"],
        rival_seen=row["rival_seen"],
        room_taken=row["room_taken"],
        in_session=row["in_session"],
    )
