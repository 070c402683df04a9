"""A park of one's own, opened from an empty installation through the pages alone."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.management import call_command
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from core.choices import Role
from core.models import Membership, User
from livestreams.models import LiveRoom
from parks.models import Building, City, Park, Town, Unit
from tenants.models import Tenant

pytestmark = pytest.mark.django_db
PASSWORD = "a quiet river runs deep"


def add(client: Client, model: type[Model], **values: Any) -> Any:
    """Fill in the admin's form for a new row as a person would, and return the row."""
    address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_add")
    form = client.get(address).context["adminform"].form
    proposed = {name: form.get_initial_for_field(field, name) for name, field in form.fields.items()}
    given = {name: value for name, value in (proposed | values).items() if value not in (None, False)}
    answer = client.post(address, {**given, **_no_inlines(client, address)})
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    return model._default_manager.order_by("-pk").first()


def _no_inlines(client: Client, address: str) -> dict[str, str]:
    formsets = client.get(address).context["inline_admin_formsets"]
    return {
        f"{each.formset.prefix}-{count}": "0"
        for each in formsets
        for count in ("TOTAL_FORMS", "INITIAL_FORMS")
    }


def test_from_nothing_to_a_tenant_that_logs_in(client: Client) -> None:
    call_command("geography")
    client.force_login(
        User.objects.create_superuser("boss", password=PASSWORD),
        backend="django.contrib.auth.backends.ModelBackend",
    )
    city = City.objects.get(name_zh="中山市")
    town = add(client, Town, city=city.pk, code="zhongshan-shaxi", name_zh="沙溪镇")
    park = add(client, Park, town=town.pk, code="shaxi-1", name_zh="沙溪一号园", operating_mode="self_run")
    building = add(client, Building, park=park.pk, code="A", name_zh="A 栋")
    unit = add(
        client, Unit, building=building.pk, code="A-101", use="live_room", area_m2="80", from_day="2025-01-01"
    )
    room = add(
        client, LiveRoom, park=park.pk, code="shaxi-1-a101", name_zh="A101", unit=unit.pk, hourly_rate="100"
    )
    tenant = add(
        client,
        Tenant,
        park=park.pk,
        code="shaxi-brand",
        name_zh="沙溪品牌",
        kind="brand",
        credit_code="91442000MA00000000",
        company_name="沙溪品牌有限公司",
    )
    add(client, Membership, role=Role.TENANT_OWNER, node=tenant.pk, username="owner", password=PASSWORD)

    visitor = Client()
    visitor.post(reverse("portal-login"), {"username": "owner", "password": PASSWORD})
    today = visitor.get(reverse("after-login"), follow=True)
    assert today.redirect_chain[-1][0] == reverse("portal-today", args=[tenant.code])
    assert "沙溪品牌" in today.text
    assert room.name_zh in visitor.get(reverse("portal-rooms", args=[tenant.code])).text
