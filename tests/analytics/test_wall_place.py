"""The wall of a province, city or town: which sums it tells, what it keeps of single firms, and who may look."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from analytics.firmsums import FirmSums
from analytics.models import DaySales, HourSales
from analytics.wall.place import tell
from analytics.wall.snapshot import wall_snapshot
from core import clock
from core.choices import Role
from core.clock import DAY, HOUR
from livestreams.choices import SessionState
from livestreams.models import AudienceSample, Maintenance
from parks.models import Park
from tenants.choices import WallVisibility
from tenants.models import Tenant
from tests.factories import World, make_park, make_session, make_tenant, make_user, make_world

pytestmark = pytest.mark.both_databases
NAMES = ("gmv_paid",)


def sell(tenant: Tenant, paid: str, orders: int = 2) -> None:
    """Counted figures of today, as the roll-up leaves them."""
    day, now = clock.today(), clock.now()
    sums = {"gmv_paid": Decimal(paid), "orders": orders, "lines": orders}
    DaySales.objects.create(tenant=tenant, day=day, **sums)
    HourSales.objects.create(tenant=tenant, day=day, slot=clock.hour_of(now), channel="live", **sums)


def selling_park(world: World, code: str, *amounts: str) -> Park:
    """Another park in the world's town, with a tenant for each amount sold today."""
    park = make_park(code, town=world.town)
    for number, amount in enumerate(amounts):
        sell(make_tenant(park, f"{code}-{number}"), amount)
    return park


def rows(snapshot: dict[str, Any]) -> dict[str, tuple[Any, ...]]:
    return {row["code"]: (row["rank"], row["gmv_paid"], row["withheld"]) for row in snapshot["parks"]}


# --- what may be told


def sums_of(**parks: dict[int, int]) -> tuple[FirmSums, dict[str, int]]:
    """Sums by park and firm, and the number of each park."""
    sums, numbers = FirmSums(), {name: number for number, name in enumerate(parks, 1)}
    for name, firms in parks.items():
        for firm, amount in firms.items():
            sums.add(numbers[name], firm, {"gmv_paid": Decimal(amount)})
    return sums, numbers


@pytest.mark.parametrize(
    ("parks", "shown", "whole"),
    [
        ({"a": {1: 10, 2: 10, 3: 10}}, {"a"}, 30),
        ({"a": {1: 10, 2: 10}}, set(), None),
        ({"a": {1: 81, 2: 10, 3: 9}}, set(), None),
        ({"a": {1: 80, 2: 10, 3: 10}}, {"a"}, 100),
        # Alone in being withheld a park would be the whole less the others.
        ({"a": {1: 10, 2: 10, 3: 10}, "b": {4: 10, 5: 10}}, {"a"}, 30),
        ({"a": {1: 10, 2: 10, 3: 10}, "b": {4: 10, 5: 10}, "c": {6: 10}}, {"a"}, 60),
        ({"a": {1: 10, 2: 10, 3: 10}, "b": {4: 10, 5: 10}, "c": {4: 10}}, {"a"}, 30),
        ({"a": {1: 10, 2: 10}, "b": {3: 10}}, set(), 30),
        ({"a": {}}, set(), None),
    ],
)
def test_sums_show_no_single_firm_nor_what_is_left_of_them(
    parks: dict[str, dict[int, int]], shown: set[str], whole: int | None
) -> None:
    sums, numbers = sums_of(**parks)
    told = tell(sums, numbers.values(), NAMES)
    assert {name for name, number in numbers.items() if number in told.of_park} == shown
    assert (told.whole or {}).get("gmv_paid") == whole
    assert (told.reason is None) == (whole is not None)


@pytest.mark.django_db
def test_a_province_adds_up_what_its_halls_show() -> None:
    world, other = make_world("alpha"), make_world("beta")
    for mine, amount in zip(world.tenants, ("10.50", "20.00"), strict=True):
        sell(mine.tenant, amount)
    third = make_tenant(world.park, "third")
    sell(third, "30.00", orders=5)
    sell(other.tenants[0].tenant, "99999.99")
    snapshot = wall_snapshot(world.province.node)
    assert snapshot["figures"] == {"gmv_paid": "60.50", "orders": 9}
    assert snapshot["summed"] == {"tenants": 3, "of": 3, "parks": 1, "of_parks": 1}
    assert rows(snapshot) == {"alpha": (1, "60.50", None)}
    assert "60.50" in snapshot["trend"]["today"]
    assert other.canary not in json.dumps(snapshot, ensure_ascii=False)
    for place in (world.city.node, world.town.node):
        assert wall_snapshot(place)["figures"] == snapshot["figures"]


@pytest.mark.django_db
@pytest.mark.parametrize("choice", [WallVisibility.RANK, WallVisibility.HIDDEN])
def test_who_shows_no_amount_is_in_no_sum_of_either_wall(choice: str) -> None:
    """Were it in one of them, it would be the difference."""
    world = make_world("alpha")
    for number, mine in enumerate(world.tenants, 1):
        sell(mine.tenant, f"{number}0.00")
    for code in ("third", "fourth"):
        sell(make_tenant(world.park, code), "5.00")
    tenant = world.tenants[1].tenant
    before = wall_snapshot(world.province.node)
    assert before["figures"] == {"gmv_paid": "40.00", "orders": 8}
    tenant.wall_visibility = choice
    tenant.save()
    province, park = wall_snapshot(world.province.node), wall_snapshot(world.park)
    assert province["figures"] == {"gmv_paid": "20.00", "orders": 6}
    assert park["figures"]["gmv_paid"] == "20.00"
    assert {amount for amount in province["trend"]["today"] if amount} == {"20.00"}
    assert province["summed"] == {"tenants": 3, "of": 4, "parks": 1, "of_parks": 1}


@pytest.mark.django_db
def test_parks_of_which_nothing_may_be_told_take_no_rank() -> None:
    world = make_world("alpha")
    selling_park(world, "small", "900.00", "900.00")
    selling_park(world, "single", "9000.00", "1.00", "1.00")
    selling_park(world, "fair", "20.00", "20.00", "20.00")
    selling_park(world, "better", "30.00", "30.00", "30.00")
    snapshot = wall_snapshot(world.province.node)
    assert rows(snapshot) == {
        "better": (1, "90.00", None),
        "fair": (2, "60.00", None),
        "alpha": (None, None, "few_firms"),
        "single": (None, None, "dominant_firm"),
        "small": (None, None, "few_firms"),
    }
    # The two withheld ones together are five firms, of which one makes more than four fifths.
    assert snapshot["figures"] == {"gmv_paid": "150.00", "orders": 12}
    # In this hour the one firm would be seen.
    assert snapshot["trend"]["today"][clock.local(clock.now()).hour] is None


@pytest.mark.django_db
def test_rooms_hosts_and_audience_of_the_parks() -> None:
    world = make_world("alpha")
    live = make_session(
        world.tenants[0].tenant,
        room=world.rooms[0],
        host=world.tenants[0].host,
        starts_at=clock.now() - HOUR,
        state=SessionState.LIVE,
    )
    AudienceSample.objects.create(session=live, source="t", at=clock.now(), concurrent=321)
    Maintenance.objects.create(
        room=world.rooms[1], starts_at=clock.now() - HOUR, ends_at=clock.now() + HOUR, reason="light"
    )
    snapshot = wall_snapshot(world.province.node)
    assert {name: snapshot["rooms"][name] for name in ("live", "repair", "off")} == {
        "live": 1, "repair": 1, "off": snapshot["rooms"]["all"] - 2,
    }  # fmt: skip
    assert snapshot["hosts"]["live"] == 1
    # One firm alone is watched: how many is its own affair here, however many look at its hall.
    assert snapshot["audience"] == {"withheld": "few_firms"}
    assert snapshot["parks"][0]["audience"] is None
    for number in range(2):
        more = make_session(
            make_tenant(world.park, f"more-{number}"), starts_at=clock.now() - HOUR, state=SessionState.LIVE
        )
        AudienceSample.objects.create(session=more, source="t", at=clock.now(), concurrent=200)
    snapshot = wall_snapshot(world.province.node)
    assert snapshot["audience"] == {"audience": 721}
    assert snapshot["parks"][0]["audience"] == 721
    assert snapshot["towns"] == [
        {
            "code": world.town.code, "name_zh": world.town.name_zh, "name_en": world.town.name_en,
            "latitude": None, "longitude": None, "parks": 1, "rooms": snapshot["rooms"]["all"], "live": 1,
        }
    ]  # fmt: skip
    texts = json.dumps([snapshot["ticker"], snapshot["parks"]], ensure_ascii=False)
    assert world.tenants[0].tenant.name_zh not in texts
    assert world.tenants[0].host.name_zh not in json.dumps(snapshot, ensure_ascii=False)


@pytest.mark.django_db
def test_campaigns_of_the_parks_with_their_countdown() -> None:
    world, other = make_world("alpha"), make_world("beta")
    event = world.event
    event.first_day, event.main_from = clock.today() - DAY, clock.today()
    event.main_until = event.last_day = clock.today()
    event.save()
    [campaign] = wall_snapshot(world.province.node)["campaigns"]
    assert (campaign["name_zh"], campaign["phase"], campaign["next"]) == (event.name_zh, "main", "end")
    assert event.name_zh not in json.dumps(wall_snapshot(other.province.node), ensure_ascii=False)


# --- who may look


@pytest.mark.django_db
def test_analysts_see_the_wall_of_their_place_and_below(client: Client) -> None:
    world, other = make_world("alpha"), make_world("beta")
    places = (world.province, world.city, world.town, other.province)
    address = {place: reverse("wall-place", args=[place.node.code]) for place in places}
    assert client.get(address[world.province]).status_code == 302
    seen = {
        Role.PROVINCE_ANALYST: (world.province, world.city, world.town),
        Role.CITY_ANALYST: (world.city, world.town),
        Role.TOWN_ANALYST: (world.town,),
    }
    for (role, own), node in zip(seen.items(), (world.province, world.city, world.town), strict=True):
        client.force_login(make_user(f"of-{role}", role, node.node))
        assert {place for place in address if client.get(address[place]).status_code == 200} == set(own)
        assert set(own) == {
            place for place in address if address[place] in client.get(reverse("walls")).content.decode()
        }
    for user in (world.users[Role.PARK_MANAGER], world.tenants[0].users[Role.TENANT_OWNER]):
        client.force_login(user)
        answers = {client.get(address[place]).status_code for place in address}
        assert answers == {client.get(reverse("wall-place", args=["nowhere"])).status_code} == {404}
    # A park is no place, nor a tenant.
    client.force_login(world.users[Role.PROVINCE_ANALYST])
    for node in (world.park.node, world.tenants[0].tenant.node):
        assert client.get(reverse("wall-place", args=[node.code])).status_code == 404
