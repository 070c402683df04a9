"""The wall's page: a big screen in the hall that feeds itself from the event stream."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from analytics.choices import Withheld
from analytics.views.pages import in_language
from analytics.wall.access import Credential, from_cookies
from analytics.wall.snapshot import wall_snapshot
from analytics.wall.subjects import PLACE, places_of
from core.doors.context import actor_of
from core.doors.portal import log_in_first
from core.errors import NotFound
from parks.selectors import parks_of

# What the page's script says; it has no words of its own.
WORDS = {
    "yesterday": _("yesterday"),
    "week": _("a week ago"),
    "today": _("today"),
    "yesterday_all": _("all of yesterday"),
    "yesterday_then": _("vs yesterday"),
    "week_then": _("vs last week"),
    "summed": _("{n} of {of} tenants"),
    "parks_counted": _("{n} of {of} parks"),
    "hosts": _("hosts live"),
    "hosts_next": _("{n} come next · {of} off"),
    "watching": _("watching"),
    "concurrent": _("concurrent viewers"),
    "states": _("{n} next · {of} free"),
    "town": _("{n} / {of} rooms live"),
    "dirty": _("{n} buckets not yet counted"),
    "age": _("as of {n} ago"),
    "away": _("No connection, last figures {n} old"),
    "old": _(" · {n} ago"),
    "old_none": _(" · none yet"),
    "seconds": _("{n} s"),
    "minutes": _("{n} min"),
    "hours": _("{n} h"),
    "days": _("{n} d"),
    "next": _("up next"),
    "repair": _("in repair"),
    "off": _("free"),
    "due": _("due since {n}"),
    "viewers": _("{n} watching"),
    "started": _("went live"),
    "ended": _("ended"),
    "rank_only": _("rank only"),
    "withheld": _("withheld"),
    **{reason.value: reason.label for reason in Withheld},
    "nobody": _("No session is live at the moment."),
    "nothing_next": _("Nothing is booked for the next 24 hours."),
    "no_sales": _("No sales counted yet today."),
    "no_rooms": _("This park has no live rooms yet."),
    "no_parks": _("No park stands here yet."),
    "no_campaign": _("No campaign runs or is near."),
    "quiet": _("Nothing has happened yet today."),
    "phase_before": _("begins soon"),
    "phase_warm_up": _("warm-up"),
    "phase_main": _("main phase"),
    "phase_after": _("after-sales phase"),
    "until_warm_up": _("{n} until the warm-up"),
    "until_main": _("{n} until the main phase"),
    "until_after": _("{n} until the main phase ends"),
    "until_end": _("{n} until the end"),
    "gmv_paid": _("paid GMV"),
    "net_sales": _("net sales"),
    "orders": _("paid orders"),
    "reached": _("{n} of {of}"),
    "campaign_summed": _("joint target, from the orders of {n} of {of} tenants"),
    "dark": _(
        "This screen may not show the wall any more: its link was revoked or has expired, or the log-in has ended."
        " Open it with a new link."
    ),
}


def wall_page(request: HttpRequest, address: str, template: str) -> HttpResponse:
    """A wall, for a log-in or for a display link in `?key=`; absent and foreign walls look the same."""
    secret = request.GET.get("key", "")
    credential = Credential(secret=secret) if secret else from_cookies(request.headers.get("Cookie", ""))
    shown = credential.may_see(address)
    if shown is None:
        if not secret and not request.user.is_authenticated:
            return log_in_first(request)
        raise NotFound
    words = {name: str(text) for name, text in WORDS.items()}
    snapshot = wall_snapshot(shown)
    context = {
        "title": in_language(shown.name_zh, shown.name_en),
        "synthetic": snapshot["synthetic"],
        "address": address,
        "snapshot": snapshot,
        "words": words,
    }
    page = render(request, template, context)
    # The key in the address stays on the screen: it goes neither into another site's log nor into a cache.
    page.headers["Referrer-Policy"] = "no-referrer"
    page.headers["Cache-Control"] = "no-store, private"
    return page


@require_safe
def wall(request: HttpRequest, park_code: str) -> HttpResponse:
    """The wall of a park."""
    return wall_page(request, park_code, "analytics/wall.html")


@require_safe
def place_wall(request: HttpRequest, code: str) -> HttpResponse:
    """The wall of all parks of a province, city or town."""
    return wall_page(request, f"{PLACE}{code}", "analytics/wall_place.html")


@require_safe
def walls(request: HttpRequest) -> HttpResponse:
    """The walls somebody may look at: straight to the only one, or a choice."""
    if not request.user.is_authenticated:
        return log_in_first(request)
    actor = actor_of(request)
    places, parks = places_of(actor), list(parks_of(actor).order_by("code"))
    if len(parks) == 1 and not places:
        return redirect(reverse("wall", args=[parks[0].code]))
    return render(request, "analytics/walls.html", {"places": places, "parks": parks})
