"""One log-in per role of the demo. The landing page offers them while demo data is there.

Their password is known to everybody, so they end when the installation gets a park of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from analytics.models import DisplayLink
from analytics.services import display_link_revoke
from core.actors import system_actor
from core.choices import Role
from core.models import AuditEntry, Membership, User
from core.services import membership_end
from parks.guards import follows_real_park

SYSTEM = system_actor("demo")

DEMO_PASSWORD = "livepark"  # noqa: S105  (printed on the landing page: the demo holds synthetic data only)


@dataclass(frozen=True)
class DemoLogin:
    """A log-in of the demo and the role it stands for."""

    username: str
    role: Role


DEMO_LOGINS = (
    DemoLogin("park", Role.PARK_MANAGER),
    DemoLogin("keeper", Role.PARK_WAREHOUSE),
    DemoLogin("tenant", Role.TENANT_OWNER),
    DemoLogin("host", Role.HOST),
    DemoLogin("analyst", Role.PROVINCE_ANALYST),
)


def demo_logins() -> dict[str, DemoLogin]:
    """The demo's log-ins that hold a role here, by role."""
    present = set(
        User.objects.filter(
            username__in=[login.username for login in DEMO_LOGINS],
            is_active=True,
            memberships__ended_at__isnull=True,
            memberships__isnull=False,
        ).values_list("username", flat=True)
    )
    return {login.role: login for login in DEMO_LOGINS if login.username in present}


@follows_real_park
def end_demo_memberships() -> None:
    """Take every role from the people whom the demo made, and its screens their links: an analyst of a province, or
    its wall, would show a real park in it.
    """
    for membership in Membership.objects.filter(user__in=_made("user.create"), ended_at__isnull=True):
        membership_end(actor=SYSTEM, membership=membership)
    for link in DisplayLink.objects.filter(pk__in=_made("display.make"), revoked_at__isnull=True):
        display_link_revoke(actor=SYSTEM, link=link)


def _made(verb: str) -> Any:
    return AuditEntry.objects.filter(actor=SYSTEM.label, verb=verb).values("object_id")
