"""The owner's page: what the firm keeps of its last live day, on one screen of a phone."""

from __future__ import annotations

from collections import Counter
from typing import Any

from analytics.keep import TAKEN, Expected, last_day
from core.doors.audience import SUBJECTS, people_of
from core.doors.portal import TenantPage
from core.models import Membership
from core.money import from_units
from core.policy import VIEW_RESULT
from tenants.models import Tenant

SHOWN_PEOPLE = 4


class Keep(TenantPage):
    """Sold, given back, still expected back, taken by others, kept; and who can see it, by name."""

    template_name = "portal/keep.html"
    section = "keep"
    needs = (VIEW_RESULT, Tenant)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        told = last_day(self.actor, self.tenant)
        people = people_of(SUBJECTS["result"], self.node)
        amounts = {
            name: from_units(getattr(told, name))
            for name in ("sold", "refunded", "taken", "spent", "kept")
            if told
        }
        return super().get_context_data(
            told=told,
            **amounts,
            not_taken=[part for part in told.missing if part in TAKEN] if told else [],
            expected=_amounts(told.expected) if told else None,
            kept_then=_amounts(told.kept_then) if told else None,
            people=_told_apart(people[:SHOWN_PEOPLE]),
            more_people=len(people[SHOWN_PEOPLE:]),
            **kwargs,
        )


def _told_apart(people: list[Membership]) -> list[tuple[str, str]]:
    """Names and roles; people of one name by their log-ins as well."""
    named = Counter({held.user_id: str(held.user) for held in people}.values())
    return [
        (
            f"{held.user} · {held.user.username}" if named[str(held.user)] > 1 else str(held.user),
            held.get_role_display(),
        )
        for held in people
    ]


def _amounts(expected: Expected | None) -> dict[str, Any] | None:
    if expected is None:
        return None
    return {name: from_units(getattr(expected, name)) for name in ("low", "middle", "high")}
