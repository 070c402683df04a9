"""Channels by the rule, by a published table in which one growth is misprinted, and by the ledger."""

from __future__ import annotations

import csv
import datetime as dt
from decimal import Decimal
from pathlib import Path

import pytest
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from analytics.channels import mix_of
from analytics.counting import drain_everything
from core.choices import Role
from core.services import membership_grant
from supplychain.choices import Channel
from tests.analytics.browsers import browser_of
from tests.factories import SYSTEM, TenantWorld, World
from tests.supplychain.ledger import fact, record

AMOUNT = st.decimals(0, 10**9, places=4)
AMOUNTS = st.dictionaries(st.sampled_from(Channel.values), AMOUNT)


@given(AMOUNTS, AMOUNTS)
def test_shares_add_up_to_a_hundred_and_amounts_to_the_whole(
    now: dict[str, Decimal], before: dict[str, Decimal]
) -> None:
    mix = mix_of(now, before)
    assert {row.name for row in mix.rows} == {name for each in (now, before) for name in each if each[name]}
    for amounts, name, share in ((now, "now", "share"), (before, "before", "share_before")):
        total = sum(amounts.values())
        assert sum(getattr(row, name) for row in mix.rows) == getattr(mix.total, name) == total
        shares = [getattr(row, share) for row in mix.rows]
        assert sum(shares) == 100 if total else set(shares) <= {None}
    if sum(now.values()) and sum(before.values()):
        assert sum(row.points for row in mix.rows if row.points is not None) == 0
    if mix.hhi is not None:
        assert isinstance(mix.hhi, Decimal)
        sellers = sum(1 for row in mix.rows if row.now)
        assert Decimal(1) / sellers - Decimal("0.000001") <= mix.hhi <= 1
    half = [row for row in mix.rows if row.now * 2 > mix.total.now]
    assert mix.ruler == (half[0] if half else None)


def test_a_published_table_has_one_growth_that_is_wrong(shared_dir: Path) -> None:
    with (shared_dir / "facts/channel_mix_2020_2021.csv").open(encoding="utf-8-sig", newline="") as stream:
        *printed, whole = list(csv.DictReader(stream))
    named = {row["platform"] or row["channel"]: row for row in printed}
    mix = mix_of(
        *(
            {name: Decimal(row[f"revenue_{year}_10k_cny"]) for name, row in named.items()}
            for year in (2021, 2020)
        )
    )
    assert (mix.total.now, mix.total.before) == (
        Decimal(whole["revenue_2021_10k_cny"]),
        Decimal(whole["revenue_2020_10k_cny"]),
    )
    assert mix.total.growth == Decimal(whole["yoy_pct_printed"])
    for row in mix.rows:
        assert row.share == Decimal(named[row.name]["share_2021_pct"])
        assert row.share_before == Decimal(named[row.name]["share_2020_pct"])
        assert row.growth == Decimal(named[row.name]["yoy_pct_recomputed"])
    wrong = {row.name for row in mix.rows if row.growth != Decimal(named[row.name]["yoy_pct_printed"])}
    assert wrong == {"other"}
    points = {row.name: row.points for row in mix.rows}
    # A share that falls by seven points belongs to a channel that grows by a fifth.
    assert points["Amazon"] == Decimal("-7.08")
    assert mix.ruler is not None
    assert (mix.ruler.name, mix.hhi, mix.hhi_before) == ("Amazon", Decimal("0.435514"), Decimal("0.485088"))


# --- on the ledger


@pytest.fixture
def firm(world: World) -> TenantWorld:
    mine = world.tenants[0]
    for number, (month, channel, amount) in enumerate(
        (
            (3, "live", "60.00"), (3, "product_card", "40.00"), (4, "live", "90.00"), (4, "outside_host", "10.00"),
        )
    ):  # fmt: skip
        at = dt.datetime(2025, month, 15, 4, tzinfo=dt.UTC)
        record(mine.tenant, fact(f"A{number}", amount=amount, channel=channel, occurred_at=at))
    # The last hour of March in Shanghai is March's.
    at = dt.datetime(2025, 3, 31, 15, 30, tzinfo=dt.UTC)
    record(mine.tenant, fact("M", amount="100.00", channel="shop", occurred_at=at))
    drain_everything()
    return mine


def test_the_page_and_the_api_compare_two_months(firm: TenantWorld) -> None:
    owner = browser_of(firm)
    shown = owner.get(
        reverse("portal-channels", args=[firm.tenant.code]), {"period": "2025-04"}
    ).content.decode()
    assert "brings 90.00 %, more than all other channels together." in " ".join(shown.split())
    assert "+60.00 points" in shown
    assert "+50.00 %" in shown
    for asked in (
        {"period": "2025-13"},
        {"against": "x"},
        {"period": "2025", "against": "year"},
        {"period": "1900-Q1"},
    ):
        assert owner.get(reverse("portal-channels", args=[firm.tenant.code]), asked).status_code == 200
    answer = owner.get(reverse("api-channels"), {"tenant": firm.tenant.code, "period": "2025-04"}).json()
    rows = {row["channel"]: row for row in answer["rows"]}
    assert rows["live"] == {
        "channel": "live", "paid": "90.00", "paid_before": "60.00", "share": "90.00", "share_before": "30.00",
        "points": "60.00", "growth": "50.00",
    }  # fmt: skip
    assert (rows["shop"]["growth"], rows["outside_host"]["growth"]) == ("-100.00", None)
    assert (answer["compared_with"], answer["channel_hhi"], answer["ruler"]) == ("2025-03", "0.82", "live")
    year = owner.get(
        reverse("api-channels"), {"tenant": firm.tenant.code, "period": "2025", "against": "year"}
    ).json()
    assert (year["paid"], year["compared_with"], year["growth"]) == ("300.00", "2024", None)


def test_bad_questions_are_refused_and_strangers_told_nothing(world: World, firm: TenantWorld) -> None:
    owner, page = browser_of(firm), reverse("api-channels")
    for asked in ({"period": "2025-13"}, {"against": "x"}):
        assert owner.get(page, {"tenant": firm.tenant.code, **asked}).status_code == 400
    assert owner.get(page).status_code == 400
    host = browser_of(firm, Role.HOST)
    assert host.get(reverse("portal-channels", args=[firm.tenant.code])).status_code == 403
    assert host.get(page, {"tenant": firm.tenant.code}).status_code == 403
    neighbour = browser_of(world.tenants[1])
    assert neighbour.get(page, {"tenant": firm.tenant.code}).status_code == 404
    # Who sees figures of one firm and is a host of another is told nothing of that one.
    membership_grant(
        actor=SYSTEM, user=world.tenants[1].users[Role.TENANT_OWNER], role=Role.HOST, node=firm.tenant.node
    )
    assert browser_of(world.tenants[1]).get(page, {"tenant": firm.tenant.code}).status_code == 404
