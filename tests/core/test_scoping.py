"""Who sees which rows: the one function, the table behind it, and that both fail closed."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.db import transaction
from django.db.models import Model

from core import policy, scoping
from core.actors import NOBODY, user_actor
from core.choices import Role
from core.errors import NotFound, Refused
from core.models import Membership, ScopeNode
from core.models.base import Scope
from core.scoping import get_visible, may, require, visible_to
from core.services import membership_end, membership_grant, node_move
from livestreams.models import Booking, LiveRoom
from supplychain.models import Product, StockLevel
from tenants.models import Company, Lease, Tenant
from tests.factories import SYSTEM, World, make_user, make_world

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


@pytest.fixture
def worlds() -> tuple[World, World]:
    return make_world("alpha"), make_world("beta")


def test_every_model_declares_a_scope_and_the_policy_names_only_models() -> None:
    assert scoping.undeclared_models() == []
    assert set(policy.TABLE) <= {model._meta.label for model in apps.get_models()}


def test_a_stranger_sees_no_row_of_any_model(worlds: tuple[World, World]) -> None:
    stranger = user_actor(make_user("stranger"))
    for actor in (stranger, NOBODY):
        seen = {
            model._meta.label
            for model in apps.get_models()
            if visible_to(model._default_manager.all(), actor).exists()
        }
        assert seen == set()


def test_nobody_sees_the_other_world(worlds: tuple[World, World]) -> None:
    mine, other = worlds
    people = [*mine.users.values(), *(user for tenant in mine.tenants for user in tenant.users.values())]
    for user in people:
        actor = user_actor(user)
        for model in apps.get_models():
            scope = scoping.scope_of(model)
            if scope is None or not (scope.nodes or scope.user):
                continue
            for row in visible_to(model._default_manager.all(), actor):
                assert other.canary not in _texts(row), (user, model)


def _texts(row: Model) -> str:
    return " ".join(str(getattr(row, field.attname)) for field in row._meta.concrete_fields)


def test_tenants_share_their_parks_rooms_and_nothing_of_each_other(worlds: tuple[World, World]) -> None:
    world, _other = worlds
    first, second = world.tenants
    assert set(visible_to(LiveRoom.objects.all(), first.owner)) == set(world.rooms)
    for model in (Booking, Product, Lease, StockLevel, Tenant, Company):
        mine = set(visible_to(model.objects.all(), first.owner))
        assert mine
        assert not mine & set(visible_to(model.objects.all(), second.owner))


def test_a_park_sees_sums_and_stock_but_no_goods_with_their_cost(worlds: tuple[World, World]) -> None:
    world, _other = worlds
    assert visible_to(StockLevel.objects.all(), world.manager).count() == 2
    assert not visible_to(Product.objects.all(), world.manager).exists()


def test_seeing_is_not_changing(worlds: tuple[World, World]) -> None:
    world, _other = worlds
    viewer = user_actor(world.users[Role.PARK_VIEWER])
    assert visible_to(Booking.objects.all(), viewer).count() == 2
    assert not visible_to(Booking.objects.all(), viewer, "change").exists()
    assert may(world.manager, "change", LiveRoom, world.park.pk)
    with pytest.raises(Refused):
        require(viewer, "change", LiveRoom, world.park.pk)


def test_absent_and_foreign_get_the_same_words(worlds: tuple[World, World]) -> None:
    mine, other = worlds
    answers = set()
    for uid in (other.tenants[0].booking.uid, "00000000-0000-7000-8000-000000000000"):
        with pytest.raises(NotFound) as caught:
            get_visible(Booking, mine.manager, uid=uid)
        answers.add(str(caught.value))
    assert len(answers) == 1


def test_a_right_ends_with_its_membership_and_with_the_account(worlds: tuple[World, World]) -> None:
    world, _other = worlds
    user = world.users[Role.PARK_MANAGER]
    assert visible_to(Booking.objects.all(), user_actor(user)).exists()
    membership_end(actor=SYSTEM, membership=Membership.objects.get(user=user))
    assert not visible_to(Booking.objects.all(), user_actor(user)).exists()
    owner = world.tenants[0].users[Role.TENANT_OWNER]
    owner.is_active = False
    assert user_actor(owner) is NOBODY


def test_a_move_that_is_tried_again_takes_along_what_lies_below(worlds: tuple[World, World]) -> None:
    """After a deadlock the database stands as before, and the caller's row as if it had moved."""
    mine, other = worlds
    park = mine.park.node
    with transaction.atomic():
        node_move(actor=SYSTEM, node=park, parent=other.park.node.parent)
        transaction.set_rollback(True)
    node_move(actor=SYSTEM, node=park, parent=other.park.node.parent)
    below = ScopeNode.objects.get(pk=mine.tenants[0].tenant.pk)
    assert below.path == below.path_below_parent()
    assert below.path.startswith(other.park.node.parent.path)


def test_moving_a_node_moves_the_rights_below_it(worlds: tuple[World, World]) -> None:
    mine, other = worlds
    tenant = mine.tenants[0].tenant
    node_move(actor=SYSTEM, node=tenant.node, parent=other.park.node)
    assert tenant not in visible_to(Tenant.objects.all(), mine.manager)
    assert tenant in visible_to(Tenant.objects.all(), other.manager)
    assert ScopeNode.objects.get(pk=tenant.pk).path == f"{other.park.node.path}{tenant.pk}/"


def test_roles_stand_only_on_their_kind_of_node(worlds: tuple[World, World]) -> None:
    world, _other = worlds
    from core.errors import InvalidInput

    with pytest.raises(InvalidInput):
        membership_grant(
            actor=SYSTEM, user=make_user("lost"), role=Role.PARK_MANAGER, node=world.tenants[0].tenant.node
        )
    with pytest.raises(Refused):
        membership_grant(
            actor=world.tenants[0].owner,
            user=make_user("other"),
            role=Role.TENANT_OWNER,
            node=world.tenants[1].tenant.node,
        )


def test_a_model_without_declaration_or_policy_shows_nothing(
    worlds: tuple[World, World], monkeypatch: pytest.MonkeyPatch
) -> None:
    world, _other = worlds
    monkeypatch.setitem(policy.TABLE, "livestreams.Booking", {})
    assert not visible_to(Booking.objects.all(), world.manager).exists()
    monkeypatch.setattr(LiveRoom, "scope", None)
    assert not visible_to(LiveRoom.objects.all(), world.manager).exists()


def test_a_scope_declares_exactly_one_way() -> None:
    for ways in ({}, {"nodes": ("a",), "reference": "b"}, {"system": "a", "reference": "b"}):
        with pytest.raises(ValueError, match="exactly one"):
            Scope(**ways)
