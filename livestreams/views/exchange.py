"""The exchange in the portal: find and ask for rooms and hosts of other parks, lend one's own hosts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.clock import DAY, SHANGHAI, local, next_minute, now, today
from core.doors.filters import day_of
from core.doors.formfields import AmountField, DayField, LineField
from core.doors.portal import ScopedChoiceField, ScopedListPage, ServiceAction, ServiceFormPage
from core.errors import InvalidInput, NotFound
from core.scoping import may, visible_to
from livestreams.choices import ExchangeState
from livestreams.conflicts import Span
from livestreams.exchange import free_times
from livestreams.exchangelist import nearest_day, offers_found, parks_beside, places_above, words_of
from livestreams.forms import OwnChoicesForm, TimesForm
from livestreams.models import ExchangeOffer, ExchangeRequest, Host, LiveRoom
from livestreams.services import (
    exchange_offer_make,
    exchange_offer_withdraw,
    exchange_request_accept,
    exchange_request_decline,
    exchange_request_make,
    exchange_request_withdraw,
)
from livestreams.services.exchange import MOST_PLACES, known_places
from parks.models import Park

DISTANCES = (10, 30, 100)
NEXT_DAYS = 7 * DAY
DAYS = ("first_day", "last_day")


class Exchange(ScopedListPage):
    """What can be had of other parks on a day, and what was asked for, the newest first."""

    template_name = "portal/exchange.html"
    section = "exchange"
    needs = ("view", ExchangeRequest)
    model = ExchangeRequest

    def base_queryset(self) -> QuerySet[ExchangeRequest]:
        return ExchangeRequest.objects.in_full().order_by("-pk")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        asked = self.request.GET
        day, km = day_of(asked.get("day", ""), today()), asked.get("km", "")
        wanted: dict[str, Any] = {
            "told": visible_to(ExchangeOffer.objects.all(), self.actor),
            "park": Park.objects.get(pk=self.node.parent_id),
            "day": day,
            "what": asked.get("what", "")[:100],
            "within_km": float(km) if km in map(str, DISTANCES) else None,
        }
        found = offers_found(**wanted)
        return super().get_context_data(
            found=[(one, words_of(one.offer)) for one in found],
            day=day,
            nearest=None if found else nearest_day(**wanted),
            what=wanted["what"],
            km=km,
            distances=list(map(str, DISTANCES)),
            can_ask=may(self.actor, "add", ExchangeRequest, self.node.pk),
            **kwargs,
        )


class Lend(ScopedListPage):
    """The firm's own hosts on offer, and who asks for them."""

    template_name = "portal/exchange_lend.html"
    section = "exchange"
    needs = ("view", ExchangeOffer)
    model = ExchangeOffer
    tenant_lookup = "giver_id"

    def base_queryset(self) -> QuerySet[ExchangeOffer]:
        return ExchangeOffer.objects.in_full().order_by("-pk")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        coming = self.own(ExchangeRequest.objects.in_full(), lookup="offer__giver_id")
        return super().get_context_data(
            coming=list(coming.order_by("-pk")[:50]),
            can_lend=may(self.actor, "add", ExchangeOffer, self.node.pk),
            now=now(),
            **kwargs,
        )


class AskForm(TimesForm):
    """A time of an offer, with a room of one's own for a host, or a host of one's own for a room."""

    room = ScopedChoiceField(
        LiveRoom, to_field="code", label=gettext_lazy("In our live room"), required=False
    )
    host = ScopedChoiceField(Host, to_field="code", label=gettext_lazy("Our host"), required=False)
    note = LineField(label=gettext_lazy("Note to the giver"), max_length=200, required=False)


class AskOffer(ServiceFormPage):
    """Asks for a time of an offer that the firm's park is told of."""

    template_name = "portal/exchange_ask.html"
    section = "exchange"
    needs = ("add", ExchangeRequest)
    form_class = AskForm

    @property
    def offer(self) -> ExchangeOffer:
        if not hasattr(self, "_offer"):
            told = visible_to(ExchangeOffer.objects.in_full(), self.actor)
            offer = told.filter(uid=self.kwargs["uid"]).first()
            if offer is None:
                raise NotFound
            self._offer: ExchangeOffer = offer
        return self._offer

    def get_form(self, data: Any = None, files: Any = None) -> Any:
        form = super().get_form(data, files)
        del form.fields["host" if self.offer.host_id else "room"]
        return form

    def get_initial(self) -> dict[str, Any]:
        """What a link chose; otherwise the first free hour."""
        asked = self.request.GET
        free = self._free()
        first = local(free[0].start if free else next_minute(now()))
        return {
            "day": asked.get("day") or first.date(),
            "start": asked.get("start") or f"{first:%H:%M}",
            "minutes": asked.get("minutes") or 120,
        }

    def _free(self) -> list[Span]:
        start = max(now(), self.offer.starts_at)
        return free_times([self.offer], Span(start, start + NEXT_DAYS))[self.offer.pk]

    def carry_out(self, form: Any) -> HttpResponse:
        starts_at, ends_at = form.span
        made = exchange_request_make(
            actor=self.actor,
            offer=self.offer,
            tenant=self.tenant,
            starts_at=starts_at,
            ends_at=ends_at,
            room=form.cleaned_data.get("room"),
            host=form.cleaned_data.get("host"),
            note=form.cleaned_data["note"],
        )
        if made.state == ExchangeState.ACCEPTED:
            messages.success(self.request, _("It is yours: here is the booking."))
            return redirect(self.url("portal-booking", uid=made.booking.uid))
        messages.success(self.request, _("You have asked. The answer comes here."))
        return redirect(self.url("portal-exchange"))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        refused = kwargs.get("refused")
        windows = refused.extra.get("alternatives", []) if refused else []
        return super().get_context_data(
            offer=self.offer,
            words=words_of(self.offer),
            free=self._free()[:20],
            alternatives=[
                {name: datetime.fromisoformat(window[name]) for name in ("starts_at", "ends_at")}
                for window in windows
            ],
            **kwargs,
        )


class LendForm(OwnChoicesForm):
    """A host of one's own, from a day until a day, for how much, and to whom."""

    asks: ClassVar[Mapping[str, str]] = {"starts_at": "first_day", "ends_at": "last_day"}

    host = ScopedChoiceField(Host, to_field="code", label=gettext_lazy("Host"))
    first_day = DayField(label=gettext_lazy("From"))
    last_day = DayField(label=gettext_lazy("Last day"))
    hourly_rate = AmountField(label=gettext_lazy("Hourly rate (CNY)"))
    places = forms.MultipleChoiceField(
        label=gettext_lazy("All parks of"), required=False, widget=forms.CheckboxSelectMultiple
    )
    parks = forms.MultipleChoiceField(
        label=gettext_lazy("and these parks"), required=False, widget=forms.CheckboxSelectMultiple
    )
    others = LineField(
        label=gettext_lazy("and parks of other provinces"),
        max_length=500,
        required=False,
        help_text=gettext_lazy("Their codes, as in the address of their wall, with commas between them."),
    )
    is_instant = forms.BooleanField(
        label=gettext_lazy("Book at once, without an answer of ours"), required=False
    )
    note = LineField(label=gettext_lazy("Note"), max_length=200, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        own = Park.objects.select_related("town__node", "town__city__node", "town__city__province__node")
        parks = [own.get(pk=self.tenant.node.parent_id)]
        fields["places"].choices = places_above(parks)
        fields["places"].help_text = _("At most %(most)d places and parks in all.") % {"most": MOST_PLACES}
        fields["parks"].choices = parks_beside(parks)
        if not fields["parks"].choices:
            del fields["parks"]

    @property
    def codes(self) -> list[str]:
        values = self.cleaned_data
        return [*values["places"], *values.get("parks", ()), *values["others"]]

    def clean_others(self) -> list[str]:
        """The codes that were typed; what nobody knows is said beside them."""
        typed = self.cleaned_data["others"].replace("，", ",").split(",")
        named = [code.strip() for code in typed if code.strip()]
        try:
            known_places(named)
        except InvalidInput as unknown:
            raise forms.ValidationError(unknown.detail) from None
        return named


class LendHost(ServiceFormPage):
    """Offers free times of a host to other parks."""

    template_name = "portal/exchange_offer.html"
    section = "exchange"
    needs = ("add", ExchangeOffer)
    form_class = LendForm

    def get_initial(self) -> dict[str, Any]:
        return {"first_day": today(), "last_day": today() + 30 * DAY}

    def carry_out(self, form: Any) -> HttpResponse:
        values = form.cleaned_data
        days = [datetime.combine(values[name], datetime.min.time(), SHANGHAI) for name in DAYS]
        exchange_offer_make(
            actor=self.actor,
            host=values["host"],
            starts_at=days[0],
            ends_at=days[1] + DAY,
            hourly_rate=values["hourly_rate"],
            places=form.codes,
            is_instant=values["is_instant"],
            note=values["note"],
        )
        messages.success(self.request, _("The host is on offer while free."))
        return redirect(self.url("portal-exchange-lend"))


class WithdrawOffer(ServiceAction):
    """Offers a host no longer."""

    needs = ("change", ExchangeOffer)
    done = gettext_lazy("The offer is withdrawn.")

    def carry_out(self) -> None:
        offer = self.named(ExchangeOffer.objects.all(), "change", "giver_id")
        exchange_offer_withdraw(actor=self.actor, offer=offer)

    def back_to(self) -> str:
        return self.url("portal-exchange-lend")


class AcceptRequest(ServiceAction):
    """Lends what is asked for."""

    needs = ("change", ExchangeRequest)
    done = gettext_lazy("Lent: it is booked.")

    def carry_out(self) -> None:
        request = self.named(ExchangeRequest.objects.all(), "change", "offer__giver_id")
        exchange_request_accept(actor=self.actor, request=request)

    def back_to(self) -> str:
        return self.url("portal-exchange-lend")


class DeclineForm(OwnChoicesForm):
    reason = LineField(label=gettext_lazy("Reason"), max_length=200)


class DeclineRequest(ServiceFormPage):
    """Says no, and why."""

    template_name = "portal/exchange_decline.html"
    section = "exchange"
    needs = ("change", ExchangeRequest)
    form_class = DeclineForm

    def carry_out(self, form: Any) -> HttpResponse:
        exchange_request_decline(actor=self.actor, request=self._named(), reason=form.cleaned_data["reason"])
        messages.success(self.request, _("Declined."))
        return redirect(self.url("portal-exchange-lend"))

    def _named(self) -> ExchangeRequest:
        row: ExchangeRequest = self.named(ExchangeRequest.objects.in_full(), "change", "offer__giver_id")
        return row

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(row=self._named(), **kwargs)


class WithdrawRequest(ServiceAction):
    """Asks no longer."""

    needs = ("change", ExchangeRequest)
    done = gettext_lazy("The request is withdrawn.")

    def carry_out(self) -> None:
        request = self.named(ExchangeRequest.objects.all(), "change")
        exchange_request_withdraw(actor=self.actor, request=request)

    def back_to(self) -> str:
        return self.url("portal-exchange")
