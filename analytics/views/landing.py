"""The landing page: what this is, and for each role the way to its own first answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import segno
from django.contrib import admin
from django.db.models import Count, Model, Sum
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView

from analytics.demo.logins import DEMO_PASSWORD, DemoLogin, demo_logins
from analytics.models import DaySales, IndexRun, Indicator
from analytics.silence import silent
from core.choices import Role
from core.clock import day_bounds, now, today
from core.days import open_on
from core.doors.addresses import reachable_address
from core.doors.context import actor_of
from core.doors.entrances import doors_of
from core.policy import VIEW
from core.scoping import may
from livestreams.choices import SessionState
from livestreams.models import Booking, LiveSession
from parks.models import Park
from supplychain.models import SalesEvent, StockLevel, Wave
from tenants.models import Charge, Lease, Tenant

# The chain that is the product, as the landing page draws it: (icon, name, page, what one must be able to see).
CHAIN: tuple[tuple[str, Any, str, type[Model]], ...] = (
    ("building", _("Unit and lease"), "admin:tenants_lease_changelist", Lease),
    ("shop", _("Tenant"), "admin:tenants_tenant_changelist", Tenant),
    ("calendar-check", _("Room booking"), "admin:livestreams_booking_changelist", Booking),
    ("broadcast", _("Live session"), "admin:livestreams_livesession_changelist", LiveSession),
    ("receipt", _("Orders, refunds"), "portal", SalesEvent),
    ("box-seam", _("Shared warehouse"), "admin:supplychain_stocklevel_changelist", StockLevel),
    ("cash-coin", _("Rent and shares"), "admin:tenants_charge_changelist", Charge),
    ("graph-up", _("Park figures"), "admin:analytics_daysales_changelist", DaySales),
    ("geo-alt", _("Indicators"), "admin:analytics_indicator_changelist", Indicator),
    ("award", _("ECI"), "analytics-home", IndexRun),
)


@dataclass(frozen=True)
class Step:
    """A step of the chain, and its page where the visitor may open it (after a log-in, if there was none)."""

    icon: str
    name: Any
    url: str


def _chain(request: HttpRequest) -> list[Step]:
    def is_open(page: str, model: type[Model]) -> bool:
        if not request.user.is_authenticated:
            return True
        in_house = not page.startswith("admin:") or admin.site.has_permission(request)
        return in_house and may(actor_of(request), VIEW, model)

    return [
        Step(icon, name, reverse(page) if is_open(page, model) else "") for icon, name, page, model in CHAIN
    ]


# The parts of the site that are entered by role; the API's pages and the list of walls open to everybody.
BY_ROLE = ("portal", "admin:index", "analytics-home")


@dataclass(frozen=True)
class RoleCard:
    """One role: what it comes for, where its first answer stands, and the demo's log-in if there is one."""

    icon: str
    title: Any
    answer: Any
    action: Any
    url: str
    login: DemoLogin | None = None
    needs_login: bool = True


def _cards(demo_park: Park | None, logins: dict[str, DemoLogin]) -> list[RoleCard]:
    return [
        RoleCard(
            "buildings",
            _("Park operator"),
            _("Who is live now, which rooms are free, how much is let, who owes what."),
            _("Open park operations"),
            reverse("admin:index"),
            logins.get(Role.PARK_MANAGER),
        ),
        RoleCard(
            "box-seam",
            _("Warehouse clerk"),
            _("What has to leave and by when, waves over the goods of many owners, packing."),
            _("Open the warehouse day"),
            reverse("admin:warehouse_day"),
            logins.get(Role.PARK_WAREHOUSE),
        ),
        RoleCard(
            "shop-window",
            _("Tenant: factory, brand, stall, seller"),
            _("Today's sales to the cent, the next room, one tap to import an order file."),
            _("Open the tenant portal"),
            reverse("portal"),
            logins.get(Role.TENANT_OWNER),
        ),
        RoleCard(
            "person-video3",
            _("Host and agency"),
            _("My schedule, check-in on the phone, what my sessions brought."),
            _("Open my schedule"),
            reverse("portal"),
            logins.get(Role.HOST),
        ),
        RoleCard(
            "plug",
            _("Live-stream tool"),
            _("Send orders, sessions and audience by REST; every line gets its own verdict."),
            _("Read the API"),
            reverse("api-docs"),
            needs_login=False,
        ),
        RoleCard(
            "tv",
            _("Hall and wall"),
            _("Rooms live, sales of today, ranking: for the big screen, hours without a hand."),
            _("Open the wall of %(park)s") % {"park": demo_park.name} if demo_park else _("Open a wall"),
            reverse("wall", args=[demo_park.code]) if demo_park else reverse("walls"),
            logins.get(Role.PARK_MANAGER),
        ),
        RoleCard(
            "bar-chart-line",
            _("Province or city analyst"),
            _(
                "Twelve indicators with their weights, the ranking, the map, and where each figure comes from."
            ),
            _("Open analytics"),
            reverse("analytics-home"),
            logins.get(Role.PROVINCE_ANALYST),
        ),
    ]


def _open_cards(request: HttpRequest, demo_park: Park | None) -> list[RoleCard]:
    """All roles for a stranger, who logs in as one; for somebody who has, what that person may open."""
    if not request.user.is_authenticated:
        return _cards(demo_park, demo_logins() if demo_park else {})
    actor = actor_of(request)
    entered = {door.url for door in doors_of(actor)}
    closed = {reverse(name) for name in BY_ROLE} - entered
    if reverse("admin:index") in closed or not may(actor, VIEW, Wave):
        closed.add(reverse("admin:warehouse_day"))
    return [card for card in _cards(None, {}) if card.url not in closed]


def demo_figures() -> dict[str, Any]:
    """Today over all demo parks: sessions that are heard and those begun, paid sales and orders."""
    start, end = day_bounds(today())
    sessions = LiveSession.objects.filter(tenant__is_synthetic=True)
    live = sessions.filter(state=SessionState.LIVE)
    sums = DaySales.objects.filter(tenant__is_synthetic=True, day=today()).aggregate(
        gmv=Sum("gmv_paid"), orders=Sum("orders")
    )
    return {
        "live": live.exclude(pk__in=silent(live, now()).order_by().values("pk")).count(),
        "begun": sessions.filter(started_at__gte=start, started_at__lt=end).count(),
        "gmv_paid": sums["gmv"] or 0,
        "orders": sums["orders"] or 0,
    }


def _qr(address: str) -> str:
    return str(segno.make(address, error="m").svg_data_uri(scale=4, border=2, dark="#16262b", light="#fff"))


class Landing(TemplateView):
    """Open to everybody. Figures and log-ins appear for demo parks only."""

    template_name = "portal/landing.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        demo_parks = Park.objects.filter(open_on(today()), is_synthetic=True)
        demo_park = demo_parks.annotate(rooms=Count("live_rooms")).order_by("-rooms", "code").first()
        address = reachable_address(self.request)
        return super().get_context_data(
            chain=_chain(self.request),
            cards=_open_cards(self.request, demo_park),
            demo=demo_figures() if demo_park else None,
            demo_password=DEMO_PASSWORD,
            address=address,
            qr=_qr(address) if address else None,
            **kwargs,
        )
