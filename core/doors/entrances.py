"""The parts of the site, and who may enter them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from core.actors import Actor
from core.choices import ANALYST_ROLES, PARK_ROLES
from core.doors.portal import PORTAL_ROLES


@dataclass(frozen=True)
class Door:
    """Where a role works."""

    icon: str
    name: Any
    what: Any
    url: str


def doors_of(actor: Actor) -> list[Door]:
    """The parts of the site that an actor's roles open, the everyday one first."""
    doors = []
    if actor.unrestricted or actor.has_role(*PORTAL_ROLES):
        doors.append(
            Door("shop-window", _("Tenant portal"), _("Today, rooms, sessions, orders"), reverse("portal"))
        )
    if actor.unrestricted or actor.has_role(*PARK_ROLES):
        doors.append(
            Door(
                "buildings",
                _("Park operations"),
                _("Occupancy, rooms, stock, what needs a decision"),
                reverse("admin:index"),
            )
        )
    if actor.unrestricted or actor.has_role(*ANALYST_ROLES):
        doors.append(
            Door(
                "bar-chart-line",
                _("Analytics"),
                _("Indicators, index and ranking of the provinces"),
                reverse("analytics-home"),
            )
        )
    return doors
