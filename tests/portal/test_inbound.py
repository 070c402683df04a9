"""Inbound notices in the portal: announced, received with a difference, withdrawn."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from core.choices import Role
from core.clock import DAY, today
from core.models import User
from supplychain.choices import InboundState
from supplychain.models import InboundNotice
from tests.factories import TenantWorld, World, make_user

pytestmark = pytest.mark.django_db


def page(firm: TenantWorld, name: str, *more: object) -> str:
    return reverse(name, args=[firm.tenant.code, *more])


def test_goods_are_announced_and_taken_in(
    world: World, firm: TenantWorld, owner: Client, browser_of: Callable[[User], Client]
) -> None:
    listed, new = page(firm, "portal-inbound"), page(firm, "portal-inbound-new")
    assert listed in owner.get(page(firm, "portal-goods")).content.decode()
    form = {
        "sku": str(firm.skus[0].uid),
        "warehouse": world.warehouse.code,
        "pieces": "20",
        "day": f"{today() + DAY:%Y-%m-%d}",
        "note": "SF 0815",
    }
    for wrong in (
        {"pieces": "0"},
        {"pieces": "9" * 20},
        {"day": f"{today() - DAY:%Y-%m-%d}"},
        {"sku": str(world.tenants[1].skus[0].uid)},
        {"warehouse": "nowhere"},
    ):
        assert owner.post(new, {**form, **wrong}).status_code == 400
    for _number in range(2):
        assert owner.post(new, form).status_code == 302
    first, second = InboundNotice.objects.order_by("pk")
    assert 'name="received"' not in owner.get(listed).content.decode()
    storeman = browser_of(make_user("store", Role.TENANT_WAREHOUSE, firm.tenant.node))
    assert 'name="received"' in storeman.get(listed).content.decode()
    receive = page(firm, "portal-inbound-receive", first.uid)
    for wrong in ({"received": "x"}, {"received": ""}, {"received": "18"}, {"received": "-1"}):
        storeman.post(receive, wrong)
    assert owner.post(receive, {"received": "20"}).status_code == 403
    assert InboundNotice.objects.filter(state=InboundState.ANNOUNCED).count() == 2
    storeman.post(receive, {"received": "18", "difference": "torn carton"})
    shown = owner.get(listed).content.decode()
    assert "torn carton" in shown
    assert "20 → 18" in shown
    owner.post(page(firm, "portal-inbound-withdraw", second.uid))
    assert set(InboundNotice.objects.values_list("state", flat=True)) == {
        InboundState.RECEIVED,
        InboundState.WITHDRAWN,
    }
    assert browser_of(world.tenants[1].users[Role.TENANT_OWNER]).post(receive).status_code == 404
