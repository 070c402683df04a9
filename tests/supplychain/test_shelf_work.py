"""Work at the shelves: in the admin for a park's keeper, on the portal for a firm's storekeeper."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from core.models import User
from supplychain.models import Sku, StockLevel, StockMove, Warehouse
from supplychain.services import stock_adjust, stock_receive
from tests.factories import SYSTEM, TenantWorld, World, make_sku, make_user

pytestmark = pytest.mark.django_db


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    client.cookies["django_language"] = "en"
    return client


@pytest.fixture
def mine(world: World) -> TenantWorld:
    return world.tenants[0]


@pytest.fixture
def goods(world: World, mine: TenantWorld) -> list[Sku]:
    """Ten pieces each of two kinds on their shelves."""
    skus = [make_sku(mine.tenant, code) for code in ("Lamp-7", "Lamp-8")]
    for number, sku in enumerate(skus):
        stock_receive(actor=SYSTEM, warehouse=world.warehouse, sku=sku, quantity=10, zone=f"A-0{number + 1}")
    return skus


@pytest.fixture(params=["admin", "portal"])
def door(request: Any, world: World, mine: TenantWorld) -> tuple[Client, str]:
    """The same page by both doors."""
    if request.param == "admin":
        keeper = make_user("keeper", "park_warehouse", world.park.node)
        return client_of(keeper), reverse("admin:warehouse_shelves")
    storeman = make_user("storeman", "tenant_warehouse", mine.tenant.node)
    return client_of(storeman), reverse("portal-stock-work", args=[mine.tenant.code])


def send(door: tuple[Client, str], task: str, *rows: tuple[Any, ...], key: str = "k1", **head: str) -> Any:
    client, address = door
    form = {"key": key, "rows-TOTAL_FORMS": str(len(rows) + 1), "rows-INITIAL_FORMS": "0", **head}
    for number, row in enumerate(rows):
        form |= dict(
            zip((f"rows-{number}-{name}" for name in ("code", "quantity", "owner")), row, strict=False)
        )
    return client.post(f"{address}?task={task}", form)


def shelves(sku: Sku, warehouse: Warehouse) -> list[tuple[str, int]]:
    level = StockLevel.objects.get(sku=sku, warehouse=warehouse)
    return [(zone, pieces) for zone, pieces in level.shelves if pieces]


def test_several_goods_are_counted_and_what_is_refused_stays_with_its_reason(
    door: tuple[Client, str], world: World, goods: list[Sku]
) -> None:
    page = send(
        door, "count", ("Lamp-7", "8"), ("Nobody", "3"), ("Lamp-8", "x"), ("Lamp-8", "-1"), note="spring"
    )
    assert page.status_code == 400
    assert "Lamp-7: 8 (-2)" in page.text
    assert 'value="Nobody"' in page.text
    assert "There are no such goods here." in page.text
    assert "A count is a whole number from 0." in page.text
    assert 'value="Lamp-7"' not in page.text, "it is stored"
    assert page.text.count('value="Lamp-8"') == 2
    assert shelves(goods[0], world.warehouse) == [("A-01", 8)]
    assert shelves(goods[1], world.warehouse) == [("A-02", 10)]
    assert StockMove.objects.get(kind="count").note == "spring"
    assert send(door, "count", ("Lamp-8", "10"), key="k2", zone="A-02").status_code == 302
    assert StockMove.objects.filter(kind="count").count() == 1


def test_goods_are_brought_to_another_zone_and_warehouse_once(
    door: tuple[Client, str], world: World, goods: list[Sku]
) -> None:
    far = Warehouse.objects.create(park=world.park, code="z-far", name_zh="二仓")
    rows = (("Lamp-7", "4"), ("Lamp-8", "3"))
    for _time in range(2):
        assert send(door, "shift", *rows, to_zone="S-09").status_code == 302
    assert shelves(goods[0], world.warehouse) == [("A-01", 6), ("S-09", 4)]
    assert shelves(goods[1], world.warehouse) == [("A-02", 7), ("S-09", 3)]
    short = send(door, "shift", ("Lamp-7", "7"), to_zone="S-09", key="k2")
    assert "Only 6 are available." in short.text
    assert (
        send(door, "transfer", ("Lamp-7", "7"), target=far.code, to_zone="F-1", key="k3").status_code == 302
    )
    assert (shelves(goods[0], world.warehouse), shelves(goods[0], far)) == ([("S-09", 3)], [("F-1", 7)])
    assert send(door, "transfer", ("Lamp-7", "1"), key="k4").status_code == 400, "where to is not said"


def test_a_correction_says_why(door: tuple[Client, str], world: World, goods: list[Sku]) -> None:
    assert send(door, "adjust", ("Lamp-7", "-2")).status_code == 400
    assert send(door, "adjust", ("Lamp-7", "-2"), note="broken", zone="A-01").status_code == 302
    assert shelves(goods[0], world.warehouse) == [("A-01", 8)]
    nothing = send(door, "adjust", note="broken")
    assert (nothing.status_code, "Scan or write a code first." in nothing.text) == (400, True)
    for odd in ({}, {"rows-TOTAL_FORMS": "x"}, {"rows-TOTAL_FORMS": "9999", "rows-INITIAL_FORMS": "0"}):
        assert door[0].post(door[1], odd).status_code == 400


def test_a_code_of_several_owners_says_whose(world: World, mine: TenantWorld, goods: list[Sku]) -> None:
    theirs = world.tenants[1].tenant
    other = make_sku(theirs, "Lamp-7")
    keeper = client_of(make_user("keeper", "park_warehouse", world.park.node))
    door = (keeper, reverse("admin:warehouse_shelves"))
    asked = send(door, "count", ("Lamp-7", "9"))
    assert f"write whose ({mine.tenant.code}、{theirs.code})" in asked.text
    assert send(door, "count", ("Lamp-7", "9", theirs.code)).status_code == 302
    assert (StockLevel.objects.get(sku=other).on_hand, StockLevel.objects.get(sku=goods[0]).on_hand) == (
        9,
        10,
    )
    storeman = make_user("storeman", "tenant_warehouse", mine.tenant.node)
    own = (client_of(storeman), reverse("portal-stock-work", args=[mine.tenant.code]))
    assert send(own, "count", ("Lamp-7", "7")).status_code == 302
    assert send(own, "count", ("Lamp-7", "7", theirs.code)).status_code == 400, (
        "of others a firm knows nothing"
    )
    assert (StockLevel.objects.get(sku=other).on_hand, StockLevel.objects.get(sku=goods[0]).on_hand) == (9, 7)


def test_who_moves_no_stock_has_no_such_page(world: World, mine: TenantWorld) -> None:
    assert client_of(mine.users["tenant_owner"]).get(
        reverse("portal-stock-work", args=[mine.tenant.code])
    ).status_code == 403  # fmt: skip
    assert client_of(world.users["park_manager"]).get(reverse("admin:warehouse_shelves")).status_code == 403
    keeper = client_of(make_user("keeper", "park_warehouse", world.park.node))
    assert reverse("admin:warehouse_shelves") in keeper.get(reverse("admin:warehouse_day")).text
    storeman = client_of(make_user("storeman", "tenant_warehouse", mine.tenant.node))
    listed = storeman.get(reverse("portal-stock", args=[mine.tenant.code])).text
    assert reverse("portal-stock-work", args=[mine.tenant.code]) in listed


def test_a_page_that_is_sent_again_undoes_nothing_that_left_meanwhile(
    door: tuple[Client, str], world: World, goods: list[Sku]
) -> None:
    """Of the first row the count finds two less, of the second what the books have; the third is refused."""
    rows = (("Lamp-7", "8"), ("Lamp-8", "10"), ("Nobody", "3"))
    assert send(door, "count", *rows).status_code == 400
    for sku in goods:
        stock_adjust(actor=SYSTEM, warehouse=world.warehouse, sku=sku, quantity=-1, note="sold")
    again = send(door, "count", *rows)
    assert (again.status_code, "Lamp-7: 8 (-2)" in again.text) == (400, True)
    assert [shelves(sku, world.warehouse) for sku in goods] == [[("A-01", 7)], [("A-02", 9)]]
    changed = send(door, "count", (), ("Lamp-7", "6"))
    assert "This was entered on this page before with other figures" in changed.text
    assert shelves(goods[0], world.warehouse) == [("A-01", 7)]


def test_goods_are_counted_once_a_page(
    door: tuple[Client, str], world: World, mine: TenantWorld, goods: list[Sku]
) -> None:
    page = send(door, "count", ("Lamp-7", "5"), ("Lamp-7", "3", mine.tenant.code), ("Lamp-8", "9"))
    assert page.text.count("Counted twice on this page: write the sum in one row.") == 1
    assert [shelves(sku, world.warehouse) for sku in goods] == [[("A-01", 5)], [("A-02", 9)]]
    both = send(door, "adjust", ("Lamp-7", "-1"), ("Lamp-7", "-1"), note="broken", key="k2")
    assert (both.status_code, shelves(goods[0], world.warehouse)) == (302, [("A-01", 3)])
