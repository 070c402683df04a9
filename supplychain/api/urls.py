"""API addresses of goods and sales."""

from __future__ import annotations

from rest_framework.routers import SimpleRouter

from supplychain.api import agreements, explains, parcels, statements, views

router = SimpleRouter(trailing_slash=False)
router.register("orders", views.OrderViewSet, "api-order")
router.register("skus", views.SkuViewSet, "api-sku")
router.register("explain-events", explains.ExplainViewSet, "api-explain")
router.register("parcels", parcels.ParcelViewSet, "api-parcel")
router.register("agreements", agreements.AgreementViewSet, "api-agreement")
router.register("statements", statements.StatementViewSet, "api-statement")
urlpatterns = router.urls
