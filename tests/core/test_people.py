"""Who may say who works for a firm and which tools hold a key to it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from core.actors import Actor, user_actor
from core.choices import PARK_ROLES, TENANT_ROLES, Role
from core.errors import InvalidInput, NotFound, Refused
from core.models import Membership, ToolKey, User
from core.scoping import visible_to
from core.services import (
    KEY_SCOPES,
    TENANT_KEY_SCOPES,
    member_add,
    membership_end,
    membership_grant,
    tool_key_create,
    tool_key_revoke,
)
from tests.factories import SYSTEM, TenantWorld, World, make_tenant, make_user, make_world

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


@pytest.fixture
def firm(world: World) -> TenantWorld:
    return world.tenants[0]


@pytest.fixture
def park_people(world: World) -> list[Actor]:
    """An actor of every role that a park has."""
    return [user_actor(make_user(f"park-{role}", role, world.park.node)) for role in PARK_ROLES]


def refused(service: Callable[..., object], **given: object) -> bool:
    try:
        service(**given)
    except (Refused, NotFound):
        return True
    return False


def test_a_park_makes_no_key_to_a_firm_and_ends_none(firm: TenantWorld, park_people: list[Actor]) -> None:
    node = firm.tenant.node
    for actor in park_people:
        for scope in KEY_SCOPES:
            assert refused(tool_key_create, actor=actor, node=node, name="k", scopes=[scope])
        assert refused(tool_key_revoke, actor=actor, uid=str(firm.key.uid))
        assert not visible_to(ToolKey.objects.all(), actor).filter(node=node).exists()
    assert tool_key_create(actor=firm.owner, node=node, name="k", scopes=["orders:read"])


def test_no_key_of_a_park_holds_what_is_the_firms_own(world: World, firm: TenantWorld) -> None:
    """Whoever makes it: a key that hangs on a park would reach the firms below it."""
    park = world.park.node
    for actor in (world.manager, SYSTEM):
        for scope in TENANT_KEY_SCOPES:
            with pytest.raises(InvalidInput) as unfit:
                tool_key_create(actor=actor, node=park, name="k", scopes=["figures:read", scope])
            assert (unfit.value.code, unfit.value.field) == ("key_scopes", "scopes")
    assert tool_key_create(
        actor=firm.owner, node=firm.tenant.node, name="k", scopes=sorted(TENANT_KEY_SCOPES)
    )


def test_a_park_gives_no_role_in_a_firm_that_has_an_owner(
    firm: TenantWorld, park_people: list[Actor]
) -> None:
    somebody, node = make_user("somebody"), firm.tenant.node
    held = Membership.objects.get(node=node, role=Role.TENANT_OWNER)
    for actor in park_people:
        for role in (*TENANT_ROLES, Role.HOST):
            assert refused(membership_grant, actor=actor, user=somebody, role=role, node=node)
        assert refused(membership_end, actor=actor, membership=held)
    assert not somebody.memberships.exists()


def test_a_park_names_the_first_owner_of_a_firm_and_never_itself(world: World) -> None:
    tenant = make_tenant(world.park, "newcomer")
    manager = world.users[Role.PARK_MANAGER]
    first, second = make_user("first"), make_user("second")

    def name(user: User, role: str = Role.TENANT_OWNER) -> Membership:
        return membership_grant(actor=user_actor(manager), user=user, role=role, node=tenant.node)

    for user, role in ((manager, Role.TENANT_OWNER), (first, Role.TENANT_STAFF)):
        with pytest.raises(Refused):
            name(user, role)
    other = make_world("beta")
    with pytest.raises(Refused):
        membership_grant(actor=other.manager, user=first, role=Role.TENANT_OWNER, node=tenant.node)
    held = name(first)
    with pytest.raises(Refused):
        name(second)
    membership_end(actor=user_actor(first), membership=held)
    with pytest.raises(Refused):  # who has had an owner has lines of its own
        name(second)
    assert membership_grant(actor=SYSTEM, user=second, role=Role.TENANT_OWNER, node=tenant.node).pk


def test_a_park_goes_on_choosing_its_own_people_and_keys(world: World) -> None:
    guest = make_user("guest")
    held = membership_grant(actor=world.manager, user=guest, role=Role.PARK_VIEWER, node=world.park.node)
    assert held in visible_to(Membership.objects.all(), world.manager)
    membership_end(actor=world.manager, membership=held)
    key, _secret = tool_key_create(
        actor=world.manager, node=world.park.node, name="desk", scopes=["figures:read"]
    )
    assert tool_key_revoke(actor=world.manager, uid=str(key.uid)).revoked_at is not None


def test_an_owner_adds_colleagues_with_or_without_a_log_in(world: World, firm: TenantWorld) -> None:
    new = member_add(
        actor=firm.owner,
        node=firm.tenant.node,
        role=Role.TENANT_STAFF,
        username="xiaoli",
        password="a long enough phrase",
        display_name="小李",
    )
    assert (new.user.display_name, new.node_id) == ("小李", firm.tenant.pk)
    assert new.user.check_password("a long enough phrase")
    known = member_add(
        actor=firm.owner, node=firm.tenant.node, role=Role.TENANT_FINANCE, username="alpha-b-tenant_owner"
    )
    assert known.user == world.tenants[1].users[Role.TENANT_OWNER]
    with pytest.raises(InvalidInput) as unknown:
        member_add(actor=firm.owner, node=firm.tenant.node, role=Role.TENANT_STAFF, username="nobody-yet")
    assert unknown.value.field == "username"
    staff = user_actor(firm.users[Role.TENANT_STAFF])
    with pytest.raises(Refused):
        member_add(
            actor=staff,
            node=firm.tenant.node,
            role=Role.TENANT_STAFF,
            username="friend",
            password="a long enough phrase",
        )
    assert not Membership.objects.filter(user__username="friend").exists()
