"""Portal addresses of analytics: walls, analytics pages, a tenant's day."""

from __future__ import annotations

from django.urls import URLPattern, path

from analytics.views import downloads, indicators, obs, portal, province, trust, wall
from analytics.views.landing import Landing

SESSION = "portal/<slug:tenant>/sessions/<uuid:uid>/"
urlpatterns: list[URLPattern] = [
    path("", Landing.as_view(), name="landing"),
    path("portal/<slug:tenant>/", portal.Today.as_view(), name="portal-today"),
    path("portal/<slug:tenant>/sessions/", portal.Sessions.as_view(), name="portal-sessions"),
    path(SESSION, portal.SessionDetail.as_view(), name="portal-session"),
    path(f"{SESSION}figures/", trust.StateFigures.as_view(), name="portal-session-claim"),
    path(f"{SESSION}reply/", trust.Reply.as_view(), name="portal-session-reply"),
    path("overlay/", obs.page, {"kind": "overlay"}, name="overlay"),
    path("overlay/now", obs.OverlayNow.as_view(), name="overlay-now"),
    path("dock/", obs.page, {"kind": "dock"}, name="dock"),
    path("dock/now", obs.DockNow.as_view(), name="dock-now"),
    path("dock/products", obs.DockProducts.as_view(), name="dock-products"),
    path("dock/explain", obs.DockExplain.as_view(), name="dock-explain"),
    path("dock/end", obs.DockEnd.as_view(), name="dock-end"),
    path("wall/", wall.walls, name="walls"),
    path("wall/<slug:park_code>/", wall.wall, name="wall"),
    path("analytics/", province.AnalyticsHome.as_view(), name="analytics-home"),
    path("analytics/compute/", province.ComputeIndex.as_view(), name="analytics-compute"),
    path("analytics/upload/", indicators.UploadIndicators.as_view(), name="analytics-upload"),
    path("analytics/provinces/<slug:code>/", province.ProvincePage.as_view(), name="analytics-province"),
    path("analytics/indicators/<slug:code>/", indicators.IndicatorPage.as_view(), name="analytics-indicator"),
    path(
        "analytics/indicators/<slug:code>/values.<slug:kind>",
        downloads.IndicatorTable.as_view(),
        name="analytics-indicator-table",
    ),
    path(
        "analytics/runs/<uuid:uid>/<slug:table>.<slug:kind>",
        downloads.RunTable.as_view(),
        name="analytics-run-table",
    ),
]
