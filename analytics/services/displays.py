"""Links for the screens of a hall: made, revoked, and noted when a screen shows itself."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from analytics.figures import PLACES
from analytics.models import DisplayLink
from core import audit, clock
from core.actors import Actor
from core.choices import NodeKind
from core.errors import InvalidInput
from core.locking import lock_row, retried
from core.models import ScopeNode
from core.policy import ADD, CHANGE
from core.scoping import get_visible, require
from core.services import hash_secret, row_by_secret, secret_make

PREFIX = "lpd_"
SEEN_EVERY = clock.HOUR / 60
# A screen that was away for longer than this has been opened anew, and the audit says so.
AWAY = clock.HOUR / 6


@retried
@transaction.atomic
def display_link_make(
    *, actor: Actor, node: ScopeNode, name: str, expires_at: datetime | None = None
) -> tuple[DisplayLink, str]:
    """Make a link to the wall of a park or place and return it with its secret, which is shown this once."""
    require(actor, ADD, DisplayLink, node.pk)
    if node.kind not in (NodeKind.PARK, *PLACES):
        raise InvalidInput(
            _("A display link opens the wall of a park or of a place."), code="link_node", field="node"
        )
    if expires_at is not None and expires_at <= clock.now():
        raise InvalidInput(_("This moment has passed."), code="link_expired", field="expires_at")
    prefix, secret = secret_make(PREFIX)
    link = DisplayLink.objects.create(
        node=node,
        name=name,
        prefix=prefix,
        secret_hash=hash_secret(secret),
        expires_at=expires_at,
        created_by_id=actor.user_id,
    )
    audit.record(
        actor=actor, verb="display.make", obj=link, node_id=node.pk, after={"expires_at": expires_at}
    )
    return link, secret


@retried
@transaction.atomic
def display_link_revoke(*, actor: Actor, link: DisplayLink) -> DisplayLink:
    """Revoke a link: its screens go dark within two seconds. Revoking it again changes nothing."""
    get_visible(DisplayLink, actor, CHANGE, pk=link.pk)
    held = lock_row(DisplayLink, link.pk)
    if held.revoked_at is None:
        held.revoked_at = clock.now()
        held.save(update_fields=["revoked_at", "updated_at"])
        audit.record(actor=actor, verb="display.revoke", obj=held, node_id=held.node_id)
    return held


def display_link_by_secret(presented: str) -> DisplayLink | None:
    """The live link a screen presents, or None."""
    return row_by_secret(DisplayLink.objects.all(), PREFIX, presented)


@retried
def display_link_seen(*, actor: Actor, link: DisplayLink) -> None:
    """Note that a screen shows the wall: the time once a minute, in the audit when it comes back after a while."""
    now, before = clock.now(), link.last_seen_at
    if before is not None and now - before < SEEN_EVERY:
        return
    with transaction.atomic():
        DisplayLink.objects.filter(pk=link.pk).update(last_seen_at=now)
        if before is None or now - before > AWAY:
            audit.record(actor=actor, verb="display.open", obj=link, node_id=link.node_id)
