"""Messages for receivers, written in the transaction of the facts that they tell: never one without the other."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder

from core import clock, doorbell
from core.choices import WebhookEvent, WebhookState
from core.models import WebhookDelivery, WebhookEndpoint


def listening(event: WebhookEvent, nodes: Iterable[int | None]) -> list[WebhookEndpoint]:
    """The receivers of some nodes that have chosen an event. One that is paused or switched off is told nothing."""
    active = WebhookEndpoint.objects.filter(
        node__in={node for node in nodes if node}, state=WebhookState.ACTIVE
    )
    return [endpoint for endpoint in active.order_by("pk") if event in endpoint.events]


def tell(
    event: WebhookEvent, nodes: Iterable[int | None], *, key: str, data: Callable[[], dict[str, Any]]
) -> int:
    """Tell the receivers of some nodes of a fact, in its transaction; returns how many. `key` names it: told once.

    `data` is asked only when somebody listens. Only what everybody at these nodes may see stands in it.
    """
    endpoints = listening(event, nodes)
    if endpoints:
        told = data()
        put(event, [(endpoint, key, told) for endpoint in endpoints])
    return len(endpoints)


def put(event: WebhookEvent, messages: list[tuple[WebhookEndpoint, str, dict[str, Any]]]) -> None:
    """Store messages (receiver, key of the fact, data), and ring when they are committed."""
    now = clock.now()
    WebhookDelivery.objects.bulk_create(
        [
            WebhookDelivery(
                endpoint=endpoint,
                event=event,
                key=key,
                next_try_at=now,
                body=json.dumps(
                    {"type": event.value, "timestamp": now, "data": data},
                    cls=DjangoJSONEncoder,
                    ensure_ascii=False,
                ),
            )
            for endpoint, key, data in messages
        ],
        ignore_conflicts=True,
    )
    doorbell.ring(doorbell.WEBHOOKS)
