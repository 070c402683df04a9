"""Who is to be host and controller within a booking, and who takes over from whom within a session."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.clock import DAY, SHANGHAI, local, now, today
from core.doors.portal import (
    ScopedChoiceField,
    ScopedForm,
    ServiceAction,
    ServiceFormPage,
)
from core.scoping import may, visible_to
from livestreams.choices import SESSION_RUNNING, ShiftRole
from livestreams.forms import OwnChoicesForm, TimeOfDayInput
from livestreams.hostfigures import shift_gaps
from livestreams.models import (
    Booking,
    Host,
    HostShift,
    LiveSession,
    PlannedShift,
)
from livestreams.services import shift_begin, shift_drop, shift_end, shift_plan


class ShiftForm(OwnChoicesForm):
    """Somebody within a booking, by the clock: times before its start are of the next day."""

    asks: ClassVar[Mapping[str, str]] = {"starts_at": "start", "ends_at": "end"}

    host = ScopedChoiceField(Host, to_field="code", label=gettext_lazy("Who"))
    role = forms.ChoiceField(label=gettext_lazy("As"), choices=ShiftRole)
    start = forms.TimeField(label=gettext_lazy("From"), widget=TimeOfDayInput)
    end = forms.TimeField(label=gettext_lazy("Until"), widget=TimeOfDayInput)

    def span_in(self, booking: Booking) -> tuple[datetime, datetime]:
        """The first time of these clock times at or after the booking's start, and the next end after it."""
        day = local(booking.starts_at).date()
        starts_at = datetime.combine(day, self.cleaned_data["start"], SHANGHAI)
        if starts_at < booking.starts_at:
            starts_at += DAY
        ends_at = datetime.combine(starts_at.date(), self.cleaned_data["end"], SHANGHAI)
        return starts_at, ends_at if ends_at > starts_at else ends_at + DAY


class BookingShifts(ServiceFormPage):
    """Who is to be host and controller within a booking, and when nobody is."""

    template_name = "portal/booking_shifts.html"
    section = "bookings"
    needs = ("view", PlannedShift)
    form_class = ShiftForm

    def booking(self) -> Booking:
        return self.named(Booking.objects.select_related("room", "host"))

    def get_initial(self) -> dict[str, Any]:
        booking = self.booking()
        return {"start": local(booking.starts_at).time(), "end": local(booking.ends_at).time()}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        booking = self.booking()
        shifts = PlannedShift.objects.filter(booking=booking, released=False).select_related("host")
        rows = list(visible_to(shifts, self.actor).order_by("starts_at", "pk"))
        return super().get_context_data(
            booking=booking,
            shifts=rows,
            gaps=shift_gaps(booking, rows),
            now=now(),
            can_plan=may(self.actor, "add", PlannedShift, self.node.pk),
            **kwargs,
        )

    def carry_out(self, form: Any) -> HttpResponse:
        booking = self.booking()
        starts_at, ends_at = form.span_in(booking)
        shift_plan(
            actor=self.actor,
            booking=booking,
            host=form.cleaned_data["host"],
            role=form.cleaned_data["role"],
            starts_at=starts_at,
            ends_at=ends_at,
        )
        return redirect(self.url("portal-booking-shifts", uid=booking.uid))


class DropShift(ServiceAction):
    """Takes a shift that lies ahead off the plan."""

    needs = ("change", PlannedShift)
    done = gettext_lazy("The shift is off the plan.")

    def shift(self) -> PlannedShift:
        return self.named(PlannedShift.objects.select_related("booking"), "change", "booking__tenant_id")

    def carry_out(self) -> None:
        shift_drop(actor=self.actor, shift=self.shift())

    def back_to(self) -> str:
        return self.url("portal-booking-shifts", uid=self.shift().booking.uid)


class HandOverForm(ScopedForm):
    """Somebody who begins now in a session that runs: of the firm, or known to the session or its booking."""

    host = ScopedChoiceField(Host, to_field="code", label=gettext_lazy("Who"))
    role = forms.ChoiceField(label=gettext_lazy("As"), choices=ShiftRole)
    relieves = ScopedChoiceField(
        Host,
        to_field="code",
        label=gettext_lazy("Relieves"),
        required=False,
        empty_label=gettext_lazy("nobody"),
        help_text=gettext_lazy(
            "Whoever is relieved stops at the same instant; a controller relieves a controller."
        ),
    )

    def __init__(self, *args: Any, session: LiveSession, **kwargs: Any) -> None:
        self.session = session
        super().__init__(*args, **kwargs)
        relieves: Any = self.fields["relieves"]
        relieves.queryset = Host.objects.filter(pk__in=self._worked(ends_at__isnull=True))

    def narrow(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Those who are planned or worked here are seen by their shifts, also where they are of another firm."""
        planned = visible_to(PlannedShift.objects.filter(released=False), self.actor)
        planned = planned.filter(booking=self.session.booking_id)
        own = Q(tenant=self.tenant) & Q(pk__in=queryset.values("pk"))
        known = Q(pk__in=planned.values("host")) | Q(pk__in=self._worked())
        return Host.objects.working_on(today()).filter(own | known)

    def clean(self) -> dict[str, Any]:
        """The page names the one who is before the camera: who comes as controller did not mean to relieve a host."""
        values = super().clean() or self.cleaned_data
        there, role = values.get("relieves"), values.get("role")
        if role == ShiftRole.CONTROLLER and there is not None:
            relieved = self._worked(ends_at__isnull=True, role=role, host=there)
            values["relieves"] = there if relieved.exists() else None
        return values

    def _worked(self, **like: Any) -> QuerySet[Any]:
        worked = HostShift.objects.filter(session=self.session, **like)
        return visible_to(worked, self.actor).values("host")


class HandOver(ServiceFormPage):
    """Who works in a session: one takes over from the other now, comes in addition, or stops."""

    template_name = "portal/session_shifts.html"
    section = "sessions"
    needs = ("add", HostShift)
    form_class = HandOverForm

    @cached_property
    def session(self) -> LiveSession:
        session: LiveSession = self.named(LiveSession.objects.all())
        return session

    @cached_property
    def shifts(self) -> list[HostShift]:
        worked = visible_to(HostShift.objects.filter(session=self.session), self.actor)
        return list(worked.select_related("host").order_by("starts_at", "pk"))

    def get_form(self, data: Any = None, files: Any = None) -> ScopedForm:
        initial = None if data is not None else self.get_initial()
        return HandOverForm(
            data, files, actor=self.actor, tenant=self.tenant, session=self.session, initial=initial
        )

    def get_initial(self) -> dict[str, Any]:
        """Whoever comes before the camera relieves the one who is there."""
        there = [shift for shift in self.shifts if shift.ends_at is None and shift.role == ShiftRole.HOST]
        return {"relieves": there[0].host.code} if len(there) == 1 else {}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        running = self.session.state in SESSION_RUNNING
        return super().get_context_data(
            session=self.session, shifts=self.shifts, may_hand_over=running, **kwargs
        )

    def carry_out(self, form: Any) -> HttpResponse:
        shift = shift_begin(actor=self.actor, session=self.session, **form.cleaned_data)
        messages.success(self.request, _("%(host)s is on the shift from now on.") % {"host": shift.host})
        return redirect(self.url("portal-session-shifts", uid=self.session.uid))


class StopShift(ServiceAction):
    """Somebody stops working in a session now."""

    needs = ("change", HostShift)
    done = gettext_lazy("The shift has ended.")

    def shift(self) -> HostShift:
        return self.named(HostShift.objects.select_related("session"), "change", "session__tenant_id")

    def carry_out(self) -> None:
        shift_end(actor=self.actor, shift=self.shift())

    def back_to(self) -> str:
        return self.url("portal-session", uid=self.shift().session.uid)
