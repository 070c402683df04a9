"""Receivers of webhooks in the demo: they are told of its first statements, and then paused.

Nothing leaves a machine because somebody looks at the demo: the names lead nowhere, and who is paused is sent nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from analytics.demo.built import BuiltPark
from core.actors import Actor
from core.choices import WEBHOOK_EVENTS
from core.models import WebhookEndpoint
from core.webhooks.endpoints import webhook_create, webhook_pause


@contextmanager
def demo_receivers(built: BuiltPark, *, actor: Actor) -> Iterator[None]:
    """While it lasts, the receivers of a park and its first firm are told. They are made once."""
    made = [
        webhook_create(
            actor=actor,
            node=node,
            name=name,
            url=f"https://{host}.example/livepark",
            events=[event for event, _label in WEBHOOK_EVENTS],
        )[0]
        for node, name, host in (
            (built.park.node, "园区大屏机器人（演示）", "bot"),
            (built.tenants[0].node, "自家 ERP（演示）", "erp"),
        )
        if not WebhookEndpoint.objects.filter(node=node).exists()
    ]
    yield
    for endpoint in made:
        webhook_pause(actor=actor, endpoint=endpoint)
