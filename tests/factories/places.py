"""Places and the people who work there: provinces, towns, parks, tenants, log-ins."""

from __future__ import annotations

import datetime as dt
import itertools

from core.actors import system_actor
from core.choices import NodeKind
from core.models import ScopeNode, User
from core.services import membership_grant, user_create
from parks.choices import OperatingMode
from parks.geography import nation
from parks.models import City, Park, Province, Town
from parks.services import park_create, town_create
from tenants.choices import TenantKind, WallVisibility
from tenants.models import Tenant
from tenants.services import company_get_or_create, tenant_create

SYSTEM = system_actor("test")
PASSWORD = "correct horse battery"
# The worlds begin well before any test looks at them.
OPENED = dt.date(2010, 1, 1)

_numbers = itertools.count(1)


def make_user(username: str, role: str | None = None, node: ScopeNode | None = None) -> User:
    """A log-in with the common password, with a role if one is given."""
    user = user_create(actor=SYSTEM, username=username, password=PASSWORD, display_name=username)
    if role is not None:
        assert node is not None
        membership_grant(actor=SYSTEM, user=user, role=role, node=node)
    return user


def make_province(name: str, canary: str) -> Province:
    """A province of its own; its code is not one of GB/T 2260, so it never meets the real ones."""
    code = _two_letters(next(_numbers))
    node = ScopeNode.objects.create(
        kind=NodeKind.PROVINCE,
        code=f"cn-{code}-{name}",
        name_zh=f"{canary}省",
        name_en=f"{canary} Province",
        parent=nation(),
    )
    return Province.objects.create(
        node=node, code=code, name_zh=node.name_zh, name_en=node.name_en, region="east"
    )


def _two_letters(number: int) -> str:
    return chr(ord("a") + number // 26 % 26) + chr(ord("a") + number % 26)


def make_town(province: Province, name: str, canary: str = "") -> Town:
    """A town in a city of its own."""
    canary = canary or name
    node = ScopeNode.objects.create(
        kind=NodeKind.CITY, code=f"{name}-city", name_zh=f"{canary}市", parent=province.node
    )
    city = City.objects.create(
        node=node,
        province=province,
        code=f"{province.code}{City.objects.filter(province=province).count() + 1:02d}",
        name_zh=node.name_zh,
        name_en=f"{canary} City",
    )
    return town_create(
        actor=SYSTEM, city=city, code=f"{name}-town", name_zh=f"{canary}镇", name_en=f"{canary} Town"
    )


def make_park(name: str, canary: str = "", town: Town | None = None) -> Park:
    """A bare park, in a province of its own unless a town is given."""
    canary = canary or name
    return park_create(
        actor=SYSTEM,
        town=town or make_town(make_province(name, canary), name, canary),
        code=name,
        name_zh=f"{canary}园区",
        name_en=f"{canary} Park",
        operating_mode=OperatingMode.SELF_RUN,
        operator=f"{canary} Operator",
        opened_on=OPENED,
        industries=[canary],
    )


def make_tenant(park: Park, code: str, canary: str = "", *, kind: str = TenantKind.BRAND) -> Tenant:
    """A bare tenant of a park since it opened."""
    company = company_get_or_create(
        actor=SYSTEM,
        credit_code=f"C{next(_numbers):017d}",
        name_zh=f"{canary or code}公司",
        name_en=f"{canary or code} Ltd",
    )
    return tenant_create(
        actor=SYSTEM,
        park=park,
        credit_code=company.credit_code,
        company_name=company.name_zh,
        code=code,
        name_zh=f"{canary or code}商户",
        name_en=f"{canary or code} Tenant",
        kind=kind,
        from_day=OPENED,
        industry=canary,
        wall_visibility=WallVisibility.AMOUNT,
    )
