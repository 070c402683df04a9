"""The tenant's hosts: their month, hours and absences, and how far the park's own hosts cover the brand."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.db.models import Count, Exists, OuterRef, Prefetch, Q
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.clock import DAY, SHANGHAI, local, now, today
from core.doors.filters import day_of
from core.doors.formfields import DayField
from core.doors.portal import (
    ScopedDetailPage,
    ScopedForm,
    ServiceAction,
    ServiceFormPage,
    TenantPage,
)
from core.scoping import may, visible_to
from livestreams.choices import AbsenceKind
from livestreams.forms import TimeOfDayInput
from livestreams.hostcover import brand_covers
from livestreams.hostfigures import host_months
from livestreams.hosthours import in_words
from livestreams.incubation import standing_of
from livestreams.models import (
    Booking,
    Certificate,
    CourseRun,
    Engagement,
    Enrolment,
    FollowerReading,
    Host,
    HostAbsence,
    HostAccount,
    HostShift,
    HostStage,
    LiveSession,
    PlannedShift,
)
from livestreams.querysets import SOON
from livestreams.services import absence_create, absence_withdraw, host_update

AHEAD = 14 * DAY
SHOWN = 50


class Hosts(TenantPage):
    """The tenant's own hosts with their month, its shifts ahead, and how far the park covers the brand."""

    template_name = "portal/hosts.html"
    section = "hosts"
    needs = ("view", Host)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        month = day_of(self.request.GET.get("month", ""), today())
        hosts = self.own(Host.objects.working_on(today()))
        months = host_months(actor=self.actor, hosts=hosts.order_by("code"), month=month)
        keys, at = [row.host.pk for row in months], now()
        away = set(
            visible_to(HostAbsence.objects.filter(withdrawn_at__isnull=True), self.actor)
            .filter(host__in=keys, starts_at__lte=at, ends_at__gt=at)
            .values_list("host", flat=True)
        )
        planned = PlannedShift.objects.ahead(at).filter(starts_at__lt=at + AHEAD)
        shifts = self.own(planned, lookup="booking__tenant_id").select_related("booking__room", "host")
        certificates = Certificate.objects.filter(host__in=keys, expires_on__lt=today() + SOON)
        due = visible_to(certificates.select_related("host"), self.actor).order_by("expires_on", "pk")
        covers = brand_covers(actor=self.actor, tenant=self.tenant)
        return super().get_context_data(
            rows=months,
            month=month,
            can_book=may(self.actor, "add", Booking, self.node.pk),
            can_add=may(self.actor, "add", Host, self.node.pk),
            can_enrol=may(self.actor, "add", Enrolment, self.node.pk),
            runs=self._runs(),
            away=away,
            shifts=list(shifts.order_by("starts_at", "pk")[:SHOWN]),
            due=[(certificate, certificate.validity_on(today())) for certificate in due[:SHOWN]],
            covers=[
                (days, title)
                for cover in covers
                for days, title in ((cover.behind, _("365 days behind")), (cover.ahead, _("365 days ahead")))
            ],
            **kwargs,
        )

    def _runs(self) -> list[CourseRun]:
        """The park's courses that can be entered, each with those of the firm's hosts who have."""
        ours = self.own(Enrolment.objects.select_related("host"), lookup="host__tenant_id")
        runs = CourseRun.objects.open_on(today()).filter(course__park=self.node.parent_id)
        shown = visible_to(runs.annotate(taken=Count("enrolments")), self.actor).select_related("course")
        shown = shown.prefetch_related(Prefetch("enrolments", ours.order_by("pk"), to_attr="ours"))
        return list(shown.order_by("first_day", "pk")[:SHOWN])


class HostDetail(ScopedDetailPage):
    """One host: contract, accounts with followers, hours, absences, shifts."""

    template_name = "portal/host.html"
    section = "hosts"
    needs = ("view", Host)
    model = Host

    def base_queryset(self) -> Any:
        return Host.objects.with_engagement(today())

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        host = self.get_object()
        accounts = HostAccount.objects.filter(host=host).with_followers()
        absences = HostAbsence.objects.filter(host=host, withdrawn_at__isnull=True, ends_at__gt=now())
        session = visible_to(LiveSession.objects.filter(pk=OuterRef("session")), self.actor)
        worked = HostShift.objects.filter(host=host).annotate(session_shown=Exists(session))
        worked = worked.select_related("session").order_by("-starts_at")
        planned = PlannedShift.objects.ahead(now()).filter(host=host)
        return super().get_context_data(
            host=host,
            hours=[in_words(text) for text in host.weekly_hours],
            engagement=next(iter(host.engaged), None),
            accounts=list(visible_to(accounts, self.actor).order_by("platform", "account")),
            absences=list(visible_to(absences, self.actor).order_by("starts_at")),
            planned=list(
                visible_to(planned, self.actor).select_related("booking__room").order_by("starts_at")[:SHOWN]
            ),
            worked=list(visible_to(worked, self.actor)[:10]),
            certificates=[
                (certificate, certificate.validity_on(today()))
                for certificate in visible_to(Certificate.objects.filter(host=host), self.actor)
            ],
            standing=standing_of(host, self.node.parent_id or 0)
            if may(self.actor, "view", HostStage, self.node.pk)
            else None,
            can_plan=may(self.actor, "add", HostAbsence, self.node.pk),
            can_change=may(self.actor, "change", Host, self.node.pk),
            can_add_account=may(self.actor, "add", HostAccount, self.node.pk),
            can_close_account=may(self.actor, "change", HostAccount, self.node.pk),
            can_tell_followers=may(self.actor, "add", FollowerReading, self.node.pk),
            can_engage=may(self.actor, "add", Engagement, self.node.pk),
            can_certify=may(self.actor, "add", Certificate, self.node.pk),
            **kwargs,
        )


class AbsenceForm(ScopedForm):
    """Whole days, or part of one."""

    asks: ClassVar[Mapping[str, str]] = {"starts_at": "first_day", "ends_at": "last_day"}

    kind = forms.ChoiceField(label=gettext_lazy("Reason"), choices=AbsenceKind)
    first_day = DayField(label=gettext_lazy("From"))
    start = forms.TimeField(label=gettext_lazy("at"), widget=TimeOfDayInput, required=False)
    last_day = DayField(label=gettext_lazy("Until"))
    end = forms.TimeField(
        label=gettext_lazy("at"),
        widget=TimeOfDayInput,
        required=False,
        help_text=gettext_lazy("Empty: the whole day."),
    )

    @property
    def span(self) -> tuple[datetime, datetime]:
        """Without times from the beginning of the first day to the end of the last."""
        values = self.cleaned_data
        midnight = datetime.min.time()
        starts_at = datetime.combine(values["first_day"], values["start"] or midnight, SHANGHAI)
        last: date = values["last_day"]
        if values["end"] is None:
            return starts_at, datetime.combine(last, midnight, SHANGHAI) + DAY
        return starts_at, datetime.combine(last, values["end"], SHANGHAI)


class HostFormPage(ServiceFormPage):
    """A form about one host of the tenant."""

    section = "hosts"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(host=self.host(), **kwargs)

    def host(self) -> Host:
        return self.named(Host.objects.all())

    def back(self) -> HttpResponse:
        return redirect(self.url("portal-host", uid=self.kwargs["uid"]))


class Away(HostFormPage):
    """Says that a host is away."""

    template_name = "portal/host_away.html"
    needs = ("add", HostAbsence)
    form_class = AbsenceForm

    def get_initial(self) -> dict[str, Any]:
        return {"first_day": today() + DAY, "last_day": today() + DAY}

    def carry_out(self, form: Any) -> HttpResponse:
        starts_at, ends_at = form.span
        host = self.host()
        absence_create(
            actor=self.actor, host=host, kind=form.cleaned_data["kind"], starts_at=starts_at, ends_at=ends_at
        )
        met = self._booked(host, starts_at, ends_at)
        if met:
            messages.warning(
                self.request,
                _("Booked in this time, and still booked: %(bookings)s.") % {"bookings": ", ".join(met)},
            )
        else:
            messages.success(self.request, _("The host cannot be booked in this time."))
        return self.back()

    def _booked(self, host: Host, starts_at: datetime, ends_at: datetime) -> list[str]:
        bookings = Booking.objects.taking_host(starts_at, ends_at).filter(
            Q(host=host) | Q(shifts__host=host, shifts__released=False)
        )
        shown = visible_to(bookings.select_related("room"), self.actor).distinct().order_by("starts_at")
        return [f"{booking.room} {local(booking.starts_at):%m-%d %H:%M}" for booking in shown[:5]]


class BackAgain(ServiceAction):
    """Withdraws an absence."""

    needs = ("change", HostAbsence)
    done = gettext_lazy("The host can be booked again in this time.")

    def absence(self) -> HostAbsence:
        return self.named(HostAbsence.objects.select_related("host"), "change", "host__tenant_id")

    def carry_out(self) -> None:
        absence_withdraw(actor=self.actor, absence=self.absence())

    def back_to(self) -> str:
        return self.url("portal-host", uid=self.absence().host.uid)


class HoursForm(ScopedForm):
    """One line for each piece of the week."""

    weekly_hours = forms.CharField(
        label=gettext_lazy("Hours of the week"),
        widget=forms.Textarea(attrs={"rows": 5, "placeholder": "1-5 09:00-18:00\n6-7 20:00-02:00"}),
        required=False,
        help_text=gettext_lazy(
            "A line for each: 1-5 09:00-18:00 is Monday to Friday; 6 20:00-02:00 is Saturday evening until two. "
            "Empty: at any time."
        ),
    )

    def clean_weekly_hours(self) -> list[str]:
        lines = (line.strip() for line in self.cleaned_data["weekly_hours"].splitlines())
        return [line for line in lines if line]


class Hours(HostFormPage):
    """Says when a host can be booked in a week."""

    template_name = "portal/host_hours.html"
    needs = ("change", Host)
    form_class = HoursForm

    def get_initial(self) -> dict[str, Any]:
        return {"weekly_hours": "\n".join(self.host().weekly_hours)}

    def carry_out(self, form: Any) -> HttpResponse:
        host_update(
            actor=self.actor,
            host=self.named(Host.objects.all(), "change"),
            weekly_hours=form.cleaned_data["weekly_hours"],
        )
        messages.success(self.request, _("The hours hold for what is booked from now on."))
        return self.back()
