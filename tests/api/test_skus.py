"""Goods over HTTP: found by their codes to the letter, added once, and seen with their cost within the firm only."""

from __future__ import annotations

from typing import Any

import pytest

from core.choices import Role
from core.models import Unresolved
from core.services import tool_key_create
from supplychain.models import Sku, SkuResolution
from tenants.services import tenant_update
from tests.api.conftest import Caller
from tests.factories import World, make_user
from tests.supplychain.ledger import fact, record

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


def wish(**more: Any) -> dict[str, Any]:
    return {"tenant": "alpha-a", "code": "Lamp-7b", "name_zh": "灯", "cost": "41.50", **more}


def test_a_sku_is_added_once_and_its_lines_find_it(world: World, tool: Caller) -> None:
    mine = world.tenants[0]
    record(mine.tenant, fact("A1", sku_code="Lamp-7b"), fact("A2", sku_code="LAMP-7B"))
    reply = tool.post(
        "skus", wish(list_price="99.00", dropped_on="2026-03-01", takes_stock=True, presale_limit=4)
    )
    assert reply.status_code == 201, reply.content
    body = reply.json()
    assert (body["code"], body["product"], body["list_price"], body["dropped_on"], body["presale_limit"]) == (
        "Lamp-7b",
        "Lamp-7b",
        "99.00",
        "2026-03-01",
        4,
    )
    assert body["tracked_since"]
    assert "cost" not in body
    sku = Sku.objects.get(uid=body["uid"])
    assert str(sku.product.cost) == "41.5000"
    assert SkuResolution.objects.filter(sku=sku).count() == 1
    left = Unresolved.objects.filter(node=mine.tenant.node, kind="sku", resolved_at__isnull=True)
    assert [row.reference for row in left] == ["LAMP-7B"]
    again = tool.post("skus", wish())
    assert (again.status_code, again.json()["code"]) == (409, "code_taken")
    other = tool.post("skus", wish(code="Lamp-8", product="Lamp-7b", name_zh="伞"))
    assert (other.status_code, other.json()["code"], other.json()["field"]) == (
        409,
        "product_differs",
        "name_zh",
    )
    joined = tool.post("skus", {"tenant": "alpha-a", "code": "Lamp-8", "product": "Lamp-7b"})
    assert (joined.status_code, joined.json()["name_zh"]) == (201, "灯")


def test_the_same_key_adds_once(world: World, tool: Caller) -> None:
    replies = [tool.post("skus", wish(), **{"Idempotency-Key": "one"}) for _ in range(2)]
    assert [reply.status_code for reply in replies] == [201, 201]
    assert replies[0].content == replies[1].content


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"code": ""}, "code"),
        ({"code": "x" * 65}, "code"),
        ({"code": 7}, "code"),
        ({"cost": 41.5}, "cost"),
        ({"cost": "-1"}, "cost"),
        ({"presale_limit": 2**31}, "presale_limit"),
        ({"dropped_on": "2026-02-30"}, "dropped_on"),
        ({"takes_stock": "yes"}, "takes_stock"),
        ({"tenant": "alpha-b"}, "tenant"),
        ({"unknown": 1}, "unknown"),
    ],
)
def test_what_cannot_be_names_its_field(world: World, tool: Caller, more: dict[str, Any], field: str) -> None:
    before = Sku.objects.count()
    reply = tool.post("skus", wish(**more))
    assert reply.status_code == 400, reply.content
    assert field in str(reply.json()["errors"]), reply.json()
    assert Sku.objects.count() == before


def test_new_goods_need_a_name(tool: Caller, world: World) -> None:
    reply = tool.post("skus", {"tenant": "alpha-a", "code": "nameless"})
    assert reply.status_code == 400, reply.content
    assert not Sku.objects.filter(code="nameless").exists()


def test_skus_are_found_to_the_letter(world: World, tool: Caller) -> None:
    mine = world.tenants[0]
    code, product = mine.skus[0].code, mine.skus[0].product.code
    for query, found in (
        ({"code": code}, [code]),
        ({"code": code.lower()}, []),
        ({"product": product}, [code]),
        ({"state": "open"}, [sku.code for sku in mine.skus]),
        ({"state": "closed"}, []),
        ({"tenant": "alpha-b"}, []),
        ({}, [sku.code for sku in mine.skus]),
    ):
        reply = tool.get("skus", **query)
        assert [row["code"] for row in reply.json()["results"]] == found, query
    assert tool.get("skus", state="no").status_code == 400


def test_cost_is_for_people_of_the_firm(world: World, tool: Caller) -> None:
    mine = world.tenants[0]
    keeper = make_user("keeper", Role.PARK_WAREHOUSE, world.park.node)
    address = f"skus/{mine.skus[0].uid}"
    for role in (Role.TENANT_OWNER, Role.TENANT_STAFF, Role.TENANT_FINANCE):
        assert Caller(user=mine.users[role]).get(address).json()["cost"] == "40.00"
    for caller in (tool, Caller(user=keeper)):
        reply = caller.get(address)
        assert reply.status_code == 200
        assert "cost" not in reply.json()
        assert all("cost" not in row for row in caller.get("skus").json()["results"])
    neighbour = Caller(user=world.tenants[1].users[Role.TENANT_OWNER])
    assert neighbour.get(address).status_code == 404


def test_a_key_needs_the_scope_of_goods(world: World) -> None:
    mine = world.tenants[0]
    for scopes, read, add in (
        (["orders:write"], 403, 403),
        (["goods:read"], 200, 403),
        (["goods:write"], 200, 201),
    ):
        _key, secret = tool_key_create(actor=mine.owner, node=mine.tenant.node, name=scopes[0], scopes=scopes)
        caller = Caller(secret)
        assert caller.get("skus").status_code == read
        assert caller.post("skus", wish()).status_code == add
    assert Caller().get("skus").status_code == 401


def test_a_park_reads_the_lines_of_the_firms_that_share_them(world: World) -> None:
    mine = world.tenants[0]
    record(mine.tenant, fact("A1"))
    manager = Caller(user=world.users[Role.PARK_MANAGER])
    assert manager.get("orders").status_code == 403
    tenant_update(actor=mine.owner, tenant=mine.tenant, shares_orders_with_park=True)
    assert [row["order_no"] for row in manager.get("orders").json()["results"]] == ["A1"]
    tenant_update(actor=mine.owner, tenant=mine.tenant, shares_orders_with_park=False)
    assert manager.get("orders").status_code == 403
    assert manager.post("orders/bulk", []).status_code == 403


def test_a_new_product_is_named_by_its_uid_where_goods_are_offered(tool: Caller) -> None:
    """Offers, certificates, runs of show and launches name the product: who adds goods learns its uid."""
    product = tool.post("skus", wish()).json()["product_uid"]
    offer = {"product": product, "floor_price": "9.00", "commission_rate": "10", "pieces": 5}
    assert tool.post("goods-offers", offer).json()["product"] == "Lamp-7b"
