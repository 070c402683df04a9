"""Demo log-ins of every role, and the display keys of the walls. Printed by `make run`; never made for real parks."""

from __future__ import annotations

import hmac
from functools import cache
from hashlib import sha256
from pathlib import Path

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import make_password
from django.db import transaction

from analytics.demo.build import BuiltPark
from analytics.demo.logins import DEMO_LOGINS, DEMO_PASSWORD
from core import audit
from core.actors import Actor
from core.choices import Role
from core.models import ScopeNode, ToolKey, User
from core.services import KEY_PREFIX, KEY_SCOPES, hash_secret, membership_grant
from livestreams.models import Host

PARK_ACCOUNTS = {
    "manager": Role.PARK_MANAGER,
    "leasing": Role.PARK_LEASING,
    "studio": Role.PARK_STUDIO,
    "warehouse": Role.PARK_WAREHOUSE,
    "finance": Role.PARK_FINANCE,
}
SHORT = {login.role: login.username for login in DEMO_LOGINS}
WELCOME = "welcome.txt"


@cache
def _password() -> str:
    """The password that all log-ins of the demo share, hashed once: hashing is slow on purpose."""
    return make_password(DEMO_PASSWORD)


def _user(actor: Actor, username: str, display_name: str) -> User:
    with transaction.atomic():
        user, new = get_user_model().objects.get_or_create(
            username=username, defaults={"display_name": display_name, "password": _password}
        )
        if new:
            audit.record(actor=actor, verb="user.create", obj=user)
    return user


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


def demo_secret(park_code: str) -> str:
    """The secret of a demo park's key: known to this installation only, without being stored in the clear."""
    prefix = f"demo-{park_code}"[:16].replace("_", "-")
    digest = hmac.new(str(settings.SECRET_KEY).encode(), f"demo:{park_code}".encode(), sha256).hexdigest()
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


def make_short_logins(parks: list[BuiltPark], *, actor: Actor) -> None:
    """One log-in per role with a short name: the operator of all demo parks, and people of the first one."""
    first = parks[0]
    for built in parks:
        _member(actor, SHORT[Role.PARK_MANAGER], "演示园区运营", Role.PARK_MANAGER, built.park.node)
    tenant, host = first.tenants[0], first.hosts[1]
    _member(actor, SHORT[Role.TENANT_OWNER], tenant.name_zh, Role.TENANT_OWNER, tenant.node)
    user = _member(actor, SHORT[Role.HOST], host.name_zh, Role.HOST, host.tenant.node)
    Host.objects.filter(pk=host.pk).update(user=user)
    province = first.park.town.city.province
    _member(actor, SHORT[Role.PROVINCE_ANALYST], province.name_zh, Role.PROVINCE_ANALYST, province.node)


def write_welcome(first: BuiltPark) -> None:
    """What `serve` prints to whoever starts the demo: the log-ins by role and the wall."""
    where = {Role.PARK_MANAGER: "/admin/", Role.TENANT_OWNER: "/portal/", Role.HOST: "/portal/"}
    lines = [f"Demo log-ins (演示数据), password: {DEMO_PASSWORD}"]
    lines += [
        f"  {login.username:<9}{where.get(login.role, '/analytics/'):<13}{login.role.label}"
        for login in DEMO_LOGINS
    ]
    lines.append(f"  the wall without a log-in: /wall/{first.plan.code}/?key={demo_secret(first.plan.code)}")
    (Path(settings.DATA_DIR) / WELCOME).write_text("\n".join(lines) + "\n", encoding="utf-8")
