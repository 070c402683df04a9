"""The exchange with other parks: what is offered, what is asked, and what a month of it brings."""

from __future__ import annotations

from functools import partial
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display
from unfold.sites import UnfoldAdminSite
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminTextInputWidget

from core.actors import Actor
from core.clock import DAY, local, now, today
from core.doors.admin import (
    Operation,
    OperationForm,
    ScopedModelAdmin,
    ServiceForm,
    badge,
    related_field,
    style,
)
from core.doors.context import actor_of
from core.doors.filters import day_of, months_beside
from core.doors.formfields import WordsField
from core.policy import ADD, CHANGE, VIEW
from core.scoping import may, require
from livestreams import services
from livestreams.choices import ExchangeState
from livestreams.conflicts import Span
from livestreams.exchange import free_times
from livestreams.exchangefigures import exchange_month
from livestreams.exchangelist import parks_beside, places_above, words_of
from livestreams.models import ExchangeOffer, ExchangeRequest
from livestreams.services.exchange import answers, asks
from parks.selectors import parks_of

STATE_COLOURS = {
    ExchangeState.REQUESTED: "warning",
    ExchangeState.ACCEPTED: "success",
    ExchangeState.DECLINED: "danger",
}


class OfferForm(ServiceForm):
    """A room or a host, from when until when, for how much, and to whom."""

    places = forms.MultipleChoiceField(
        label=gettext_lazy("offered to"), required=False, widget=UnfoldAdminCheckboxSelectMultipleWidget()
    )
    others = style(
        WordsField,
        gettext_lazy("and others, by code"),
        required=False,
        widget=UnfoldAdminTextInputWidget(),
        help_text=gettext_lazy("Parks and places of other provinces; several, with commas between."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        above = ("town__node", "town__city__node", "town__city__province__node")
        own = list(parks_of(self.actor).select_related(*above))
        whole = [(code, _("all parks: %(place)s") % {"place": name}) for code, name in places_above(own)]
        self.fields["places"].choices = [*whole, *parks_beside(own)]  # type: ignore[attr-defined]

    def values(self) -> dict[str, Any]:
        values = super().values()
        others = values.pop("others")
        return {**values, "places": [*values["places"], *others]}


class AskForm(OperationForm):
    """For whom and when; a host who is lent needs a room of one's own, a room may get a host of one's own."""

    tenant = related_field(ExchangeRequest, "tenant")
    starts_at = style(forms.SplitDateTimeField, gettext_lazy("starts at"))
    ends_at = style(forms.SplitDateTimeField, gettext_lazy("ends at"))
    room = related_field(ExchangeRequest, "room", required=False)
    host = related_field(ExchangeRequest, "host", required=False)
    note = style(forms.CharField, gettext_lazy("note"), required=False, max_length=200)


class DeclineForm(OperationForm):
    reason = style(forms.CharField, gettext_lazy("reason"), max_length=200)


@admin.register(ExchangeOffer)
class ExchangeOfferAdmin(ScopedModelAdmin):
    writes = frozenset({ADD})
    list_display = ("lent", "given_by", "town", "starts_at", "ends_at", "hourly_rate", "is_instant", "stands")
    list_filter = ("starts_at", "is_instant")
    search_fields = ("room__name_zh", "room__scene", "host__name_zh", "giver__name_zh", "note")
    readonly_fields = ("lent", "given_by", "town", "what", "free")
    fields = (
        ("lent", "given_by", "town"),
        "what",
        ("starts_at", "ends_at"),
        "free",
        ("hourly_rate", "is_instant"),
        "note",
        "withdrawn_at",
    )
    add_form = OfferForm
    add_fieldsets = (
        (
            None,
            {
                "fields": (
                    ("room", "host"),
                    "starts_at",
                    "ends_at",
                    ("hourly_rate", "is_instant"),
                    "places",
                    "others",
                    "note",
                )
            },
        ),
    )
    autocomplete_fields = ("room", "host")
    operations = (
        Operation(
            "ask",
            gettext_lazy("Ask for a time"),
            services.exchange_request_make,
            row="offer",
            form=AskForm,
            icon="handshake",
            verb=ADD,
            makes=ExchangeRequest,
            question=gettext_lazy(
                "For a host name a room of your park; for a room you may name a host of your park."
            ),
            when=lambda offer: offer.withdrawn_at is None and offer.ends_at > now(),
        ),
        Operation(
            "withdraw",
            gettext_lazy("Withdraw the offer"),
            services.exchange_offer_withdraw,
            row="offer",
            icon="event_busy",
            question=gettext_lazy("Who waits for an answer is told. What was lent stays booked."),
            danger=True,
            when=lambda offer: offer.withdrawn_at is None,
        ),
    )

    def get_queryset(self, request: HttpRequest) -> Any:
        rows: Any = super().get_queryset(request)
        return rows.in_full()

    def get_urls(self) -> list[URLPattern]:
        view = partial(self.admin_site.admin_view(month_view), site=self.admin_site)
        return [path("month/", view, name="exchange_month"), *super().get_urls()]

    def may_run(self, request: HttpRequest, operation: Operation, row: Any = None) -> bool:
        """Nobody asks for what they give."""
        actor = actor_of(request)
        own = row is not None and may(actor, CHANGE, ExchangeOffer, row.giver_id) and not actor.unrestricted
        return super().may_run(request, operation, row) and not (own and operation.name == "ask")

    def create(self, actor: Actor, values: dict[str, Any]) -> ExchangeOffer:
        return services.exchange_offer_make(actor=actor, **values)

    @display(description=gettext_lazy("lent"))
    def lent(self, offer: ExchangeOffer) -> str:
        return str(offer.lent)

    @display(description=gettext_lazy("given by"))
    def given_by(self, offer: ExchangeOffer) -> str:
        return offer.giver_name

    @display(description=gettext_lazy("town"))
    def town(self, offer: ExchangeOffer) -> str:
        return str(offer.park.town)

    @display(description=gettext_lazy("stands"), boolean=True)
    def stands(self, offer: ExchangeOffer) -> bool:
        return offer.withdrawn_at is None and offer.ends_at > now()

    @display(description=gettext_lazy("what they bring"))
    def what(self, offer: ExchangeOffer) -> str:
        return " · ".join(words_of(offer))

    @display(description=gettext_lazy("free in the next 7 days"))
    def free(self, offer: ExchangeOffer) -> str:
        spans = free_times([offer], Span(now(), now() + 7 * DAY))[offer.pk]
        told = (f"{local(span.start):%m-%d %H:%M}–{local(span.end):%m-%d %H:%M}" for span in spans)
        return ", ".join(told) or "–"


@admin.register(ExchangeRequest)
class ExchangeRequestAdmin(ScopedModelAdmin):
    list_display = (
        "lent",
        "given_by",
        "tenant",
        "park",
        "starts_at",
        "ends_at",
        "price",
        badge("state", gettext_lazy("state"), STATE_COLOURS),
        "expires_at",
    )
    list_filter = ("starts_at", "state", "park")
    search_fields = (
        "tenant__code",
        "tenant__name_zh",
        "note",
        "offer__room__name_zh",
        "offer__host__name_zh",
    )
    readonly_fields = ("lent", "given_by")
    fields = (
        ("lent", "given_by"),
        ("tenant", "park"),
        ("starts_at", "ends_at"),
        ("room", "host"),
        ("hourly_rate", "price"),
        "note",
        ("state", "expires_at"),
        "answer",
    )
    operations = (
        Operation(
            "accept",
            gettext_lazy("Accept"),
            services.exchange_request_accept,
            row="request",
            icon="check",
            question=gettext_lazy("It is booked for the guest at once."),
            when=lambda request: request.state == ExchangeState.REQUESTED,
        ),
        Operation(
            "decline",
            gettext_lazy("Decline"),
            services.exchange_request_decline,
            row="request",
            form=DeclineForm,
            icon="block",
            danger=True,
            when=lambda request: request.state == ExchangeState.REQUESTED,
        ),
        Operation(
            "withdraw",
            gettext_lazy("Withdraw"),
            services.exchange_request_withdraw,
            row="request",
            icon="event_busy",
            danger=True,
            when=lambda request: request.state == ExchangeState.REQUESTED,
        ),
    )

    def get_queryset(self, request: HttpRequest) -> Any:
        rows: Any = super().get_queryset(request)
        return rows.in_full()

    def may_run(self, request: HttpRequest, operation: Operation, row: Any = None) -> bool:
        """Each side is offered what is its own to say."""
        side = asks if operation.name == "withdraw" else answers
        return super().may_run(request, operation, row) and (row is None or side(actor_of(request), row))

    @display(description=gettext_lazy("lent"))
    def lent(self, request: ExchangeRequest) -> str:
        return str(request.offer.lent)

    @display(description=gettext_lazy("given by"))
    def given_by(self, request: ExchangeRequest) -> str:
        return request.offer.giver_name


def month_view(request: HttpRequest, site: UnfoldAdminSite) -> HttpResponse:
    """Hours offered, lent and borrowed by a park in the month of a day."""
    actor = actor_of(request)
    require(actor, VIEW, ExchangeOffer)
    parks = list(parks_of(actor).order_by("code"))
    park = next((park for park in parks if park.code == request.GET.get("park")), parks[0] if parks else None)
    day = day_of(request.GET.get("day", ""), today())
    context = {
        **site.each_context(request),
        "title": _("Exchange with other parks"),
        "parks": parks,
        "park": park,
        "day": day,
        **months_beside(day),
        "month": exchange_month(actor=actor, park=park, month=day) if park is not None else None,
    }
    return TemplateResponse(request, "admin/livepark/exchange_month.html", context)
