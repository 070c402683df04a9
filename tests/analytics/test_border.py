"""Sales across the border: modes and destinations add up to what was counted, for a firm and for its park."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analytics.border import border_of
from analytics.channels import Against
from analytics.choices import PeriodKind
from analytics.counting import drain_everything
from analytics.figures import park_figures, tenant_figures
from analytics.periods import Period
from core.choices import Role
from supplychain.choices import CustomsMode
from tests.analytics.browsers import browser_of
from tests.factories import SYSTEM, TenantWorld, World, make_world
from tests.supplychain.ledger import fact, record

pytestmark = pytest.mark.both_databases
APRIL = Period(PeriodKind.MONTH, dt.date(2025, 4, 1))
LINES = (
    # day of 2025, mode, destination, CNY
    ((3, 31), "9610", "US", "40.00"),
    ((4, 1), "9610", "US", "60.00"),
    ((4, 2), "9810", "US", "30.00"),
    ((4, 30), "9610", "GB", "10.00"),
    ((4, 30), "domestic", "Guangdong", "500.00"),
    ((5, 1), "9610", "US", "70.00"),
)
NUMBERS = iter(range(100, 10**9))


def sell(mine: TenantWorld, number: int, line: tuple[Any, ...]) -> None:
    (month, day), mode, destination, amount = line
    at = dt.datetime(2025, month, day, 15, 30, tzinfo=dt.UTC)  # half past eleven at night in Shanghai
    record(
        mine.tenant,
        fact(
            f"{mine.tenant.code}-{number}",
            amount=amount,
            occurred_at=at,
            customs_mode=mode,
            destination=destination,
        ),
    )


@pytest.fixture
def firm(world: World) -> TenantWorld:
    mine, neighbour = world.tenants
    for number, line in enumerate(LINES):
        sell(mine, number, line)
    sell(neighbour, 0, ((4, 5), "9710", "", "25.00"))
    # The second version of a line counts alone.
    at = dt.datetime(2025, 4, 2, 15, 30, tzinfo=dt.UTC)
    record(
        mine.tenant,
        fact(
            f"{mine.tenant.code}-2",
            amount="31.00",
            version=2,
            occurred_at=at,
            customs_mode="1210",
            destination="US",
        ),
    )
    drain_everything()
    return mine


def test_a_firm_sees_its_own_by_mode_and_destination(firm: TenantWorld) -> None:
    owner = browser_of(firm)
    answer = owner.get(reverse("api-border"), {"tenant": firm.tenant.code, "period": "2025-04"}).json()
    assert (answer["of"], answer["compared_with"]) == (firm.tenant.code, "2025-03")
    assert (answer["paid"], answer["paid_before"], answer["growth"]) == ("101.00", "40.00", "152.50")
    assert {row["customs_mode"]: row["paid"] for row in answer["modes"]} == {"9610": "70.00", "1210": "31.00"}
    assert {row["destination"]: row["share"] for row in answer["destinations"]} == {
        "US": "90.10",
        "GB": "9.90",
    }
    page = owner.get(
        reverse("portal-border", args=[firm.tenant.code]), {"period": "2025-04"}
    ).content.decode()
    for text in ("1210 bonded import", "9610 direct retail", "90.10 %", "9.90 %"):
        assert text in page
    assert "9710" not in page
    empty = owner.get(reverse("portal-border", args=[firm.tenant.code]), {"period": "2024"}).content.decode()
    assert "Nothing was sold across the border" in empty


def test_a_park_sees_its_firms_together(world: World, firm: TenantWorld) -> None:
    manager = browser_of_park(world)
    answer = manager.get(reverse("api-border"), {"park": world.park.code, "period": "2025-04"}).json()
    assert (answer["paid"], answer["paid_before"]) == ("126.00", "40.00")
    assert {row["customs_mode"]: row["paid"] for row in answer["modes"]} == {
        "9610": "70.00", "1210": "31.00", "9710": "25.00",
    }  # fmt: skip
    assert {row["destination"]: row["paid"] for row in answer["destinations"]} == {
        "US": "91.00", "GB": "10.00", "": "25.00",
    }  # fmt: skip
    # From the day on which a firm was no longer there, its sales are not the park's.
    tenancy = firm.tenant.tenancies.get()
    type(tenancy).objects.filter(pk=tenancy.pk).update(to_day=dt.date(2025, 4, 30))
    answer = manager.get(reverse("api-border"), {"park": world.park.code, "period": "2025-04"}).json()
    assert answer["paid"] == "116.00"


def test_bad_questions_are_refused_and_strangers_told_nothing(world: World, firm: TenantWorld) -> None:
    owner, api = browser_of(firm), reverse("api-border")
    mine = {"tenant": firm.tenant.code}
    for asked in ({}, {**mine, "park": world.park.code}, {**mine, "period": "x"}, {**mine, "against": "x"}):
        assert owner.get(api, asked).status_code == 400
    for asked in ({"park": world.park.code}, {"tenant": "A b"}, {"tenant": "nobody"}):
        assert owner.get(api, asked).status_code == 404
    assert browser_of(world.tenants[1]).get(api, mine).status_code == 404
    host = browser_of(firm, Role.HOST)
    assert host.get(reverse("portal-border", args=[firm.tenant.code])).status_code == 403
    other = make_world("beta")
    assert browser_of_park(other).get(api, {"park": world.park.code}).status_code == 404


def browser_of_park(world: World) -> Client:
    browser = Client()
    browser.force_login(world.users[Role.PARK_MANAGER], backend="django.contrib.auth.backends.ModelBackend")
    return browser


LINE = st.tuples(
    st.tuples(st.sampled_from((3, 4)), st.integers(1, 30)),
    st.sampled_from(CustomsMode.values),
    st.sampled_from(("", "US", "GB", "MY")),
    st.decimals(0, 10**6, places=4).map(str),
)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(LINE, max_size=6))
def test_modes_and_destinations_add_up_to_the_counted_figure(world: World, lines: list[Any]) -> None:
    mine = world.tenants[0]
    for line in lines:
        sell(mine, next(NUMBERS), line)
    drain_everything()
    border = border_of(SYSTEM, mine.tenant, APRIL, Against.BEFORE)
    of_park = border_of(SYSTEM, world.park, APRIL, Against.BEFORE)
    asked = {"actor": SYSTEM, "since": APRIL.first, "until": APRIL.last, "by": "total"}
    (firm_row,) = tenant_figures(tenant=mine.tenant, **asked)
    (park_row,) = park_figures(parks=[world.park], **asked)
    for found, row in ((border, firm_row), (of_park, park_row)):
        for mix in (found.modes, found.destinations):
            assert sum(each.now for each in mix.rows) == mix.total.now == row.values["cross_border_paid"]
            shares = [each.share for each in mix.rows if each.share is not None]
            assert sum(shares) == (100 if mix.total.now else Decimal(0))
