"""Where a route may do what the access matrix forbids: why, since when, and which routes. A test counts the reasons."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, kw_only=True)
class Exemption:
    """People of one tenant may read names of another tenant of their own park on these routes, for one reason."""

    reason: str
    since: date
    routes: tuple[str, ...]


NEIGHBOURS_ARE_NAMED = (
    Exemption(
        reason="the wall ranks the park's tenants, each as it chose to be shown",
        since=date(2026, 11, 22),
        routes=("wall",),
    ),
    Exemption(
        reason="who enters an event agrees to be on its leaderboard, each as it chose to be shown",
        since=date(2026, 11, 26),
        routes=("festival", "festival-table", "portal-event", "api-event-report"),
    ),
    Exemption(
        reason="who offers goods to the firms of the park is named beside them",
        since=date(2026, 11, 27),
        routes=("portal-pool", "portal-booking-run", "portal-agreement-new", "api-goods-offer-list"),
    ),
)

# Taking rows out of the system is written into the audit, although it is read by GET.
AUDITED_READS = "/export/"
