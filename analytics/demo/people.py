"""Demo log-ins of every role, and the display links of the walls. Printed by `make run`; never made for real parks."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import make_password
from django.db import transaction

from analytics.demo.built import BuiltPark
from analytics.demo.logins import DEMO_LOGINS, DEMO_PASSWORD
from analytics.models import DisplayLink
from analytics.services import display_link_by_secret, display_link_make
from analytics.wall.subjects import page_of
from core import audit
from core.actors import Actor
from core.choices import Role
from core.models import ScopeNode, ToolKey, User
from core.services import membership_grant, tool_key_by_secret, tool_key_create
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
KEYS = "demo-keys.json"


@cache
def _password() -> str:
    """The password that all log-ins of the demo share, hashed once: hashing is slow on purpose."""
    return make_password(DEMO_PASSWORD)


def _user(actor: Actor, username: str, display_name: str) -> User:
    with transaction.atomic():
        values: dict[str, Any] = {"display_name": display_name, "password": _password}
        user, new = get_user_model().objects.get_or_create(username=username, defaults=values)
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
    _member(
        actor,
        f"{code}-tenant",
        f"{tenant.name_zh} · {Role.TENANT_OWNER.label}",
        Role.TENANT_OWNER,
        tenant.node,
    )
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
    demo_secret(built, SIMULATOR_KEY, actor=actor)
    demo_screen(built.park.node, f"{code} hall screen", actor=actor)
    demo_screen(province.node, f"{province.node.code} bureau screen", actor=actor)


@dataclass(frozen=True)
class DemoKey:
    """A key of a demo park: its name and what it may do."""

    name: str
    scopes: tuple[str, ...]


SIMULATOR_KEY = DemoKey("simulator", ("orders:write", "samples:write", "sessions:write"))


def demo_secret(built: BuiltPark, key: DemoKey, *, actor: Actor) -> str:
    """The secret of a demo park's key, made when there is none that works."""

    def make() -> str:
        return tool_key_create(
            actor=actor, node=built.park.node, name=f"演示 · {key.name}", scopes=key.scopes
        )[1]

    return _kept(f"{built.plan.code} {key.name}", built.park.node, tool_key_by_secret, make)


def demo_screen(node: ScopeNode, name: str, *, actor: Actor) -> str:
    """The secret of a demo screen's display link, made when there is none that works."""

    def make() -> str:
        return display_link_make(actor=actor, node=node, name=f"演示 · {name}")[1]

    return _kept(name, node, display_link_by_secret, make)


def _kept(
    name: str, node: ScopeNode, holds: Callable[[str], ToolKey | DisplayLink | None], make: Callable[[], str]
) -> str:
    """A secret that this installation keeps in a file, made anew when it is lost or opens nothing here."""
    kept = Path(settings.DATA_DIR) / KEYS
    secrets = json.loads(kept.read_text(encoding="utf-8")) if kept.exists() else {}
    held = holds(secrets.get(name, ""))
    if held is None or held.node_id != node.pk:
        secrets[name] = make()
        kept.touch(mode=0o600)
        kept.write_text(json.dumps(secrets, indent=1), encoding="utf-8")
    return str(secrets[name])


def make_short_logins(parks: list[BuiltPark], *, actor: Actor) -> None:
    """One log-in per role with a short name: the operator of all demo parks, and people of the first one."""
    first = parks[0]
    for built in parks:
        _member(actor, SHORT[Role.PARK_MANAGER], "演示园区运营", Role.PARK_MANAGER, built.park.node)
        _member(actor, SHORT[Role.PARK_WAREHOUSE], "演示仓库管理", Role.PARK_WAREHOUSE, built.park.node)
    tenant, host = first.tenants[0], first.hosts[1]
    _member(actor, SHORT[Role.TENANT_OWNER], "演示企业主", Role.TENANT_OWNER, tenant.node)
    user = _member(actor, SHORT[Role.HOST], host.name_zh, Role.HOST, host.tenant.node)
    Host.objects.filter(pk=host.pk).update(user=user)
    province = first.park.town.city.province
    _member(actor, SHORT[Role.PROVINCE_ANALYST], province.name_zh, Role.PROVINCE_ANALYST, province.node)


def write_welcome(first: BuiltPark, *, actor: Actor) -> None:
    """What `serve` prints to whoever starts the demo: the log-ins by role and the wall."""
    where = {
        Role.PARK_MANAGER: "/admin/",
        Role.PARK_WAREHOUSE: "/admin/",
        Role.TENANT_OWNER: "/portal/",
        Role.HOST: "/portal/",
    }
    lines = [f"Demo log-ins (演示数据), password: {DEMO_PASSWORD}"]
    lines += [
        f"  {login.username:<9}{where.get(login.role, '/analytics/'):<13}{login.role.label}"
        for login in DEMO_LOGINS
    ]
    province = first.park.town.city.province.node
    screens = (
        ("the wall", first.park.node, f"{first.plan.code} hall screen"),
        ("the province", province, f"{province.code} bureau screen"),
    )
    for what, node, name in screens:
        secret = demo_screen(node, name, actor=actor)
        lines.append(f"  {what} without a log-in: {page_of(node)}?key={secret}")
    (Path(settings.DATA_DIR) / WELCOME).write_text("\n".join(lines) + "\n", encoding="utf-8")
