"""The way that a booking's picture takes to its platform, and what the media node needs to hand it on.

A platform's stream key goes in and never out again: it is sealed, and given to the node that the stream runs through,
for as long as it runs. No page, answer, export or audit entry holds it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from ipaddress import ip_address
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from core import audit
from core.actors import Actor
from core.clock import now
from core.errors import InvalidInput
from core.locking import lock_rows, retried
from core.policy import ADD
from core.records import save_clean
from core.scoping import require
from core.sealing import Broken, seal, unseal
from livestreams.choices import DELIVERIES_TOLD, Delivery, MediaServer
from livestreams.errors import WrongState
from livestreams.models import Booking, Broadcast, LiveSession, MediaNode, Publish
from livestreams.services.locks import lock_visible
from livestreams.services.nodes import node_for
from livestreams.services.stream_keys import KEYED
from tenants.choices import Platform

# What platforms issue: one word of printable ASCII. The node passes it on in a line of text.
PLATFORM_KEY = re.compile(r"[!-~]{1,800}")
AUDITED = ("route", "platform", "server", "sealed_key")


@dataclass(frozen=True)
class Target:
    """Where a node hands a picture on to. Printed, it does not show the key."""

    server: str
    key: str = field(repr=False)


@retried
@transaction.atomic
def broadcast_choose(
    *, actor: Actor, booking: Booking, route: str, platform: str, server: str = "", key: str = ""
) -> Broadcast:
    """Say how the picture of a booking reaches its platform; said again, it replaces what was said before.

    `server` and `key` are the platform's, for a picture that the media node hands on. Without a `key` the one before
    stays good for the same server. Raises InvalidInput, and WrongState for a booking that is over or given back and for
    another route while its session is open: by its route a session knows its end.
    """
    require(actor, ADD, Broadcast, booking.tenant_id)
    held = lock_visible(Booking, actor, booking.pk)
    if held.state not in KEYED:
        raise WrongState(
            _("A booking in state “%(state)s” goes on air no more.") % {"state": held.get_state_display()},
            code="no_stream",
        )
    known = lock_rows(Broadcast.objects.filter(booking=held))
    row = known[0] if known else Broadcast(booking=held)
    before = audit.snapshot(row, AUDITED) if known else None
    server = server.rstrip("/") or server
    _check(held, route, platform, server, key, row)
    if known and route != row.route and LiveSession.objects.open().filter(booking=held).exists():
        raise WrongState(
            _("The booking is on air: its way to the platform stays until the session has ended."),
            code="on_air",
            field="route",
        )
    row.route, row.platform = route, platform
    if key or server != row.server:
        row.sealed_key, row.key_set_at = (seal(key, _purpose(row)), now()) if key else ("", None)
        row.handed_for, row.handed_at, row.hand_overs = "", None, 0
    row.server = server
    save_clean(row)
    audit.record(
        actor=actor,
        verb="broadcast.choose",
        obj=row,
        node_id=held.tenant_id,
        before=before,
        after=audit.snapshot(row, AUDITED) | {"new_key": bool(key)},
    )
    return row


def _check(booking: Booking, route: str, platform: str, server: str, key: str, row: Broadcast) -> None:
    """InvalidInput for what does not fit together, naming the field."""
    if route not in dict(DELIVERIES_TOLD):
        raise InvalidInput(_("Choose a way of the picture."), code="route", field="route")
    if platform not in Platform.values:
        raise InvalidInput(_("Choose a platform."), code="platform", field="platform")
    node = node_for(booking.room)
    if route == Delivery.NODE and node is None:
        raise InvalidInput(_("The park has no media node for this room."), code="no_node", field="route")
    if key and not PLATFORM_KEY.fullmatch(key):
        raise InvalidInput(
            _("A stream key is one word of letters, digits and signs, without blanks."),
            code="key",
            field="key",
        )
    if key and not server:
        raise InvalidInput(_("Name the platform's server as well."), code="server", field="server")
    if not server:
        return
    if route != Delivery.NODE:
        raise InvalidInput(
            _("Only the park's media node hands a picture on."), code="not_handed_on", field="server"
        )
    if not key and not (row.sealed_key and row.server == server):
        raise InvalidInput(_("Give the platform's stream key for this server."), code="key", field="key")
    if not _is_address(server):
        raise InvalidInput(
            _("This is no server's address such as rtmp://push.platform.example/live."),
            code="address",
            field="server",
        )
    if _is_in_house(server):
        raise InvalidInput(_("This is no platform on the internet."), code="in_house", field="server")
    if node is None or node.kind != MediaServer.NGINX_RTMP:
        raise InvalidInput(
            _("The media node of this room hands no picture on."), code="not_handed_on", field="server"
        )


def _is_address(server: str) -> bool:
    """Whether this is an address as the model has them, with a port that there can be."""
    try:
        Broadcast._meta.get_field("server").run_validators(server)
        return urlsplit(server).port != 0
    except (ValidationError, ValueError):
        return False


def _is_in_house(server: str) -> bool:
    """Whether an address names the node itself or its neighbours, where pictures of others could be replaced.

    What a name leads to is looked at by the node itself, when it hands on.
    """
    host = urlsplit(server).hostname or ""
    try:
        return not ip_address(host).is_global
    except ValueError:
        return "." not in host.rstrip(".") or host.rstrip(".").endswith((".local", ".internal", ".localhost"))


def _purpose(row: Broadcast) -> str:
    """What the key is sealed for: it cannot be moved to another row."""
    return f"livestreams.broadcast:{row.uid.hex}"


@retried
@transaction.atomic
def broadcast_target(*, node: MediaNode, name: str) -> Target | None:
    """Where a node hands on the picture that it shows by this name now. None: nowhere, or it shows none."""
    publish = Publish.objects.on_air().filter(node=node, room__code=name).order_by("-pk").first()
    if publish is None:
        return None
    rows = lock_rows(
        Broadcast.objects.filter(booking=publish.booking_id, route=Delivery.NODE).exclude(sealed_key="")
    )
    if not rows:
        return None
    try:
        target = Target(rows[0].server, unseal(rows[0].sealed_key, _purpose(rows[0])))
    except Broken:
        # Sealed under a secret that this installation no longer has: the tenant has to give the key again.
        return None
    _note(rows[0], publish)
    return target


def _note(row: Broadcast, publish: Publish) -> None:
    """Write down that the node was given the target, and how often for this stream."""
    again = row.handed_for == str(publish.uid)
    row.handed_for, row.handed_at = str(publish.uid), now()
    row.hand_overs = row.hand_overs + 1 if again else 1
    row.save(update_fields=["handed_for", "handed_at", "hand_overs", "updated_at"])
