"""Hosts for goods in a park: who sees what, for which reasons a host is named, and who cannot be had."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from analytics import rollup
from analytics.matching.facts import Wanted
from analytics.matching.gathering import candidates
from analytics.selectors.matching import HostMatches, host_matches
from core.actors import user_actor
from core.choices import Role
from core.clock import DAY, HOUR, business_day, now, today
from core.errors import InvalidInput, Refused
from livestreams.choices import AbsenceKind
from livestreams.conflicts import Span
from livestreams.models import Certificate, Host, HostAbsence
from livestreams.services import account_begin, account_close, account_reopen, booking_create
from tests.analytics.hostmatches import LIGHTS, MARK, asked, english, owner_of, sell, window, world
from tests.factories import SYSTEM, World

__all__ = ["english", "world"]


def test_the_park_sees_every_host_with_amounts(world: World) -> None:
    found = asked(world, world.users[Role.PARK_MANAGER], world.park)
    assert found.with_amounts
    assert found.sessions == 12
    best = found.matches[0]
    assert best.host == world.tenants[1].host
    assert best.sales is not None
    assert best.low is not None
    assert best.high is not None
    assert best.low < best.sales < best.high
    assert best.after_cost == pytest.approx(best.sales - 500, rel=Decimal("0.01"))
    assert found.matches[0].sales > 3 * (found.matches[-1].sales or 0)


def test_a_tenant_gets_its_own_hosts_ranks_and_reasons_without_any_amount(world: World) -> None:
    first, second = world.tenants
    found = asked(world, owner_of(first), first.tenant)
    assert {match.host.tenant_id for match in found.matches} == {first.tenant.pk}
    assert not found.with_amounts
    assert found.sessions is None
    for match in found.matches:
        assert (match.sales, match.low, match.high, match.after_cost) == (None, None, None, None)
        assert not any("%" in reason for reason in match.reasons)
    # The best host of the park is of the other firm: the own one is told where it stands, not how far behind.
    own = next(match for match in found.matches if match.host == first.host)
    assert [match.rank for match in found.matches] == [1, 2]
    assert own.quarter == 4
    with pytest.raises(Refused):
        asked(world, owner_of(first), second.tenant)
    with pytest.raises(Refused):
        asked(world, owner_of(first), world.park)


def test_neither_day_rate_nor_budget_of_a_tenant_asks_what_others_sold(world: World) -> None:
    """Whoever may set a rate or a budget could otherwise find out an amount by halving."""
    first, second = world.tenants
    # An agency's host that sells for another firm.
    sell(second.tenant, first.host, MARK, 15)
    rollup.drain()

    def order(**values: Any) -> list[tuple[str, int, int]]:
        found = asked(world, owner_of(first), first.tenant, **values)
        return [(match.host.code, match.rank, match.quarter) for match in found.matches]

    before = order()
    best = before[0][0]
    Host.objects.filter(code=best).update(day_rate=Decimal(1_000_000))
    assert order() == before
    assert order(budget=1_000_000.0) == before
    assert best not in [code for code, _rank, _quarter in order(budget=999_999.0)]


def reasons_of(found: HostMatches, host: Host) -> str:
    return " ".join(next(match for match in found.matches if match.host == host).reasons)


def test_reasons_say_what_is_known(world: World) -> None:
    first = world.tenants[0]
    Host.objects.filter(pk=first.host.pk).update(categories=[LIGHTS], languages=["zh"], markets=[])
    found = asked(world, world.users[Role.PARK_MANAGER], world.park, language="zh", market="CN", budget=800.0)
    told = reasons_of(found, first.host)
    assert "6 sessions with 灯饰, 12 h before the camera." in told
    assert "1,000 followers." in told
    assert "Names 灯饰 among its categories." in told
    assert "Speaks Chinese." in told
    assert "Its markets are not on record." in told
    assert "Costs 500 CNY by its day rate, within the budget of 800 CNY." in told
    new = next(match for match in found.matches if "No session is known yet" in " ".join(match.reasons))
    assert new.high is not None
    assert new.low is not None
    known = next(match for match in found.matches if match.host == first.host)
    assert new.high / new.low > (known.high or 0) / (known.low or 1)


def test_who_cannot_be_had_is_told_with_every_reason(world: World) -> None:
    first, second = world.tenants
    span = window()
    HostAbsence.objects.create(
        host=first.host, kind=AbsenceKind.LEAVE, starts_at=span.start, ends_at=span.end
    )
    Host.objects.filter(pk=second.host.pk).update(languages=["en"], day_rate=Decimal(2000))
    course = world.course_run.course
    Certificate.objects.create(
        host=first.host, course=course, title="c", issued_on=today(), expires_on=today() + 100 * DAY
    )
    Certificate.objects.create(
        host=second.host, course=course, title="c", issued_on=today(), expires_on=span.start.date()
    )
    found = host_matches(
        actor=user_actor(world.users[Role.PARK_MANAGER]),
        of=world.park,
        wanted=Wanted(LIGHTS, 2.0, language="zh", budget=1000.0),
        window=span,
        course=course,
    )
    told = {one.host: " ".join(one.reasons) for one in found.excluded}
    assert told[first.host].startswith("Not free for 2 h in the window")
    assert "certificate" not in told[first.host]
    assert "leave" not in told[first.host]
    assert "Holds no valid certificate" in told[second.host]
    assert "Does not speak Chinese." in told[second.host]
    assert "Costs 2,000 CNY, more than the budget of 1,000 CNY." in told[second.host]


def test_followers_of_an_account_that_is_closed_count_no_longer(world: World) -> None:
    host = world.tenants[0].host
    account = host.accounts.get()

    def followers() -> int | None:
        (candidate,), _free = candidates([host], window())
        return candidate.followers

    known = followers()
    assert known
    begins = business_day(window().start)
    for closed_on, counted in ((begins + DAY, known), (begins, None), (today(), None)):
        account_close(actor=SYSTEM, account=account, closed_on=closed_on)
        assert followers() == counted, "as it is when the host is wanted"
    account_reopen(actor=SYSTEM, account=account)
    assert followers() == known
    for opened_on, counted in ((begins + DAY, None), (begins, known)):
        account_begin(actor=SYSTEM, account=account, opened_on=opened_on)
        assert followers() == counted


def test_a_booked_host_is_not_free(world: World) -> None:
    first, span = world.tenants[0], window(1)
    Host.objects.filter(pk=first.host.pk).update(weekly_hours=["1-7 10:00-14:00"])

    def is_offered() -> bool:
        found = host_matches(
            actor=user_actor(owner_of(first)), of=first.tenant, wanted=Wanted(LIGHTS, 3.0), window=span
        )
        return any(match.host == first.host for match in found.matches)

    assert is_offered()
    booking_create(
        actor=SYSTEM,
        room=world.rooms[0],
        tenant=first.tenant,
        host=first.host,
        starts_at=span.start + 11 * HOUR,
        ends_at=span.start + 12 * HOUR,
    )
    assert not is_offered()


@pytest.mark.parametrize(
    ("values", "span", "field"),
    [
        ({"hours": 0.0}, window, "hours"),
        ({"hours": 201.0}, window, "hours"),
        ({"category": ""}, window, "category"),
        ({}, lambda: window(40), "until"),
        ({}, lambda: Span(now() - 2 * DAY, now() - DAY), "since"),
    ],
)
def test_what_cannot_be_asked_names_the_field(
    world: World, values: dict[str, Any], span: Callable[[], Span], field: str
) -> None:
    wanted = Wanted(**{"category": LIGHTS, "hours": 2.0, **values})
    with pytest.raises(InvalidInput) as refused:
        host_matches(actor=SYSTEM, of=world.park, wanted=wanted, window=span())
    assert refused.value.field == field
