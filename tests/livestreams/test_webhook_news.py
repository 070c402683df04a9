"""Receivers are told that a live session has ended, once, and with its end or not at all."""

from __future__ import annotations

import json

import pytest

from core.errors import DomainError
from core.models import WebhookDelivery
from core.webhooks.endpoints import webhook_create
from livestreams.services import session_end, session_open
from tests.factories import SYSTEM, make_park, make_tenant

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


def test_the_seller_and_its_park_are_told_once_that_a_session_has_ended() -> None:
    park = make_park("alpha")
    seller, other = (make_tenant(park, name) for name in ("alpha-a", "alpha-b"))
    for node in (seller.node, park.node, other.node):
        webhook_create(
            actor=SYSTEM,
            node=node,
            name="ERP",
            url=f"https://{node.code}.example/",
            events=["session.ended"],
        )
    session = session_open(actor=SYSTEM, tenant=seller, platform="douyin", platform_live_id="7")
    with pytest.raises(DomainError):
        session_end(actor=SYSTEM, session=session, ended_at=session.started_at.replace(year=2000))
    assert not WebhookDelivery.objects.exists()
    ended = session_end(actor=SYSTEM, session=session)
    session_end(actor=SYSTEM, session=session)
    rows = WebhookDelivery.objects.all()
    assert {row.endpoint.node_id for row in rows} == {seller.pk, park.pk}
    assert rows.count() == 2
    data = json.loads(rows[0].body)["data"]
    assert data.pop("ended_at").endswith("+08:00")
    assert data.pop("started_at").endswith("+08:00")
    assert data == {
        "session": str(ended.uid),
        "tenant": "alpha-a",
        "park": park.code,
        "room": None,
        "host": None,
        "platform": "douyin",
        "platform_live_id": "7",
    }
