"""API addresses of figures and indicators."""

from __future__ import annotations

from django.urls import path
from rest_framework.routers import SimpleRouter

from analytics.api import (
    audience,
    beside,
    border,
    cash,
    channels,
    closes,
    collective,
    displays,
    eventclaims,
    keep,
    matching,
    outsidehosts,
    reportdrops,
    reportround,
    result,
    slowstock,
    verdicts,
    views,
)

router = SimpleRouter(trailing_slash=False)
router.register("indicators", views.IndicatorViewSet, "api-indicator")
router.register("indicator-values", views.IndicatorValueViewSet, "api-indicator-value")
router.register("match-runs", matching.MatchRunViewSet, "api-match-run")
router.register("event-claims", eventclaims.EventClaimViewSet, "api-event-claim")
router.register("display-links", displays.DisplayLinkViewSet, "api-display-link")
router.register("session-claims", views.SessionClaimViewSet, "api-session-claim")
router.register("reports-due", reportround.ReportDueViewSet, "api-report-due")
router.register("report-expectations", reportround.ExpectationViewSet, "api-report-expectation")
router.register("report-drops", reportdrops.ReportDropViewSet, "api-report-drop")
router.register("closed-months", closes.PeriodCloseViewSet, "api-closed-month")
router.register("report-questions", reportround.QuestionViewSet, "api-report-question")
urlpatterns = [
    path("figures", views.FigureViewSet.as_view({"get": "retrieve"}), name="api-figures"),
    path("figures/metrics", views.FigureViewSet.as_view({"get": "metrics"}), name="api-metrics"),
    path("slow-stock", slowstock.SlowStockViewSet.as_view({"get": "retrieve"}), name="api-slow-stock"),
    path("host-matches", matching.HostMatchViewSet.as_view({"get": "retrieve"}), name="api-host-matches"),
    path(
        "events/<slug:uid>/report",
        views.EventReportViewSet.as_view({"get": "retrieve"}),
        name="api-event-report",
    ),
    path(
        "channels",
        channels.ChannelViewSet.as_view({"get": "retrieve"}),
        name="api-channels",
    ),
    path(
        "owner-results",
        collective.OwnerResultViewSet.as_view({"get": "retrieve"}),
        name="api-owner-results",
    ),
    path(
        "outside-hosts", outsidehosts.OutsideHostViewSet.as_view({"get": "every"}), name="api-outside-hosts"
    ),
    path(
        "outside-hosts/<slug:code>",
        outsidehosts.OutsideHostViewSet.as_view({"get": "retrieve"}),
        name="api-outside-host",
    ),
    path("border", border.BorderViewSet.as_view({"get": "retrieve"}), name="api-border"),
    path("cash-flow", cash.CashFlowViewSet.as_view({"get": "retrieve"}), name="api-cash-flow"),
    path("keep", keep.KeepViewSet.as_view({"get": "retrieve"}), name="api-keep"),
    path(
        "sessions/<slug:uid>/result",
        result.SessionResultViewSet.as_view({"get": "retrieve"}),
        name="api-session-result",
    ),
    path(
        "sessions/<slug:uid>/verdict",
        verdicts.VerdictViewSet.as_view({"get": "retrieve", "post": "reply"}),
        name="api-session-verdict",
    ),
    path(
        "sessions/<slug:uid>/report",
        reportround.SessionReportViewSet.as_view({"get": "retrieve", "post": "take_back"}),
        name="api-session-report",
    ),
    path(
        "sessions/<slug:uid>/audience",
        audience.SessionAudienceViewSet.as_view({"get": "retrieve"}),
        name="api-session-audience",
    ),
    path("beside", beside.BesideViewSet.as_view({"get": "retrieve"}), name="api-beside"),
    path(
        "sessions/<slug:uid>/beside",
        beside.SessionBesideViewSet.as_view({"get": "retrieve"}),
        name="api-session-beside",
    ),
    *router.urls,
]
