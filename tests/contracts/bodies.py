"""For each writing operation of the API a body with which it succeeds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from analytics.selectors.reports import rows_read
from core.clock import DAY, HOUR, day_start, local, month_of, now, today
from livestreams.models import Equipment
from tests.contracts.goods import lender_of
from tests.contracts.objects import NoFactory
from tests.contracts.routes import Route
from tests.contracts.worlds import offer_from_afar, park_afar
from tests.factories import SYSTEM, TenantWorld, World

# Writing operations whose address says everything -> what it says.
WITHOUT_BODY: dict[str, str] = {
    "api-booking-confirm": "which hold becomes a booking",
    "api-booking-cancel": "which booking is given back",
    "api-report-drop-confirm": "what is taken",
    "api-report-question-ask-again": "which row is asked about again",
    "api-series-cancel": "whose bookings are given back",
    "api-waitlist-withdraw": "who stops waiting",
    "api-slot-request-withdraw": "who wishes for nothing any more",
    "api-exchange-offer-withdraw": "which offer stands no longer",
    "api-exchange-request-accept": "what is lent, to whom and when",
    "api-exchange-request-withdraw": "who asks no longer",
    "api-schedule-publish": "which plan becomes bookings",
    "api-schedule-stop": "which plan is to stop",
    "api-match-run-stop": "which assignment is to stop",
    "api-goods-offer-withdraw": "which goods are offered no longer",
    "api-offer-answer-agreement": "which yes is agreed",
    "api-sample-request-withdraw": "who asks for samples no longer",
    "api-sample-request-charge": "which samples are charged",
    "api-quality-certificate-accept": "which certificate is accepted",
    "api-quality-certificate-withdraw": "which certificate is taken back",
    "api-inbound-notice-withdraw": "what does not come",
    "api-wave-picked": "which walk is done",
    "api-parcel-empty": "what is scanned anew",
    "api-reservation-missing": "what is not on its shelf",
    "api-run-line-drop": "which goods are off the run of show",
    "api-agreement-sign": "which agreement is signed",
    "api-agreement-withdraw": "which proposal is taken back",
    "api-reorder-decline": "which proposal is declined",
    "api-reorder-cancel": "which re-order is called off",
    "api-reorder-produce": "which re-order is made",
    "api-webhook-pause": "who is told nothing",
    "api-webhook-resume": "who is told again",
    "api-webhook-try-out": "who is tried",
    "api-webhook-secret": "whose secret is renewed",
    "api-webhook-renew-secret": "whose secret is renewed",
    "api-webhook-message-again": "what is sent again",
    "api-shop-hook-revoke": "which shop is heard no longer",
    "api-shop-message-again": "what is read again",
    "api-host-account-close": "whose account is closed",
    "api-host-account-reopen": "whose account is open again",
    "api-absence-withdraw": "which absence is none",
    "api-planned-shift-drop": "which shift is off the plan",
    "api-host-advance": "who enters the next stage",
    "api-media-node-secret": "which node gets another secret",
    "api-stream-readmit": "whose booking may go on air again",
    "api-screen-revoke": "which screen is shut",
    "api-display-link-revoke": "which link opens nothing any more",
    "api-event-entry-withdraw": "who takes no part any more",
    "api-event-entry-send-away": "who is sent away",
    "api-event-entry-readmit": "who may enter again",
    "api-event-item-withdraw": "what is taken back from an event",
    "api-visit-arrive": "who is let in",
    "api-visit-leave": "who is seen out",
    "api-visit-withdraw": "who does not come",
    "api-job-cancel": "which job is to stop",
    "api-job-pause": "which job is to wait",
    "api-job-resume": "which job is to go on",
}


def _goods(world: World, mine: TenantWorld) -> dict[str, str]:
    return {"warehouse": world.warehouse.code, "owner": mine.tenant.code, "sku": mine.skus[0].code}


def _free_item(world: World) -> Equipment:
    """An item that nobody has and that is whole."""
    return world.park.equipment.filter(loans=None, faults=None).earliest("id")


def api_bodies(world: World, mine: TenantWorld) -> dict[str, Any]:
    """Valid bodies for the writing operations of the API by route, with objects of this tenant."""
    starts_at = day_start(today() + 3 * DAY) + 9 * HOUR
    span = {"starts_at": local(starts_at).isoformat(), "ends_at": local(starts_at + HOUR).isoformat()}
    return {
        "api-booking-list": {
            "tenant": mine.tenant.code,
            "room": world.rooms[0].code,
            "host": mine.host.code,
            **span,
        },
        "api-booking-check-in": {"at": now().isoformat()},
        "api-booking-move": span,
        "api-booking-room-check": {"point": "sound"},
        "api-fault-list": {"kind": "sound", "booking": str(mine.booking.uid)},
        "api-fault-take-up": {"note": "matrix"},
        "api-fault-repaired": {"note": "matrix"},
        "api-fault-close": {"note": "matrix"},
        "api-shop-message-close": {"note": "matrix"},
        "api-loan-list": {
            "item": _free_item(world).code,
            "tenant": mine.tenant.code,
            "due_at": span["ends_at"],
        },
        "api-loan-give-back": {"condition": "worn"},
        "api-cleaning-duty-list": {
            # The first one's room is clean already.
            "booking": str(
                mine.tenant.bookings.filter(cleaning__isnull=True, state="confirmed").latest("id").uid
            ),
            "person": world.users["park_studio"].username,
        },
        "api-cleaning-list": {"booking": str(mine.tenant.bookings.earliest("starts_at").uid)},
        "api-visit-list": {"tenant": mine.tenant.code, "name": "matrix", "people": 2},
        "api-booking-stream-key": {"platform": "douyin"},
        "api-booking-broadcast": {"route": "phone", "platform": "douyin"},
        "api-booking-swap": {"other": str(mine.tenant.bookings.latest("id").uid)},
        "api-series-list": {
            "tenant": mine.tenant.code,
            "room": world.rooms[0].code,
            "host": mine.host.code,
            "first_day": str(today() + 3 * DAY),
            "last_day": str(today() + 10 * DAY),
            "weekdays": list(range(7)),
            "start": "13:00",
            "minutes": 60,
        },
        "api-waitlist-list": {
            "tenant": mine.tenant.code,
            "room": world.rooms[0].code,
            "earliest": span["starts_at"],
            "latest": span["ends_at"],
            "minutes": 30,
        },
        "api-slot-request-list": {
            "tenant": mine.tenant.code,
            "minutes": 60,
            "windows": [span],
        },
        "api-slot-request-rank": {"priority": 2},
        "api-slot-quota-list": {"park": world.park.code, "week_hours": 40},
        "api-slot-quota-change": {"day_hours": 8},
        "api-exchange-offer-list": {
            "host": mine.host.code,
            "hourly_rate": "80.00",
            "places": [world.town.node.code],
            **span,
        },
        "api-exchange-request-decline": {"reason": "matrix"},
        "api-schedule-list": {
            "park": world.park.code,
            "first_day": str(today() + 3 * DAY),
            "last_day": str(today() + 3 * DAY),
        },
        "api-match-run-list": {
            "park": world.park.code,
            "first_day": str(today() + 3 * DAY),
            "last_day": str(today() + 3 * DAY),
            "goods": [{"name": "matrix", "category": "matrix", "hours": "1"}],
        },
        "api-schedule-what-if": {"more_rooms": 1},
        "api-schedule-repair": {"rooms": [world.rooms[1].code]},
        "api-session-list": {"tenant": mine.tenant.code, "platform": "douyin", "host": mine.host.code},
        "api-room-list": {"park": world.park.code, "code": "matrix-room", "name_zh": "matrix"},
        "api-room-change": {"scene": "matrix"},
        "api-maintenance-list": {"room": world.rooms[1].code, **span},
        "api-maintenance-end": {},
        "api-host-list": {"tenant": mine.tenant.code, "code": "matrix-host", "name_zh": "matrix"},
        "api-host-change": {"level": "matrix"},
        "api-engagement-list": {"host": mine.controller.code, "kind": "agency", "from_day": str(today())},
        "api-engagement-end": {"to_day": str(today() + 30 * DAY)},
        "api-course-list": {"park": world.park.code, "code": "matrix-course", "name_zh": "matrix"},
        "api-course-hold": {"first_day": str(today()), "last_day": str(today() + DAY)},
        "api-enrolment-result": {"result": "passed"},
        "api-certificate-list": {"host": mine.host.code, "title": "matrix", "issued_on": str(today())},
        "api-stage-list": {"park": world.park.code, "number": 9, "name_zh": "matrix"},
        "api-stage-change": {"needs_hours": 1},
        "api-media-node-list": {
            "park": world.park.code,
            "code": "matrix-node",
            "name_zh": "matrix",
            "address": "rtmp://matrix.example/live",
        },
        "api-media-node-change": {"name_en": "matrix"},
        "api-stream-cut": {"reason": "matrix"},
        "api-screen-list": {"booking": str(mine.booking.uid), "kind": "overlay"},
        "api-display-link-list": {"node": world.park.code, "name": "matrix"},
        "api-event-list": {
            "park": world.park.code,
            "kind": "festival",
            "name_zh": "matrix",
            "first_day": str(today()),
            "last_day": str(today()),
        },
        "api-event-change": {"name_en": "matrix"},
        "api-event-add-venue": {"park_code": park_afar(world).code},
        "api-event-main-venue": {"park_code": world.park.code},
        "api-event-give-up-venue": {"park_code": park_afar(world).code},
        "api-event-item-list": {
            "entry": str(mine.entry.uid),
            "product": str(mine.skus[0].product.uid),
            "price": "9.00",
        },
        "api-firm-change": {"wall_visibility": "hidden"},
        "api-event-entry-list": {
            "event": str(world.park.events.latest("id").uid),
            "tenant": mine.tenant.code,
        },
        "api-session-verdict": {"text": "matrix"},
        "api-session-report": {"key": rows_read(SYSTEM, mine.tenant.pk).earliest("pk").key},
        "api-report-expectation-list": {
            "session": str(mine.session.uid),
            "expected": False,
            "reason": "matrix",
        },
        "api-report-drop-list": {
            "tenant": mine.tenant.code,
            "files": [{"name": "matrix.csv", "content": "bWF0cml4"}],
        },
        "api-report-question-respond": {"left_out": True},
        "api-host-account-list": {"host": mine.host.code, "platform": "jd", "account": "matrix"},
        "api-host-account-begin": {"opened_on": "2025-01-01"},
        "api-host-account-followers": {"readings": [{"day": str(today()), "followers": 1}]},
        "api-absence-list": {"host": mine.host.code, "kind": "leave", **span},
        "api-planned-shift-list": {
            "booking": str(mine.booking.uid),
            "host": mine.controller.code,
            "role": "controller",
            "starts_at": local(mine.booking.starts_at).isoformat(),
            "ends_at": local(mine.booking.ends_at).isoformat(),
        },
        "api-enrolment-list": {"run": str(world.course_run.uid), "host": mine.controller.code},
        "api-shift-list": {
            "session": str(mine.session.uid),
            "host": mine.controller.code,
            "role": "controller",
            "at": local(mine.session.started_at).isoformat(),
            "ends_at": local(mine.session.ended_at).isoformat(),
        },
        "api-shift-end": {"at": local(mine.session.ended_at).isoformat()},
        "api-session-ad-spend": {
            "hours": [{"hour": local(mine.session.started_at).isoformat(), "amount": "7.00"}]
        },
        "api-explain-list": {
            "session": str(mine.session.uid),
            "kind": "start",
            "product": str(mine.skus[0].product.uid),
            "sku": str(mine.skus[0].uid),
            "at": local(mine.session.started_at).isoformat(),
        },
        "api-launch-list": {
            "tenant": mine.tenant.code,
            "product": str(mine.skus[1].product.uid),
            "day": str(today()),
            "season_end": str(today() + 30 * DAY),
            "test_batch": 100,
            "price": "99.00",
            "cost": "40.00",
        },
        "api-reorder-advance": {"step": "sewing"},
        "api-reorder-confirm": {"quantity": 10},
        "api-reorder-receive": {"warehouse": world.warehouse.code},
        "api-webhook-list": {
            "node": mine.tenant.node.code,
            "name": "matrix",
            "url": "https://matrix.example/hook",
            "events": ["session.ended"],
        },
        "api-webhook-change": {"name": "matrix"},
        "api-shop-hook-list": {"tenant": mine.tenant.code, "name": "matrix", "kind": "standard"},
        "api-shop-hook-change": {"name": "matrix"},
        "api-shop-hook-secret": {"secret": "matrix"},
        "api-shop-hook-renew-secret": {"secret": "matrix"},
        "api-goods-offer-list": {
            "product": str(mine.skus[1].product.uid),
            "floor_price": "1.00",
            "commission_rate": "10",
            "pieces": 5,
        },
        "api-quality-certificate-list": {
            "product": str(mine.skus[0].product.uid),
            "kind": "ccc",
            "number": "matrix",
            "issuer": "matrix",
            "valid_from": str(today()),
        },
        "api-quality-certificate-refuse": {"reason": "matrix"},
        "api-inbound-notice-list": {
            "warehouse": world.warehouse.code,
            "sku": str(mine.skus[0].uid),
            "pieces": 5,
            "day": str(today() + DAY),
        },
        "api-inbound-notice-receive": {"received": 4, "difference": "matrix"},
        "api-wave-list": {"warehouse": world.warehouse.code},
        "api-parcel-scan": {"code": mine.skus[0].code},
        "api-parcel-dispatch-parcel": {"carrier": "sf", "tracking_no": "MATRIX"},
        "api-reservation-take-in": {"quantity": 1, "condition": "good"},
        "api-backorder-fill": {"warehouse": world.warehouse.code},
        "api-stock-level-count": {**_goods(world, mine), "counted": 40},
        "api-stock-level-place": {**_goods(world, mine), "zone": "M-1"},
        "api-stock-move-list": {**_goods(world, mine), "kind": "inbound", "quantity": 1},
        "api-stock-move-transfer": {
            "origin": world.warehouse.code,
            "target": f"{world.warehouse.code}-2",
            "owner": mine.tenant.code,
            "sku": mine.skus[0].code,
            "quantity": 1,
        },
        "api-closed-month-list": {
            "tenant": mine.tenant.code,
            "month": str(month_of(month_of(today()) - DAY)),
        },
        "api-offer-answer-list": {
            "offer": str(lender_of(mine, world.canary).uid),
            "tenant": mine.tenant.code,
            "sells": True,
        },
        "api-sample-request-list": {
            "offer": str(lender_of(mine, world.canary).uid),
            "tenant": mine.tenant.code,
            "pieces": 1,
            "until": str(today() + DAY),
        },
        "api-sample-request-agree": {"price": "1.00"},
        "api-sample-request-refuse": {"reason": "matrix"},
        "api-sample-request-hand-out": {"sku": str(mine.skus[0].uid), "warehouse": world.warehouse.code},
        "api-sample-request-take-back": {"whole": 1},
        "api-run-line-list": {
            "booking": str(mine.booking.uid),
            "product": str(mine.skus[1].product.uid),
            "price": "1.00",
            "pieces": 5,
        },
        "api-run-line-move": {"up": True},
        "api-agreement-list": {
            "seller": mine.tenant.code,
            "partner": world.park.code,
            "kind": "park",
            "title": "matrix",
            "from_day": str(today()),
            "sales": "all",
            "tiers": [{"above": "0", "rate": "5"}],
        },
        "api-agreement-end": {"to_day": str(today() + DAY)},
        "api-agreement-count": {"month": str(month_of(month_of(today()) - DAY))},
        "api-statement-approve": {"version": 1},
        "api-statement-dispute": {"objection": "matrix"},
        "api-statement-invoice": {"invoice_no": "matrix", "tax_rate": "6"},
        "api-statement-pay": {},
        "api-session-end": {"ended_at": local(mine.session.ended_at).isoformat()},
        "api-session-samples": {
            "source": "matrix",
            "readings": [{"at": (now() - HOUR).isoformat(), "concurrent": 1}],
        },
        "api-event-claim-list": {"event": str(world.event.uid), "said_by": "matrix", "sales": "1.00"},
        "api-session-claim-list": {"session": str(mine.session.uid), "source": "report", "sales": "1.00"},
        "api-sku-list": {"tenant": mine.tenant.code, "code": "matrix", "name_zh": "matrix", "cost": "1.00"},
        "api-order-bulk": [
            {
                "kind": "paid",
                "order_no": "matrix",
                "qty": 1,
                "amount": "1.00",
                "occurred_at": timezone.now().isoformat(),
            }
        ],
        "api-exchange-request-list": {
            "tenant": mine.tenant.code,
            "offer": str(offer_from_afar(world).uid),
            **span,
        },
    }


def api_body(route: Route, bodies: Mapping[str, Any]) -> Any:
    """The one of a route. Raises NoFactory without one."""
    if route.writes and route.key not in {**bodies, **WITHOUT_BODY}:
        raise NoFactory(f"{route.key}: no body for {route.pattern}")
    return bodies.get(route.key, {})
