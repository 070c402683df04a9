"""Pages beside the lists: hosts in a month, and how far the park's own hosts cover its brands."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from unfold.sites import UnfoldAdminSite

from core.actors import Actor
from core.clock import today
from core.doors.context import actor_of
from core.doors.filters import day_of, months_beside
from core.policy import VIEW
from core.scoping import require
from livestreams.hostcover import brand_covers
from livestreams.hostfigures import host_months
from livestreams.models import Engagement, Host
from parks.selectors import parks_of


def month_view(request: HttpRequest, site: UnfoldAdminSite) -> HttpResponse:
    """Sessions agreed, planned and held, and hours worked, for each host of a park in the month of a day."""
    actor = actor_of(request)
    require(actor, VIEW, Host)
    day, context = day_of(request.GET.get("day", ""), today()), _context(request, site, actor)
    here = Host.objects.working_on(day).filter(tenant__node__parent__park=context["park"])
    hosts = here.select_related("tenant").order_by("tenant__code", "code")
    rows = host_months(actor=actor, hosts=hosts, month=day) if context["park"] else []
    context |= {"title": _("Hosts in a month"), "day": day, "rows": rows, **months_beside(day)}
    return TemplateResponse(request, "admin/livepark/hosts_month.html", context)


def cover_view(request: HttpRequest, site: UnfoldAdminSite) -> HttpResponse:
    """Per brand of a park the days of 365 behind and ahead with an own host of the park, and the days without."""
    actor = actor_of(request)
    require(actor, VIEW, Engagement)
    context = _context(request, site, actor)
    covers = brand_covers(actor=actor, park=context["park"]) if context["park"] else []
    rows = [
        {
            "tenant": row.tenant,
            "behind": row.behind,
            "ahead": row.ahead,
            "without": (row.behind.missing, row.ahead.missing),
        }
        for row in covers
    ]
    context |= {"title": _("Own hosts for brands"), "rows": rows}
    return TemplateResponse(request, "admin/livepark/hosts_cover.html", context)


def _context(request: HttpRequest, site: UnfoldAdminSite, actor: Actor) -> dict[str, Any]:
    parks = list(parks_of(actor).order_by("code"))
    park = next((park for park in parks if park.code == request.GET.get("park")), parks[0] if parks else None)
    return {**site.each_context(request), "parks": parks, "park": park}
