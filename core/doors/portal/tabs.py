"""The pages of the portal's navigation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from core.policy import VIEW, VIEW_RESULT


@dataclass(frozen=True)
class Tab:
    """A page of the portal's navigation; `model` is the one on which a caller must hold `verb` to be offered it."""

    section: str
    icon: str
    name: Any
    model: str = ""
    shown_on: str = ""
    what: Any = ""
    url: str = ""
    verb: str = VIEW


# A phone's tab bar has room for five; the rest stands behind "more" there and in the bar of a desk.
TABS = (
    Tab("today", "house", _("Today")),
    Tab("bookings", "calendar3", _("Rooms"), "livestreams.Booking"),
    Tab("sessions", "broadcast", _("Sessions"), "livestreams.LiveSession"),
    Tab(
        "reports",
        "clipboard-data",
        _("Reports"),
        "analytics.SessionReading",
        "desk-only",
        _("What platforms say of each live session"),
    ),
    Tab(
        "keep",
        "piggy-bank",
        _("What we keep"),
        "tenants.Tenant",
        "desk-only",
        _("The last live day: sold, given back, still to be given back, kept"),
        verb=VIEW_RESULT,
    ),
    Tab("orders", "receipt", _("Orders"), "supplychain.SalesEvent"),
    Tab(
        "channels",
        "pie-chart",
        _("Channels"),
        "analytics.HourSales",
        "desk-only",
        _("Through which channels you sell: shares, growth, concentration"),
    ),
    Tab(
        "border",
        "globe",
        _("Across the border"),
        "analytics.HourSales",
        "desk-only",
        _("What you sell abroad: by customs mode and by destination"),
    ),
    Tab(
        "owners",
        "people",
        _("By owner"),
        "analytics.HourSales",
        "desk-only",
        _("Whose goods you sell, and what collective stores sell of yours"),
    ),
    Tab(
        "outside-hosts",
        "person-video",
        _("Outside hosts"),
        "tenants.Tenant",
        "desk-only",
        _("What hosts of others sold for you, and what came back of it"),
        verb=VIEW_RESULT,
    ),
    Tab(
        "events",
        "calendar-event",
        _("Festivals"),
        "tenants.EventEntry",
        "desk-only",
        _("Take part, bring goods, see who leads"),
    ),
    Tab(
        "hosts",
        "mic",
        _("Hosts"),
        "livestreams.Host",
        "desk-only",
        _("Sessions of the month, hours and absences, shifts"),
    ),
    Tab(
        "exchange",
        "arrow-left-right",
        _("Exchange"),
        "livestreams.ExchangeRequest",
        "desk-only",
        _("Rooms and hosts of other parks, and your own for them"),
    ),
    Tab(
        "goods",
        "bag",
        _("Goods"),
        "supplychain.Product",
        "desk-only",
        _("Products and SKUs, prices and costs"),
    ),
    Tab(
        "reorders",
        "arrow-repeat",
        _("Re-orders"),
        "supplychain.Launch",
        "desk-only",
        _("How new styles sell, what to make more of, the factories' room, what lies too long"),
    ),
    Tab(
        "pool",
        "basket",
        _("Goods pool"),
        "supplychain.GoodsOffer",
        "desk-only",
        _("What firms of the park let each other sell: price floor, commission, samples"),
    ),
    Tab(
        "settlement",
        "cash-coin",
        _("Settlement"),
        "supplychain.Statement",
        "desk-only",
        _("Agreements with parks, agencies, hosts and factories; monthly statements"),
    ),
    Tab(
        "beside",
        "intersect",
        _("Platforms' figures"),
        "supplychain.PayoutEntry",
        "desk-only",
        _("What platforms settled beside your own orders, and what is still to come"),
    ),
    Tab(
        "imports",
        "upload",
        _("Import"),
        "supplychain.ImportBatch",
        "desk-only",
        _("Order files of platforms and shops"),
    ),
    Tab(
        "shops",
        "plug",
        _("Shop messages"),
        "supplychain.ShopHook",
        "desk-only",
        _("What your shops tell by webhook, and what of it was not understood"),
    ),
    Tab(
        "unresolved",
        "question-circle",
        _("Unresolved"),
        "core.Unresolved",
        "desk-only",
        _("What could not be placed yet"),
    ),
    Tab(
        "keys",
        "key",
        _("Tool keys"),
        "core.ToolKey",
        "desk-only",
        _("For tools that send orders and sessions"),
    ),
    Tab(
        "webhooks",
        "send",
        _("Webhooks"),
        "core.WebhookEndpoint",
        "desk-only",
        _("Which of your systems are told what happens here"),
    ),
    Tab(
        "members",
        "people",
        _("Members"),
        "core.Membership",
        "desk-only",
        _("Who works for the firm, in which role"),
    ),
    Tab(
        "firm",
        "building-gear",
        _("Firm"),
        "tenants.Company",
        "desk-only",
        _("Name, what the hall shows, what the park sees"),
    ),
    Tab("more", "three-dots", _("More"), shown_on="phone-only"),
)
