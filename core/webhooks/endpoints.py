"""Receivers of webhooks: made, changed, paused, tried; and a message sent again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from core import audit, clock, doorbell
from core.actors import Actor
from core.choices import WEBHOOK_EVENTS, DeliveryFault, DeliveryState, NodeKind, WebhookEvent, WebhookState
from core.errors import Conflict, InvalidInput
from core.locking import lock_row, retried
from core.models import ScopeNode, WebhookDelivery, WebhookEndpoint, new_uid
from core.models.webhooks import LOW_STOCK
from core.policy import ADD, CHANGE
from core.scoping import get_visible, require
from core.sealing import Broken, seal, unseal
from core.strict import MAX_QUANTITY
from core.webhooks import outbox
from core.webhooks.delivering import purpose
from core.webhooks.signing import secret_make
from core.webhooks.targets import Unfit, check

MOST = 10
"""Receivers of one firm or park."""
AUDITED = ("name", "url", "events", "low_stock", "state")


@retried
@transaction.atomic
def webhook_create(
    *, actor: Actor, node: ScopeNode, name: str, url: str, events: Sequence[str], low_stock: int = LOW_STOCK
) -> tuple[WebhookEndpoint, str]:
    """Add a receiver of a firm or park and return it with its secret. Raises InvalidInput, Conflict."""
    require(actor, ADD, WebhookEndpoint, node.pk)
    if node.kind not in (NodeKind.PARK, NodeKind.TENANT):
        raise InvalidInput(
            _("A receiver belongs to a park or to a tenant."), code="webhook_node", field="node"
        )
    lock_row(ScopeNode, node.pk)
    if WebhookEndpoint.objects.filter(node=node).count() >= MOST:
        raise Conflict(_("There are %(most)d receivers already.") % {"most": MOST}, code="webhooks_most")
    endpoint = WebhookEndpoint(node=node)
    _fill(endpoint, name=name, url=url, events=events, low_stock=low_stock)
    secret = _seal_new(endpoint)
    _save(endpoint)
    _record(actor, "webhook.create", endpoint)
    return endpoint, secret


@retried
@transaction.atomic
def webhook_update(*, actor: Actor, endpoint: WebhookEndpoint, **changes: Any) -> WebhookEndpoint:
    """Change name, url, events or low_stock of a receiver. What waits goes to the new address."""
    held = _lock(actor, endpoint)
    before = audit.snapshot(held, AUDITED)
    known = {name: getattr(held, name) for name in ("name", "url", "events", "low_stock")}
    _fill(held, **{**known, **changes})
    _save(held)
    _record(actor, "webhook.change", held, before)
    return held


@retried
@transaction.atomic
def webhook_pause(*, actor: Actor, endpoint: WebhookEndpoint) -> WebhookEndpoint:
    """Tell a receiver nothing until it is resumed. What happens meanwhile is not told later."""
    held = _lock(actor, endpoint)
    if held.state == WebhookState.ACTIVE:
        held.state = WebhookState.PAUSED
        held.save()
        _record(actor, "webhook.pause", held)
    return held


@retried
@transaction.atomic
def webhook_resume(*, actor: Actor, endpoint: WebhookEndpoint) -> WebhookEndpoint:
    """Tell a receiver again that was paused or switched off, beginning with what still waits for it."""
    held = _lock(actor, endpoint)
    if held.state != WebhookState.ACTIVE:
        held.state, held.failing_since, held.fault = WebhookState.ACTIVE, None, ""
        held.save()
        # What waits is due from now on: it did not lie still because nobody sends (core.health).
        held.deliveries.filter(state=DeliveryState.WAITING).update(next_try_at=clock.now())
        _record(actor, "webhook.resume", held)
        doorbell.ring(doorbell.WEBHOOKS)
    return held


@retried
@transaction.atomic
def webhook_renew_secret(*, actor: Actor, endpoint: WebhookEndpoint) -> tuple[WebhookEndpoint, str]:
    """Give a receiver another secret; from the next message on the old one signs nothing."""
    held = _lock(actor, endpoint)
    secret = _seal_new(held)
    held.save()
    _record(actor, "webhook.secret", held)
    return held, secret


def webhook_secret(*, actor: Actor, endpoint: WebhookEndpoint) -> str:
    """The secret of a receiver, for who may change it. Conflict when it was sealed under a key that is lost."""
    require(actor, CHANGE, WebhookEndpoint, endpoint.node_id)
    try:
        return unseal(endpoint.sealed_secret, purpose(endpoint))
    except Broken as error:
        raise Conflict(DeliveryFault.SECRET.label, code="webhook_secret") from error


@retried
@transaction.atomic
def webhook_try(*, actor: Actor, endpoint: WebhookEndpoint) -> WebhookEndpoint:
    """Send a receiver a message that tells of nothing. Conflict while it is paused or switched off."""
    held = _lock(actor, endpoint)
    if held.state != WebhookState.ACTIVE:
        raise Conflict(_("The receiver is told nothing now: resume it first."), code="webhook_state")
    outbox.put(WebhookEvent.TRIED, [(held, new_uid(), {"receiver": str(held.uid)})])
    _record(actor, "webhook.try", held)
    return held


@retried
@transaction.atomic
def delivery_again(*, actor: Actor, delivery: WebhookDelivery) -> WebhookDelivery:
    """Send a message again, delivered or given up, with the same id, and with all its tries before it."""
    get_visible(WebhookDelivery, actor, CHANGE, pk=delivery.pk)
    endpoint = lock_row(WebhookEndpoint, delivery.endpoint_id)
    if endpoint.state != WebhookState.ACTIVE:
        raise Conflict(_("The receiver is told nothing now: resume it first."), code="webhook_state")
    held = lock_row(WebhookDelivery, delivery.pk)
    held.state, held.attempts, held.next_try_at = DeliveryState.WAITING, 0, clock.now()
    held.save()
    audit.record(
        actor=actor, verb="webhook.again", obj=held, node_id=endpoint.node_id, after={"event": held.event}
    )
    doorbell.ring(doorbell.WEBHOOKS)
    return held


def _fill(endpoint: WebhookEndpoint, *, name: str, url: str, events: Sequence[str], low_stock: int) -> None:
    """Set what people say of a receiver; InvalidInput names the field."""
    if not name.strip():
        raise InvalidInput(_("Give the receiver a name."), code="required", field="name")
    if not events or set(events) - dict(WEBHOOK_EVENTS).keys():
        raise InvalidInput(_("Choose what the receiver is told of."), code="events", field="events")
    if not 0 <= low_stock <= MAX_QUANTITY:
        raise InvalidInput(_("The low stock is a whole number from 0."), code="range", field="low_stock")
    try:
        check(url, settings.LIVEPARK_WEBHOOK_NETWORKS)
    except Unfit as error:
        raise InvalidInput(
            _("This is no address on the internet such as https://erp.example.com/livepark."),
            code="address",
            field="url",
        ) from error
    endpoint.name, endpoint.url, endpoint.low_stock = name, url, low_stock
    endpoint.events = sorted(set(events))


def _seal_new(endpoint: WebhookEndpoint) -> str:
    secret = secret_make()
    endpoint.sealed_secret = seal(secret, purpose(endpoint))
    return secret


def _save(endpoint: WebhookEndpoint) -> None:
    try:
        with transaction.atomic():
            endpoint.save()
    except IntegrityError as error:
        raise Conflict(_("This address is a receiver already."), code="webhook_taken", field="url") from error


def _lock(actor: Actor, endpoint: WebhookEndpoint) -> WebhookEndpoint:
    get_visible(WebhookEndpoint, actor, CHANGE, pk=endpoint.pk)
    return lock_row(WebhookEndpoint, endpoint.pk)


def _record(actor: Actor, verb: str, endpoint: WebhookEndpoint, before: dict[str, Any] | None = None) -> None:
    audit.record(
        actor=actor,
        verb=verb,
        obj=endpoint,
        node_id=endpoint.node_id,
        before=before,
        after=audit.snapshot(endpoint, AUDITED),
    )
