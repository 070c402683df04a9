"""The wall: the sums that a snapshot shows and what it hides, and who may look."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from analytics import rollup
from analytics.models import DaySales, HourSales, SessionFigures
from analytics.services import display_link_make, display_link_revoke
from analytics.wall.snapshot import wall_snapshot
from core import clock
from livestreams.choices import SessionState
from supplychain.facts import SaleFact
from supplychain.services import sales_record
from tenants.choices import WallVisibility
from tests.factories import SYSTEM, World, make_session, make_world


def sell(world: World, index: int, paid: str, refunds: str = "0") -> None:
    """Counted figures of today, as the roll-up leaves them."""
    tenant = world.tenants[index].tenant
    sums = {"gmv_paid": Decimal(paid), "refunds": Decimal(refunds), "orders": 3, "units_paid": 4, "lines": 3}
    DaySales.objects.create(tenant=tenant, day=clock.today(), **sums)
    now = clock.now()
    HourSales.objects.create(
        tenant=tenant, day=clock.today(), slot=clock.hour_of(now), channel="live", **sums
    )


@pytest.mark.django_db
def test_a_snapshot_adds_up_and_keeps_what_tenants_hide() -> None:
    world = make_world("alpha")
    other = make_world("beta")
    sell(world, 0, "1234.50", "34.50")
    sell(world, 1, "2000.00")
    sell(other, 0, "99999.99")
    second = world.tenants[1].tenant
    snapshot = wall_snapshot(world.park)
    assert snapshot["figures"] == {
        "gmv_paid": "3234.50",
        "net_sales": "3200.00",
        "orders": 6,
        "units_paid": 8,
    }
    assert snapshot["summed"] == {"tenants": 2, "of": 2}
    assert [amount for amount in snapshot["trend"]["today"] if amount not in (None, "0.00")] == ["3234.50"]
    second.wall_visibility = WallVisibility.RANK
    second.save()
    snapshot = wall_snapshot(world.park)
    assert [(row["rank"], row["name_zh"], row["gmv_paid"]) for row in snapshot["ranking"]] == [
        (1, second.name_zh, None),
        (2, world.tenants[0].tenant.name_zh, "1234.50"),
    ]
    assert "2000.00" not in amounts_to_be_had(snapshot)
    assert snapshot["summed"] == {"tenants": 1, "of": 2}
    assert other.canary not in json.dumps(snapshot, ensure_ascii=False)
    second.wall_visibility = WallVisibility.HIDDEN
    second.save()
    snapshot = wall_snapshot(world.park)
    assert [row["name_zh"] for row in snapshot["ranking"]] == [world.tenants[0].tenant.name_zh]
    assert "2000.00" not in amounts_to_be_had(snapshot)


def amounts_to_be_had(snapshot: dict[str, Any]) -> set[str]:
    """What somebody learns of the tenants who show no amount: every sum on the wall less the shown amounts."""
    shown = sum((Decimal(row["gmv_paid"]) for row in snapshot["ranking"] if row["gmv_paid"]), Decimal(0))
    sums = [
        Decimal(snapshot["figures"]["gmv_paid"]),
        *(Decimal(each or 0) for each in snapshot["trend"]["today"]),
    ]
    return {str(amount) for amount in sums} | {str(amount - shown) for amount in sums}


@pytest.mark.django_db
def test_the_order_of_sessions_tells_nothing_of_who_hides() -> None:
    world = make_world("alpha")
    shown, hidden = (each.tenant for each in world.tenants)
    hidden.wall_visibility = WallVisibility.HIDDEN
    hidden.save()
    rows = [
        make_session(
            tenant, live_id=f"live{number}", starts_at=clock.now() - clock.HOUR, state=SessionState.LIVE
        )
        for number, tenant in enumerate((hidden, shown, hidden, shown))
    ]

    def order(paid: tuple[str, ...]) -> list[str]:
        for row, amount in zip(rows, paid, strict=True):
            SessionFigures.objects.update_or_create(session=row, defaults={"gmv_paid": Decimal(amount)})
        uids = {str(row.uid) for row in rows}
        return [each["uid"] for each in wall_snapshot(world.park)["sessions"] if each["uid"] in uids]

    first = order(("900", "10", "1", "20"))
    assert first[:2] == [str(rows[3].uid), str(rows[1].uid)]
    assert order(("1", "10", "900", "20")) == first


@pytest.mark.django_db
def test_the_page_is_for_those_who_may_look(client: Client) -> None:
    world, other = make_world("alpha"), make_world("beta")
    address = reverse("wall", args=[world.park.code])
    assert client.get(address).status_code == 302
    client.force_login(world.users["park_viewer"])
    page = client.get(address)
    assert page.status_code == 200
    assert world.canary in page.content.decode()
    foreign, absent = (
        client.get(reverse("wall", args=[other.park.code])),
        client.get(reverse("wall", args=["nowhere"])),
    )
    assert foreign.status_code == absent.status_code == 404
    assert other.canary not in foreign.content.decode()
    assert client.get(reverse("walls")).headers["Location"] == address


@pytest.mark.django_db
def test_a_display_link_opens_its_own_wall_until_it_is_revoked(client: Client) -> None:
    world, other = make_world("alpha"), make_world("beta")
    link, secret = display_link_make(actor=world.manager, node=world.park.node, name="hall")
    address = reverse("wall", args=[world.park.code])
    assert client.get(address, {"key": secret}).status_code == 200
    assert client.get(reverse("wall", args=[other.park.code]), {"key": secret}).status_code == 404
    assert client.get(address, {"key": world.secret}).status_code == 404
    display_link_revoke(actor=world.manager, link=link)
    assert client.get(address, {"key": secret}).status_code == 404


@pytest.mark.both_databases
@pytest.mark.django_db
def test_the_day_goes_beside_the_same_time_of_yesterday_and_last_week() -> None:
    world = make_world("alpha")
    shown, hidden = (mine.tenant for mine in world.tenants)
    hidden.wall_visibility = WallVisibility.HIDDEN
    hidden.save()
    noon = clock.day_start(clock.today()) + 12 * clock.HOUR
    minute = clock.HOUR / 60
    with time_machine.travel(noon + 3 * minute, tick=False):
        for tenant in (shown, hidden):
            for name, at, amount in (
                ("now", noon - 10 * minute, "150.00"),
                ("before", noon - clock.DAY - 11 * clock.HOUR, "70.25"),
                ("just", noon - clock.DAY + 3 * minute, "29.75"),
                ("later", noon - clock.DAY + 4 * minute, "900.00"),
                ("week", noon - 7 * clock.DAY, "200.00"),
            ):
                fact = SaleFact(
                    kind="paid", order_no=name, amount=Decimal(amount), sku_code="x", qty=1, title="x",
                    occurred_at=at,
                )  # fmt: skip
                sales_record(actor=SYSTEM, seller=tenant, source="test", facts=[(0, fact)], atomic=True)
        rollup.drain()
        snapshot = wall_snapshot(world.park)
    assert snapshot["then"] == {
        "yesterday": {"gmv_paid": "100.00", "change": "+50.0"},
        "week": {"gmv_paid": "200.00", "change": "-25.0"},
    }
    assert snapshot["figures"]["gmv_paid"] == "150.00"
    lines = snapshot["pace"]
    assert (len(lines["yesterday"]), len(lines["week"])) == (288, 288)
    assert (lines["today"][-1], len(lines["today"])) == (150, 12 * 12 + 1)
    assert [lines["yesterday"][at] for at in (11, 12, 143, 144, 287)] == [0, 70, 70, 1000, 1000]
    assert [snapshot["trend"][name][12] for name in ("today", "yesterday", "week")] == [
        "0.00", "929.75", "200.00",
    ]  # fmt: skip
