"""What the demo shows of encoders: a media node in each park, and stream keys where somebody looks for one.

The nodes name this machine, where deploy/nginx-rtmp.conf listens once somebody starts it. Their secrets are drawn
here and kept nowhere: who connects a node takes a new one in the admin.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db.models import Q

from analytics.demo.built import BuiltPark
from core.actors import Actor
from livestreams.models import Booking, MediaNode
from livestreams.services import node_create, stream_key_renew

ADDRESS = "rtmp://127.0.0.1/live"


def build_nodes(parks: Sequence[BuiltPark], *, actor: Actor) -> None:
    """A node for each park that has none."""
    known = set(MediaNode.objects.values_list("park", flat=True))
    for built in parks:
        if built.park.pk not in known:
            node_create(
                actor=actor,
                park=built.park,
                code=f"{built.plan.code}-media",
                name_zh="媒体服务器（演示）",
                name_en="Media server (demo)",
                address=ADDRESS,
            )


def give_keys(first: BuiltPark, until: datetime, *, actor: Actor) -> None:
    """Stream keys for what lies ahead of the firm and the host that have a short log-in (people.make_short_logins)."""
    theirs = Booking.objects.ahead(until).filter(Q(tenant=first.tenants[0]) | Q(host=first.hosts[1]))
    for booking in theirs.filter(stream_keys=None, loan=None).order_by("starts_at", "pk"):
        stream_key_renew(actor=actor, booking=booking)
