"""Who can see a figure: read off the policy table, so that the page cannot say anything else than what holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from core import policy
from core.choices import ANALYST_ROLES, PARK_ROLES, TENANT_ROLES, Role
from core.policy import Reach


@dataclass(frozen=True)
class Subject:
    """Something on a page: the model whose rows it shows, its name, and what a reader has to know besides the roles."""

    model: str
    name: Any
    note: Any
    sums_leave: bool = False
    """Whether bureaus see sums over several firms, and the wall what the firm chose."""


SUBJECTS = {
    "figures": Subject(
        "analytics.DaySales",
        _("Sales figures"),
        _("The park sees these sums and not the order lines. Bureaus see sums over several firms only: "
          "fewer than three firms, or one firm above 80 %, and the figure is withheld."),
        sums_leave=True,
    ),
    "orders": Subject(
        "supplychain.SalesEvent",
        _("Order lines"),
        _("Order lines stay within the firm. Buyers' names, phones and addresses are dropped on arrival "
          "and stored nowhere."),
    ),
    "sessions": Subject(
        "analytics.SessionFigures", _("Session figures"), _("A host sees the sessions they host, and no others.")
    ),
    "bookings": Subject(
        "livestreams.Booking", _("Bookings"), _("Other tenants see that a room is taken, and not by whom or for what.")
    ),
    "unresolved": Subject("core.Unresolved", _("Unresolved references"), _("They stay within the firm.")),
}  # fmt: skip


@dataclass(frozen=True)
class Circle:
    """A circle of people and the roles in it that see the subject.

    `own` are the roles that see only their own rows; `in_sums` says that it is seen within sums over firms.
    """

    name: Any
    roles: list[str]
    own: list[str]
    in_sums: bool = False


def circles(subject: Subject) -> list[Circle]:
    """From the nearest circle to the farthest; a circle that sees nothing is listed without roles."""
    groups = (
        (_("Your firm"), (*TENANT_ROLES, Role.HOST)),
        (_("Tools with a key of your firm"), (Role.TOOL,)),
        (_("Your park"), PARK_ROLES),
        (_("Town, city and province bureaus"), ANALYST_ROLES),
    )
    return [
        Circle(
            name,
            _labels(subject, roles, own=False),
            _labels(subject, roles, own=True),
            in_sums=subject.sums_leave and roles == ANALYST_ROLES,
        )
        for name, roles in groups
    ]


def _labels(subject: Subject, roles: tuple[Role, ...], *, own: bool) -> list[str]:
    held = ((role, policy.permission(subject.model, role)) for role in roles)
    return [
        str(role.label)
        for role, right in held
        if right and policy.VIEW in right.verbs and (right.reach is Reach.OWN) is own
    ]
