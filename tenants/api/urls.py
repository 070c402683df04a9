"""API addresses of tenants."""

from __future__ import annotations

from rest_framework.routers import SimpleRouter

from tenants.api.charges import ChargeViewSet
from tenants.api.entries import EntryViewSet
from tenants.api.firms import FirmViewSet

router = SimpleRouter(trailing_slash=False)
router.register("charges", ChargeViewSet, "api-charge")
router.register("event-entries", EntryViewSet, "api-event-entry")
router.register("tenants", FirmViewSet, "api-firm")
urlpatterns = router.urls
