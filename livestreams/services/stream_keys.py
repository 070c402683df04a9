"""The key of a booking: it comes into being when somebody first asks for it, and a newer one replaces it."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from core import audit
from core.actors import Actor
from core.clock import now
from core.errors import InvalidInput
from core.locking import lock_rows, retried
from core.policy import ADD
from core.scoping import require, visible_to
from core.services import hash_secret
from livestreams.choices import BookingState
from livestreams.errors import WrongState
from livestreams.mediaservers import program_of
from livestreams.models import Booking, LiveSession, MediaNode, StreamKey
from livestreams.publishing import TEST_APP
from livestreams.services.locks import check_key_allows, lock_visible, settings_of
from livestreams.services.nodes import node_for
from tenants.choices import Platform

# Bookings in these states can still have a key.
KEYED = (BookingState.HELD, BookingState.CONFIRMED, BookingState.CHECKED_IN)


@dataclass(frozen=True, kw_only=True)
class Credentials:
    """What an encoder needs for a booking. `key` is empty while the booking has none, or none that can be shown."""

    server: str
    test_server: str
    key: str
    stream_name: str
    platform: str
    valid_from: datetime
    valid_until: datetime


def secret_of(key: StreamKey) -> str:
    """The key as its encoder shows it: 160 bits that follow from its uid and the secret of this installation.

    Empty when that secret is another one by now; the booking then needs a new key.
    """
    bits = salted_hmac("livestreams.stream-key", key.uid.hex, algorithm="sha256").digest()[:20]
    secret = f"lsk_{base64.b32encode(bits).decode().lower()}"
    return secret if not key.secret_hash or hash_secret(secret) == key.secret_hash else ""


def stream_credentials(*, actor: Actor, booking: Booking, spare: bool = False) -> Credentials:
    """What the actor may put into the encoder of a visible booking, or into its spare one.

    WrongState for a booking that is over or given back, and where the park has no media node.
    """
    check_key_allows(actor, booking.room)
    node = _node_of(booking)
    keys = StreamKey.objects.filter(booking=booking, is_spare=spare, replaced_at__isnull=True)
    key = visible_to(keys, actor).first()
    secret = secret_of(key) if key is not None else ""
    park = settings_of(booking.room.park_id)
    return Credentials(
        server=node.address,
        test_server=f"{node.address.rpartition('/')[0]}/{TEST_APP}",
        key=secret,
        stream_name=program_of(node).stream_name(secret, booking.room.code) if secret else "",
        platform=key.platform if key is not None else "",
        valid_from=booking.starts_at - timedelta(minutes=park.stream_early_minutes),
        valid_until=booking.ends_at + timedelta(minutes=park.stream_late_minutes),
    )


def _node_of(booking: Booking) -> MediaNode:
    if booking.state not in KEYED:
        raise WrongState(
            _("A booking in state “%(state)s” has no stream key.") % {"state": booking.get_state_display()},
            code="no_stream",
        )
    node = node_for(booking.room)
    if node is None:
        raise WrongState(_("The park has no media node for this room."), code="no_node")
    return node


@retried
@transaction.atomic
def stream_key_renew(*, actor: Actor, booking: Booking, platform: str = "", spare: bool = False) -> StreamKey:
    """Give a booking its key, or a new one that replaces it: an encoder with the old one is cut off.

    The `spare` key is another one beside it, for a second encoder that takes over. `platform` is where the picture is
    shown; without it the one chosen for the booking, that of its current keys, or of the tenant's last session.
    """
    require(actor, ADD, StreamKey, booking.tenant_id)
    if platform and platform not in Platform.values:
        raise InvalidInput(_("Choose a platform."), code="platform", field="platform")
    held = lock_visible(Booking, actor, booking.pk)
    _node_of(held)
    current = lock_rows(StreamKey.objects.filter(booking=held, replaced_at__isnull=True))
    last = [key for key in current if key.is_spare == spare]
    for key in last:
        key.replaced_at = now()
        key.save(update_fields=["replaced_at", "updated_at"])
    new = StreamKey(
        booking=held,
        platform=platform or _usual_platform(held, last or current),
        is_spare=spare,
    )
    new.secret_hash = hash_secret(secret_of(new))
    new.save()
    audit.record(
        actor=actor,
        verb="streamkey.renew",
        obj=held,
        node_id=held.tenant_id,
        after={"platform": new.platform, "replaces": len(last), "spare": spare},
    )
    return new


def _usual_platform(booking: Booking, keys: Sequence[StreamKey]) -> str:
    chosen = getattr(booking, "broadcast", None)
    if chosen is not None or keys:
        return chosen.platform if chosen is not None else keys[0].platform
    last = LiveSession.objects.filter(tenant=booking.tenant_id, started_at__isnull=False)
    return last.order_by("-started_at").values_list("platform", flat=True).first() or Platform.OTHER
