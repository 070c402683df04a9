"""API addresses of parks."""

from __future__ import annotations

from rest_framework.routers import SimpleRouter

from parks.api import views

router = SimpleRouter(trailing_slash=False)
router.register("events", views.EventViewSet, "api-event")
router.register("parks", views.ParkViewSet, "api-park")
router.register("towns", views.TownViewSet, "api-town")
urlpatterns = router.urls
