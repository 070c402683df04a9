"""Portal addresses of livestreams."""

from __future__ import annotations

from django.urls import path

from livestreams.views import (
    bookings,
    broadcasts,
    door,
    exchange,
    hostbook,
    hosts,
    moves,
    rooms,
    screens,
    series,
    sessions,
    shifts,
    slots,
    spend,
    streams,
    studio,
)

BOOKING = "portal/<slug:tenant>/bookings/<uuid:uid>/"
WAIT = "portal/<slug:tenant>/bookings/wait/<uuid:uid>/"
EXCHANGE = "portal/<slug:tenant>/exchange/"
HOST = "portal/<slug:tenant>/hosts/<uuid:uid>/"
SESSION = "portal/<slug:tenant>/sessions/<uuid:uid>/"

urlpatterns = [
    path("door/", door.without_network, name="door-offline"),
    path("door-worker.js", door.worker, name="door-worker"),
    path("door/<slug:room_code>/", door.Door.as_view(), name="door"),
    path("door/<slug:room_code>/fault/", door.ReportFault.as_view(), name="door-fault"),
    path("door/<slug:room_code>/sign/", door.Sign.as_view(), name="door-sign"),
    path("portal/<slug:tenant>/bookings/", bookings.Bookings.as_view(), name="portal-bookings"),
    path("portal/<slug:tenant>/bookings/new/", rooms.BookRoom.as_view(), name="portal-booking-new"),
    path("portal/<slug:tenant>/bookings/wait/", series.Wait.as_view(), name="portal-wait"),
    path(f"{WAIT}stop/", series.StopWaiting.as_view(), name="portal-wait-stop"),
    path("portal/<slug:tenant>/series/<uuid:uid>/", series.SeriesDetail.as_view(), name="portal-series"),
    path("portal/<slug:tenant>/slots/", slots.Slots.as_view(), name="portal-slots"),
    path("portal/<slug:tenant>/slots/new/", slots.AskForSlot.as_view(), name="portal-slot-new"),
    path(
        "portal/<slug:tenant>/slots/<uuid:uid>/withdraw/",
        slots.WithdrawSlot.as_view(),
        name="portal-slot-withdraw",
    ),
    path("portal/<slug:tenant>/rooms/", rooms.RoomsDay.as_view(), name="portal-rooms"),
    path(BOOKING, bookings.BookingDetail.as_view(), name="portal-booking"),
    path(f"{BOOKING}confirm/", bookings.ConfirmBooking.as_view(), name="portal-booking-confirm"),
    path(f"{BOOKING}cancel/", bookings.CancelBooking.as_view(), name="portal-booking-cancel"),
    path(f"{BOOKING}cancel-series/", series.CancelSeries.as_view(), name="portal-booking-cancel-series"),
    path(f"{BOOKING}place/", moves.PlaceBooking.as_view(), name="portal-booking-place"),
    path(f"{BOOKING}swap/", moves.SwapBooking.as_view(), name="portal-booking-swap"),
    path(f"{BOOKING}move/", studio.MoveBooking.as_view(), name="portal-booking-move"),
    path(f"{BOOKING}check-in/", bookings.CheckIn.as_view(), name="portal-booking-check-in"),
    path(f"{BOOKING}broadcast/", broadcasts.ChooseBroadcast.as_view(), name="portal-booking-broadcast"),
    path(f"{BOOKING}screen/", screens.MakeScreen.as_view(), name="portal-booking-screen"),
    path(f"{BOOKING}screen/shut/", screens.ShutScreen.as_view(), name="portal-booking-screen-shut"),
    path(f"{BOOKING}stream-key/", streams.RenewStreamKey.as_view(), name="portal-booking-stream-key"),
    path(f"{BOOKING}shifts/", shifts.BookingShifts.as_view(), name="portal-booking-shifts"),
    path(
        "portal/<slug:tenant>/shifts/<uuid:uid>/drop/", shifts.DropShift.as_view(), name="portal-shift-drop"
    ),
    path(EXCHANGE, exchange.Exchange.as_view(), name="portal-exchange"),
    path(f"{EXCHANGE}lend/", exchange.Lend.as_view(), name="portal-exchange-lend"),
    path(f"{EXCHANGE}lend/new/", exchange.LendHost.as_view(), name="portal-exchange-offer-new"),
    path(
        f"{EXCHANGE}offers/<uuid:uid>/withdraw/",
        exchange.WithdrawOffer.as_view(),
        name="portal-exchange-offer-withdraw",
    ),
    path(f"{EXCHANGE}offers/<uuid:uid>/ask/", exchange.AskOffer.as_view(), name="portal-exchange-ask"),
    path(
        f"{EXCHANGE}requests/<uuid:uid>/accept/",
        exchange.AcceptRequest.as_view(),
        name="portal-exchange-request-accept",
    ),
    path(
        f"{EXCHANGE}requests/<uuid:uid>/decline/",
        exchange.DeclineRequest.as_view(),
        name="portal-exchange-request-decline",
    ),
    path(
        f"{EXCHANGE}requests/<uuid:uid>/withdraw/",
        exchange.WithdrawRequest.as_view(),
        name="portal-exchange-request-withdraw",
    ),
    path("portal/<slug:tenant>/studio/", studio.Studio.as_view(), name="portal-studio"),
    path("portal/<slug:tenant>/visits/", studio.Visits.as_view(), name="portal-visits"),
    path("portal/<slug:tenant>/visits/new/", studio.AnnounceVisit.as_view(), name="portal-visit-new"),
    path(
        "portal/<slug:tenant>/visits/<uuid:uid>/withdraw/",
        studio.WithdrawVisit.as_view(),
        name="portal-visit-withdraw",
    ),
    path("portal/<slug:tenant>/hosts/", hosts.Hosts.as_view(), name="portal-hosts"),
    path("portal/<slug:tenant>/hosts/new/", hostbook.NewHost.as_view(), name="portal-host-new"),
    path("portal/<slug:tenant>/hosts/enrol/", hostbook.EnrolHost.as_view(), name="portal-host-enrol"),
    path(HOST, hosts.HostDetail.as_view(), name="portal-host"),
    path(f"{HOST}away/", hosts.Away.as_view(), name="portal-host-away"),
    path(f"{HOST}hours/", hosts.Hours.as_view(), name="portal-host-hours"),
    path(f"{HOST}account/", hostbook.NewAccount.as_view(), name="portal-host-account"),
    path(f"{HOST}contract/", hostbook.Contract.as_view(), name="portal-host-contract"),
    path(f"{HOST}certificate/", hostbook.NewCertificate.as_view(), name="portal-host-certificate"),
    path(
        "portal/<slug:tenant>/hosts/accounts/<uuid:uid>/followers/",
        hostbook.FollowersToday.as_view(),
        name="portal-account-followers",
    ),
    path(
        "portal/<slug:tenant>/hosts/accounts/<uuid:uid>/begin/",
        hostbook.BeginAccount.as_view(),
        name="portal-account-begin",
    ),
    path(
        "portal/<slug:tenant>/hosts/accounts/<uuid:uid>/close/",
        hostbook.CloseAccount.as_view(),
        name="portal-account-close",
    ),
    path(
        "portal/<slug:tenant>/hosts/accounts/<uuid:uid>/reopen/",
        hostbook.ReopenAccount.as_view(),
        name="portal-account-reopen",
    ),
    path(
        "portal/<slug:tenant>/hosts/contracts/<uuid:uid>/end/",
        hostbook.EndContract.as_view(),
        name="portal-contract-end",
    ),
    path(
        "portal/<slug:tenant>/absences/<uuid:uid>/withdraw/",
        hosts.BackAgain.as_view(),
        name="portal-absence-withdraw",
    ),
    path("portal/<slug:tenant>/sessions/new/", sessions.GoLive.as_view(), name="portal-session-new"),
    path(f"{SESSION}shifts/", shifts.HandOver.as_view(), name="portal-session-shifts"),
    path(
        "portal/<slug:tenant>/sessions/shifts/<uuid:uid>/stop/",
        shifts.StopShift.as_view(),
        name="portal-session-shift-stop",
    ),
    path(f"{SESSION}spend/", spend.TellSpend.as_view(), name="portal-session-spend"),
    path(f"{SESSION}end/", sessions.EndSession.as_view(), name="portal-session-end"),
]
