"""API addresses of goods and sales."""

from __future__ import annotations

from rest_framework.routers import SimpleRouter

from supplychain.api import explains, settlement, views

router = SimpleRouter(trailing_slash=False)
router.register("orders", views.OrderViewSet, "api-order")
router.register("skus", views.SkuViewSet, "api-sku")
router.register("explain-events", explains.ExplainViewSet, "api-explain")
router.register("agreements", settlement.AgreementViewSet, "api-agreement")
router.register("statements", settlement.StatementViewSet, "api-statement")
urlpatterns = router.urls
