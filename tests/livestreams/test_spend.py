"""Ad spend by the hour: exact, appended, corrected by further facts."""

from __future__ import annotations

from decimal import Decimal

import pytest
import time_machine

from core.actors import user_actor
from core.clock import HOUR, now
from core.errors import InvalidInput, NotFound, Refused
from livestreams import services
from livestreams.choices import SessionState
from livestreams.models import AdSpend
from livestreams.services import BatchCounts, SpendHour
from livestreams.spending import spend_by_hour
from tests.factories import World, make_session, make_world

pytestmark = pytest.mark.both_databases


def test_what_is_told_again_is_a_duplicate_and_what_differs_a_correction(world: World) -> None:
    mine = world.tenants[1]
    session = make_session(mine.tenant)
    first = session.started_at
    told = [SpendHour(first, Decimal("0.1")), SpendHour(first + HOUR, Decimal("1234567.8901"))]
    tell = lambda rows: services.spend_record(actor=mine.tool, session=session, hours=rows)  # noqa: E731
    assert tell(told) == BatchCounts(2, 0, 0)
    assert tell(told) == BatchCounts(0, 2, 0)
    assert tell([SpendHour(first, Decimal("0.2")), told[1]]) == BatchCounts(0, 1, 1)
    assert tell([told[0]]) == BatchCounts(0, 0, 1)  # back to the first amount is a correction as well
    facts = AdSpend.objects.filter(session=session)
    assert [fact.amount for fact in facts.filter(hour=first).order_by("version")] == [
        Decimal("0.1"),
        Decimal("0.2"),
        Decimal("0.1"),
    ]
    assert spend_by_hour(facts) == {first: Decimal("0.1"), first + HOUR: Decimal("1234567.8901")}
    # one batch that names an hour twice: the later row corrects the earlier one
    assert tell([SpendHour(first, Decimal(5)), SpendHour(first, Decimal(6))]) == BatchCounts(0, 0, 2)
    assert spend_by_hour(facts.all())[first] == Decimal(6)


def test_rows_that_are_no_hours_of_the_session_are_named_and_nothing_is_kept(world: World) -> None:
    mine = world.tenants[0]
    session, before = mine.session, AdSpend.objects.count()
    first, ok = session.started_at, SpendHour(session.started_at, Decimal(1))
    bad = [
        (SpendHour(first + HOUR / 2, Decimal(1)), "whole"),
        (SpendHour(first - HOUR, Decimal(1)), "outside"),
        (SpendHour(session.ended_at, Decimal(1)), "outside"),
        (SpendHour(first, Decimal(-1)), "negative"),
    ]
    with pytest.raises(InvalidInput) as refusal:
        services.spend_record(actor=mine.owner, session=session, hours=[ok, *(row for row, _code in bad)])
    assert [(row.row, row.code) for row in refusal.value.rows] == [
        (number, code) for number, (_row, code) in enumerate(bad, 2)
    ]
    assert AdSpend.objects.count() == before


def test_an_hour_that_has_begun_can_be_told_while_the_session_runs(world: World) -> None:
    mine = world.tenants[0]
    with time_machine.travel(mine.session.started_at + HOUR / 2, tick=False):
        live = make_session(mine.tenant, starts_at=now() - HOUR / 4, state=SessionState.LIVE)
        running = now() - HOUR / 2
        services.spend_record(actor=mine.owner, session=live, hours=[SpendHour(running, Decimal(1))])
        with pytest.raises(InvalidInput):
            services.spend_record(
                actor=mine.owner, session=live, hours=[SpendHour(running + HOUR, Decimal(1))]
            )


def test_ad_spend_is_the_tenants_own_affair(world: World) -> None:
    mine = world.tenants[0]
    hour = [SpendHour(mine.session.started_at, Decimal(9))]
    finance = user_actor(mine.users["tenant_finance"])
    for actor in (world.manager, world.tenants[1].owner, make_world("beta").tenants[0].owner, finance):
        with pytest.raises((Refused, NotFound)):
            services.spend_record(actor=actor, session=mine.session, hours=hour)
