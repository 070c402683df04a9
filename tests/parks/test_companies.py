"""A company is entered by whoever may take firms into a park, once, and the audit says by whom."""

from __future__ import annotations

import pytest

from core.actors import NOBODY, user_actor
from core.choices import Role
from core.errors import Refused
from core.models import AuditEntry
from tenants.models import Company
from tenants.services import company_get_or_create
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


def test_nobody_else_enters_companies() -> None:
    world = make_world("alpha")
    before = Company.objects.count()
    for actor in (NOBODY, world.tenants[0].owner, user_actor(world.users[Role.PARK_STUDIO])):
        with pytest.raises(Refused):
            company_get_or_create(actor=actor, credit_code=CODE, name_zh="新公司")
    assert Company.objects.count() == before
