"""API addresses of live streams."""

from __future__ import annotations

from rest_framework.routers import SimpleRouter

from livestreams.api import views

router = SimpleRouter(trailing_slash=False)
router.register("rooms", views.RoomViewSet, "api-room")
router.register("hosts", views.HostViewSet, "api-host")
router.register("bookings", views.BookingViewSet, "api-booking")
router.register("booking-series", views.SeriesViewSet, "api-series")
router.register("waitlist", views.WaitlistViewSet, "api-waitlist")
router.register("live-sessions", views.SessionViewSet, "api-session")
urlpatterns = router.urls
