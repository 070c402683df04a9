"""What a tenant shows to its park: order lines and their answers, from the moment it says so until it takes it back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.checks import Error
from django.db.models import Model

from core import checks, policy
from core.actors import Actor, key_actor, user_actor
from core.choices import PARK_ROLES, Role
from core.errors import InvalidInput, Refused
from core.models import AuditEntry, ScopeNode, ToolKey
from core.models.base import Scope
from core.scoping import get_visible, hidden_columns, may, shares, visible_to
from core.services import membership_end, membership_grant, tool_key_create, tool_key_revoke
from supplychain.models import Attribution, Product, SalesEvent, SkuResolution
from supplychain.services import product_create, product_update
from supplychain.services.imports import import_stage
from tenants.models import SHARES_ORDERS, Tenant
from tenants.services import tenancy_move, tenant_update
from tests.factories import SYSTEM, TenantWorld, World, make_user, make_world
from tests.supplychain.ledger import fact, record

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
LINES: tuple[type[Model], ...] = (SalesEvent, SkuResolution, Attribution)
READERS = (Role.PARK_MANAGER, Role.PARK_FINANCE)
FILE = Path("supplychain/importing/examples/uci-online-retail.csv")


@pytest.fixture
def world(world: World) -> World:
    """Two tenants of one park with a line each, which has been given its goods and its session."""
    for mine in world.tenants:
        record(mine.tenant, fact(f"{mine.tenant.code}-1"))
        event = SalesEvent.objects.get(seller=mine.tenant)
        answer = {"event_id": event.pk, "version": 1, "seller": mine.tenant}
        SkuResolution.objects.create(**answer, sku=mine.skus[0], rule="manual")
        Attribution.objects.create(**answer, session=mine.session, rule="manual")
    return world


def share(mine: TenantWorld, *, on: bool) -> None:
    tenant_update(actor=mine.owner, tenant=mine.tenant, shares_orders_with_park=on)


def people(world: World) -> dict[str, Actor]:
    """Everybody who works for the park, and the province's analyst."""
    actors = {
        str(role): user_actor(make_user(f"{world.name}-of-{role}", role, world.park.node))
        for role in PARK_ROLES
    }
    return actors | {"analyst": user_actor(world.users[Role.PROVINCE_ANALYST])}


def sellers_seen(model: Any, actor: Actor) -> set[int]:
    return set(visible_to(model.objects.all(), actor).values_list("seller_id", flat=True))


def test_of_the_park_its_manager_and_its_finance_officer_read_the_lines_that_are_shared(world: World) -> None:
    first, second = world.tenants
    other = make_world("beta")
    park = people(world)
    for model in LINES:
        assert {name for name, actor in park.items() if sellers_seen(model, actor)} == set()
    share(first, on=True)
    for model in LINES:
        seen = {name: sellers for name, actor in park.items() if (sellers := sellers_seen(model, actor))}
        assert seen == {reader: {first.tenant.pk} for reader in READERS}
        assert not sellers_seen(model, other.manager)
        assert sellers_seen(model, second.owner) == {second.tenant.pk}


def test_taking_it_back_holds_from_the_next_query_on(world: World) -> None:
    mine, manager = world.tenants[0], world.manager
    share(mine, on=True)
    rows = visible_to(SalesEvent.objects.all(), manager)
    assert rows.count() == 1
    share(mine, on=False)
    assert rows.count() == 0  # the same queryset, asked again
    assert not may(manager, "view", SalesEvent)


def test_rights_on_a_node_follow_the_choice_of_its_tenant(world: World) -> None:
    first, second = (mine.tenant.node for mine in world.tenants)
    assert not may(world.manager, "view", SalesEvent)
    share(world.tenants[0], on=True)
    assert may(world.manager, "view", SalesEvent)
    assert may(world.manager, "view", SalesEvent, first.pk)
    assert not may(world.manager, "view", SalesEvent, second.pk)
    assert not may(make_world("beta").manager, "view", SalesEvent, first.pk)
    assert not may(world.manager, "add", SalesEvent, first.pk)
    assert (shares(SalesEvent, first), shares(SalesEvent, second)) == (True, False)
    assert not shares(Product, first)  # a model that declares no flag shares nothing


def test_a_tenant_that_moves_shares_nothing_with_its_new_park(world: World) -> None:
    mine, other = world.tenants[0], make_world("beta")
    share(mine, on=True)
    tenancy_move(actor=SYSTEM, tenant=mine.tenant, park=other.park, from_day=mine.session.started_at.date())
    for manager in (world.manager, other.manager):
        assert not sellers_seen(SalesEvent, manager)
    assert not Tenant.objects.get(pk=mine.tenant.pk).shares_orders_with_park


def test_only_the_owner_decides_what_leaves_the_firm(world: World) -> None:
    mine = world.tenants[0]
    for actor in (
        world.manager,
        user_actor(mine.users[Role.TENANT_STAFF]),
        mine.tool,
        world.tenants[1].owner,
    ):
        for choice in ({"shares_orders_with_park": True}, {"wall_visibility": "amount"}):
            with pytest.raises(Refused):
                tenant_update(actor=actor, tenant=mine.tenant, **choice)
    tenant_update(actor=world.manager, tenant=mine.tenant, industry="lights")  # what the park may change
    kept = Tenant.objects.get(pk=mine.tenant.pk)
    assert (kept.industry, kept.shares_orders_with_park) == ("lights", False)


def test_no_key_opens_what_is_not_shared(world: World) -> None:
    mine = world.tenants[0]
    for scope in ("orders:read", "goods:read", "goods:write"):
        for actor, node in (
            (world.manager, mine.tenant.node),
            (mine.owner, world.park.node),
            (SYSTEM, world.park.node),
        ):
            with pytest.raises((InvalidInput, Refused)):
                tool_key_create(actor=actor, node=node, name="x", scopes=[scope])
        key, _secret = tool_key_create(actor=mine.owner, node=mine.tenant.node, name=scope, scopes=[scope])
        assert ToolKey.objects.get(pk=key.pk).scopes == [scope]
    with pytest.raises(Refused):
        tool_key_create(actor=world.manager, node=mine.tenant.node, name="till", scopes=["orders:write"])


def test_sharing_fails_closed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reach without a flag reaches nothing, and the site says so before it starts."""
    share(world.tenants[0], on=True)
    assert checks.check_scopes() == []
    assert sellers_seen(SalesEvent, world.manager)
    monkeypatch.setattr(SalesEvent, "scope", Scope(nodes=("seller_id",)))
    assert not sellers_seen(SalesEvent, world.manager)
    assert not may(world.manager, "view", SalesEvent)
    assert [(type(fault), fault.id) for fault in checks.check_scopes()] == [(Error, "core.E003")]
    monkeypatch.setattr(SalesEvent, "scope", Scope(nodes=(), user="owner__node_id", shared=SHARES_ORDERS))
    assert not sellers_seen(SalesEvent, world.manager)


def test_what_goods_cost_stays_with_the_tenant(world: World) -> None:
    mine = world.tenants[0]
    product = product_create(
        actor=mine.owner, tenant=mine.tenant, code="P", name_zh="灯", cost=41, list_price=99
    )
    product_update(actor=mine.owner, product=product, cost=43)
    node = mine.tenant.pk
    for role in (Role.TENANT_OWNER, Role.TENANT_STAFF, Role.TENANT_FINANCE):
        assert hidden_columns(user_actor(mine.users[role]), Product, node) == set()
    keeper = user_actor(world.users[Role.PARK_WAREHOUSE])
    assert get_visible(Product, keeper, uid=product.uid)
    for actor in (keeper, world.manager, mine.tool, key_actor(world.key), world.tenants[1].owner):
        assert hidden_columns(actor, Product, node) == {"cost"}
    # The firm's own audit says that the cost changed, and not to what; its park reads nothing of goods there.
    entries = visible_to(AuditEntry.objects.filter(object_type=Product._meta.label), mine.owner)
    assert not visible_to(entries, world.manager).exists()
    told = [(entry.verb, entry.before, entry.after) for entry in entries.order_by("pk")]
    assert [verb for verb, _before, _after in told] == ["product.create", "product.update"]
    assert told[1][1:] == ({"cost": "…"}, {"cost": "…"})
    assert told[0][2]["list_price"] == "99"
    assert told[0][2]["cost"] == "…"


def test_the_audit_opens_nothing_that_is_closed(world: World) -> None:
    """Who works for a firm, its keys and its files are its own affair, in the audit as well."""
    mine = world.tenants[0]
    member = membership_grant(
        actor=mine.owner, user=make_user("new"), role=Role.TENANT_STAFF, node=mine.tenant.node
    )
    membership_end(actor=mine.owner, membership=member)
    key, _secret = tool_key_create(
        actor=mine.owner, node=mine.tenant.node, name="till", scopes=["orders:write"]
    )
    tool_key_revoke(actor=mine.owner, uid=str(key.uid))
    import_stage(actor=mine.owner, tenant=mine.tenant, file_name="secret.csv", chunks=[FILE.read_bytes()])
    tenant_update(actor=mine.owner, tenant=mine.tenant, industry="lights")
    membership_grant(actor=SYSTEM, user=make_user("viewer"), role=Role.PARK_VIEWER, node=world.park.node)

    def told(actor: Actor, node: ScopeNode) -> set[str]:
        return set(visible_to(AuditEntry.objects.filter(node=node), actor).values_list("verb", flat=True))

    inner = {"membership.grant", "membership.end", "key.create", "key.revoke", "import.stage"}
    assert inner <= told(mine.owner, mine.tenant.node)
    for role in READERS:
        reader = user_actor(world.users[role])
        assert not inner & told(reader, mine.tenant.node)
        assert {"tenant.create", "tenant.update"} <= told(reader, mine.tenant.node)
        assert {"membership.grant", "key.create"} <= told(reader, world.park.node)


def test_every_shared_model_declares_the_same_flag() -> None:
    shared = {
        label
        for label, roles in policy.TABLE.items()
        if policy.Reach.SHARED in {permission.reach for permission in roles.values()}
    }
    assert shared == {model._meta.label for model in LINES}
    assert {model.scope.shared for model in LINES} == {SHARES_ORDERS}  # type: ignore[attr-defined]
