"""Portal addresses of analytics: walls, analytics pages, a tenant's day."""

from __future__ import annotations

from django.urls import URLPattern, path

from analytics.views import (
    beside,
    channels,
    downloads,
    events,
    indicators,
    keep,
    matching,
    obs,
    outsidehosts,
    portal,
    province,
    readings,
    reports,
    result,
    slowstock,
    trust,
    wall,
)
from analytics.views.landing import Landing

REPORTS = "portal/<slug:tenant>/reports/"
SESSION = "portal/<slug:tenant>/sessions/<uuid:uid>/"
urlpatterns: list[URLPattern] = [
    path("", Landing.as_view(), name="landing"),
    path("portal/<slug:tenant>/", portal.Today.as_view(), name="portal-today"),
    path("portal/<slug:tenant>/border/", channels.AcrossTheBorder.as_view(), name="portal-border"),
    path("portal/<slug:tenant>/channels/", channels.Channels.as_view(), name="portal-channels"),
    path("portal/<slug:tenant>/beside/", beside.Beside.as_view(), name="portal-beside"),
    path("portal/<slug:tenant>/keep/", keep.Keep.as_view(), name="portal-keep"),
    path("portal/<slug:tenant>/sessions/", portal.Sessions.as_view(), name="portal-sessions"),
    path(SESSION, portal.SessionDetail.as_view(), name="portal-session"),
    path(f"{SESSION}result/", result.SessionResult.as_view(), name="portal-session-result"),
    path(f"{SESSION}beside/", beside.BesideSession.as_view(), name="portal-session-beside"),
    path(f"{SESSION}figures/", trust.StateFigures.as_view(), name="portal-session-claim"),
    path(f"{SESSION}report/", readings.TakeBack.as_view(), name="portal-reading-take-back"),
    path(f"{SESSION}reply/", trust.Reply.as_view(), name="portal-session-reply"),
    path(
        "portal/<slug:tenant>/outside-hosts/",
        outsidehosts.OutsideHosts.as_view(),
        name="portal-outside-hosts",
    ),
    path("portal/<slug:tenant>/slow-stock/", slowstock.SlowStockPage.as_view(), name="portal-slow-stock"),
    path("portal/<slug:tenant>/find-host/", matching.FindHost.as_view(), name="portal-find-host"),
    path("portal/<slug:tenant>/events/", events.Events.as_view(), name="portal-events"),
    path("portal/<slug:tenant>/events/<uuid:uid>/", events.EventPage.as_view(), name="portal-event"),
    path("portal/<slug:tenant>/events/<uuid:uid>/enter/", events.Enter.as_view(), name="portal-event-enter"),
    path(
        "portal/<slug:tenant>/events/<uuid:uid>/withdraw/",
        events.Withdraw.as_view(),
        name="portal-event-withdraw",
    ),
    path(
        "portal/<slug:tenant>/event-items/<uuid:uid>/withdraw/",
        events.WithdrawItem.as_view(),
        name="portal-item-withdraw",
    ),
    path("festivals/<uuid:uid>/", events.FestivalReport.as_view(), name="festival"),
    path("festivals/<uuid:uid>/report.<slug:kind>", events.FestivalTable.as_view(), name="festival-table"),
    path(REPORTS, reports.ReportRound.as_view(), name="portal-reports"),
    path(f"{REPORTS}read/", readings.RowsRead.as_view(), name="portal-reports-read"),
    path(f"{REPORTS}<uuid:uid>/", reports.ReportDrop.as_view(), name="portal-reports-drop"),
    path(f"{REPORTS}<uuid:uid>/progress/", reports.DropProgress.as_view(), name="portal-reports-progress"),
    path(f"{REPORTS}<uuid:uid>/confirm/", reports.ConfirmDrop.as_view(), name="portal-reports-confirm"),
    path(f"{REPORTS}<uuid:uid>/cancel/", reports.CancelDrop.as_view(), name="portal-reports-cancel"),
    path(f"{REPORTS}questions/<uuid:uid>/", reports.ReportQuestion.as_view(), name="portal-report-question"),
    path(f"{REPORTS}questions/<uuid:uid>/again/", readings.AskAgain.as_view(), name="portal-left-out-again"),
    path("overlay/", obs.page, {"kind": "overlay"}, name="overlay"),
    path("overlay/now", obs.OverlayNow.as_view(), name="overlay-now"),
    path("dock/", obs.page, {"kind": "dock"}, name="dock"),
    path("dock/now", obs.DockNow.as_view(), name="dock-now"),
    path("dock/products", obs.DockProducts.as_view(), name="dock-products"),
    path("dock/explain", obs.DockExplain.as_view(), name="dock-explain"),
    path("dock/end", obs.DockEnd.as_view(), name="dock-end"),
    path("wall/", wall.walls, name="walls"),
    path("wall/place/<slug:code>/", wall.place_wall, name="wall-place"),
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
