"""The wall's page: a big screen in the hall that feeds itself from the event stream."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from analytics.wall.access import Credential, from_cookies
from analytics.wall.snapshot import wall_snapshot
from core.doors.context import actor_of
from core.doors.portal import log_in_first
from core.errors import NotFound
from core.scoping import visible_to
from parks.models import Park

# What the page's script says; it has no words of its own.
WORDS = {
    "yesterday": _("yesterday"),
    "today": _("today"),
    "summed": _("of {n} of {of} tenants"),
    "hosts": _("hosts live"),
    "dirty": _("{n} buckets not yet counted"),
    "age": _("as of {n} s ago"),
    "away": _("No connection, last figures {n} s old"),
    "live": _("live"),
    "off": _("free"),
    "minutes": _("{n} min"),
    "viewers": _("{n} watching"),
    "started": _("went live"),
    "ended": _("ended"),
    "nobody": _("No session is live at the moment."),
    "no_sales": _("No sales counted yet today."),
    "no_rooms": _("This park has no live rooms yet."),
    "quiet": _("Nothing has happened yet today."),
    "phase_before": _("begins soon"),
    "phase_warm_up": _("warm-up"),
    "phase_main": _("main phase"),
    "phase_after": _("after-sales phase"),
    "until_warm_up": _("{n} until the warm-up"),
    "until_main": _("{n} until the main phase"),
    "until_after": _("{n} until the main phase ends"),
    "until_end": _("{n} until the end"),
    "days": _("{n} d"),
    "gmv_paid": _("paid GMV"),
    "net_sales": _("net sales"),
    "orders": _("paid orders"),
    "reached": _("{n} of {of}"),
    "campaign_summed": _("joint target, from the orders of {n} of {of} tenants"),
}


@require_GET
def wall(request: HttpRequest, park_code: str) -> HttpResponse:
    """The wall of a park, for a log-in or for a display key in `?key=`; absent and foreign parks look the same."""
    secret = request.GET.get("key", "")
    credential = Credential(secret=secret) if secret else from_cookies(request.headers.get("Cookie", ""))
    park = credential.may_see(park_code)
    if park is None:
        if not secret and not request.user.is_authenticated:
            return log_in_first(request)
        raise NotFound
    return render(
        request,
        "analytics/wall.html",
        {
            "park": park,
            "snapshot": wall_snapshot(park),
            "words": {name: str(text) for name, text in WORDS.items()},
        },
    )


@require_GET
def walls(request: HttpRequest) -> HttpResponse:
    """The walls somebody may look at: straight to the only one, or a choice."""
    if not request.user.is_authenticated:
        return log_in_first(request)
    parks = list(visible_to(Park.objects.filter(closed_on__isnull=True), actor_of(request)).order_by("code"))
    if len(parks) == 1:
        return redirect(reverse("wall", args=[parks[0].code]))
    return render(request, "analytics/walls.html", {"parks": parks})
