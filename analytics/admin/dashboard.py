"""The admin's first page: numbers of the actor's parks, each with its way to the list behind it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Model
from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from analytics import parkday
from analytics.models import DaySales
from analytics.silence import SHOWN, last_heard
from analytics.slowstock import counted, slow_stock
from core import clock
from core.actors import Actor
from core.choices import JobState
from core.doors.context import actor_of
from core.models import BucketFailure, Job, Unresolved
from core.policy import ADD, CHANGE, VIEW
from core.scoping import may, visible_to
from core.templatetags.portal import count, money, percent
from livestreams.choices import SessionState
from livestreams.models import Booking, EncoderSample, LiveRoom, LiveSession, Maintenance, Publish
from parks.models import Park, Unit
from parks.selectors import parks_of
from supplychain.choices import BackorderState
from supplychain.models import Backorder, StockLevel, Wave
from tenants.choices import LeaseState
from tenants.models import Lease
from tenants.selectors import Occupancy, occupancy_on

CHART_DAYS = 14
LEASE_HORIZON = timedelta(days=60)
JOBS_SINCE = timedelta(days=1)


@dataclass(frozen=True)
class Number:
    """A figure of the page: what it is, its value as text, where its rows are, and how urgent it looks."""

    label: str
    value: str
    url: str = ""
    note: str = ""
    tone: str = ""


def dashboard_callback(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Fill the context of admin/index.html. Panels of models that the actor may not look at are left out."""
    actor = actor_of(request)
    every = list(parks_of(actor).order_by("code")) if may(actor, VIEW, Park) else []
    chosen = [park for park in every if park.code == request.GET.get("park")] or every
    return {
        **context,
        "title": _("Overview"),
        "parks": every,
        "park": chosen[0] if len(chosen) == 1 else None,
        "synthetic": any(park.is_synthetic for park in chosen),
        **(panels(actor, chosen) if chosen else {}),
    }


def panels(actor: Actor, parks: Sequence[Park]) -> dict[str, Any]:
    """The panels of the page for some parks."""
    at, today = clock.now(), clock.today()
    found: dict[str, Any] = {"as_of": at, "waiting": _waiting(actor, parks)}
    if may(actor, VIEW, DaySales):
        days = parkday.sales_by_day(actor, parks, today - timedelta(days=CHART_DAYS - 1), today)
        found["sales"] = _sales(days)
        found["sales_chart"] = _sales_chart(days)
    if may(actor, VIEW, Unit):
        found["occupancy"] = _occupancy(occupancy_on(parks, today))
    if may(actor, VIEW, Wave):
        found["shipping"] = _shipping(actor, parks)
    if may(actor, VIEW, LiveRoom):
        found["rooms"] = _rooms(parkday.rooms_at(actor, parks, at), today) + _pictures(actor, parks, at)
        found |= _unended(actor, parks, at)
        found["bookings"] = parkday.next_bookings(actor, parks, at)
        found["may_book"] = may(actor, ADD, Booking)
    if may(actor, VIEW, StockLevel) and may(actor, VIEW, DaySales):
        found["slow_stock"] = counted(slow_stock(actor, [park.pk for park in parks]))
    if may(actor, VIEW, Lease):
        found["leases"] = parkday.leases_ending(actor, parks, today + LEASE_HORIZON)
        found["leases_url"] = _list(Lease, to_day_to=today + LEASE_HORIZON, state__exact=LeaseState.ACTIVE)
    return found


def _sales(days: list[parkday.SalesDay]) -> list[Number]:
    today, yesterday = days[-1], days[-2]
    url = _list(DaySales, day_from=today.day, day_to=today.day)
    return [
        Number(
            _("Paid today"), money(today.paid), url, _("yesterday %(sum)s") % {"sum": money(yesterday.paid)}
        ),
        Number(_("Net today"), money(today.net), url, _("yesterday %(sum)s") % {"sum": money(yesterday.net)}),
        Number(
            _("Orders today"), count(today.orders), url, _("yesterday %(n)s") % {"n": count(yesterday.orders)}
        ),
    ]


def _sales_chart(days: list[parkday.SalesDay]) -> dict[str, Any] | None:
    """What the page's script draws; None when there is nothing to draw."""
    if not any(row.paid or row.net for row in days):
        return None
    return {
        "days": [f"{row.day:%m-%d}" for row in days],
        "paid": [str(row.paid) for row in days],
        "net": [str(row.net) for row in days],
        "labels": [_("paid"), _("net")],
    }


def _occupancy(let: Occupancy) -> list[Number]:
    units = _("%(let)s of %(all)s units") % {"let": let.let_units, "all": let.lettable_units}
    area = _("%(let)s of %(all)s m²") % {"let": _area(let.let_area), "all": _area(let.lettable_area)}
    return [
        Number(_("Occupancy by units"), percent(let.by_count), _list(Unit), units),
        Number(_("Occupancy by area"), percent(let.by_area), _list(Unit), area),
    ]


def _shipping(actor: Actor, parks: Sequence[Park]) -> list[Number]:
    """What the parks' warehouses have to send; nothing where none packs orders."""
    held = parkday.orders_to_send(actor, parks)
    if held is None:
        return []
    # The day of a warehouse is that of one park.
    url = reverse("admin:warehouse_day") + f"?park={parks[0].code}" if len(parks) == 1 else ""
    words = {"today": count(held.today), "late": count(held.overdue)}
    due = _("%(today)s due today, %(late)s overdue") % words
    tone = _tone(held.orders, "warn" if held.overdue else "")
    return [Number(_("Paid and not shipped"), count(held.orders), url, due, tone)]


def _rooms(rooms: parkday.RoomCount, today: date) -> list[Number]:
    live = _list(LiveSession, state__exact=SessionState.LIVE)
    return [
        Number(_("Live now"), count(rooms.live), live, tone="good" if rooms.live else ""),
        Number(
            _("Booked for the rest of today"),
            count(rooms.booked),
            _list(Booking, starts_at_from=today, starts_at_to=today),
        ),
        Number(
            _("Under repair"), count(rooms.repair), _list(Maintenance), tone="warn" if rooms.repair else ""
        ),
        Number(
            _("Nothing more booked today"),
            count(rooms.off),
            _list(LiveRoom),
            ngettext("of %(n)s room", "of %(n)s rooms", rooms.total) % {"n": rooms.total},
        ),
    ]


def _unended(actor: Actor, parks: Sequence[Park], at: datetime) -> dict[str, Any]:
    """Sessions that nobody ended, which of them the actor may end, and those that have been heard for very long."""
    waiting = parkday.sessions_unended(actor, parks, at)
    shown = last_heard(waiting, at)
    listed = LiveSession.objects.filter(pk__in=waiting[:SHOWN])
    return {
        "unended": shown,
        "unended_more": len(waiting) - len(shown),
        "endable": set(visible_to(listed, actor, CHANGE).values_list("pk", flat=True)),
        "long": parkday.sessions_long(actor, parks, at).select_related("tenant", "room")[:SHOWN],
        "live_url": _list(LiveSession, state__exact=SessionState.LIVE),
    }


def _pictures(actor: Actor, parks: Sequence[Park], at: datetime) -> list[Number]:
    """Pictures on air that viewers should not see as they are."""
    if not may(actor, VIEW, Publish):
        return []
    weak = parkday.weak_pictures(actor, parks, at)
    losing = parkday.losing_encoders(actor, parks, at)
    return [
        Number(_("Weak pictures"), count(weak), _list(Publish), tone=_tone(weak, "bad")),
        Number(
            _("Encoders that lose frames"), count(losing), _list(EncoderSample), tone=_tone(losing, "bad")
        ),
    ]


def _waiting(actor: Actor, parks: Sequence[Park]) -> list[Number]:
    """Everything that waits for somebody; what is at zero is shown too, in grey."""
    return [*_counting(actor, parks), *_stock(actor, parks), *_jobs(actor)]


def _counting(actor: Actor, parks: Sequence[Park]) -> list[Number]:
    state, open_references = parkday.counting(parks), parkday.unresolved(parks)
    age = ""
    if state.oldest is not None:
        minutes = int((clock.now() - state.oldest).total_seconds() // 60)
        age = ngettext("oldest: %(n)d minute", "oldest: %(n)d minutes", minutes) % {"n": minutes}
    failures = _list(BucketFailure) if may(actor, VIEW, BucketFailure) else ""
    references = _list(Unresolved) if may(actor, VIEW, Unresolved) else ""
    return [
        Number(_("Hours not counted yet"), count(state.waiting), note=age, tone=_tone(state.waiting)),
        Number(
            _("Hours that cannot be counted"),
            count(state.failing),
            failures,
            tone=_tone(state.failing, "bad"),
        ),
        Number(
            _("Unresolved references"),
            count(open_references),
            references,
            _("answered by the tenants"),
            tone=_tone(open_references),
        ),
    ]


def _stock(actor: Actor, parks: Sequence[Park]) -> list[Number]:
    if not may(actor, VIEW, StockLevel):
        return []
    stock = parkday.stock_alarms(actor, parks)
    empty, owed = stock.empty_levels, stock.open_backorders
    owes = ngettext("%(n)s unit", "%(n)s units", stock.units_owed)
    units = owes % {"n": count(stock.units_owed)} if owed else ""
    backorders = _list(Backorder, state__exact=BackorderState.OPEN)
    return [
        Number(_("Stock used up"), count(empty), _list(StockLevel), tone=_tone(empty)),
        Number(_("Open backorders"), count(owed), backorders, units, _tone(owed, "bad")),
    ]


def _jobs(actor: Actor) -> list[Number]:
    if not may(actor, VIEW, Job):
        return []
    jobs = parkday.jobs_by_state(actor, clock.now() - JOBS_SINCE)
    working = jobs.get(JobState.RUNNING, 0) + jobs.get(JobState.QUEUED, 0)
    failed = jobs.get(JobState.FAILED, 0)
    running, stopped = (_list(Job, state__exact=state) for state in (JobState.RUNNING, JobState.FAILED))
    return [
        Number(_("Jobs at work"), count(working), running, tone="" if working else "calm"),
        Number(_("Jobs failed since yesterday"), count(failed), stopped, tone=_tone(failed, "bad")),
    ]


def _tone(number: int, tone: str = "warn") -> str:
    return tone if number else "calm"


def _area(area: Decimal) -> str:
    return f"{area:,.0f}"


def _list(model: type[Model], **filters: Any) -> str:
    """The admin's list of a model, filtered by parameters of its declared filters."""
    url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    return f"{url}?{urlencode(filters)}" if filters else url
