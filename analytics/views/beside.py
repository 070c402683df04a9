"""The portal's pages that show what platforms say beside our own ledger."""

from __future__ import annotations

from typing import Any

from analytics.beside import AGES, ASKED, days_beside, money_in_transit, session_beside
from analytics.beside.bridge import Bridge, Side
from analytics.choices import BesidePart
from core.clock import DAY, today
from core.doors.filters import day_of
from core.doors.portal import ScopedDetailPage, TenantPage
from core.money import from_units
from livestreams.models import LiveSession
from supplychain.importing import PAYOUT_PROFILES, SETTLING
from supplychain.models import PayoutEntry
from tenants.choices import Platform

DAYS = 7


class Beside(TenantPage):
    """A week of days by platform, each explained, and money in transit."""

    template_name = "portal/beside.html"
    section = "beside"
    needs = ("view", PayoutEntry)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        last = min(day_of(self.request.GET.get("until", ""), today()), today())
        first = last - (DAYS - 1) * DAY
        days = days_beside(self.actor, self.tenant, first, last)
        transit = money_in_transit(self.actor, self.tenant)
        return super().get_context_data(
            days=[
                (each, Platform(each.platform).label, shown(each.bridge), each.platform in SETTLING)
                for each in days
            ],
            transit=[
                (
                    each,
                    Platform(each.platform).label,
                    from_units(each.total),
                    list(map(from_units, each.ages)),
                    each.platform in SETTLING,
                )
                for each in transit
            ],
            taken=[profile.name for profile in PAYOUT_PROFILES.values()],
            ages=AGES,
            asked=ASKED,
            first=first,
            last=last,
            older=first - DAY,
            newer=last + DAYS * DAY if last < today() else None,
            **kwargs,
        )


class BesideSession(ScopedDetailPage):
    """What the platform's report says of a session, from our figure to its own."""

    template_name = "portal/session_beside.html"
    section = "sessions"
    needs = ("view", PayoutEntry)
    model = LiveSession

    def base_queryset(self) -> Any:
        return LiveSession.objects.all()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        session = self.get_object()
        beside = session_beside(self.actor, session)
        return super().get_context_data(
            session=session,
            beside=beside,
            ours=amounts(beside.ours),
            late=from_units(beside.late),
            shown=shown(beside.bridge) if beside.bridge is not None else None,
            **kwargs,
        )


def shown(bridge: Bridge) -> dict[str, Any]:
    """A bridge in CNY, its parts in their order."""
    return {
        "ours": amounts(bridge.ours),
        "theirs": amounts(bridge.theirs),
        "difference": amounts(bridge.difference),
        "parts": [
            (part.label, amounts(bridge.parts[part]), bridge.orders.get(part, []), part.value)
            for part in BesidePart
            if part in bridge.parts
        ],
        "explained": bridge.explained,
        "missing": bridge.parts.get(BesidePart.UNEXPLAINED, Side()).paid > 0,
    }


def amounts(side: Side) -> dict[str, Any]:
    paid, refunds, net = side.amounts
    return {"paid": paid, "refunds": refunds, "net": net}
