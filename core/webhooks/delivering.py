"""What is due goes out. A try is noted before it is made, so whoever dies over it leaves it to the next one.

A message may come twice and in any order: its id stays the same, and receivers take each id once.
"""

from __future__ import annotations

import time
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import F, Max

from core import audit, clock
from core.actors import system_actor
from core.choices import DeliveryFault, DeliveryState, WebhookState
from core.locking import lock_row, lock_rows, retried
from core.models import WebhookDelivery, WebhookEndpoint
from core.sealing import Broken, unseal
from core.webhooks.sending import Outcome, send
from core.webhooks.signing import headers

log = structlog.get_logger("livepark.webhooks")
SYSTEM = system_actor("webhooks")

# Seconds from one try to the next, as Standard Webhooks proposes; after the last one, three days on, a message is dead.
DELAYS = (5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400)
GIVE_UP_AFTER = timedelta(days=5)
"""A receiver that has taken nothing for so long is switched off."""
HELD_FOR = timedelta(minutes=2)
"""Longer than a try can last."""
ROUND = 30.0
"""Seconds after which a round begins nothing more."""
REST = timedelta(minutes=1)
"""A receiver that fails is left alone after a try for as long as it has failed, and for no longer than this."""


def purpose(endpoint: WebhookEndpoint) -> str:
    """What a receiver's secret is sealed for: it cannot be moved to another row."""
    return f"core.webhook:{endpoint.uid.hex}"


def deliver_due() -> int:
    """Send what is due; returns how many were delivered. A receiver that fails waits until a later round."""
    ends, sent, failing = time.monotonic() + ROUND, 0, _resting()
    while time.monotonic() < ends:
        held = _take(failing)
        if held is None:
            break
        outcome = _send(held)
        _note(held, outcome)
        if outcome.fault is None:
            sent += 1
        else:
            failing.add(held.endpoint_id)
    return sent


def _resting() -> set[int]:
    """The receivers that fail and were tried a moment ago: every ring begins a round, and each try may last."""
    now = clock.now()
    failing = WebhookEndpoint.objects.filter(state=WebhookState.ACTIVE, failing_since__isnull=False)
    tried = failing.annotate(tried=Max("deliveries__last_try_at")).values_list("pk", "failing_since", "tried")
    return {pk for pk, since, last in tried if last and now < last + min(last - since, REST)}


@retried
@transaction.atomic
def _take(failing: set[int]) -> WebhookDelivery | None:
    """The message that has waited longest, and nobody else's for a while. Receivers that fail come last."""
    now = clock.now()
    due = WebhookDelivery.objects.filter(
        state=DeliveryState.WAITING, next_try_at__lte=now, endpoint__state=WebhookState.ACTIVE
    )
    rows = due.exclude(endpoint__in=failing).select_related("endpoint")
    first = rows.order_by(F("endpoint__failing_since").asc(nulls_first=True), "next_try_at", "pk")
    held = first.select_for_update(of=("self",), skip_locked=True).first()
    if held is not None:
        held.attempts += 1
        held.last_try_at, held.next_try_at = now, now + HELD_FOR
        held.save(update_fields=["attempts", "last_try_at", "next_try_at", "updated_at"])
    return held


def _send(held: WebhookDelivery) -> Outcome:
    endpoint, body = held.endpoint, held.body.encode()
    try:
        secret = unseal(endpoint.sealed_secret, purpose(endpoint))
    except Broken:
        return Outcome(fault=DeliveryFault.SECRET)
    signed = headers(secret, str(held.uid), int(clock.now().timestamp()), body)
    sent = {"Content-Type": "application/json", "User-Agent": "Livepark-Webhooks/1", **signed}
    return send(endpoint.url, sent, body, allowed=settings.LIVEPARK_WEBHOOK_NETWORKS)


@retried
@transaction.atomic
def _note(held: WebhookDelivery, outcome: Outcome) -> None:
    """Write down what came of a try, for the message and for its receiver."""
    endpoint = lock_row(WebhookEndpoint, held.endpoint_id)
    # Whoever took it up meanwhile, or sends it again, has the word.
    same = {"last_try_at": held.last_try_at, "attempts": held.attempts}
    rows = lock_rows(WebhookDelivery.objects.filter(pk=held.pk, **same))
    now = clock.now()
    for row in rows:
        row.status, row.fault = outcome.status, outcome.fault or ""
        if outcome.fault is None:
            row.state, row.delivered_at, row.next_try_at = DeliveryState.DELIVERED, now, None
        elif row.attempts > len(DELAYS):
            row.state, row.next_try_at = DeliveryState.DEAD, None
        else:
            row.next_try_at = now + timedelta(seconds=DELAYS[row.attempts - 1])
        row.save()
    if outcome.fault is None:
        endpoint.failing_since, endpoint.fault, endpoint.last_delivered_at = None, "", now
    else:
        endpoint.failing_since, endpoint.fault = endpoint.failing_since or now, outcome.fault
        _give_up(endpoint, now)
    endpoint.save()


def _give_up(endpoint: WebhookEndpoint, now: datetime) -> None:
    """Switch off a receiver that is gone, or has failed for days. Its messages wait until somebody switches it on."""
    since = endpoint.failing_since or now
    if endpoint.state != WebhookState.ACTIVE:
        return
    if endpoint.fault == DeliveryFault.GONE or now - since >= GIVE_UP_AFTER:
        endpoint.state = WebhookState.DISABLED
        log.warning("webhook receiver switched off", endpoint=str(endpoint.uid), fault=endpoint.fault)
        audit.record(
            actor=SYSTEM,
            verb="webhook.disable",
            obj=endpoint,
            node_id=endpoint.node_id,
            after={"fault": endpoint.fault, "failing_since": since},
        )
