"""The firm's page: everybody of the firm reads it, its owner decides, and the hall follows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from analytics.rollup import drain
from analytics.wall.snapshot import wall_snapshot
from core.choices import Role
from core.clock import day_start, today
from core.models import AuditEntry, ScopeNode, User
from tenants.choices import WallVisibility
from tenants.models import Tenant
from tests.factories import TenantWorld, World
from tests.supplychain.ledger import fact, record

pytestmark = pytest.mark.django_db


def address(firm: TenantWorld) -> str:
    return reverse("portal-firm", args=[firm.tenant.code])


def said(firm: TenantWorld, **changes: Any) -> dict[str, Any]:
    """What the page sends when somebody changes these things on it."""
    tenant = Tenant.objects.get(pk=firm.tenant.pk)
    columns = ("wall_visibility", "name_zh", "name_en", "industry", "headcount", "website")
    sent = {name: getattr(tenant, name) for name in columns} | changes
    return {name: value for name, value in sent.items() if value not in (None, False)}


def sold_today(firm: TenantWorld, amount: str) -> None:
    """Sell through the ledger and let the day be counted."""
    sale = fact("A1", amount=amount, occurred_at=day_start(today()))
    record(firm.tenant, sale)
    drain()


def test_the_owner_changes_what_the_firm_says_of_itself(owner: Client, firm: TenantWorld) -> None:
    more = owner.get(reverse("portal-more", args=[firm.tenant.code]))
    assert address(firm) in more.text
    page = owner.get(address(firm))
    assert page.context["decides"]
    sent = said(firm, name_zh="新名", headcount="12", website="www.example.com", shares_orders_with_park="on")
    assert owner.post(address(firm), sent).url == address(firm)
    tenant = Tenant.objects.get(pk=firm.tenant.pk)
    assert (tenant.name_zh, tenant.headcount, tenant.website) == ("新名", 12, "https://www.example.com")
    assert tenant.shares_orders_with_park
    assert ScopeNode.objects.get(pk=tenant.pk).name_zh == "新名"
    entry = AuditEntry.objects.filter(verb="tenant.update").latest("pk")
    assert entry.after["shares_orders_with_park"] is True
    # An empty box is a no.
    owner.post(address(firm), said(firm))
    assert not Tenant.objects.get(pk=tenant.pk).shares_orders_with_park


def test_a_host_has_no_business_on_it(firm: TenantWorld, browser_of: Callable[[User], Client]) -> None:
    host = browser_of(firm.users[Role.HOST])
    assert host.get(address(firm)).status_code == 403
    assert address(firm) not in host.get(reverse("portal-more", args=[firm.tenant.code])).text
    assert address(firm) not in host.get(reverse("portal-who-sees", args=[firm.tenant.code, "orders"])).text


def test_others_of_the_firm_read_and_change_nothing(
    firm: TenantWorld, browser_of: Callable[[User], Client]
) -> None:
    before = Tenant.objects.filter(pk=firm.tenant.pk).values().get()
    for role in (Role.TENANT_STAFF, Role.TENANT_FINANCE):
        client = browser_of(firm.users[role])
        page = client.get(address(firm))
        assert page.status_code == 200
        assert "<fieldset disabled" in page.text
        assert "btn-primary" not in page.text.split("<main", 1)[1].split("</main", 1)[0]
        for change in ({"wall_visibility": "hidden"}, {"shares_orders_with_park": "on"}, {"industry": "x"}):
            assert client.post(address(firm), said(firm, **change)).status_code == 403
    assert Tenant.objects.filter(pk=firm.tenant.pk).values().get() == before


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("wall_visibility", "loud"),
        ("name_zh", ""),
        ("name_zh", "x" * 201),
        ("headcount", "-1"),
        ("headcount", "１２"),
        ("headcount", str(2**31)),
        ("website", "javascript:alert(1)"),
    ],
)
def test_what_cannot_be_is_said_beside_its_field(
    owner: Client, firm: TenantWorld, field: str, value: str
) -> None:
    before = Tenant.objects.filter(pk=firm.tenant.pk).values().get()
    answer = owner.post(address(firm), said(firm) | {field: value})
    assert answer.status_code == 400
    assert list(answer.context["form"].errors) == [field]
    assert Tenant.objects.filter(pk=firm.tenant.pk).values().get() == before


def test_each_choice_shows_what_the_hall_would_see_and_the_hall_then_sees_it(
    owner: Client, world: World, firm: TenantWorld
) -> None:
    sold_today(firm, "300.00")
    sold_today(world.tenants[1], "500.00")
    expected = {
        WallVisibility.AMOUNT: [(2, "300.00")],
        WallVisibility.RANK: [(2, None)],
        WallVisibility.HIDDEN: [],
    }
    for choice, lines in expected.items():
        assert owner.post(address(firm), said(firm, wall_visibility=choice.value)).status_code == 302
        ranking = wall_snapshot(world.park)["ranking"]
        mine = [(row["rank"], row["gmv_paid"]) for row in ranking if row["name_zh"] == firm.tenant.name_zh]
        assert mine == lines, choice
        page = owner.get(address(firm)).text
        boards = [part.split("</label>")[0] for part in page.split('class="lp-board"')[1:]]
        # The three lines stand there whatever is chosen now: with an amount, with a place, with neither.
        assert len(boards) == 3
        assert ["300.00" in board for board in boards] == [True, False, False]
        assert ['<b class="num">2</b>' in board for board in boards] == [True, True, False]


def test_without_sales_no_line_of_the_hall_is_made_up(owner: Client, firm: TenantWorld) -> None:
    assert "lp-board" not in owner.get(address(firm)).text
