"""Festivals: a tenant's part in them, and the report that everybody sees who sees the event."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from analytics.events import board_of, report_of, said_of
from analytics.events.report import EventReport
from analytics.metrics import as_text
from analytics.models import EventClaim
from analytics.views.pages import AnalyticsPage
from core import clock
from core.days import open_on
from core.doors.export import FORMATS, table_response
from core.doors.formfields import LARGEST, AmountField, WholeNumberField
from core.doors.portal import ScopedChoiceField, ScopedForm, ServiceAction, ServiceFormPage, TenantPage
from core.errors import NotFound
from core.scoping import get_visible, may, visible_to
from parks.collisions import in_words
from parks.models import Event
from parks.selectors import event_collisions
from supplychain.models import EventItem, Product
from supplychain.services import item_enter, item_withdraw
from tenants.models import EventEntry
from tenants.services import entry_withdraw, event_enter

SHOWN_PLACES = 50
LISTED = 100


class Events(TenantPage):
    """The events of which the tenant's park is a venue, the next ones first, and those in which it took part."""

    template_name = "portal/events.html"
    section = "events"
    needs = ("view", EventEntry)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        today = clock.today()
        events = here(self).select_related("park")
        entered = {entry.event_id: entry for entry in self.own(EventEntry.objects.filter(open_on(today)))}
        ahead = events.filter(open_on(today), last_day__gte=today).order_by("first_day", "pk")
        over = events.filter(last_day__lt=today, pk__in=entered).order_by("-last_day", "-pk")
        return super().get_context_data(
            ahead=[(event, event.phase_on(today), entered.get(event.pk)) for event in ahead[:LISTED]],
            over=list(over[:LISTED]),
            **kwargs,
        )


class ItemForm(ScopedForm):
    """A product of one's own, and what it costs at the event."""

    product = ScopedChoiceField(Product, to_field="code", label=_("Product"))
    price = AmountField(
        label=_("Price at the event (CNY)"),
        max_digits=17,
        decimal_places=4,
        min_value=0,
        widget=forms.TextInput({"inputmode": "decimal", "autocomplete": "off"}),
    )
    quantity = WholeNumberField(
        label=_("Pieces for the event"),
        required=False,
        min_value=0,
        max_value=LARGEST["PositiveIntegerField"],
        widget=forms.TextInput({"inputmode": "numeric", "autocomplete": "off"}),
    )

    def narrow(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(open_on(clock.today()), tenant=self.tenant).order_by("code")


class EventPage(ServiceFormPage):
    """One event for one tenant: whether it takes part, what it brings, and the leaderboard."""

    template_name = "portal/event.html"
    section = "events"
    needs = ("view", EventEntry)
    form_class = ItemForm

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        event, entry = event_named(self), entry_in(self)
        sent_away = self.own(EventEntry.objects.filter(event=event, sent_away=True)).exists()
        items = visible_to(EventItem.objects.filter(open_on(clock.today()), entry=entry), self.actor)
        open_now = not event.is_closed and event.last_day >= clock.today()
        return super().get_context_data(
            event=event,
            phase=event.phase_on(clock.today()),
            phases=event.phases,
            entry=entry,
            items=list(items.select_related("product")) if entry else [],
            board=(board := board_of(event, self.actor)),
            places=board.places[:SHOWN_PLACES],
            open_now=open_now,
            sent_away=sent_away,
            may_enter=open_now and not sent_away and may(self.actor, "add", EventEntry, self.node.pk),
            may_bring=open_now and entry is not None and may(self.actor, "add", EventItem, self.node.pk),
            **kwargs,
        )

    def carry_out(self, form: Any) -> HttpResponse:
        entry = entry_in(self)
        if entry is None:
            raise NotFound
        item_enter(actor=self.actor, entry=entry, **form.cleaned_data)
        messages.success(self.request, _("The item is entered."))
        return redirect(self.url("portal-event", uid=self.kwargs["uid"]))


class Enter(ServiceAction):
    """Take part."""

    needs = ("add", EventEntry)
    done = _("You take part. Enter what you bring.")

    def carry_out(self) -> None:
        event_enter(actor=self.actor, event=event_named(self), tenant=self.tenant)

    def back_to(self) -> str:
        return self.url("portal-event", uid=self.kwargs["uid"])


class Withdraw(Enter):
    """Take no part any more."""

    needs = ("change", EventEntry)
    done = _("You take no part any more.")

    def carry_out(self) -> None:
        event_named(self)
        entry = entry_in(self)
        if entry is None:
            raise NotFound
        entry_withdraw(actor=self.actor, entry=entry)


class WithdrawItem(ServiceAction):
    """Take an item back."""

    needs = ("change", EventItem)
    done = _("The item is taken back.")

    def carry_out(self) -> None:
        item_withdraw(actor=self.actor, item=self._item())

    def back_to(self) -> str:
        return self.url("portal-event", uid=self._item().entry.event.uid)

    def _item(self) -> EventItem:
        items = EventItem.objects.select_related("entry__event")
        item: EventItem = self.named(items, lookup="entry__tenant_id")
        return item


def here(page: TenantPage) -> QuerySet[Event]:
    """The events of the park that this tenant sits in, and those in which it takes part."""
    events = visible_to(Event.objects.all(), page.actor)
    of_park = Event.objects.filter(open_on(clock.today(), "venues"), venues__park=page.node.parent_id).values(
        "pk"
    )
    return events.filter(pk__in=of_park) | events.filter(
        pk__in=page.own(EventEntry.objects.all()).values("event")
    )


def event_named(page: TenantPage) -> Event:
    """The event of the address, or NotFound: absent, foreign and another park's look the same."""
    event = here(page).filter(uid=page.kwargs["uid"]).first()
    if event is None:
        raise NotFound
    return event


def entry_in(page: TenantPage) -> EventEntry | None:
    """The tenant's own entry to the event of the address, unless it withdrew or was sent away."""
    entry: EventEntry | None = page.own(
        EventEntry.objects.filter(open_on(clock.today()), event__uid=page.kwargs["uid"])
    ).first()
    return entry


class FestivalReport(AnalyticsPage):
    """The report of an event, as far as its reader may know the amounts behind it."""

    template_name = "analytics/festival.html"
    needs = ("view", Event)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        report = report_named(self)
        days = {
            "days": [f"{day.day:%m-%d}" for day in report.decay.days],
            "series": [{"name": str(_("paid GMV")), "data": [str(day.amount) for day in report.decay.days]}],
        }
        return super().get_context_data(
            report=report,
            event=report.event,
            phase=report.event.phase_on(clock.today()),
            places=report.board.places[:SHOWN_PLACES],
            said=said_of(report.event, self.actor),
            near_by=[in_words(collision) for collision in event_collisions(report.event)],
            may_state=may(self.actor, "add", EventClaim, report.event.park_id),
            days=days,
            **kwargs,
        )


class FestivalTable(AnalyticsPage):
    """The report's figures as CSV or XLSX, each with its unit and definition; places of the board below them."""

    needs = ("view", Event)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:  # type: ignore[override]
        if self.kwargs["kind"] not in FORMATS:
            raise NotFound
        report = report_named(self)
        name = f"event-{report.event.first_day}-{str(report.event.uid)[:8]}"
        header = ("part", "code", "name", "value", "unit", "definition")
        return table_response(self.kwargs["kind"], name, header, _lines(report))


def report_named(page: AnalyticsPage) -> EventReport:
    event = get_visible(Event, page.actor, uid=page.kwargs["uid"])
    return report_of(event, page.actor)


def _lines(report: EventReport) -> Iterator[tuple[Any, ...]]:
    board, decay = report.board, report.decay
    over = ngettext(
        "over %(counted)d of %(tenants)d tenant, as of %(at)s",
        "over %(counted)d of %(tenants)d tenants, as of %(at)s",
        board.tenants,
    ) % {
        "counted": board.counted,
        "tenants": board.tenants,
        "at": f"{clock.local(report.at):%Y-%m-%d %H:%M}",
    }
    yield ("event", str(report.event.uid), report.event.name, "", "", over)
    for figure in report.figures:
        metric = figure.metric
        told = " · ".join(filter(None, (str(metric.formula), figure.ground)))
        yield ("figure", metric.code, str(metric.label), as_text(figure.value), metric.unit.value, told)
    for each in board.progress:
        yield (
            "target",
            each.metric.code,
            str(each.metric.label),
            as_text(each.share),
            "share",
            as_text(each.target),
        )
    for venue in board.venues:
        yield ("venue", venue.park.code, venue.park.name, as_text(venue.amount), "CNY", "")
    for place in board.places:
        yield ("tenant", place.tenant.code, place.tenant.name, as_text(place.amount), "CNY", place.rank)
    yield (
        "base",
        "",
        "",
        as_text(decay.base),
        "CNY",
        str(_("paid GMV per day in the 28 days before the event, or since the first counted one")),
    )
    for day in decay.days:
        yield ("after", f"{day.day}", "", as_text(day.amount), "CNY", as_text(day.share))
