"""Media nodes: what they are, and the secret by which they prove themselves."""

from __future__ import annotations

import secrets
from datetime import UTC, date, datetime
from functools import cache
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from core import audit, records
from core.actors import Actor
from core.clock import DAY, now, today
from core.days import open_on
from core.errors import InvalidInput, Refused
from core.locking import retried
from core.policy import ADD
from core.prepared import Prepared, columns_of
from core.scoping import require
from core.services import hash_secret
from livestreams.models import LiveRoom, MediaNode
from livestreams.publishing import TEST_APP
from livestreams.services.locks import lock_visible
from parks.models import Park

PREFIX = "lpn_"
# So long a node may still show the secret before the present one: the time to change its configuration.
OVERLAP = DAY


@retried
def node_create(*, actor: Actor, park: Park, code: str, name_zh: str, **values: Any) -> tuple[MediaNode, str]:
    """Add a media node and return it with its secret, which is shown this once. InvalidInput for a taken code."""
    require(actor, ADD, MediaNode, park.pk)
    secret = _new_secret()
    node = MediaNode(park=park, code=code, name_zh=name_zh, secret_hash=hash_secret(secret))
    _check(actor, node, values)
    for name, value in values.items():
        setattr(node, name, value)
    try:
        with transaction.atomic():
            records.save_clean(node)
            after = audit.snapshot(node, ("code", *values))
            audit.record(actor=actor, verb="medianode.create", obj=node, node_id=park.pk, after=after)
    except IntegrityError as error:
        raise records.conflict_of(error) from error
    return node, secret


def node_update(*, actor: Actor, node: MediaNode, **values: Any) -> MediaNode:
    """Change a node; its code and park stay."""
    _check(actor, node, values)
    return records.record_update(actor=actor, row=node, **values)


def _check(actor: Actor, node: MediaNode, values: dict[str, Any]) -> None:
    """This site calls the control address, so no park may choose it: it could name any machine that we reach."""
    if values.get("control_url", node.control_url) != node.control_url and not actor.unrestricted:
        raise Refused(
            _("Only whoever runs this installation may set the address for control."), field="control_url"
        )
    if values.get("address", "").rpartition("/")[2] == TEST_APP:
        raise InvalidInput(
            _("The application “%(app)s” is for trying out: take another one.") % {"app": TEST_APP},
            field="address",
        )


@retried
@transaction.atomic
def node_secret_renew(*, actor: Actor, node: MediaNode) -> tuple[MediaNode, str]:
    """Give a node a new secret, shown this once. The one before stays good for a day."""
    held = lock_visible(MediaNode, actor, node.pk)
    secret = _new_secret()
    held.old_secret_hash, held.old_secret_until = held.secret_hash, now() + OVERLAP
    held.secret_hash = hash_secret(secret)
    held.save(update_fields=["secret_hash", "old_secret_hash", "old_secret_until", "updated_at"])
    audit.record(actor=actor, verb="medianode.secret", obj=held, node_id=held.park_id)
    return held, secret


def _new_secret() -> str:
    return f"{PREFIX}{secrets.token_urlsafe(32)}"


def node_by_secret(presented: str) -> MediaNode | None:
    """The open node that shows this secret, or None: unknown, too old and closed look the same."""
    return _by_secret().row(MediaNode, digest=hash_secret(presented), at=now(), day=today())


@cache
def _by_secret() -> Prepared:
    """The query: nodes ask about each encoder every few seconds."""

    def build(digest: str, at: datetime, day: date) -> QuerySet[MediaNode, dict[str, Any]]:
        known = Q(secret_hash=digest) | Q(old_secret_hash=digest, old_secret_until__gt=at)
        return _open_nodes(day).filter(known).order_by("pk").values(*columns_of(MediaNode))

    samples = {"digest": "a digest", "at": datetime(1, 1, 2, tzinfo=UTC), "day": date(1, 1, 2)}
    return Prepared(build, samples)


def node_for(room: LiveRoom) -> MediaNode | None:
    """Where encoders of a room publish: its own node, or the first of its park. None while that is closed."""
    if room.media_node_id is not None:
        return _open_nodes(today()).filter(pk=room.media_node_id).first()
    return _open_nodes(today()).filter(park=room.park_id).first()


def _open_nodes(day: date) -> QuerySet[MediaNode]:
    return MediaNode.objects.filter(open_on(day))
