"""The run of show of a booking in the portal: planned on a phone, and what became of it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.clock import now, today
from core.days import open_on
from core.doors.formfields import AmountField, WholeNumberField
from core.doors.portal import ScopedChoiceField, ScopedForm, ServiceAction, ServiceFormPage
from core.scoping import may, visible_to
from livestreams.choices import BOOKING_BLOCKING
from livestreams.models import Booking, LiveSession
from supplychain import services
from supplychain.models import GoodsOffer, OfferAnswer, Product, RunLine
from supplychain.showcase import outcomes
from supplychain.views.pool import DECIMAL, NUMERIC


class OfferChoiceField(ScopedChoiceField):
    """Goods of the pool with the terms that count for a price; those that the firm said yes to are marked."""

    def label_from_instance(self, obj: Any) -> str:
        terms = f"≥ {obj.floor_price:,.2f} · {obj.commission_rate.normalize():f} %"
        return f"{'✓ ' if obj.is_chosen else ''}{obj.product} · {obj.tenant} · {terms}"


class RunLineForm(ScopedForm):
    """Goods for a run of show: one's own, or of the pool."""

    product = ScopedChoiceField(Product, to_field="code", label=gettext_lazy("Own goods"), required=False)
    offer = OfferChoiceField(GoodsOffer, label=gettext_lazy("or goods of the pool"), required=False)
    price = AmountField(
        label=gettext_lazy("Price (CNY)"),
        max_digits=17,
        decimal_places=4,
        min_value=0,
        widget=forms.TextInput(DECIMAL),
    )
    pieces = WholeNumberField(label=gettext_lazy("Pieces"), min_value=1, widget=forms.TextInput(NUMERIC))
    minute = WholeNumberField(
        label=gettext_lazy("Minute"),
        required=False,
        min_value=0,
        max_value=32767,
        widget=forms.TextInput(NUMERIC),
        help_text=gettext_lazy("After the start; may stay empty."),
    )

    def narrow(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if queryset.model is Product:
            return queryset.filter(open_on(today()), tenant=self.tenant).order_by("code")
        standing = GoodsOffer.objects.standing().values("pk")
        pool = queryset.filter(pk__in=standing, park=self.tenant.node.parent_id)
        said = OfferAnswer.objects.current().filter(tenant=self.tenant, host__isnull=True)
        refused, chosen = (said.filter(sells=sells).values("offer") for sells in (False, True))
        others = pool.exclude(tenant=self.tenant).exclude(pk__in=refused)
        others = others.annotate(is_chosen=Q(pk__in=chosen)).order_by("-is_chosen", "-pk")
        return others.select_related("product", "tenant__company")


class RunOfShow(ServiceFormPage):
    """What a booking shows in which order, beside what there is and, after it, what was sold."""

    template_name = "portal/run.html"
    section = "bookings"
    needs = ("view", RunLine)
    form_class = RunLineForm

    @property
    def booking(self) -> Booking:
        if not hasattr(self, "_booking"):
            self._booking: Booking = self.named(Booking.objects.select_related("room"))
        return self._booking

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        booking = self.booking
        sessions = visible_to(LiveSession.objects.filter(booking=booking), self.actor)
        session = sessions.order_by("-started_at", "-pk").first()
        open_now = booking.state in BOOKING_BLOCKING and booking.ends_at > now()
        return super().get_context_data(
            booking=booking,
            session=session,
            outcomes=outcomes(self.actor, booking, session),
            can_plan=open_now and may(self.actor, "add", RunLine, self.node.pk),
            **kwargs,
        )

    def carry_out(self, form: Any) -> HttpResponse:
        line = services.run_line_put(actor=self.actor, booking=self.booking, **form.cleaned_data)
        messages.success(self.request, _("%(goods)s is on the run of show.") % {"goods": line.product})
        return redirect(self.url("portal-booking-run", uid=self.booking.uid))


class LineAction(ServiceAction):
    """A button of a line."""

    needs = ("change", RunLine)

    @property
    def line(self) -> RunLine:
        lines = RunLine.objects.select_related("booking__room")
        row: RunLine = self.named(lines, "change", "booking__tenant_id")
        return row

    def back_to(self) -> str:
        return self.url("portal-booking-run", uid=self.line.booking.uid)


class MoveLine(LineAction):
    def carry_out(self) -> None:
        services.run_line_move(actor=self.actor, line=self.line, up=self.request.POST.get("to") == "up")


class DropLine(LineAction):
    done = gettext_lazy("It is taken off the run of show.")

    def carry_out(self) -> None:
        services.run_line_drop(actor=self.actor, line=self.line)
