"""Receivers are told that a live session has ended, once, and with its end or not at all."""

from __future__ import annotations

import json

import pytest

from core.clock import DAY, HOUR, day_start, local, today
from core.errors import DomainError
from core.models import WebhookDelivery
from core.webhooks.endpoints import webhook_create
from livestreams.services import offer_waitlist, session_end, session_open, waitlist_join
from tests.factories import SYSTEM, World, make_park, make_tenant

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


def test_a_firm_that_waits_is_told_what_is_held_for_it_and_nobody_else(world: World) -> None:
    """Told once, with the minute until which it may confirm; its park and its neighbour hear nothing."""
    mine, start = world.tenants[0], day_start(today() + 5 * DAY) + 9 * HOUR
    for node in (mine.tenant.node, world.park.node, world.tenants[1].tenant.node):
        webhook_create(
            actor=SYSTEM,
            node=node,
            name="ERP",
            url=f"https://{node.code}.example/",
            events=["booking.offered"],
        )
    entry = waitlist_join(
        actor=mine.owner,
        tenant=mine.tenant,
        earliest=start,
        latest=start + HOUR,
        minutes=60,
        room=world.rooms[0],
    )
    offers = WebhookDelivery.objects.filter(event="booking.offered", body__contains=str(entry.uid))
    assert not offers.exists()
    offer_waitlist()
    offer_waitlist()
    assert {row.endpoint.node_id for row in offers} == {mine.tenant.pk}
    told = offers.get(endpoint__url=f"https://{mine.tenant.code}.example/")
    entry.refresh_from_db()
    assert entry.booking is not None
    data = json.loads(told.body)["data"]
    assert data.pop("confirm_until") == local(entry.booking.hold_expires_at).isoformat()
    assert data == {
        "entry": str(entry.uid),
        "booking": str(entry.booking.uid),
        "tenant": mine.tenant.code,
        "park": world.park.code,
        "room": world.rooms[0].code,
        "host": None,
        "starts_at": local(start).isoformat(),
        "ends_at": local(start + HOUR).isoformat(),
    }
