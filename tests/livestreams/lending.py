"""What tests of the exchange share: three parks, what one offers, and what another asks for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from core.actors import Actor, user_actor
from core.choices import Role
from core.scoping import visible_to
from livestreams import services
from livestreams.conflicts import Span
from livestreams.exchange import free_times
from livestreams.models import (
    ExchangeOffer,
    ExchangeRequest,
    LiveRoom,
)
from parks.models import Park
from tenants.models import Tenant
from tests.factories import (
    make_host,
    make_park,
    make_province,
    make_room,
    make_tenant,
    make_town,
    make_user,
)

At = Callable[..., datetime]


@dataclass
class Side:
    """A park with a firm, a host of it, a room, and who runs them."""

    park: Park
    manager: Actor
    tenant: Tenant
    owner: Actor
    host: Any
    room: LiveRoom


def _side(name: str, town: Any) -> Side:
    park = make_park(name, town=town)
    manager = user_actor(make_user(f"{name}-manager", Role.PARK_MANAGER, park.node))
    tenant = make_tenant(park, f"{name}-firm")
    owner = user_actor(make_user(f"{name}-owner", Role.TENANT_OWNER, tenant.node))
    host = make_host(tenant, f"{name}-host")
    return Side(park, manager, tenant, owner, host, make_room(park, f"{name}-room"))


@dataclass
class Three:
    """A park that gives, one that borrows, and a third that has nothing to do with it."""

    giver: Side
    guest: Side
    third: Side


def _three() -> Three:
    province = make_province("three", "three")
    return Three(*(_side(name, make_town(province, name)) for name in ("giver", "guest", "third")))


@pytest.fixture
def three(db: None) -> Three:
    return _three()


def offer_room(three: Three, at: At, **values: Any) -> ExchangeOffer:
    """The giver's room for the day at 70 CNY an hour, for the guest's park."""
    given = {"hourly_rate": Decimal(70), "places": [three.guest.park.code], **values}
    return services.exchange_offer_make(
        actor=three.giver.manager, room=three.giver.room, starts_at=at(8), ends_at=at(20), **given
    )


def offer_host(three: Three, at: At, **values: Any) -> ExchangeOffer:
    given = {"hourly_rate": Decimal(50), "places": [three.guest.park.code], **values}
    return services.exchange_offer_make(
        actor=three.giver.owner, host=three.giver.host, starts_at=at(8), ends_at=at(20), **given
    )


def ask(three: Three, offer: ExchangeOffer, start: datetime, end: datetime, **values: Any) -> ExchangeRequest:
    return services.exchange_request_make(
        actor=three.guest.owner,
        offer=offer,
        tenant=three.guest.tenant,
        starts_at=start,
        ends_at=end,
        **values,
    )


def seen(model: Any, actor: Actor) -> int:
    return visible_to(model.objects.all(), actor).count()


def free_of(offer: ExchangeOffer, at: At) -> list[tuple[datetime, datetime]]:
    spans = free_times([offer], Span(at(0), at(24)))[offer.pk]
    return [(span.start, span.end) for span in spans]
