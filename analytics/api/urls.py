"""API addresses of figures and indicators."""

from __future__ import annotations

from rest_framework.routers import SimpleRouter

from analytics.api import views

router = SimpleRouter(trailing_slash=False)
router.register("figures", views.FigureViewSet, "api-figure")
router.register("indicators", views.IndicatorViewSet, "api-indicator")
router.register("indicator-values", views.IndicatorValueViewSet, "api-indicator-value")
urlpatterns = router.urls
