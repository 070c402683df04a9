"""The operator's pages over all rooms: the board of a day, and how much rooms are used."""

from __future__ import annotations

from functools import reduce
from operator import add

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.dates import WEEKDAYS_ABBR
from django.utils.translation import gettext as _
from unfold.sites import UnfoldAdminSite

from core.clock import DAY, day_bounds, today
from core.doors.context import actor_of
from core.doors.filters import day_of
from core.errors import DomainError
from core.policy import CHANGE, VIEW
from core.scoping import may, require, visible_to
from livestreams.choices import BookingState
from livestreams.dayplan import board
from livestreams.models import Booking, LiveRoom, Maintenance
from livestreams.selectors import room_reports
from livestreams.usage import NOTHING, heat_map
from parks.selectors import parks_of

SPAN = 27 * DAY


def board_view(request: HttpRequest, site: UnfoldAdminSite) -> HttpResponse:
    """The rooms of the actor's parks on one day, with everybody's bookings; those that lie ahead can be dragged."""
    actor = actor_of(request)
    require(actor, VIEW, Booking)
    parks = list(parks_of(actor).order_by("code"))
    park = next((park for park in parks if park.code == request.GET.get("park")), None)
    day = day_of(request.GET.get("day", ""), today())
    start, end = day_bounds(day)
    shown = parks if park is None else [park]
    rooms = visible_to(LiveRoom.objects.open_on(day).filter(park__in=shown), actor).select_related("park")
    bookings = (
        Booking.objects.between(start, end).exclude(state=BookingState.CANCELLED).filter(room__in=rooms)
    )
    repairs = Maintenance.objects.filter(room__in=rooms, starts_at__lt=end, ends_at__gt=start)
    context = {
        **site.each_context(request),
        "title": _("Board of the rooms"),
        "parks": parks,
        "park": park,
        "all_parks": True,
        "query": f"&day={day}",
        "day": day,
        "before": day - DAY,
        "after": day + DAY,
        "board": board(
            day=day,
            rooms=rooms.order_by("park__code", "code"),
            bookings=visible_to(bookings.select_related("room", "tenant", "host"), actor),
            repairs=visible_to(repairs.select_related("room"), actor),
        )
        | {
            "day": day.isoformat(),
            "may_move": may(actor, CHANGE, Booking),
            "move": f"{reverse('api-booking-list')}/",
        },
    }
    return TemplateResponse(request, "admin/livepark/room_board.html", context)


def usage_view(request: HttpRequest, site: UnfoldAdminSite) -> HttpResponse:
    """Utilisation, booked share and no-shows by room, and utilisation by weekday and hour."""
    actor = actor_of(request)
    require(actor, VIEW, Booking)
    until = day_of(request.GET.get("until", ""), today())
    since = day_of(request.GET.get("since", ""), until - SPAN)
    parks = list(parks_of(actor).order_by("code"))
    park = next((park for park in parks if park.code == request.GET.get("park")), None)
    try:
        reports, refused = room_reports(actor=actor, since=since, until=until, park=park), ""
    except DomainError as error:
        reports, refused = [], str(error.detail)
    heat = heat_map(report.facts for report in reports)
    context = {
        **site.each_context(request),
        "title": _("Use of the rooms"),
        "parks": parks,
        "park": park,
        "all_parks": True,
        "query": f"&since={since}&until={until}",
        "since": since,
        "until": until,
        "refused": refused,
        "reports": sorted(reports, key=lambda report: -(report.use.utilisation or 0)),
        "total": reduce(add, (report.use for report in reports), NOTHING),
        "heat": {
            "weekdays": [str(WEEKDAYS_ABBR[number]) for number in range(7)],
            "cells": [
                [hour, weekday, None if share is None else float(share)]
                for (weekday, hour), share in sorted(heat.items())
            ],
            "unit": _("live, share of open time (%)"),
        },
    }
    return TemplateResponse(request, "admin/livepark/room_usage.html", context)
