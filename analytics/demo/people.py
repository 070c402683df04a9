"""Demo log-ins of every role, and the display keys of the walls. Printed by `make run`; never made for real parks."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from hashlib import sha256

from django.conf import settings
from django.contrib.auth import get_user_model

from analytics.demo.build import BuiltPark
from core.actors import Actor
from core.choices import Role
from core.models import ScopeNode, ToolKey, User
from core.services import KEY_PREFIX, KEY_SCOPES, hash_secret, membership_grant, user_create
from livestreams.models import Host

PASSWORD = "livepark-demo"  # noqa: S105  (printed on the landing page of a demo)
PARK_ACCOUNTS = {
    "manager": Role.PARK_MANAGER,
    "leasing": Role.PARK_LEASING,
    "studio": Role.PARK_STUDIO,
    "warehouse": Role.PARK_WAREHOUSE,
    "finance": Role.PARK_FINANCE,
}
ADMINISTRATOR = "admin"


@dataclass(frozen=True)
class Account:
    """A demo log-in and where it arrives."""

    username: str
    role: str
    where: str


def _user(actor: Actor, username: str, display_name: str) -> User:
    existing = get_user_model().objects.filter(username=username).first()
    return existing or user_create(
        actor=actor, username=username, password=PASSWORD, display_name=display_name
    )


def _member(actor: Actor, username: str, display_name: str, role: str, node: ScopeNode) -> User:
    user = _user(actor, username, display_name)
    if not user.memberships.filter(role=role, node=node, ended_at__isnull=True).exists():
        membership_grant(actor=actor, user=user, role=role, node=node)
    return user


def make_people(built: BuiltPark, *, actor: Actor) -> None:
    """Log-ins for a park: its officers, the owner of its first tenant, a host, and the analyst of its province."""
    code, park = built.plan.code, built.park
    for account, role in PARK_ACCOUNTS.items():
        _member(actor, f"{code}-{account}", f"{park.name_zh} · {role.label}", role, park.node)
    tenant = built.tenants[0]
    _member(actor, f"{code}-tenant", tenant.name_zh, Role.TENANT_OWNER, tenant.node)
    host = built.hosts[0]
    user = _member(actor, f"{code}-host", host.name_zh, Role.HOST, host.tenant.node)
    Host.objects.filter(pk=host.pk).update(user=user)
    province = park.town.city.province
    slug = province.name_en.lower().replace(" ", "-")
    _member(
        actor,
        f"{slug}-analyst",
        f"{province.name_zh} · {Role.PROVINCE_ANALYST.label}",
        Role.PROVINCE_ANALYST,
        province.node,
    )
    make_key(built)


def make_administrator(*, actor: Actor) -> None:
    """The superuser of the demo."""
    user = _user(actor, ADMINISTRATOR, "Administrator")
    if not user.is_superuser:
        user.is_superuser = user.is_staff = True
        user.save(update_fields=["is_superuser", "is_staff"])


def demo_secret(park_code: str) -> str:
    """The secret of a demo park's key: known to this installation only, without being stored in the clear."""
    prefix = f"demo-{park_code}"[:16].replace("_", "-")
    digest = hmac.new(settings.SECRET_KEY.encode(), f"demo:{park_code}".encode(), sha256).hexdigest()
    return f"{KEY_PREFIX}{prefix}_{digest}"


def make_key(built: BuiltPark) -> None:
    """The key with which the simulator speaks to the API and the hall screen shows the wall."""
    secret = demo_secret(built.plan.code)
    ToolKey.objects.get_or_create(
        prefix=secret.removeprefix(KEY_PREFIX).split("_", 1)[0],
        defaults={
            "node": built.park.node,
            "name": "演示 · demo",
            "secret_hash": hash_secret(secret),
            "scopes": sorted(KEY_SCOPES),
        },
    )


def accounts(built: BuiltPark) -> list[Account]:
    """The log-ins of a park, in the order a newcomer tries them."""
    code = built.plan.code
    slug = built.park.town.city.province.name_en.lower().replace(" ", "-")
    return [
        Account(f"{code}-manager", str(Role.PARK_MANAGER.label), "/admin/"),
        Account(f"{code}-tenant", str(Role.TENANT_OWNER.label), "/portal/"),
        Account(f"{code}-host", str(Role.HOST.label), "/portal/"),
        Account(f"{slug}-analyst", str(Role.PROVINCE_ANALYST.label), "/analytics/"),
    ]
