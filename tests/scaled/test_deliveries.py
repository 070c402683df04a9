"""Receivers of webhooks that hang hold those who deliver, and nobody who counts."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from ipaddress import ip_network

import pytest
from pytest_django import Settings

from core.choices import DeliveryFault, WebhookEvent
from core.models import WebhookDelivery
from core.webhooks.endpoints import webhook_create
from core.webhooks.outbox import tell
from tenants.models import Tenant
from tests.factories import SYSTEM
from tests.scaled.conftest import all_counted, sell, wait_until
from tests.servers import Server

pytestmark = pytest.mark.worker
RECEIVERS = 10
"""Ten seconds for each: both processes of a worker are busy for fifty seconds."""


@pytest.fixture
def hanging(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of a receiver that takes every call and never answers; known to the workers that begin later."""
    settings.LIVEPARK_WEBHOOK_NETWORKS = (ip_network("127.0.0.0/8"),)
    monkeypatch.setenv("LIVEPARK_WEBHOOK_NETWORKS", "127.0.0.0/8")
    monkeypatch.setenv("DJANGO_SECRET_KEY", settings.SECRET_KEY)  # by which the receivers' secrets are sealed
    with socket.create_server(("127.0.0.1", 0), backlog=100) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}/"


def test_orders_are_counted_at_once_while_receivers_hang(
    hanging: str, sellers: list[Tenant], celery_worker: Callable[..., Server]
) -> None:
    for number in range(RECEIVERS):
        webhook_create(
            actor=SYSTEM,
            node=sellers[0].node,
            name=f"ERP {number}",
            url=f"{hanging}{number}",
            events=[WebhookEvent.SESSION_ENDED],
        )
    workers = [celery_worker(process="worker"), celery_worker(process="deliveries")]
    for number in range(RECEIVERS):
        tell(WebhookEvent.SESSION_ENDED, [sellers[0].pk], key=f"fact {number}", data=lambda: {"a": "直播"})
    being_sent = WebhookDelivery.objects.filter(attempts__gt=0, fault="")
    wait_until(lambda: being_sent.count() >= 2, seconds=60)

    sell(sellers[0], 10)
    took = all_counted(seconds=10)
    print(f"counted {took:.1f} s after the sale, while {RECEIVERS} receivers hang")
    faults = set(WebhookDelivery.objects.filter(attempts__gt=0).values_list("fault", flat=True))
    assert faults <= {"", DeliveryFault.SLOW}, "they hang, and are not refused"
    assert all("Traceback" not in worker.output() for worker in workers)
