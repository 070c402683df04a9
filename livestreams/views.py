"""The tenant's bookings, the day of the rooms, and going live by hand."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from core.clock import DAY, HOUR, SHANGHAI, local, now, today
from core.doors.filters import day_of
from core.doors.portal import ScopedDetailPage, ScopedListPage, ServiceAction, ServiceFormPage, TenantPage
from core.errors import NotFound
from core.scoping import may, visible_to
from livestreams.choices import BOOKING_BLOCKING, BOOKING_MOVABLE, BookingState
from livestreams.dayplan import bar, calendar, day_plan
from livestreams.forms import BookingForm, SessionForm, WaitForm
from livestreams.models import Booking, BookingSeries, LiveRoom, LiveSession, WaitlistEntry
from livestreams.services import (
    booking_cancel,
    booking_check_in,
    booking_confirm,
    booking_create,
    series_cancel,
    series_create,
    session_end,
    session_open,
    waitlist_join,
    waitlist_withdraw,
)
from livestreams.services.locks import settings_of


class BookingPage:
    """What templates ask about bookings."""

    actor: Any
    node: Any

    def rights(self) -> dict[str, Any]:
        return {
            "can_book": may(self.actor, "add", Booking, self.node.pk),
            "can_cancel": may(self.actor, "change", Booking, self.node.pk),
            "can_go_live": may(self.actor, "add", LiveSession, self.node.pk),
        }


class Bookings(BookingPage, ScopedListPage):
    """Bookings that lie ahead or run now, the next one first; with ?past those that are over."""

    template_name = "portal/bookings.html"
    section = "bookings"
    needs = ("view", Booking)
    model = Booking

    def base_queryset(self) -> Any:
        bookings = Booking.objects.select_related("room", "host")
        if "past" in self.request.GET:
            return bookings.filter(ends_at__lte=now()).order_by("-starts_at")
        return bookings.filter(ends_at__gt=now(), state__in=BOOKING_BLOCKING).order_by("starts_at")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        waiting = WaitlistEntry.objects.current(now()).select_related("room", "booking__room")
        return super().get_context_data(
            past="past" in self.request.GET,
            waiting=list(self.own(waiting).order_by("created_at", "pk")[:50]),
            **self.rights(),
            **kwargs,
        )


class BookingDetail(BookingPage, ScopedDetailPage):
    """One booking and what may be done with it now."""

    template_name = "portal/booking.html"
    section = "bookings"
    needs = ("view", Booking)
    model = Booking

    def base_queryset(self) -> Any:
        return Booking.objects.select_related("room", "host", "session", "series")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        booking, at = self.get_object(), now()
        early = HOUR / 60 * settings_of(self.node.parent_id or 0).checkin_early_minutes
        held = visible_to(Booking.objects.filter(pk=booking.pk), self.actor, "check_in").exists()
        return super().get_context_data(
            booking=booking,
            open_for_check_in=held
            and booking.state == BookingState.CONFIRMED
            and booking.starts_at - early <= at < booking.ends_at,
            check_in_from=booking.starts_at - early,
            ahead=booking.starts_at > at and booking.state in (BookingState.HELD, BookingState.CONFIRMED),
            late=booking.free_until is not None and booking.free_until <= at,
            terms=settings_of(self.node.parent_id or 0),
            series_ahead=booking.series_id is not None
            and booking.series.bookings.filter(state__in=BOOKING_MOVABLE, starts_at__gt=at).count(),
            running=booking.starts_at - early <= at < booking.ends_at,
            **self.rights(),
            **kwargs,
        )


class RoomsDay(BookingPage, TenantPage):
    """All rooms of the park on one day: what is free, what is one's own."""

    template_name = "portal/rooms_day.html"
    section = "bookings"
    needs = ("view", Booking)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        day = day_of(self.request.GET.get("day", ""), today())
        rooms = LiveRoom.objects.open_on(day).for_tenant(self.tenant.pk).filter(park=self.node.parent_id)
        mine = self.own(Booking.objects.blocking()).select_related("host").order_by("starts_at")
        plans = day_plan(rooms=visible_to(rooms, self.actor).order_by("code"), mine=mine, day=day)
        since_midnight = local(now()) - datetime.combine(day, datetime.min.time(), SHANGHAI)
        return super().get_context_data(
            day=day,
            before=day - DAY,
            after=day + DAY,
            is_today=day == today(),
            plans=[(plan, bar(plan, day)) for plan in plans],
            hours=[(hour, f"{hour / 24 * 100:.3f}") for hour in range(0, 25, 4)],
            now_at=f"{since_midnight / DAY * 100:.3f}" if day == today() else "",
            calendar=calendar(plans, own_title=_("our booking"), taken_title=_("taken"))
            | {
                "may_move": may(self.actor, "change", Booking, self.node.pk),
                "move": f"{reverse('api-booking-list')}/",
                "day": day.isoformat(),
                "book": self.url("portal-booking-new"),
                "show": self.url("portal-bookings"),
            },
            **self.rights(),
            **kwargs,
        )


class BookRoom(ServiceFormPage):
    """Book a room; when it is taken, the nearest alternatives are one tap away."""

    template_name = "portal/booking_new.html"
    section = "bookings"
    needs = ("add", Booking)
    form_class = BookingForm

    def get_initial(self) -> dict[str, Any]:
        """What the calendar or a link chose; otherwise the next full hour."""
        asked = self.request.GET
        start = local(now() + HOUR).replace(minute=0)
        return {
            "day": asked.get("day") or start.date(),
            "start": asked.get("start") or f"{start:%H:%M}",
            "room": asked.get("room"),
            "minutes": asked.get("minutes") or 120,
        }

    def carry_out(self, form: Any) -> HttpResponse:
        values = form.cleaned_data
        if (series := form.series) is not None:
            made = series_create(
                actor=self.actor,
                tenant=self.tenant,
                room=values["room"],
                host=values["host"],
                purpose=values["purpose"],
                **series,
            )
            messages.success(self.request, series_sentence(made))
            return redirect(self.url("portal-bookings"))
        starts_at, ends_at = form.span
        booking = booking_create(
            actor=self.actor,
            room=values["room"],
            tenant=self.tenant,
            starts_at=starts_at,
            ends_at=ends_at,
            host=values["host"],
            purpose=values["purpose"],
        )
        return redirect(self.url("portal-booking", uid=booking.uid))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        refused = kwargs.get("refused")
        windows = refused.extra.get("alternatives", []) if refused else []
        return super().get_context_data(
            alternatives=self._alternatives(windows, kwargs["form"]),
            wait_from=self._waiting(kwargs["form"]) if refused and refused.code == "overlap" else "",
            **kwargs,
        )

    def _waiting(self, form: Any) -> str:
        """The address of the waitlist's form, filled in with what was wanted and an hour on each side."""
        starts_at, ends_at = (local(instant) for instant in form.span)
        wanted = {name: form[name].value() or "" for name in ("room", "minutes", "host", "purpose")}
        times = {"start": f"{starts_at - HOUR:%H:%M}", "end": f"{ends_at + HOUR:%H:%M}"}
        return f"{self.url('portal-wait')}?{urlencode({**wanted, 'day': starts_at.date(), **times})}"

    def _alternatives(self, windows: list[dict[str, Any]], form: Any) -> list[dict[str, Any]]:
        """The free windows that a refusal names, as values of the form's fields."""
        rooms = form.fields["room"].queryset.in_bulk(
            [window["room"] for window in windows], field_name="code"
        )
        found = []
        for window in windows:
            start, end = (
                datetime.fromisoformat(window["starts_at"]),
                datetime.fromisoformat(window["ends_at"]),
            )
            found.append(
                {
                    "room": rooms[window["room"]],
                    "start": start,
                    "end": end,
                    "minutes": (end - start) // (HOUR / 60),
                }
            )
        return found


def series_sentence(series: BookingSeries) -> str:
    """How many bookings a series made, and which days it left out."""
    count = series.bookings.count()
    made = ngettext("%(count)d booking made.", "%(count)d bookings made.", count) % {"count": count}
    days = ", ".join(left["day"] for left in series.skipped)
    return f"{made} {_('Left out: %(days)s.') % {'days': days}}" if days else made


class CancelSeries(ServiceAction):
    """Gives back all bookings of a series that have not begun."""

    needs = ("change", Booking)
    done = gettext_lazy("The rest of the series is cancelled.")

    def carry_out(self) -> None:
        booking = self.named(Booking.objects.select_related("series"), "change")
        if booking.series is None:
            raise NotFound
        series_cancel(actor=self.actor, series=booking.series)

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
            **{name: asked.get(name) for name in ("room", "host", "purpose")},
        }

    def carry_out(self, form: Any) -> HttpResponse:
        values = form.cleaned_data
        earliest, latest = form.window
        waitlist_join(
            actor=self.actor,
            tenant=self.tenant,
            earliest=earliest,
            latest=latest,
            **{name: values[name] for name in ("room", "host", "minutes", "purpose")},
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


class ConfirmBooking(ServiceAction):
    """Turns a hold into a booking."""

    needs = ("change", Booking)
    done = gettext_lazy("The booking is confirmed.")

    def carry_out(self) -> None:
        booking_confirm(actor=self.actor, booking=self.named(Booking.objects.all(), "change"))

    def back_to(self) -> str:
        return self.url("portal-booking", uid=self.kwargs["uid"])


class CancelBooking(ServiceAction):
    """Gives a booking back."""

    needs = ("change", Booking)
    done = gettext_lazy("The booking is cancelled; the room is free again.")

    def carry_out(self) -> None:
        booking_cancel(actor=self.actor, booking=self.named(Booking.objects.all(), "change"))

    def back_to(self) -> str:
        return self.url("portal-bookings")


class CheckIn(ServiceAction):
    """Says that tenant or host are in the room."""

    needs = ("check_in", Booking)
    done = gettext_lazy("Checked in. Have a good session!")

    def carry_out(self) -> None:
        booking_check_in(actor=self.actor, booking=self.named(Booking.objects.all(), "check_in"))

    def back_to(self) -> str:
        return self.url("portal-booking", uid=self.kwargs["uid"])


class GoLive(ServiceFormPage):
    """Opens a session by hand, for a phone or an encoder that goes straight to the platform."""

    template_name = "portal/session_new.html"
    section = "sessions"
    needs = ("add", LiveSession)
    form_class = SessionForm

    def get_initial(self) -> dict[str, Any]:
        return {"booking": self.request.GET.get("booking"), "delivery": "phone", "market": "CN"}

    def carry_out(self, form: Any) -> HttpResponse:
        session = session_open(actor=self.actor, tenant=self.tenant, **form.cleaned_data)
        return redirect(self.url("portal-session", uid=session.uid))


class EndSession(ServiceAction):
    """Ends a live session now."""

    needs = ("change", LiveSession)
    done = gettext_lazy("The session has ended. Import the platform's order file when it is ready.")

    def carry_out(self) -> None:
        session_end(actor=self.actor, session=self.named(LiveSession.objects.all(), "change"))

    def back_to(self) -> str:
        return self.url("portal-session", uid=self.kwargs["uid"])
