"""One log-in per role of the demo. The landing page offers them while demo data is there."""

from __future__ import annotations

from dataclasses import dataclass

from core.choices import Role
from core.models import User

DEMO_PASSWORD = "livepark"  # noqa: S105  (printed on the landing page: the demo holds synthetic data only)


@dataclass(frozen=True)
class DemoLogin:
    """A log-in of the demo and the role it stands for."""

    username: str
    role: Role


DEMO_LOGINS = (
    DemoLogin("park", Role.PARK_MANAGER),
    DemoLogin("tenant", Role.TENANT_OWNER),
    DemoLogin("host", Role.HOST),
    DemoLogin("analyst", Role.PROVINCE_ANALYST),
)


def demo_logins() -> dict[str, DemoLogin]:
    """The demo's log-ins that exist here, by role."""
    present = set(
        User.objects.filter(
            username__in=[login.username for login in DEMO_LOGINS], is_active=True
        ).values_list("username", flat=True)
    )
    return {login.role: login for login in DEMO_LOGINS if login.username in present}
