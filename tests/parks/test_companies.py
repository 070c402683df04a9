"""A company is entered by whoever may take firms into a park, once, and the audit says by whom."""

from __future__ import annotations

from typing import Any

import pytest

from core.actors import NOBODY, user_actor
from core.choices import Role
from core.clock import today
from core.errors import Conflict, Refused
from core.models import AuditEntry
from tenants.choices import TenantKind
from tenants.models import Company, Tenant
from tenants.services import company_get_or_create, tenant_create
from tests.factories import make_world

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
CODE = "91350100M000100Y43"


def test_a_company_is_entered_once_and_audited() -> None:
    world = make_world("alpha")
    company = company_get_or_create(actor=world.manager, credit_code=CODE, name_zh="新公司")
    again = company_get_or_create(actor=world.manager, credit_code=CODE, name_zh="别名")
    assert (again.pk, again.name_zh) == (company.pk, "新公司")
    entry = AuditEntry.objects.get(verb="company.create", object_id=company.pk)
    assert (entry.actor_id, entry.after) == (world.manager.user_id, {"credit_code": CODE})


def test_a_firm_that_is_not_taken_in_leaves_no_company_behind() -> None:
    world = make_world("alpha")
    mine = world.tenants[0].tenant
    firm: dict[str, Any] = {
        "name_zh": "商户",
        "kind": TenantKind.BRAND,
        "from_day": today(),
        "company_name": "新公司",
    }

    def take_in(code: str, credit_code: str = CODE) -> Tenant:
        return tenant_create(actor=world.manager, park=world.park, code=code, credit_code=credit_code, **firm)

    with pytest.raises(Conflict):
        take_in(mine.code)
    assert not Company.objects.filter(credit_code=CODE).exists()
    assert take_in("alpha-new").company.name_zh == "新公司"
    assert take_in("alpha-more", mine.company.credit_code).company == mine.company


def test_nobody_else_enters_companies() -> None:
    world = make_world("alpha")
    before = Company.objects.count()
    for actor in (NOBODY, world.tenants[0].owner, user_actor(world.users[Role.PARK_STUDIO])):
        with pytest.raises(Refused):
            company_get_or_create(actor=actor, credit_code=CODE, name_zh="新公司")
    assert Company.objects.count() == before
