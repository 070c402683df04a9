"""Screens of a booking: the overlay and the dock of its encoder, opened by a token that is shown once."""

from __future__ import annotations

import secrets

from django.db import transaction
from django.utils.translation import gettext as _

from core import audit
from core.actors import Actor, user_actor
from core.clock import now
from core.errors import InvalidInput, Refused
from core.locking import lock_rows, retried
from core.policy import ADD
from core.scoping import may, require
from core.services import hash_secret
from livestreams.choices import ScreenKind
from livestreams.errors import WrongState
from livestreams.models import Booking, ScreenToken
from livestreams.services.locks import lock_visible
from livestreams.services.stream_keys import KEYED

PREFIX = "lps_"


@retried
@transaction.atomic
def screen_make(*, actor: Actor, booking: Booking, kind: str) -> tuple[ScreenToken, str]:
    """Give a booking an overlay or a dock, in place of the one it had; returns it with its token, shown this once."""
    require(actor, ADD, ScreenToken, booking.tenant_id)
    if kind not in ScreenKind.values:
        raise InvalidInput(_("Choose overlay or dock."), code="kind", field="kind")
    if actor.user_id is None:
        raise Refused(_("Only a person can open a screen: it acts for whoever made it."))
    held = lock_visible(Booking, actor, booking.pk)
    if held.state not in KEYED:
        raise WrongState(
            _("A booking in state “%(state)s” goes on air no more.") % {"state": held.get_state_display()},
            code="no_stream",
        )
    for old in lock_rows(ScreenToken.objects.filter(booking=held, kind=kind, revoked_at__isnull=True)):
        _revoke(actor, old)
    secret = f"{PREFIX}{secrets.token_urlsafe(24)}"
    token = ScreenToken.objects.create(
        booking=held, kind=kind, secret_hash=hash_secret(secret), made_by_id=actor.user_id
    )
    _record(actor, "screen.make", token)
    return token, secret


@retried
@transaction.atomic
def screen_revoke(*, actor: Actor, token: ScreenToken) -> ScreenToken:
    """Shut a screen. Shutting it again changes nothing."""
    held = lock_visible(ScreenToken, actor, token.pk)
    if held.revoked_at is None:
        _revoke(actor, held)
    return held


def _revoke(actor: Actor, token: ScreenToken) -> None:
    token.revoked_at = now()
    token.save(update_fields=["revoked_at", "updated_at"])
    _record(actor, "screen.revoke", token)


def _record(actor: Actor, verb: str, token: ScreenToken) -> None:
    audit.record(
        actor=actor, verb=verb, obj=token, node_id=token.booking.tenant_id, after={"kind": token.kind}
    )


def screen_of(presented: str, kind: str) -> tuple[ScreenToken, Actor] | None:
    """The open screen that shows this token, and for whom it acts; None for every other, whatever the reason."""
    if not presented.startswith(PREFIX):
        return None
    rows = ScreenToken.objects.filter(
        secret_hash=hash_secret(presented), kind=kind, revoked_at__isnull=True, booking__state__in=KEYED
    )
    token = rows.select_related(
        "booking__tenant", "booking__room__park", "booking__room__media_node", "made_by"
    ).first()
    if token is None:
        return None
    actor = user_actor(token.made_by)
    return (token, actor) if may(actor, ADD, ScreenToken, token.booking.tenant_id) else None
