"""The studio's day on one page: rooms in the order in which they are needed, and what there is to do."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from unfold.sites import UnfoldAdminSite

from core.actors import Actor
from core.clock import DAY, day_bounds, now, today
from core.doors.context import actor_of
from core.doors.filters import day_of
from core.policy import ADD, CHANGE, VIEW
from core.scoping import may, require, visible_to
from livestreams.choices import BookingState
from livestreams.models import (
    Booking,
    Cleaning,
    CleaningDuty,
    EquipmentLoan,
    Fault,
    LiveRoom,
    RoomCheck,
    Visit,
)
from livestreams.studio import cleaners_of, hit_by, readiness_of, to_clean
from parks.models import Park
from parks.selectors import parks_of

# What the page's buttons do, by the right that each takes.
RIGHTS = {
    "check": (ADD, RoomCheck),
    "clean": (ADD, Cleaning),
    "give": (ADD, CleaningDuty),
    "fault": (CHANGE, Fault),
    "loan": (CHANGE, EquipmentLoan),
    "visit": (CHANGE, Visit),
}


def studio_view(request: HttpRequest, site: UnfoldAdminSite) -> HttpResponse:
    """What a park's studio has to do on a day; every button is one operation and comes back here."""
    actor = actor_of(request)
    require(actor, VIEW, RoomCheck)
    parks = list(parks_of(actor).order_by("code"))
    park = next((park for park in parks if park.code == request.GET.get("park")), parks[0] if parks else None)
    day = day_of(request.GET.get("day", ""), today())
    context = {
        **site.each_context(request),
        "title": _("Studio day"),
        "parks": parks,
        "park": park,
        "day": day,
        "before": day - DAY,
        "after": day + DAY,
        "is_today": day == today(),
        **(_day(actor, park, day) if park is not None else {}),
    }
    return TemplateResponse(request, "admin/livepark/studio_day.html", context)


def _day(actor: Actor, park: Park, day: Any) -> dict[str, Any]:
    """What there is to do in a park: of the rooms, of what was lent, of what is broken, at the gate."""
    rooms = visible_to(LiveRoom.objects.open_on(day).filter(park=park), actor)
    faults = list(
        visible_to(Fault.objects.open().filter(park=park), actor)
        .select_related("room", "item", "tenant", "window")
        .order_by("-blocks", "created_at")
    )
    hits = hit_by(
        fault.window for fault in faults if fault.window is not None and fault.window.ends_at > now()
    )
    loans = visible_to(EquipmentLoan.objects.out().filter(item__park=park), actor)
    visits = visible_to(Visit.objects.expected().filter(park=park, day=day), actor)
    return {
        "rows": _bookings(actor, rooms, day),
        "turnarounds": to_clean(rooms),
        "cleaners": list(cleaners_of(park.pk)),
        "faults": [(fault, hits.get(fault.window_id or 0, [])) for fault in faults],
        "loans": list(loans.select_related("item", "tenant").order_by("due_at")),
        "visits": list(
            visits.select_related("tenant", "booking__room").order_by("left_at", "arrived_at", "pk")
        ),
        "sees_visits": may(actor, VIEW, Visit, park.pk),
        "may": {name: may(actor, verb, model, park.pk) for name, (verb, model) in RIGHTS.items()},
    }


def _bookings(actor: Actor, rooms: Any, day: Any) -> list[dict[str, Any]]:
    """The bookings of a day that are not over, in their order, each with what its room still lacks."""
    start, end = day_bounds(day)
    ahead = Booking.objects.blocking().between(max(start, min(now(), end)), end).filter(room__in=rooms)
    listed = list(
        visible_to(ahead.exclude(state=BookingState.COMPLETED), actor)
        .select_related("room", "tenant", "host")
        .order_by("starts_at", "room__code")
    )
    ready = readiness_of(listed)
    return [{"booking": booking, "ready": ready[booking.pk]} for booking in listed]
