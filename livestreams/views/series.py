"""Series of bookings, and the waitlist."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from core.clock import today
from core.doors.portal import ScopedDetailPage, ServiceAction, ServiceFormPage
from core.errors import NotFound
from core.scoping import visible_to
from livestreams.forms import WaitForm
from livestreams.models import Booking, BookingSeries, WaitlistEntry
from livestreams.services import (
    series_cancel,
    waitlist_join,
    waitlist_withdraw,
)


def series_sentence(series: BookingSeries) -> str:
    """How many bookings a series made, and which days it left out."""
    count = series.bookings.count()
    made = ngettext("%(count)d booking made.", "%(count)d bookings made.", count) % {"count": count}
    days = ", ".join(left["day"] for left in series.skipped)
    return made + " " + _("Left out: %(days)s.") % {"days": days} if days else made


class SeriesDetail(ScopedDetailPage):
    """A series: when it comes round, its bookings one below the other, and the days left out with why."""

    template_name = "portal/series.html"
    section = "bookings"
    needs = ("view", BookingSeries)
    model = BookingSeries

    def base_queryset(self) -> Any:
        return BookingSeries.objects.select_related("room", "host")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        series = self.get_object()
        bookings = visible_to(series.bookings.numbered(), self.actor).select_related("room", "host")
        return super().get_context_data(
            series=series, bookings=bookings.order_by("starts_at", "pk"), **kwargs
        )


class CancelSeries(ServiceAction):
    """Gives back a booking of a series and those after it."""

    needs = ("change", Booking)
    done = gettext_lazy("The series is cancelled from that booking on.")

    def carry_out(self) -> None:
        booking = self.named(Booking.objects.select_related("series"), "change")
        if booking.series is None:
            raise NotFound
        series_cancel(actor=self.actor, series=booking.series, since=booking.starts_at)

    def back_to(self) -> str:
        return self.url("portal-bookings")


class Wait(ServiceFormPage):
    """Joins the waitlist: what becomes free is held for the first it fits."""

    template_name = "portal/wait.html"
    section = "bookings"
    needs = ("add", WaitlistEntry)
    form_class = WaitForm

    def get_initial(self) -> dict[str, Any]:
        asked = self.request.GET
        return {
            "day": asked.get("day") or today(),
            "start": asked.get("start") or "09:00",
            "end": asked.get("end") or "23:00",
            "minutes": asked.get("minutes") or 120,
            **{name: asked.get(name) for name in ("room", "scene", "host", "purpose")},
        }

    def carry_out(self, form: Any) -> HttpResponse:
        values = form.cleaned_data
        earliest, latest = form.window
        waitlist_join(
            actor=self.actor,
            tenant=self.tenant,
            earliest=earliest,
            latest=latest,
            **{name: values[name] for name in ("room", "scene", "host", "minutes", "purpose")},
        )
        messages.success(self.request, _("You wait now: what becomes free is held for you and shown here."))
        return redirect(self.url("portal-bookings"))


class StopWaiting(ServiceAction):
    """Leaves the waitlist."""

    needs = ("change", WaitlistEntry)
    done = gettext_lazy("You do not wait any more.")

    def carry_out(self) -> None:
        waitlist_withdraw(actor=self.actor, entry=self.named(WaitlistEntry.objects.all(), "change"))

    def back_to(self) -> str:
        return self.url("portal-bookings")
