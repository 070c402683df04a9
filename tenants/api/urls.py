"""API addresses of tenants."""

from __future__ import annotations

from rest_framework.routers import SimpleRouter

from tenants.api.charges import ChargeViewSet

router = SimpleRouter(trailing_slash=False)
router.register("charges", ChargeViewSet, "api-charge")
urlpatterns = router.urls
