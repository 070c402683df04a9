"""Units, firms, leases and stores are written in the admin by their services."""

from __future__ import annotations

import pytest
from django.test import Client

from core.clock import DAY, today
from core.errors import NotFound
from core.models import AuditEntry
from parks.models import Unit
from tenants.models import Company, Lease, Store, Tenancy, Tenant
from tenants.services import store_members_set
from tests.admin.conftest import Worlds, errors_of, url_of
from tests.factories import make_tenant

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


def test_a_collective_store_gets_its_members(manager: Client, worlds: Worlds) -> None:
    """Members are named by their codes, also those of other parks; a code that nobody has is named."""
    seller, maker = worlds.mine.tenants[0].tenant, worlds.mine.tenants[1].tenant
    far = make_tenant(worlds.other.park, "far-away")
    values = {"tenant": seller.pk, "name_zh": "优选", "name_en": "", "platform": "jd", "account": "select-1"}
    manager.post(url_of(Store, "add/"), values)
    store = Store.objects.get(account="select-1")
    members = url_of(Store, f"{store.pk}/do/members/")
    refused = errors_of(manager.post(members, {"member_codes": f"{maker.code}, nobody, {seller.code}"}))
    assert f"{seller.code}, nobody" in refused["member_codes"][0]
    assert not store.member_codes
    manager.post(members, {"member_codes": f"{maker.code}, {far.code}"})
    assert store.member_codes == sorted([maker.code, far.code])
    assert str(maker) in manager.get(url_of(Store, f"{store.pk}/change/")).content.decode()
    assert AuditEntry.objects.filter(verb="store.members").count() == 1
    other = Store.objects.filter(tenant=worlds.other.tenants[0].tenant).first()
    assert other is not None
    with pytest.raises(NotFound):
        store_members_set(actor=worlds.manager, store=other, member_codes=[])


def test_a_unit_gets_its_first_use_and_is_converted(manager: Client, worlds: Worlds) -> None:
    values = {"building": worlds.mine.building.pk, "code": "new-unit", "floor": "2", "is_lettable": "on"}
    first = {"use": "flat", "area_m2": "55.5", "from_day": "2020-01-01"}
    assert manager.post(url_of(Unit, "add/"), {**values, **first}).status_code == 302
    unit = Unit.objects.get(code="new-unit")
    change = {
        "use": "live_room",
        "from_day": "2021-01-01",
        "fit_out_until": "2021-02-01",
        "conversion_cost": "900",
    }
    assert manager.post(url_of(Unit, f"{unit.pk}/do/convert/"), change).status_code == 302
    assert [use.use for use in unit.uses.order_by("from_day")] == ["flat", "fit_out", "live_room"]
    let = worlds.mine.units[0]
    refused = errors_of(manager.post(url_of(Unit, f"{let.pk}/do/convert/"), change))
    assert "alpha-a-lease" in refused["__all__"][0]  # the blocker is named


def test_a_tenant_moves_in_with_a_lease_and_the_lease_ends(manager: Client, worlds: Worlds) -> None:
    park = worlds.mine.park
    firm = {
        "park": park.pk,
        "from_day": str(today()),
        "code": "newcomer",
        "name_zh": "新商户",
        "name_en": "",
        "kind": "brand",
        "industry": "",
        "headcount": "12",
        "credit_code": "91350100m000100y43",
        "company_name": "新公司",
    }
    assert manager.post(url_of(Tenant, "add/"), firm).status_code == 302
    tenant = Tenant.objects.get(code="newcomer")
    assert tenant.company.credit_code == "91350100M000100Y43"
    assert Tenancy.objects.get(tenant=tenant).park == park
    lease = {
        "number": "L-1",
        "tenant": tenant.pk,
        "park": park.pk,
        "units": [worlds.mine.units[3].pk],
        "from_day": str(today()),
        "to_day": str(today() + 365 * DAY),
        "free_until": "",
        "rent_per_month": "800",
        "service_fee_per_month": "0",
        "deposit": "0",
        "turnover_rate_percent": "0",
        "turnover_threshold": "0",
    }
    assert manager.post(url_of(Lease, "add/"), lease).status_code == 302
    made = Lease.objects.get(number="L-1")
    assert [(row.unit, row.area_m2) for row in made.lease_units.all()] == [(worlds.mine.units[3], 100)]
    assert "units" in errors_of(manager.post(url_of(Lease, "add/"), {**lease, "number": "L-2"}))
    assert manager.post(url_of(Lease, f"{made.pk}/do/end/"), {"day": str(today() + DAY)}).status_code == 302
    made.refresh_from_db()
    assert made.to_day == today() + DAY
    # The tenant's own choices are not the park's to make.
    manager.post(
        url_of(Tenant, f"{tenant.pk}/change/"),
        {**firm, "shares_orders_with_park": "on", "wall_visibility": "amount"},
    )
    tenant.refresh_from_db()
    assert (tenant.shares_orders_with_park, tenant.wall_visibility) == (False, "rank")


def test_a_firm_leaves_and_is_taken_in_again(manager: Client, worlds: Worlds) -> None:
    """Whoever looks is told what stands in the way; each page offers what makes sense for the firm."""
    mine, park = worlds.mine.tenants[0], worlds.mine.park
    refused = manager.post(url_of(Tenant, f"{mine.tenant.pk}/do/leave/"), {"day": str(today())})
    told = " ".join(errors_of(refused)["__all__"])
    assert mine.lease.number in told
    assert str(mine.booking) in told
    tenant = make_tenant(park, "leaver")
    leave, back = (url_of(Tenant, f"{tenant.pk}/do/{name}/") for name in ("leave", "return"))
    page = url_of(Tenant, f"{tenant.pk}/change/")
    assert errors_of(manager.post(leave, {"day": str(today() + DAY)}))["day"]
    for address, day, shown, hidden in (
        (leave, {"day": str(today())}, back, leave),
        (back, {"park": park.pk, "from_day": str(today())}, leave, back),
    ):
        assert address in manager.get(page).content.decode()
        assert manager.post(address, day).status_code == 302
        after = manager.get(page).content.decode()
        assert (shown in after, hidden in after) == (True, False)
    assert list(tenant.tenancies.order_by("from_day").values_list("park", "to_day")) == [
        (park.pk, today()),
        (park.pk, None),
    ]


def test_inlines_are_shown_and_not_written(manager: Client, worlds: Worlds) -> None:
    tenant, foreign = worlds.mine.tenants[0].tenant, worlds.other.tenants[0].tenant
    before = list(Tenancy.objects.order_by("pk").values())
    posted = {
        "name_zh": tenant.name_zh,
        "kind": tenant.kind,
        "industry": "衬衫",
        "tenancies-TOTAL_FORMS": "3",
        "tenancies-INITIAL_FORMS": "1",
        "tenancies-0-id": Tenancy.objects.get(tenant=foreign).pk,
        "tenancies-0-park": worlds.mine.park.pk,
        "tenancies-0-from_day": "2020-01-01",
        "tenancies-0-DELETE": "on",
        "tenancies-2-park": worlds.mine.park.pk,
        "tenancies-2-from_day": "2030-01-01",
    }
    assert manager.post(url_of(Tenant, f"{tenant.pk}/change/"), posted).status_code == 302
    assert list(Tenancy.objects.order_by("pk").values()) == before
    for page in ("²", "0", "0000000"):
        assert manager.get(url_of(Tenant, f"{tenant.pk}/change/?tenancies-page={page}")).status_code == 200


def test_a_company_of_two_parks_shows_each_its_own_tenants(manager: Client, worlds: Worlds) -> None:
    shared = worlds.other.tenants[0].tenant
    Tenant.objects.filter(pk=shared.pk).update(company=worlds.mine.tenants[0].tenant.company)
    for address in (url_of(Company), url_of(Company, f"{worlds.mine.tenants[0].tenant.company_id}/change/")):
        assert shared.name_zh not in manager.get(address).content.decode()
