"""The pages of the portal's navigation: areas, and the pages of each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.policy import VIEW, VIEW_RESULT


@dataclass(frozen=True)
class Tab:
    """A page of the portal's navigation; `model` is the one on which a caller must hold `verb` to be offered it.

    A phone's tab bar has room for five: four pages `on_phone` and "more", where the others say `what` they are.
    `after_leaving`: it is there for a firm that has left its park, too.
    """

    section: str
    icon: str
    name: Any
    model: str = ""
    what: Any = ""
    on_phone: bool = False
    url: str = ""
    verb: str = VIEW
    after_leaving: bool = False


@dataclass(frozen=True)
class Area:
    """Pages that belong together. A desk shows all areas, and below them the pages of the current one."""

    name: Any
    tabs: tuple[Tab, ...]
    is_current: bool = False

    @property
    def behind_more(self) -> tuple[Tab, ...]:
        """What a phone's tab bar has no room for."""
        return tuple(tab for tab in self.tabs if not tab.on_phone)


AREAS = (
    Area(
        _("Today"),
        (Tab("today", "house", _("Today"), on_phone=True),),
    ),
    Area(
        pgettext_lazy("area", "Live"),
        (
            Tab("bookings", "calendar3", _("Rooms"), "livestreams.Booking", on_phone=True),
            Tab("sessions", "broadcast", _("Sessions"), "livestreams.LiveSession", on_phone=True),
            Tab(
                "reports",
                "clipboard-data",
                _("Reports"),
                "analytics.SessionReading",
                _("What platforms say of each live session"),
            ),
            Tab(
                "hosts",
                "mic",
                _("Hosts"),
                "livestreams.Host",
                _("Sessions of the month, hours and absences, shifts"),
            ),
            Tab(
                "exchange",
                "arrow-left-right",
                _("Exchange"),
                "livestreams.ExchangeRequest",
                _("Rooms and hosts of other parks, and your own for them"),
            ),
            Tab(
                "events",
                "calendar-event",
                _("Festivals"),
                "tenants.EventEntry",
                _("Take part, bring goods, see who leads"),
            ),
        ),
    ),
    Area(
        pgettext_lazy("area", "Sales"),
        (
            Tab("orders", "receipt", _("Orders"), "supplychain.SalesEvent", on_phone=True),
            Tab(
                "channels",
                "pie-chart",
                _("Channels"),
                "analytics.HourSales",
                _("Through which channels you sell: shares, growth, concentration"),
            ),
            Tab(
                "owners",
                "people",
                _("By owner"),
                "analytics.HourSales",
                _("Whose goods you sell, and what collective stores sell of yours"),
            ),
            Tab(
                "outside-hosts",
                "person-video",
                _("Outside hosts"),
                "tenants.Tenant",
                _("What hosts of others sold for you, and what came back of it"),
                verb=VIEW_RESULT,
            ),
            Tab(
                "border",
                "globe",
                _("Across the border"),
                "analytics.HourSales",
                _("What you sell abroad: by customs mode and by destination"),
            ),
            Tab(
                "unresolved",
                "question-circle",
                _("Unresolved"),
                "core.Unresolved",
                _("What could not be placed yet"),
            ),
        ),
    ),
    Area(
        pgettext_lazy("area", "Goods"),
        (
            Tab("goods", "bag", _("Goods"), "supplychain.Product", _("Products and SKUs, prices and costs")),
            Tab(
                "reorders",
                "arrow-repeat",
                _("Re-orders"),
                "supplychain.Launch",
                _("How new styles sell, what to make more of, the factories' room, what lies too long"),
            ),
            Tab(
                "pool",
                "basket",
                _("Goods pool"),
                "supplychain.GoodsOffer",
                _("What firms of the park let each other sell: price floor, commission, samples"),
            ),
        ),
    ),
    Area(
        pgettext_lazy("area", "Money"),
        (
            Tab(
                "keep",
                "piggy-bank",
                _("What we keep"),
                "tenants.Tenant",
                _("The last live day: sold, given back, still to be given back, kept"),
                verb=VIEW_RESULT,
            ),
            Tab(
                "settlement",
                "cash-coin",
                _("Settlement"),
                "supplychain.Statement",
                _("Agreements with parks, agencies, hosts and factories; monthly statements"),
                after_leaving=True,
            ),
            Tab(
                "beside",
                "intersect",
                _("Platforms' figures"),
                "supplychain.PayoutEntry",
                _("What platforms settled beside your own orders, and what is still to come"),
            ),
            Tab(
                "cash",
                "calendar-week",
                _("Cash flow"),
                "tenants.Tenant",
                _("What came in and went out on which day, and what is expected"),
                verb=VIEW_RESULT,
            ),
            Tab(
                "closed-months",
                "calendar-check",
                _("Closed months"),
                "analytics.PeriodClose",
                _("Verified net sales as they were closed, and what came in since"),
            ),
        ),
    ),
    Area(
        pgettext_lazy("area", "Connections"),
        (
            Tab(
                "imports",
                "upload",
                _("Import"),
                "supplychain.ImportBatch",
                _("Order files of platforms and shops"),
            ),
            Tab(
                "shops",
                "plug",
                _("Shop messages"),
                "supplychain.ShopHook",
                _("What your shops tell by webhook, and what of it was not understood"),
            ),
            Tab(
                "webhooks",
                "send",
                _("Webhooks"),
                "core.WebhookEndpoint",
                _("Which of your systems are told what happens here"),
            ),
            Tab("keys", "key", _("Tool keys"), "core.ToolKey", _("For tools that send orders and sessions")),
        ),
    ),
    Area(
        pgettext_lazy("area", "Firm"),
        (
            Tab(
                "members",
                "people",
                _("Members"),
                "core.Membership",
                _("Who works for the firm, in which role"),
            ),
            Tab(
                "firm",
                "building-gear",
                _("Firm"),
                "tenants.Company",
                _("Name, what the hall shows, what the park sees"),
            ),
        ),
    ),
)
