"""The admin's skin and its menu."""

from __future__ import annotations

from typing import Any

from django.templatetags.static import static
from django.utils.translation import gettext_lazy as _

UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "Livepark",
    "SITE_HEADER": _("Livepark operations"),
    "SITE_URL": "/",
    "SITE_SYMBOL": "live_tv",
    "SHOW_HISTORY": "core.doors.admin.history.has_history",
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_LANGUAGES": True,
    "SHOW_BACK_BUTTON": True,
    "DASHBOARD_CALLBACK": "analytics.dashboard.dashboard_callback",
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("img/mark.svg")},
    ],
    "STYLES": [lambda request: static("livepark-admin/admin.css")],
    "SIDEBAR": {
        "show_search": True,
        "show_all_applications": False,
        "navigation": "core.doors.admin.site.navigation",
    },
    "BORDER_RADIUS": "6px",
    "COLORS": {
        "primary": {
            "50": "oklch(97.1% .014 240)",
            "100": "oklch(94.4% .029 240)",
            "200": "oklch(89.4% .055 241)",
            "300": "oklch(81.8% .095 243)",
            "400": "oklch(71.5% .135 247)",
            "500": "oklch(62.3% .155 252)",
            "600": "oklch(53.5% .16 255)",
            "700": "oklch(47.5% .145 256)",
            "800": "oklch(41.5% .118 257)",
            "900": "oklch(36.5% .09 257)",
            "950": "oklch(27.5% .068 259)",
        },
    },
}

# Groups of (icon, model) in the order of an operator's day; an entry is shown to whoever may look at the model.
# A page is written as (address name, title), with the model that it shows if it is not for everybody,
# and a verb on it where looking is not enough.
ADMIN_MENU: list[tuple[Any, list[tuple[str, Any]]]] = [
    (_("Today"), [("dashboard", ("admin:index", _("Overview")))]),
    (
        _("Live rooms"),
        [
            ("view_timeline", ("admin:rooms_board", _("Board of the rooms"), "livestreams.Booking")),
            ("fact_check", ("admin:rooms_studio", _("Studio day"), "livestreams.RoomCheck")),
            ("event", "livestreams.Booking"),
            ("event_repeat", "livestreams.BookingSeries"),
            ("hourglass", "livestreams.WaitlistEntry"),
            ("edit_calendar", "livestreams.SlotRequest"),
            ("calendar_month", "livestreams.SchedulePlan"),
            ("live_tv", "livestreams.LiveSession"),
            ("campaign", "supplychain.ExplainEvent"),
            ("meeting_room", "livestreams.LiveRoom"),
            ("report", "livestreams.Fault"),
            ("build", "livestreams.Maintenance"),
            ("photo_camera", "livestreams.Equipment"),
            ("assignment_return", "livestreams.EquipmentLoan"),
            ("cleaning_services", "livestreams.Cleaning"),
            ("checklist", "livestreams.RoomCheck"),
            ("group_add", "livestreams.Visit"),
            ("sensors", "livestreams.Publish"),
            ("cell_tower", "livestreams.Broadcast"),
            ("gavel", "livestreams.PublishDecision"),
            ("dns", "livestreams.MediaNode"),
            ("grid_on", ("admin:rooms_usage", _("Use of the rooms"), "livestreams.Booking")),
        ],
    ),
    (
        _("Exchange with other parks"),
        [
            ("storefront", "livestreams.ExchangeOffer"),
            ("handshake", "livestreams.ExchangeRequest"),
            (
                "sync_alt",
                ("admin:exchange_month", _("Exchange in a month"), "livestreams.ExchangeOffer"),
            ),
        ],
    ),
    (
        _("Hosts"),
        [
            ("record_voice_over", "livestreams.Host"),
            ("calendar_view_month", ("admin:hosts_month", _("Hosts in a month"), "livestreams.Host")),
            ("person_search", ("admin:hosts_find", _("Find a host"), "analytics.MatchRun add")),
            ("join_inner", "analytics.MatchRun"),
            ("shield_person", ("admin:hosts_cover", _("Own hosts for brands"), "livestreams.Engagement")),
            ("handshake", "livestreams.Engagement"),
            ("alternate_email", "livestreams.HostAccount"),
            ("trending_up", "livestreams.FollowerReading"),
            ("event_busy", "livestreams.HostAbsence"),
            ("edit_calendar", "livestreams.PlannedShift"),
            ("schedule", "livestreams.HostShift"),
            ("school", "livestreams.Course"),
            ("co_present", "livestreams.CourseRun"),
            ("how_to_reg", "livestreams.Enrolment"),
            ("workspace_premium", "livestreams.Certificate"),
            ("stairs", "livestreams.IncubationStage"),
            ("military_tech", "livestreams.HostStage"),
        ],
    ),
    (
        _("Tenants and leases"),
        [
            ("storefront", "tenants.Tenant"),
            ("domain", "tenants.Company"),
            ("swap_horiz", "tenants.Tenancy"),
            ("contract", "tenants.Lease"),
            ("receipt_long", "tenants.Charge"),
            ("verified", "tenants.VerifiedFigure"),
            ("shopping_bag", "tenants.Store"),
        ],
    ),
    (
        _("Park and units"),
        [
            ("apartment", "parks.Park"),
            ("tune", "parks.ParkSettings"),
            ("home_work", "parks.Building"),
            ("door_front", "parks.Unit"),
            ("history", "parks.UnitUse"),
            ("workspace_premium", "parks.Accreditation"),
            ("room_service", "parks.ServiceOffer"),
            ("celebration", "parks.Event"),
            ("location_on", "parks.EventVenue"),
            ("how_to_reg", "tenants.EventEntry"),
            ("sell", "supplychain.EventItem"),
        ],
    ),
    (
        _("Goods and stock"),
        [
            ("warehouse", "supplychain.Warehouse"),
            ("price_change", "supplychain.WarehouseTariff"),
            ("inventory_2", "supplychain.StockLevel"),
            ("sync_alt", "supplychain.StockMove"),
            ("pending_actions", "supplychain.Backorder"),
            ("today", ("admin:warehouse_day", _("Warehouse day"), "supplychain.Wave")),
            ("conveyor_belt", "supplychain.Wave"),
            ("deployed_code", "supplychain.Parcel"),
            ("bookmark", "supplychain.Reservation"),
            ("assignment_return", "supplychain.ReturnedGoods"),
            ("category", "supplychain.Product"),
            ("qr_code_2", "supplychain.Sku"),
            ("new_releases", "supplychain.Launch"),
            ("autorenew", "supplychain.Reorder"),
            ("factory", "supplychain.Factory"),
        ],
    ),
    (
        _("Figures"),
        [
            ("monitoring", "analytics.DaySales"),
            ("calendar_month", "analytics.MonthSales"),
            ("smart_display", "analytics.SessionFigures"),
            ("pie_chart", "analytics.SessionShare"),
            ("gavel", "analytics.TrustVerdict"),
            ("record_voice_over", "analytics.SessionClaim"),
            ("reply", "analytics.TrustReply"),
            ("campaign", "analytics.EventClaim"),
            ("fact_check", "analytics.SessionReading"),
            ("rule", ("admin:reports_round", _("Report round"), "analytics.SessionReading")),
            ("lock_clock", "analytics.PeriodClose"),
            ("functions", "analytics.Indicator"),
            ("dataset", "analytics.IndicatorValue"),
            ("domain_verification", "analytics.ParkValue"),
            ("leaderboard", "analytics.IndexRun"),
            ("tv", "analytics.DisplayLink"),
        ],
    ),
    (
        _("Settlement"),
        [
            ("contract", "supplychain.Agreement"),
            ("request_quote", "supplychain.Statement"),
        ],
    ),
    (
        _("Ledger and work"),
        [
            ("receipt", "supplychain.SalesEvent"),
            ("hourglass_bottom", "supplychain.AttributionSettings"),
            ("upload_file", "supplychain.ImportBatch"),
            ("help_center", "core.Unresolved"),
            ("work_history", "core.Job"),
            ("error", "core.BucketFailure"),
        ],
    ),
    (
        _("People and rights"),
        [
            ("person", "core.User"),
            ("badge", "core.Membership"),
            ("key", "core.ToolKey"),
            ("policy", "core.AuditEntry"),
            ("account_tree", "core.ScopeNode"),
        ],
    ),
    (
        _("Reference"),
        [
            ("map", "parks.Province"),
            ("location_city", "parks.City"),
            ("holiday_village", "parks.Town"),
            ("hub", "parks.IndustrialCluster"),
            ("currency_exchange", "core.ExchangeRate"),
        ],
    ),
]
