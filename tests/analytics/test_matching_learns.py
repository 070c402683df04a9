"""What matching learns from: sessions with their orders and hosts, and what was known then."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from analytics import rollup
from analytics.choices import Verdict
from analytics.matching.gathering import SETTLED, observations
from analytics.models import TrustVerdict
from core.choices import Role
from core.clock import HOUR, now
from livestreams.choices import ShiftRole
from livestreams.models import HostShift, LiveSession
from tests.analytics.hostmatches import LIGHTS, asked, english, sell, world
from tests.factories import World, make_host

__all__ = ["english", "world"]


def test_a_session_counts_with_its_orders_its_host_and_what_was_known_then(world: World) -> None:
    first = world.tenants[0]
    session = sell(first.tenant, first.host, Decimal("500.00"), 20, refund=Decimal("120.00"))
    rollup.drain()
    (seen,) = (one for one in observations(world.park.pk) if one.key.startswith(str(session.uid)))
    assert (seen.host, seen.seller, seen.category) == (first.host.code, first.tenant.code, LIGHTS)
    assert (seen.hours, seen.paid, seen.refunds, seen.price) == (2.0, 500.0, 120.0, 500.0)
    assert seen.followers == 1000
    assert seen.is_settled
    assert not seen.is_doubtful


def test_what_was_stated_counts_nowhere_and_a_session_without_orders_is_none(world: World) -> None:
    keys = {one.key.partition(":")[0] for one in observations(world.park.pk)}
    assert len(keys) == 12
    assert all(str(mine.session.uid) not in keys for mine in world.tenants)


def test_young_sessions_have_no_settled_refunds_yet(world: World) -> None:
    assert not any(one.is_settled for one in observations(world.park.pk))
    later = now() + SETTLED
    assert all(one.is_settled for one in observations(world.park.pk, later))


def test_only_the_standing_verdict_makes_a_session_doubtful(world: World) -> None:
    session = LiveSession.objects.filter(figures__lines__gt=0).earliest("pk")

    def doubtful() -> list[str]:
        return [one.key.partition(":")[0] for one in observations(world.park.pk) if one.is_doubtful]

    common: dict[str, Any] = {"session": session, "reasons": "", "inputs_hash": "0"}
    TrustVerdict.objects.create(**common, version=100, verdict=Verdict.DOUBTFUL)
    assert doubtful() == [str(session.uid)]
    TrustVerdict.objects.create(**common, version=101, verdict=Verdict.VERIFIED)
    assert doubtful() == []


def test_hosts_of_one_session_share_it_by_their_time(world: World) -> None:
    first = world.tenants[0]
    session = sell(first.tenant, first.host, Decimal("400.00"), 12)
    middle = session.started_at + HOUR / 2
    session.shifts.update(ends_at=middle)
    other = make_host(first.tenant, "alpha-a-second")
    HostShift.objects.create(
        session=session, host=other, role=ShiftRole.HOST, starts_at=middle, ends_at=session.ended_at
    )
    rollup.drain()
    parts = {one.host: one for one in observations(world.park.pk) if one.key.startswith(str(session.uid))}
    assert (parts[first.host.code].hours, parts[first.host.code].paid) == (0.5, 100.0)
    assert (parts[other.code].hours, parts[other.code].paid) == (1.5, 300.0)


def test_a_new_session_is_learnt_from(world: World) -> None:
    first = world.tenants[0]

    def level() -> Decimal:
        found = asked(world, world.users[Role.PARK_MANAGER], world.park)
        return next(match.sales for match in found.matches if match.host == first.host) or Decimal(0)

    before = level()
    for back in (10, 11):
        sell(first.tenant, first.host, Decimal("90000.00"), back)
    rollup.drain()
    assert level() > before


def test_old_sessions_are_forgotten(world: World) -> None:
    assert len(observations(world.park.pk, now() + timedelta(days=170))) == 12
    assert observations(world.park.pk, now() + timedelta(days=190)) == ()
