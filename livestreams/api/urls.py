"""API addresses of live streams."""

from __future__ import annotations

from django.urls import path
from rest_framework.routers import SimpleRouter

from livestreams.api import (
    engagements,
    exchange,
    faults,
    hooks,
    hosts,
    quotas,
    rooms,
    schedule,
    shifts,
    slots,
    streams,
    studio,
    training,
    views,
    visits,
)

router = SimpleRouter(trailing_slash=False)
router.register("rooms", rooms.RoomViewSet, "api-room")
router.register("maintenance", rooms.MaintenanceViewSet, "api-maintenance")
router.register("hosts", hosts.HostViewSet, "api-host")
router.register("host-accounts", hosts.AccountViewSet, "api-host-account")
router.register("engagements", engagements.EngagementViewSet, "api-engagement")
router.register("absences", hosts.AbsenceViewSet, "api-absence")
router.register("planned-shifts", shifts.PlannedShiftViewSet, "api-planned-shift")
router.register("shifts", shifts.ShiftViewSet, "api-shift")
router.register("courses", training.CourseViewSet, "api-course")
router.register("enrolments", training.EnrolmentViewSet, "api-enrolment")
router.register("certificates", training.CertificateViewSet, "api-certificate")
router.register("incubation-stages", training.StageViewSet, "api-stage")
router.register("bookings", views.BookingViewSet, "api-booking")
router.register("booking-series", views.SeriesViewSet, "api-series")
router.register("waitlist", views.WaitlistViewSet, "api-waitlist")
router.register("live-sessions", views.SessionViewSet, "api-session")
router.register("slot-requests", slots.SlotRequestViewSet, "api-slot-request")
router.register("slot-quotas", quotas.QuotaViewSet, "api-slot-quota")
router.register("exchange-offers", exchange.ExchangeOfferViewSet, "api-exchange-offer")
router.register("exchange-requests", exchange.ExchangeRequestViewSet, "api-exchange-request")
router.register("schedules", schedule.ScheduleViewSet, "api-schedule")
router.register("faults", faults.FaultViewSet, "api-fault")
router.register("equipment", studio.EquipmentViewSet, "api-equipment")
router.register("equipment-loans", studio.LoanViewSet, "api-loan")
router.register("cleanings", studio.CleaningViewSet, "api-cleaning")
router.register("cleaning-duties", studio.CleaningDutyViewSet, "api-cleaning-duty")
router.register("media-nodes", streams.MediaNodeViewSet, "api-media-node")
router.register("streams", streams.StreamViewSet, "api-stream")
router.register("stream-decisions", streams.StreamDecisionViewSet, "api-stream-decision")
router.register("encoder-samples", streams.EncoderSampleViewSet, "api-encoder-sample")
router.register("screens", streams.ScreenViewSet, "api-screen")
router.register("visits", visits.VisitViewSet, "api-visit")
HOOKS: dict[str, type[hooks.Hook]] = {
    "nginx-rtmp/<slug:call>": hooks.NginxRtmp,
    "srs": hooks.Srs,
    "mediamtx/auth": hooks.MediaMtxAuth,
    "mediamtx/events": hooks.MediaMtxEvents,
}
urlpatterns = [
    *(
        path(f"stream-hooks/{where}{secret}", hook.as_view(), name="api-stream-hook")
        for where, hook in HOOKS.items()
        for secret in ("", "/<str:secret>")
    ),
    path("room-use", rooms.RoomUseViewSet.as_view({"get": "retrieve"}), name="api-room-use"),
    path("brand-cover", engagements.BrandCoverViewSet.as_view({"get": "retrieve"}), name="api-brand-cover"),
    path(
        "exchange-month",
        exchange.ExchangeMonthViewSet.as_view({"get": "retrieve"}),
        name="api-exchange-month",
    ),
    *router.urls,
]
