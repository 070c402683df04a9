"""Who can see a figure: read off the policy table, so that the page cannot say anything else than what holds."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any

from django.apps import apps
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core import policy
from core.choices import ANALYST_ROLES, PARK_ROLES, TENANT_ROLES, Role
from core.models import Membership, ScopeNode
from core.policy import Reach
from core.scoping import shares


@dataclass(frozen=True)
class Subject:
    """Something on a page: the model whose rows it shows, its name, and what a reader has to know besides the roles.

    `shared_note` stands instead of the note while the firm shows the rows to its park; `setting` is where on the
    firm's page it decides on that.
    """

    model: str
    name: Any
    note: Any
    shared_note: Any = ""
    setting: str = ""
    verb: str = policy.VIEW
    sums_leave: bool = False
    """Whether bureaus see sums over several firms, and the wall what the firm chose."""


SUBJECTS = {
    "figures": Subject(
        "analytics.DaySales",
        _("Sales figures"),
        _("The park sees these sums; whether it sees order lines too is your firm's choice. Bureaus see sums over "
          "several firms only: fewer than three firms, or one firm above 80 %, and the figure is withheld."),
        setting="wall",
        sums_leave=True,
    ),
    "orders": Subject(
        "supplychain.SalesEvent",
        _("Order lines"),
        _("Order lines stay within the firm. Buyers' names, phones and addresses are dropped on arrival "
          "and stored nowhere."),
        _("Your firm shows its order lines to the park; costs stay within the firm. Buyers' names, phones and "
          "addresses are dropped on arrival and stored nowhere."),
        setting="orders",
    ),
    "sessions": Subject(
        "analytics.SessionFigures", _("Session figures"), _("A host sees the sessions they host, and no others.")
    ),
    "bookings": Subject(
        "livestreams.Booking", _("Bookings"), _("Other tenants see that a room is taken, and not by whom or for what.")
    ),
    "hosts": Subject(
        "livestreams.Host",
        _("Hosts"),
        _("Why a host is away is seen by those who plan its days, and by nobody else. A brand sees on which days an "
          "own host of the park was there for it, and not who."),
    ),
    "matching": Subject(
        "analytics.MatchRun",
        _("Rankings of hosts"),
        _("A ranking is learnt from the sessions of all firms of the park. A firm gets ranks and reasons of its own "
          "hosts, and no amounts; the park sees amounts."),
    ),
    "goods": Subject(
        "supplychain.Product",
        _("Goods"),
        _("What goods cost is seen within the firm only: the park's warehouse keeper looks up names, codes "
          "and prices."),
    ),
    "result": Subject(
        "tenants.Tenant",
        _("What the firm keeps"),
        _("Costs, shares and results stay with those who keep the firm's money: no host, no tool and nobody of the "
          "park sees them."),
        verb=policy.VIEW_RESULT,
    ),
    "unresolved": Subject("core.Unresolved", _("Unresolved references"), _("They stay within the firm.")),
}  # fmt: skip


@dataclass(frozen=True)
class Circle:
    """A circle of people and the roles in it that see the subject.

    `own` are the roles that see only their own rows, `offered` those that would see it if the firm shared it;
    `in_sums` says that it is seen within sums over firms.
    """

    name: Any
    roles: list[str]
    own: list[str]
    offered: list[str]
    in_sums: bool = False


@dataclass(frozen=True)
class Audience:
    """Who sees a subject of one tenant at this moment: from the nearest circle to the farthest.

    A circle that sees nothing is listed without roles.
    """

    circles: list[Circle]
    note: Any


def audience_of(subject: Subject, node: ScopeNode) -> Audience:
    """Who sees a subject of the tenant of a node."""
    shared = shares(apps.get_model(subject.model), node)
    groups = (
        (_("Your firm"), (*TENANT_ROLES, Role.HOST)),
        (_("Tools with a key of your firm"), (Role.TOOL,)),
        (_("Your park"), PARK_ROLES),
        (_("Town, city and province bureaus"), ANALYST_ROLES),
    )
    full = {Reach.SUBTREE, Reach.PARK, *([Reach.SHARED] if shared else [])}
    circles = [
        Circle(
            name,
            _labels(subject, roles, full),
            _labels(subject, roles, {Reach.OWN}),
            _labels(subject, roles, {Reach.SHARED} - full),
            in_sums=subject.sums_leave and roles == ANALYST_ROLES,
        )
        for name, roles in groups
    ]
    return Audience(circles, subject.shared_note if shared else subject.note)


def people_of(subject: Subject, node: ScopeNode) -> list[Membership]:
    """The people who see a subject of a firm as a whole, by the roles they hold there or above it."""
    above = [int(part) for part in node.path.strip("/").split("/")]
    sees = [
        Q(role=role) & (Q(node=node) if right.reach is Reach.NODE else Q(node__in=above))
        for role in Role
        if (right := policy.permission(subject.model, role))
        and subject.verb in right.verbs
        and right.reach in (Reach.SUBTREE, Reach.NODE)
    ]
    held = Membership.objects.filter(reduce(or_, sees, Q(pk__in=[])), ended_at=None, user__is_active=True)
    return list(held.select_related("user", "node").order_by("role", "pk"))


def _labels(subject: Subject, roles: tuple[Role, ...], reaches: set[Reach]) -> list[str]:
    held = ((role, policy.permission(subject.model, role)) for role in roles)
    return [
        str(role.label)
        for role, right in held
        if right and subject.verb in right.verbs and right.reach in reaches
    ]
