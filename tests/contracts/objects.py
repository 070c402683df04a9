"""What stands in the parameters of each route: the object factories of the access matrix.

A route with a parameter that no line here knows fails the matrix: a new route decides on its objects first.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.contrib.admin import site

from analytics.choices import MatchState
from analytics.models import IndexRun, MatchRun
from analytics.outsidehosts import address_of
from analytics.selectors.reports import left_out, questions, rows_read
from analytics.services.reports.drops import JOB_KIND
from core.choices import JobState
from core.clock import now
from core.models import Job, Membership, Unresolved
from livestreams.choices import BookingState, PlanState
from livestreams.models import Booking, SchedulePlan
from supplychain.models import ImportBatch, Reorder, SampleRequest, Statement
from tests.contracts.goods import outside_host_of
from tests.contracts.routes import Route
from tests.contracts.rows import row_in
from tests.factories import SYSTEM, TenantWorld, World

ABSENT_UID = "01890000-0000-7000-8000-000000000000"
ABSENT_NUMBER = "999999999"
ABSENT_CODE = "nowhere"


@dataclass(frozen=True)
class Place:
    """A tenant in its world: whose objects are meant. No tenant means objects that do not exist."""

    name: str
    world: World | None = None
    mine: TenantWorld | None = None


Factory = Callable[[World, TenantWorld], Any]

# Objects named by a uid, per route (or API basename).
UIDS: dict[str, Factory] = {
    "api-booking": lambda world, mine: mine.booking.uid,
    "api-booking-confirm": lambda world, mine: mine.tenant.bookings.get(state=BookingState.HELD).uid,
    "api-booking-check-in": lambda world, mine: _next(mine).uid,
    "api-fault": lambda world, mine: mine.tenant.faults.earliest("id").uid,
    "api-loan": lambda world, mine: mine.tenant.loans.earliest("id").uid,
    "api-visit": lambda world, mine: mine.tenant.visits.earliest("id").uid,
    "api-visit-leave": lambda world, mine: mine.tenant.visits.get(arrived_at__isnull=False).uid,
    "api-series": lambda world, mine: mine.booking.series.uid,
    "api-waitlist": lambda world, mine: mine.tenant.waitlist.earliest("id").uid,
    "api-slot-quota": lambda world, mine: mine.tenant.slot_quotas.get().uid,
    "api-slot-request": lambda world, mine: mine.tenant.slot_requests.earliest("id").uid,
    "api-exchange-offer": lambda world, mine: mine.tenant.node.exchange_offers.earliest("id").uid,
    "api-exchange-request": lambda world, mine: mine.tenant.exchange_requests.earliest("id").uid,
    "portal-exchange-offer": lambda world, mine: mine.tenant.node.exchange_offers.earliest("id").uid,
    "portal-exchange-ask": lambda world, mine: mine.tenant.node.exchange_offers.earliest("id").uid,
    "portal-exchange-request": lambda world, mine: mine.tenant.exchange_requests.earliest("id").uid,
    "api-schedule": lambda world, mine: world.plan.uid,
    "api-schedule-publish": lambda world, mine: _proposal(world).uid,
    "api-schedule-stop": lambda world, mine: _proposal(world).uid,
    "api-match-run": lambda world, mine: MatchRun.objects.filter(park=world.park).earliest("id").uid,
    "api-match-run-stop": lambda world, mine: (
        MatchRun.objects.get(park=world.park, state=MatchState.RUNNING, job=None).uid
    ),
    "api-session": lambda world, mine: mine.session.uid,
    "api-session-audience": lambda world, mine: mine.session.uid,
    "api-session-beside": lambda world, mine: mine.session.uid,
    "api-payout-entry": lambda world, mine: mine.tenant.payouts.earliest("id").uid,
    "api-session-result": lambda world, mine: mine.session.uid,
    "api-host-account": lambda world, mine: mine.host.accounts.earliest("id").uid,
    "api-maintenance": lambda world, mine: world.rooms[1].maintenance.get().uid,
    "api-engagement": lambda world, mine: mine.host.engagements.earliest("id").uid,
    "api-event-entry": lambda world, mine: mine.entry.uid,
    "api-event-item": lambda world, mine: mine.entry.items.earliest("id").uid,
    "api-event-give-up-venue": lambda world, mine: world.park.events.latest("id").uid,
    "api-stream": lambda world, mine: mine.booking.publishes.earliest("id").uid,
    "api-stream-cut": lambda world, mine: mine.booking.publishes.get(ended_at=None).uid,
    "api-screen": lambda world, mine: mine.booking.screens.earliest("id").uid,
    "api-display-link": lambda world, mine: world.park.node.display_links.earliest("id").uid,
    "api-session-verdict": lambda world, mine: mine.session.uid,
    "api-session-report": lambda world, mine: rows_read(SYSTEM, mine.tenant.pk).earliest("pk").session.uid,
    "api-report-drop": lambda world, mine: _drop(mine, taken=False).uid,
    "api-report-question": lambda world, mine: questions(SYSTEM, mine.tenant.pk).get().uid,
    "api-report-question-ask-again": lambda world, mine: left_out(SYSTEM, mine.tenant.pk).get().uid,
    "api-absence": lambda world, mine: mine.host.absences.earliest("id").uid,
    "api-planned-shift": lambda world, mine: mine.booking.shifts.earliest("id").uid,
    "api-enrolment": lambda world, mine: mine.host.enrolments.earliest("id").uid,
    "api-certificate": lambda world, mine: mine.host.certificates.earliest("id").uid,
    "api-stage": lambda world, mine: world.stage.uid,
    "api-shift": lambda world, mine: mine.session.shifts.earliest("id").uid,
    "api-sku": lambda world, mine: mine.skus[0].uid,
    "api-job": lambda world, mine: Job.objects.filter(node=mine.tenant.node).earliest("id").uid,
    "api-job-resume": lambda world, mine: mine.tenant.node.jobs.get(state=JobState.PAUSED).uid,
    "api-event": lambda world, mine: world.event.uid,
    "api-parcel": lambda world, mine: mine.tenant.parcels.earliest("pk").uid,
    "api-parcel-dispatch-parcel": lambda world, mine: mine.tenant.parcels.get(state="packed").uid,
    "api-wave": lambda world, mine: world.warehouse.waves.earliest("pk").uid,
    "api-reservation": lambda world, mine: (
        mine.tenant.reservations.filter(state="reserved").earliest("pk").uid
    ),
    "api-reservation-take-in": lambda world, mine: mine.tenant.reservations.get(state="dispatched").uid,
    "api-backorder": lambda world, mine: mine.tenant.backorders.earliest("pk").uid,
    "api-event-claim": lambda world, mine: world.event.claims.earliest("pk").uid,
    "festival": lambda world, mine: world.event.uid,
    "portal-event": lambda world, mine: world.event.uid,
    "portal-item": lambda world, mine: mine.entry.items.earliest("id").uid,
    "portal-visit-withdraw": lambda world, mine: mine.tenant.visits.earliest("id").uid,
    "portal-booking": lambda world, mine: mine.booking.uid,
    "portal-series": lambda world, mine: mine.booking.series.uid,
    "portal-slot-withdraw": lambda world, mine: mine.tenant.slot_requests.earliest("id").uid,
    "portal-wait-stop": lambda world, mine: mine.tenant.waitlist.earliest("id").uid,
    "portal-session": lambda world, mine: mine.session.uid,
    "portal-session-shift-stop": lambda world, mine: mine.session.shifts.earliest("id").uid,
    "portal-session-beside": lambda world, mine: mine.session.uid,
    "portal-session-result": lambda world, mine: mine.session.uid,
    "portal-host": lambda world, mine: mine.host.uid,
    "portal-account-followers": lambda world, mine: mine.host.accounts.earliest("id").uid,
    "portal-account-begin": lambda world, mine: mine.host.accounts.earliest("id").uid,
    "portal-account-close": lambda world, mine: mine.host.accounts.earliest("id").uid,
    "portal-account-reopen": lambda world, mine: mine.host.accounts.earliest("id").uid,
    "portal-contract-end": lambda world, mine: mine.host.engagements.earliest("id").uid,
    "portal-absence-withdraw": lambda world, mine: mine.host.absences.earliest("id").uid,
    "portal-shift-drop": lambda world, mine: mine.booking.shifts.earliest("id").uid,
    "portal-key-revoke": lambda world, mine: mine.key.uid,
    "portal-webhook": lambda world, mine: mine.tenant.node.webhooks.earliest("id").uid,
    "portal-webhook-message": lambda world, mine: (
        mine.tenant.node.webhooks.earliest("id").deliveries.earliest("id").uid
    ),
    "api-webhook": lambda world, mine: mine.tenant.node.webhooks.earliest("id").uid,
    "api-webhook-message": lambda world, mine: (
        mine.tenant.node.webhooks.earliest("id").deliveries.earliest("id").uid
    ),
    "portal-shop": lambda world, mine: mine.tenant.shop_hooks.earliest("id").uid,
    "portal-shop-message": lambda world, mine: (
        mine.tenant.shop_hooks.earliest("id").messages.earliest("id").uid
    ),
    "api-shop-hook": lambda world, mine: mine.tenant.shop_hooks.earliest("id").uid,
    "api-shop-message": lambda world, mine: mine.tenant.shop_hooks.earliest("id").messages.earliest("id").uid,
    "api-hook-in": lambda world, mine: mine.tenant.shop_hooks.earliest("id").uid,
    "portal-product": lambda world, mine: mine.skus[0].product.uid,
    "portal-import": lambda world, mine: ImportBatch.objects.filter(tenant=mine.tenant).earliest("id").uid,
    "api-goods-offer": lambda world, mine: mine.tenant.goods_offers.get(withdrawn_at=None).uid,
    "portal-goods-offer": lambda world, mine: mine.tenant.goods_offers.get(withdrawn_at=None).uid,
    "api-offer-answer-agreement": lambda world, mine: mine.tenant.offer_answers.get(sells=True).uid,
    "portal-offer-answer": lambda world, mine: mine.tenant.offer_answers.get(sells=True).uid,
    "api-offer-answer": lambda world, mine: mine.tenant.offer_answers.earliest("id").uid,
    "api-run-line": lambda world, mine: mine.booking.run_lines.get().uid,
    "portal-run-line": lambda world, mine: mine.booking.run_lines.get().uid,
    "api-sample-request": lambda world, mine: _samples(mine, "asked").uid,
    "api-sample-request-withdraw": lambda world, mine: mine.tenant.sample_requests.get(state="asked").uid,
    "api-sample-request-hand-out": lambda world, mine: _samples(mine, "agreed").uid,
    "api-sample-request-take-back": lambda world, mine: _samples(mine, "out").uid,
    "api-sample-request-charge": lambda world, mine: _samples(mine, "out").uid,
    "api-inbound-notice": lambda world, mine: mine.tenant.inbound_notices.get(state="announced").uid,
    "portal-inbound": lambda world, mine: mine.tenant.inbound_notices.get(state="announced").uid,
    "api-quality-certificate": lambda world, mine: (
        mine.tenant.quality_certificates.get(state="pending", kind="inspection").uid
    ),
    "portal-certificate": lambda world, mine: (
        mine.tenant.quality_certificates.get(state="pending", kind="inspection").uid
    ),
    "portal-sample": lambda world, mine: _samples(mine, "asked").uid,
    "api-agreement": lambda world, mine: mine.tenant.agreements.earliest("id").uid,
    "api-agreement-sign": lambda world, mine: mine.tenant.agreements.get(state="proposed").uid,
    "api-agreement-withdraw": lambda world, mine: mine.tenant.agreements.get(state="proposed").uid,
    "api-charge": lambda world, mine: mine.tenant.charges.earliest("id").uid,
    "api-factory": lambda world, mine: mine.tenant.factories.earliest("id").uid,
    "api-launch": lambda world, mine: mine.tenant.launches.earliest("id").uid,
    "api-reorder": lambda world, mine: _reorder(mine, "proposed").uid,
    "api-reorder-advance": lambda world, mine: _reorder(mine, "confirmed").uid,
    "api-reorder-cancel": lambda world, mine: _reorder(mine, "confirmed").uid,
    "api-reorder-produce": lambda world, mine: _reorder(mine, "confirmed").uid,
    "api-reorder-receive": lambda world, mine: _reorder(mine, "produced").uid,
    "portal-factory": lambda world, mine: mine.tenant.factories.earliest("id").uid,
    "portal-launch": lambda world, mine: mine.tenant.launches.earliest("id").uid,
    "portal-reorder": lambda world, mine: _reorder(mine, "proposed").uid,
    "api-statement": lambda world, mine: _statement(mine).uid,
    "api-statement-invoice": lambda world, mine: _statement(mine, approved=True).uid,
    "api-statement-pay": lambda world, mine: _statement(mine, approved=True).uid,
    "portal-agreement": lambda world, mine: mine.tenant.agreements.earliest("id").uid,
    "portal-statement": lambda world, mine: _statement(mine).uid,
    "portal-statement-line": lambda world, mine: _statement(mine, approved=True).lines.get().uid,
    "portal-unresolved-one": lambda world, mine: (
        Unresolved.objects.filter(node=mine.tenant.node).earliest("id").uid
    ),
    "portal-reports": lambda world, mine: _drop(mine).uid,
    "portal-report-question": lambda world, mine: questions(SYSTEM, mine.tenant.pk).get().uid,
    "portal-left-out-again": lambda world, mine: left_out(SYSTEM, mine.tenant.pk).get().uid,
    "portal-reading-take-back": lambda world, mine: (
        rows_read(SYSTEM, mine.tenant.pk).earliest("pk").session.uid
    ),
    "analytics-run-table": lambda world, mine: IndexRun.objects.earliest("id").uid,
}
# Objects named by a code. What belongs to the park is the same object for all its tenants.
CODES: dict[str, Factory] = {
    "api-park": lambda world, mine: world.park.code,
    "api-town": lambda world, mine: world.town.code,
    "api-room": lambda world, mine: world.rooms[0].code,
    "api-firm": lambda world, mine: mine.tenant.code,
    "api-host": lambda world, mine: mine.host.code,
    "api-media-node": lambda world, mine: world.media_node.code,
    "api-course": lambda world, mine: world.course_run.course.code,
    "api-equipment": lambda world, mine: world.park.equipment.earliest("id").code,
    "api-indicator": lambda world, mine: "series",
    "analytics-province": lambda world, mine: world.province.code,
    "analytics-indicator": lambda world, mine: "series",
    "wall-place": lambda world, mine: world.province.node.code,
    "portal-outside-host": lambda world, mine: address_of(outside_host_of(mine)),
    "api-outside-host": lambda world, mine: address_of(outside_host_of(mine)),
}
OF_THE_PARK = (
    "api-park",
    "api-event",
    "api-goods-offer",
    "festival",
    "portal-event",
    "portal-goods-offer-page",
    "portal-goods-offer-samples",
    "api-room",
    "api-equipment",
    "api-media-node",
    "api-display-link",
    "api-schedule",
    "api-wave",
    "api-match-run",
    "api-course",
    "api-stage",
    "wall",
    "door",
)
# The same for everybody: published data.
OF_NOBODY = ("api-indicator", "api-town", "analytics-")
# Parameters that name no object.
FIXED: dict[str, dict[str, str]] = {
    "portal-who-sees": {"what": "orders"},
    "portal-import-sample": {"name": "uci-online-retail.csv"},
    "analytics-indicator-table": {"kind": "csv"},
    "festival-table": {"kind": "csv"},
    "portal-statement-table": {"kind": "csv"},
    "analytics-run-table": {"table": "scores", "kind": "csv"},
    "admin:app_list": {"app_label": "livestreams"},
    "api-stream-hook": {"call": "publish"},
}


class NoFactory(Exception):
    """A route has a parameter for which nothing here makes an object, or it writes and nothing makes its body."""


def values_for(route: Route, tenant: Place, object_of: Place) -> dict[str, str]:
    """The parameters of a route on the pages of `tenant`, for an object of `object_of`."""
    return {name: _value(route, name, tenant, object_of) for name in route.parameters}


def _value(route: Route, name: str, tenant: Place, object_of: Place) -> str:  # noqa: PLR0911  one line a kind
    fixed = FIXED.get(route.key, {})
    if name in fixed:
        return fixed[name]
    if name == "tenant":
        return tenant.mine.tenant.code if tenant.mine else ABSENT_CODE
    if route.door == "admin":
        return _admin_value(route, name, object_of)
    if (
        name == "secret"
    ):  # proves who calls, and names nothing: the secret of another park is known to nobody here
        own = object_of.name == "own"
        return object_of.world.media_secret if own else ABSENT_CODE
    if name == "uid":
        return _named(UIDS, route, object_of, ABSENT_UID)
    if name == "code":
        return _named(CODES, route, object_of, ABSENT_CODE)
    if name == "room_code":
        return object_of.world.rooms[0].code if object_of.world else ABSENT_CODE
    if name == "park_code":
        return object_of.world.park.code if object_of.world else ABSENT_CODE
    if name == "number" and route.key == "portal-member-end":
        held = Membership.objects.filter(node=object_of.mine.tenant.node) if object_of.mine else None
        return str(held.latest("id").pk) if held is not None else ABSENT_NUMBER
    raise NoFactory(f"{route.key}: nothing makes an object for <{name}> of {route.pattern}")


def _next(mine: TenantWorld) -> Booking:
    """The tenant's booking that begins next."""
    return mine.tenant.bookings.filter(ends_at__gt=now()).earliest("starts_at")


def _statement(mine: TenantWorld, *, approved: bool = False) -> Statement:
    rows = Statement.objects.filter(agreement__seller=mine.tenant)
    return rows.filter(state="approved" if approved else "draft").earliest("id")


def _samples(mine: TenantWorld, state: str) -> SampleRequest:
    """A request for samples of the tenant's own goods."""
    return SampleRequest.objects.filter(offer__tenant=mine.tenant, state=state).earliest("id")


def _reorder(mine: TenantWorld, state: str) -> Reorder:
    return Reorder.objects.filter(launch__tenant=mine.tenant, state=state).earliest("id")


def _drop(mine: TenantWorld, *, taken: bool = True) -> Job:
    return Job.objects.get(node=mine.tenant.node, kind=JOB_KIND, params__write=taken)


def _proposal(world: World) -> SchedulePlan:
    return SchedulePlan.objects.get(park=world.park, state=PlanState.PROPOSED)


def _named(factories: dict[str, Factory], route: Route, object_of: Place, absent: str) -> str:
    known = [prefix for prefix in factories if route.key.startswith(prefix)]
    if not known:
        raise NoFactory(f"{route.key}: no object factory")
    if object_of.world is None or object_of.mine is None:
        return absent
    return str(factories[max(known, key=len)](object_of.world, object_of.mine))


def _admin_value(route: Route, name: str, object_of: Place) -> str:
    if name == "kind":
        return "csv"
    if name == "url":
        return "nowhere"
    model = apps.get_model(route.admin_model)
    if name == "name":
        operations = site._registry[model].operations
        return operations[0].name if operations else "nothing"
    if name not in ("object_id", "wave_id"):
        raise NoFactory(f"{route.key}: nothing makes an object for <{name}>")
    if object_of.world is None or object_of.mine is None:
        return ABSENT_NUMBER
    row = row_in(model, object_of.mine, object_of.world)
    if row is None:
        raise NoFactory(f"{route.key}: no world has a row of {model._meta.label}")
    return str(row.pk)


def is_shared(route: Route) -> bool:
    """Whether the route's object is the same for all tenants of a park, or for everybody."""
    return route.key.startswith((*OF_THE_PARK, *OF_NOBODY))


def is_published(route: Route) -> bool:
    """Whether the route's object belongs to nobody."""
    if route.admin_model:
        from core.scoping import scope_of

        scope = scope_of(apps.get_model(route.admin_model))
        return scope is not None and bool(scope.reference)
    return route.key.startswith(OF_NOBODY)
