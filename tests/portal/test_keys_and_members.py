"""Keys, members, and who can see what."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from core.choices import Role
from core.doors.audience import SUBJECTS, audience_of
from core.models import Membership, ToolKey, User
from core.services import tool_key_by_secret
from tenants.services import tenant_update
from tests.factories import PASSWORD, TenantWorld, World, make_world


def test_a_key_is_shown_once_and_works_until_it_is_revoked(owner: Client, firm: TenantWorld) -> None:
    address = reverse("portal-keys", args=[firm.tenant.code])
    page = owner.post(address, {"name": "encoder", "scopes": ["orders:write"], "days": "90"})
    secret = page.context["secret"]
    assert secret in page.text
    key = tool_key_by_secret(secret)
    assert key is not None
    assert (key.node_id, key.scopes) == (firm.tenant.pk, ["orders:write"])
    assert secret not in owner.get(address).text
    owner.post(reverse("portal-key-revoke", args=[firm.tenant.code, key.uid]))
    assert tool_key_by_secret(secret) is None


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"name": "x"},
        {"name": "x", "scopes": ["everything"]},
        {"name": "x", "scopes": ["orders:write"], "days": "1"},
    ],
)
def test_a_key_without_name_rights_or_lifetime_is_not_made(
    owner: Client, firm: TenantWorld, form: dict[str, str]
) -> None:
    before = ToolKey.objects.count()
    assert owner.post(reverse("portal-keys", args=[firm.tenant.code]), form).status_code == 400
    assert ToolKey.objects.count() == before


def test_keys_belong_to_the_owner(firm: TenantWorld, browser_of: Callable[[User], Client]) -> None:
    staff = browser_of(firm.users[Role.TENANT_STAFF])
    assert staff.get(reverse("portal-keys", args=[firm.tenant.code])).status_code == 403


def test_a_foreign_key_cannot_be_revoked(owner: Client, firm: TenantWorld) -> None:
    foreign = make_world("beta").tenants[0].key
    absent = "00000000-0000-7000-8000-000000000000"
    answers = [
        owner.post(reverse("portal-key-revoke", args=[firm.tenant.code, uid])).status_code
        for uid in (foreign.uid, absent)
    ]
    assert answers == [404, 404]
    foreign.refresh_from_db()
    assert foreign.revoked_at is None


def test_an_ended_role_holds_no_longer(
    owner: Client, firm: TenantWorld, browser_of: Callable[[User], Client]
) -> None:
    staff = firm.users[Role.TENANT_STAFF]
    client = browser_of(staff)
    assert client.get(reverse("portal-today", args=[firm.tenant.code])).status_code == 200
    listed = owner.get(reverse("portal-members", args=[firm.tenant.code])).context["rows"]
    assert {membership.user for membership in listed} == set(firm.users.values())
    membership = Membership.objects.get(user=staff)
    owner.post(reverse("portal-member-end", args=[firm.tenant.code, membership.pk]))
    assert client.get(reverse("portal-today", args=[firm.tenant.code])).status_code == 404


def test_an_owner_adds_a_colleague_who_then_works_for_the_firm(
    owner: Client, firm: TenantWorld, browser_of: Callable[[User], Client]
) -> None:
    address = reverse("portal-members", args=[firm.tenant.code])
    form = {"username": "xiaoli", "role": Role.TENANT_STAFF, "display_name": "小李", "password": ""}
    unknown = owner.post(address, form)
    assert (unknown.status_code, "username" in unknown.context["form"].errors) == (400, True)
    for wrong in ({"password": "12345678"}, {"role": Role.PARK_VIEWER}, {"username": "no name"}):
        answer = owner.post(address, {**form, "password": PASSWORD, **wrong})
        assert (answer.status_code, set(answer.context["form"].errors)) == (400, set(wrong))
    assert not User.objects.filter(username="xiaoli").exists()
    assert owner.post(address, {**form, "password": PASSWORD}).status_code == 302
    assert "小李" in owner.get(address).text
    colleague = User.objects.get(username="xiaoli")
    assert browser_of(colleague).get(reverse("portal-orders", args=[firm.tenant.code])).status_code == 200
    again = owner.post(address, {**form, "password": PASSWORD})
    assert again.status_code == 409


def test_only_the_owner_adds_members(firm: TenantWorld, browser_of: Callable[[User], Client]) -> None:
    staff = browser_of(firm.users[Role.TENANT_STAFF])
    address = reverse("portal-members", args=[firm.tenant.code])
    assert 'name="username"' not in staff.get(address).text
    taken, free = (
        staff.post(address, {"username": name, "role": Role.TENANT_STAFF, "password": PASSWORD})
        for name in ("alpha-b-host", "nobody-yet")
    )
    assert taken.status_code == free.status_code == 403
    assert not User.objects.filter(username="nobody-yet").exists()


def test_members_of_another_firm_are_out_of_reach(owner: Client, world: World, firm: TenantWorld) -> None:
    foreign = Membership.objects.filter(node=world.tenants[1].tenant.node).first()
    assert foreign is not None
    for number in (foreign.pk, 10**9, 10**30):
        assert owner.post(reverse("portal-member-end", args=[firm.tenant.code, number])).status_code == 404
    foreign.refresh_from_db()
    assert foreign.ended_at is None


def test_who_can_see_a_figure_is_one_tap_away_and_read_off_the_policy(
    owner: Client, firm: TenantWorld
) -> None:
    page = owner.get(reverse("portal-today", args=[firm.tenant.code]))
    address = reverse("portal-who-sees", args=[firm.tenant.code, "figures"])
    assert f'hx-get="{address}"' in page.text
    whole = owner.get(address)
    part = owner.get(address, headers={"HX-Request": "true"})
    assert "<html" in whole.text
    assert "<html" not in part.text
    assert owner.get(reverse("portal-who-sees", args=[firm.tenant.code, "nothing"])).status_code == 404
    firm_circle, _tools, park, bureaus = audience_of(SUBJECTS["orders"], firm.tenant.node).circles
    assert firm_circle.roles
    assert park.roles == bureaus.roles == bureaus.offered == []
    assert audience_of(SUBJECTS["sessions"], firm.tenant.node).circles[0].own == [str(Role.HOST.label)]


def test_who_can_see_order_lines_is_what_the_firm_has_chosen(
    owner: Client, world: World, firm: TenantWorld
) -> None:
    address = reverse("portal-who-sees", args=[firm.tenant.code, "orders"])
    readers = [str(Role.PARK_MANAGER.label), str(Role.PARK_FINANCE.label)]
    kept = owner.get(address)
    assert kept.context["audience"].circles[2].offered == readers
    assert kept.context["audience"].note == SUBJECTS["orders"].note
    assert reverse("portal-firm", args=[firm.tenant.code]) in kept.text
    tenant_update(actor=firm.owner, tenant=firm.tenant, shares_orders_with_park=True)
    shown = owner.get(address)
    park = shown.context["audience"].circles[2]
    assert (park.roles, park.offered) == (readers, [])
    assert shown.context["audience"].note == SUBJECTS["orders"].shared_note
    neighbour = audience_of(SUBJECTS["orders"], world.tenants[1].tenant.node)
    assert neighbour.circles[2].roles == []
