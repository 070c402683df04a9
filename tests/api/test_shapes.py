"""Recorded answers: which fields the API gives, and of which type. A change of shape shows in the diff of shapes.json.

`UPDATE_SHAPES=1` rewrites the file; a field that goes or changes its type needs a new version of the API.
"""

from __future__ import annotations

import datetime as dt
import json
import os
from base64 import b64encode
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import time_machine

from analytics.models import Indicator, IndicatorValue
from analytics.services import park_indicators_publish
from core.clock import DAY, today
from core.jobs import run_due
from core.models import Job
from livestreams.choices import BookingState
from livestreams.models import Booking, LiveSession
from supplychain.importing.profiles.base import EXAMPLES
from supplychain.models import PayoutEntry, Statement
from supplychain.services import goods_offer_withdraw, import_run, import_stage, placing
from tenants.models import Tenant
from tests.analytics.test_outside_host import lend
from tests.api.conftest import Caller
from tests.api.keepers import of_keepers
from tests.api.operators import of_operators
from tests.contracts.worlds import REPORT, read_reports
from tests.factories import (
    SYSTEM,
    World,
    make_item,
    make_launch_of,
    make_park,
    make_room,
    make_sku,
    make_user,
)
from tests.supplychain.ledger import fact, record

RECORDED = Path(__file__).parent / "shapes.json"
LINE = {
    "kind": "paid",
    "order_no": "O1",
    "qty": 1,
    "amount": "1.00",
    "occurred_at": "2025-06-01T20:00:00+08:00",
}


def shape(value: Any) -> Any:
    """Field names and types; of a list the shape of its first element."""
    if isinstance(value, dict):
        return {name: shape(inner) for name, inner in sorted(value.items())}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return type(value).__name__


def published_lineage(world: World) -> Any:
    """The series of the parks are published first; the park's manager sees its part."""
    park_indicators_publish(actor=SYSTEM)
    manager = Caller(user=world.users["park_manager"])
    return manager.get("indicators/park_gmv_paid/lineage", place="alpha-town", period="2025-06")


def of_the_schedule(world: World, at: Callable[..., str]) -> dict[str, Any]:
    """A request, its way into a published schedule, and what is made of that."""
    tool, manager = Caller(world.tenants[0].secret), Caller(user=world.users["park_manager"])
    window = {"starts_at": at(9), "ends_at": at(11)}
    asked = tool.post("slot-requests", {"tenant": "alpha-a", "minutes": 60, "windows": [window]})
    days = {"park": "alpha", "first_day": at(9)[:10], "last_day": at(9)[:10], "seconds": 5}
    made, dropped = (manager.post("schedules", days) for _number in range(2))
    stopped = manager.post(f"schedules/{dropped.json()['uid']}/stop")
    run_due()
    uid, request = made.json()["uid"], asked.json()["uid"]
    return {
        "POST slot-requests": asked,
        "POST slot-requests/{uid}/rank": manager.post(f"slot-requests/{request}/rank", {"priority": 2}),
        "POST schedules": made,
        "POST schedules/{uid}/stop": stopped,
        "POST schedules/{uid}/publish": manager.post(f"schedules/{uid}/publish"),
        "POST schedules/{uid}/what-if": manager.post(f"schedules/{uid}/what-if", {"more_rooms": 1}),
        "POST schedules/{uid}/repair": manager.post(f"schedules/{uid}/repair", {"rooms": ["alpha-room-0"]}),
        "GET schedules": manager.get("schedules"),
        "GET schedules/{uid}": manager.get(f"schedules/{uid}"),
        "GET slot-requests": tool.get("slot-requests"),
        "GET slot-requests/{uid}": tool.get(f"slot-requests/{request}"),
        "POST slot-requests/{uid}/withdraw": tool.post(f"slot-requests/{request}/withdraw"),
    }


def answers_of_claims(world: World) -> dict[str, Any]:
    """What a park's tool states of its festival."""
    park = Caller(world.secret)
    said = park.post(
        "event-claims",
        {"event": str(world.event.uid), "said_by": "x", "sales": "1.00", "reach": "rooms", "rooms": 2},
    )
    return {
        "POST event-claims": said,
        "GET event-claims": park.get("event-claims", event=str(world.event.uid)),
        "GET event-claims/{uid}": park.get(f"event-claims/{said.json()['uid']}"),
    }


def of_the_exchange(world: World, at: Callable[..., str]) -> dict[str, Any]:
    """A host on offer, and a room that another park lends: asked for, taken, refused."""
    far = make_park("alpha-far", town=world.town)
    room = make_room(far, "alpha-far-room")
    tool, theirs = Caller(world.tenants[0].secret), Caller(user=make_user("far", "park_manager", far.node))
    offer = {"hourly_rate": "80.00", "starts_at": at(8), "ends_at": at(20)}
    lent = theirs.post("exchange-offers", {**offer, "room": room.code, "places": ["alpha"]})
    own = tool.post("exchange-offers", {**offer, "host": "alpha-a-host", "places": [far.code]})
    uid = lent.json()["uid"]
    wish = {"tenant": "alpha-a", "offer": uid, "starts_at": at(9), "ends_at": at(11)}
    one, two, three = (tool.post("exchange-requests", wish).json()["uid"] for _number in range(3))
    return {
        "POST exchange-offers": lent,
        "GET exchange-offers": tool.get("exchange-offers"),
        "GET exchange-offers/{uid}": tool.get(f"exchange-offers/{own.json()['uid']}"),
        "GET exchange-offers/{uid}/free-times": tool.get(
            f"exchange-offers/{uid}/free-times", since=at(8), until=at(20)
        ),
        "POST exchange-requests/{uid}/accept": theirs.post(f"exchange-requests/{one}/accept"),
        "POST exchange-requests 409 overlap": tool.post("exchange-requests", wish),
        "POST exchange-requests": tool.post(
            "exchange-requests", {**wish, "starts_at": at(13), "ends_at": at(14)}
        ),
        "POST exchange-requests/{uid}/decline": theirs.post(
            f"exchange-requests/{two}/decline", {"reason": "shapes"}
        ),
        "POST exchange-requests/{uid}/withdraw": tool.post(f"exchange-requests/{three}/withdraw"),
        "GET exchange-requests": tool.get("exchange-requests"),
        "GET exchange-requests/{uid}": tool.get(f"exchange-requests/{one}"),
        "POST exchange-offers/{uid}/withdraw": theirs.post(f"exchange-offers/{uid}/withdraw"),
    }


def of_matching(world: World, at: Callable[..., str]) -> dict[str, Any]:
    """Hosts for goods: one request, and assignments computed and stopped."""
    manager = Caller(user=world.users["park_manager"])
    asked = {"park": "alpha", "category": "c", "hours": "2", "since": at(9), "until": at(21)}
    found = manager.get("host-matches", **asked)
    day = at(9)[:10]
    goods = [
        {"name": "a", "category": "c", "hours": "2"},
        {"name": "b", "category": "c", "hours": "2", "budget": "1"},
    ]
    body = {"park": "alpha", "first_day": day, "last_day": day, "goods": goods}
    made, dropped = (manager.post("match-runs", body) for _number in range(2))
    stopped = manager.post(f"match-runs/{dropped.json()['uid']}/stop")
    run_due()
    return {
        "GET host-matches": found,
        "POST match-runs": made,
        "POST match-runs/{uid}/stop": stopped,
        "GET match-runs": manager.get("match-runs"),
        "GET match-runs/{uid}": manager.get(f"match-runs/{made.json()['uid']}"),
    }


def of_hosts(world: World, at: Callable[..., str]) -> dict[str, Any]:
    """A host's account with followers, an absence, a shift that is planned and one that is worked."""
    tool = Caller(world.tenants[0].secret)
    owner = Caller(user=world.tenants[0].users["tenant_owner"])
    booking = tool.post(
        "bookings", {"tenant": "alpha-a", "room": "alpha-room-0", "starts_at": at(13), "ends_at": at(15)}
    ).json()["uid"]
    account = owner.post("host-accounts", {"host": "alpha-a-host", "platform": "jd", "account": "a"})
    away = owner.post(
        "absences", {"host": "alpha-a-host", "kind": "leave", "starts_at": at(16), "ends_at": at(17)}
    )
    planned = tool.post(
        "planned-shifts",
        {"booking": booking, "host": "alpha-a-host", "starts_at": at(13), "ends_at": at(14)},
    )
    run, stage = world.course_run, world.stage
    enrolled = owner.post("enrolments", {"run": str(run.uid), "host": "alpha-a-controller"})
    certificate = world.tenants[0].host.certificates.get().uid
    session = world.tenants[0].session
    worked = tool.post(
        "shifts",
        {
            "session": str(session.uid),
            "host": "alpha-a-controller",
            "role": "controller",
            "at": session.started_at.isoformat(),
            "ends_at": session.ended_at.isoformat(),
        },
    )
    uids = {
        name: reply.json()["uid"]
        for name, reply in (("account", account), ("away", away), ("planned", planned), ("worked", worked))
    }
    return {
        "GET hosts": tool.get("hosts"),
        "GET hosts/{code}": tool.get("hosts/alpha-a-host"),
        "GET hosts/{code}/month": tool.get("hosts/alpha-a-host/month"),
        "POST bookings 409 host_away": owner.post(
            "bookings",
            {
                "tenant": "alpha-a",
                "room": "alpha-room-0",
                "host": "alpha-a-host",
                "starts_at": at(16),
                "ends_at": at(17),
            },
        ),
        "POST host-accounts": account,
        "POST host-accounts/{uid}/followers": tool.post(
            f"host-accounts/{uids['account']}/followers",
            {"readings": [{"day": session.started_at.date().isoformat(), "followers": 1}]},
        ),
        "GET host-accounts": tool.get("host-accounts"),
        "GET host-accounts/{uid}": tool.get(f"host-accounts/{uids['account']}"),
        "POST absences": away,
        "GET absences": owner.get("absences"),
        "GET absences/{uid}": owner.get(f"absences/{uids['away']}"),
        "POST absences/{uid}/withdraw": owner.post(f"absences/{uids['away']}/withdraw"),
        "GET courses": tool.get("courses"),
        "GET courses/{code}": tool.get(f"courses/{run.course.code}"),
        "POST enrolments": enrolled,
        "GET enrolments": tool.get("enrolments"),
        "GET enrolments/{uid}": tool.get(f"enrolments/{enrolled.json()['uid']}"),
        "GET certificates": tool.get("certificates"),
        "GET certificates/{uid}": tool.get(f"certificates/{certificate}"),
        "GET incubation-stages": tool.get("incubation-stages"),
        "GET incubation-stages/{uid}": tool.get(f"incubation-stages/{stage.uid}"),
        "POST planned-shifts": planned,
        "GET planned-shifts": tool.get("planned-shifts"),
        "GET planned-shifts/{uid}": tool.get(f"planned-shifts/{uids['planned']}"),
        "POST planned-shifts/{uid}/drop": tool.post(f"planned-shifts/{uids['planned']}/drop"),
        "POST shifts": worked,
        "GET shifts": tool.get("shifts"),
        "GET shifts/{uid}": tool.get(f"shifts/{uids['worked']}"),
        "POST shifts/{uid}/end": tool.post(
            f"shifts/{uids['worked']}/end", {"at": session.ended_at.isoformat()}
        ),
    }


def of_the_studio(world: World, at: Callable[..., str]) -> dict[str, Any]:
    """Faults, a loan, a cleaning, a checklist and visitors."""
    mine = world.tenants[0]
    tool, manager = Caller(mine.secret), Caller(user=world.users["park_manager"])
    booking = tool.post(
        "bookings", {"tenant": "alpha-a", "room": "alpha-room-0", "starts_at": at(6), "ends_at": at(7)}
    ).json()["uid"]
    fault, false_alarm = (
        manager.post("faults", {"kind": "light", "room": "alpha-room-1", "blocks": blocks}).json()["uid"]
        for blocks in (True, False)
    )
    item = make_item(world.park, "alpha-shape")
    loan = manager.post("equipment-loans", {"item": item.code, "tenant": "alpha-a", "due_at": at(9)})
    used = Booking.objects.create(
        room=world.rooms[1],
        tenant=mine.tenant,
        state=BookingState.COMPLETED,
        **dict.fromkeys(("starts_at", "blocked_from"), mine.session.started_at),
        **dict.fromkeys(("ends_at", "blocked_until"), mine.session.ended_at),
    )
    visit, not_coming = (tool.post("visits", {"tenant": "alpha-a", "name": name}) for name in ("A", "B"))
    guests = f"visits/{visit.json()['uid']}"
    return {
        "POST faults": tool.post("faults", {"kind": "sound", "booking": booking}),
        "GET faults": tool.get("faults", state="open"),
        "POST faults/{uid}/take-up": manager.post(
            f"faults/{fault}/take-up", {"until": at(5), "blocks": True}
        ),
        "GET faults/{uid}": manager.get(f"faults/{fault}"),
        "POST faults/{uid}/repaired": manager.post(f"faults/{fault}/repaired", {"note": "new lamp"}),
        "POST faults/{uid}/close": manager.post(f"faults/{false_alarm}/close", {"note": "nothing found"}),
        "GET equipment": tool.get("equipment"),
        "GET equipment/{code}": tool.get(f"equipment/{item.code}"),
        "POST equipment-loans": loan,
        "POST equipment-loans 409": manager.post(
            "equipment-loans", {"item": item.code, "tenant": "alpha-a", "due_at": at(9)}
        ),
        "GET equipment-loans": tool.get("equipment-loans"),
        "GET equipment-loans/{uid}": tool.get(f"equipment-loans/{loan.json()['uid']}"),
        "POST equipment-loans/{uid}/return": manager.post(f"equipment-loans/{loan.json()['uid']}/return"),
        "POST cleanings": manager.post("cleanings", {"booking": str(used.uid)}),
        "GET cleanings": manager.get("cleanings"),
        "GET bookings/{uid}/readiness": tool.get(f"bookings/{booking}/readiness"),
        "POST bookings/{uid}/room-check": manager.post(f"bookings/{booking}/room-check", {"point": "light"}),
        "POST visits": visit,
        "GET visits": tool.get("visits"),
        "GET visits/{uid}": tool.get(guests),
        "POST visits/{uid}/arrive": manager.post(f"{guests}/arrive"),
        "POST visits/{uid}/leave": manager.post(f"{guests}/leave"),
        "POST visits/{uid}/withdraw": tool.post(f"visits/{not_coming.json()['uid']}/withdraw"),
    }


def of_reorders(world: World, owner: Caller) -> dict[str, Any]:
    """A launch, and its tenant's re-orders from proposal to receipt."""
    mine = world.tenants[0]
    rows = {row.state: row.uid for row in mine.tenant.launches.get().reorders.all()}
    spare = make_launch_of(mine.tenant, make_sku(mine.tenant, "spare"), "spare").reorders.get(
        state="proposed"
    )
    keeper = Caller(user=make_user("keeper", "tenant_warehouse", mine.tenant.node))
    factory, launch = mine.tenant.factories.earliest("id"), mine.tenant.launches.earliest("id")
    wish = {
        "tenant": mine.tenant.code,
        "product": str(mine.skus[1].product.uid),
        "day": str(today()),
        "season_end": str(today() + 30 * DAY),
        "test_batch": 100,
        "price": "99.00",
        "cost": "40.00",
    }
    return {
        "GET factories": owner.get("factories"),
        "GET factories/{uid}": owner.get(f"factories/{factory.uid}"),
        "POST launches": owner.post("launches", wish),
        "GET launches": owner.get("launches"),
        "GET launches/{uid}": owner.get(f"launches/{launch.uid}"),
        "POST reorders/{uid}/confirm": owner.post(f"reorders/{rows['proposed']}/confirm", {"quantity": 10}),
        "POST reorders/{uid}/decline": owner.post(f"reorders/{spare.uid}/decline"),
        "POST reorders/{uid}/advance": owner.post(f"reorders/{rows['proposed']}/advance", {"step": "sewing"}),
        "POST reorders/{uid}/produce": owner.post(f"reorders/{rows['proposed']}/produce"),
        "POST reorders/{uid}/cancel": owner.post(f"reorders/{rows['confirmed']}/cancel"),
        "POST reorders/{uid}/receive": keeper.post(
            f"reorders/{rows['produced']}/receive", {"warehouse": world.warehouse.code}
        ),
        "GET reorders": owner.get("reorders"),
        "GET reorders/{uid}": owner.get(f"reorders/{rows['produced']}"),
    }


def settle_by_platform(tenant: Tenant) -> PayoutEntry:
    """The samples of Douyin's orders and of their settlement, imported."""
    for code in ("douyin-orders", "douyin-settlement"):
        batch = import_stage(
            actor=SYSTEM, tenant=tenant, file_name=code, chunks=[(EXAMPLES / f"{code}.csv").read_bytes()]
        )
        import_run(actor=SYSTEM, batch=batch, progress=lambda *_step: None)
    return PayoutEntry.objects.filter(tenant=tenant).earliest("pk")


def of_settlement(world: World, owner: Caller) -> dict[str, Any]:
    """An agreement with the park from proposal to payment."""
    park, tenant = Caller(user=world.users["park_finance"]), world.tenants[0].tenant
    wish = {
        "seller": "alpha-a",
        "partner": "alpha",
        "kind": "park",
        "title": "rent",
        "from_day": "2010-01-01",
        "sales": "all",
        "tiers": [{"above": "0", "rate": "5"}],
    }
    first, second = (owner.post("agreements", wish) for _number in range(2))
    uid = first.json()["uid"]
    signed = park.post(f"agreements/{uid}/sign")
    counted = owner.post(f"agreements/{uid}/count", {"month": "2010-01-01"})
    row = Statement.objects.get(agreement__uid=uid)
    stated, approved = (
        Statement.objects.filter(agreement__seller=tenant, state=state).exclude(pk=row.pk).earliest("id").uid
        for state in ("draft", "approved")
    )
    payout = settle_by_platform(tenant)
    record(tenant, fact("by-daren", channel="outside_host", host_ref="daren-1"))
    with time_machine.travel(dt.datetime(2025, 6, 2, 4, tzinfo=dt.UTC)):
        sample = lend(world, world.tenants[0], 1)
        goods_offer_withdraw(actor=SYSTEM, offer=sample.offer)
    placing.drain()
    return {
        "POST agreements": first,
        "GET agreements": owner.get("agreements"),
        "GET agreements/{uid}": owner.get(f"agreements/{uid}"),
        "POST agreements/{uid}/withdraw": owner.post(f"agreements/{second.json()['uid']}/withdraw"),
        "POST agreements/{uid}/sign": signed,
        "POST agreements/{uid}/count": counted,
        "POST agreements/{uid}/end": owner.post(f"agreements/{uid}/end", {"to_day": "2010-03-01"}),
        "GET sessions/{uid}/result": owner.get(f"sessions/{world.tenants[0].session.uid}/result"),
        "GET sessions/{uid}/beside": owner.get(f"sessions/{world.tenants[0].session.uid}/beside"),
        "GET beside": owner.get("beside", tenant="alpha-a", since="2025-06-01", until="2025-06-02"),
        "GET payout-entries": owner.get("payout-entries"),
        "GET payout-entries/{uid}": owner.get(f"payout-entries/{payout.uid}"),
        "GET channels": owner.get("channels", tenant="alpha-a", period="2025"),
        "GET owner-results": owner.get("owner-results", tenant="alpha-a", period="2025"),
        "GET outside-hosts": owner.get("outside-hosts", tenant="alpha-a", period="2025"),
        "GET outside-hosts/{code}": owner.get("outside-hosts/daren-1", tenant="alpha-a", period="2025"),
        "GET border": owner.get("border", tenant="alpha-a", period="2025"),
        "GET cash-flow": owner.get("cash-flow", tenant="alpha-a"),
        "GET keep": owner.get("keep", tenant="alpha-a"),
        "GET statements": owner.get("statements"),
        "GET statements/{uid}": owner.get(f"statements/{approved}"),
        "GET statements/{uid}/workings": owner.get(f"statements/{approved}/workings"),
        "GET statement-orders": owner.get("statement-orders"),
        "POST statements/{uid}/dispute": owner.post(f"statements/{stated}/dispute", {"objection": "why"}),
        "POST statements/{uid}/approve": park.post(f"statements/{row.uid}/approve", {"version": 1}),
        "POST statements/{uid}/invoice": owner.post(
            f"statements/{row.uid}/invoice", {"invoice_no": "1", "tax_rate": "6"}
        ),
        "POST statements/{uid}/pay": owner.post(f"statements/{row.uid}/pay", {}),
    }


def of_webhooks(world: World, owner: Caller) -> dict[str, Any]:
    node = world.tenants[0].tenant.node
    message = node.webhooks.get().deliveries.earliest("id").uid
    given = {"node": "alpha-a", "name": "ERP", "url": "https://erp.example/in", "events": ["session.ended"]}
    made = owner.post("webhooks", given)
    uid = made.json()["uid"]
    return {
        "POST webhooks": made,
        "GET webhooks": owner.get("webhooks"),
        "GET webhooks/{uid}": owner.get(f"webhooks/{uid}"),
        "POST webhooks/{uid}/change": owner.post(f"webhooks/{uid}/change", {"low_stock": 3}),
        "POST webhooks/{uid}/try": owner.post(f"webhooks/{uid}/try"),
        "POST webhooks/{uid}/pause": owner.post(f"webhooks/{uid}/pause"),
        "POST webhooks/{uid}/resume": owner.post(f"webhooks/{uid}/resume"),
        "POST webhooks/{uid}/secret": owner.post(f"webhooks/{uid}/secret"),
        "GET webhooks/{uid}/secret": owner.get(f"webhooks/{uid}/secret"),
        "GET webhook-messages": owner.get("webhook-messages"),
        "GET webhook-messages/{uid}": owner.get(f"webhook-messages/{message}"),
        "POST webhook-messages/{uid}/again": owner.post(f"webhook-messages/{message}/again"),
    }


def of_samples(world: World) -> dict[str, Any]:
    """Samples that one firm asks of another: refused, withdrawn for an outside host, and lent, back and charged."""
    mine, theirs = world.tenants
    asker, owner = (Caller(user=firm.users["tenant_owner"]) for firm in (mine, theirs))
    keeper = Caller(user=world.users["park_warehouse"])
    terms = {"floor_price": "50.00", "commission_rate": "10", "pieces": 9, "samples": 3}
    offer = owner.post("goods-offers", {"product": str(theirs.skus[0].product.uid), **terms}).json()["uid"]
    wish = {"tenant": mine.tenant.code, "offer": offer, "pieces": 1, "until": str(today() + DAY)}
    account = {"platform": "douyin", "outside_ref": "daren-1"}
    asked = asker.post("sample-requests", {**wish, "host": mine.host.code, "note": "red"})
    lent, refused, withdrawn = (
        f"sample-requests/{uid}"
        for uid in (
            asked.json()["uid"],
            asker.post("sample-requests", wish).json()["uid"],
            asker.post("sample-requests", {**wish, **account}).json()["uid"],
        )
    )
    place = {"sku": str(theirs.skus[0].uid), "warehouse": world.warehouse.code}
    return {
        "POST sample-requests": asked,
        "POST sample-requests/{uid}/refuse": owner.post(f"{refused}/refuse", {"reason": "sold out"}),
        "POST sample-requests/{uid}/withdraw": asker.post(f"{withdrawn}/withdraw"),
        "POST sample-requests/{uid}/agree": owner.post(f"{lent}/agree", {"price": "45.00", "answer": "yes"}),
        "POST sample-requests/{uid}/hand-out": keeper.post(f"{lent}/hand-out", place),
        "POST sample-requests/{uid}/take-back": keeper.post(f"{lent}/take-back", {"whole": 0, "damaged": 1}),
        "POST sample-requests/{uid}/charge": owner.post(f"{lent}/charge"),
        "GET sample-requests": asker.get("sample-requests"),
        "GET sample-requests/{uid}": asker.get(lent),
    }


def of_inbound(world: World) -> dict[str, Any]:
    """Goods that are announced and come short, and others that do not come."""
    mine, keeper = world.tenants[0], Caller(user=world.users["park_warehouse"])
    owner = Caller(user=mine.users["tenant_owner"])
    come = {"warehouse": world.warehouse.code, "sku": str(mine.skus[0].uid), "pieces": 5}
    wish = {**come, "day": str(today() + DAY), "note": "two cartons"}
    told = owner.post("inbound-notices", wish)
    uid, other = told.json()["uid"], owner.post("inbound-notices", wish).json()["uid"]
    counted = {"received": 4, "difference": "one torn"}
    return {
        "POST inbound-notices": told,
        "POST inbound-notices/{uid}/receive": keeper.post(f"inbound-notices/{uid}/receive", counted),
        "POST inbound-notices/{uid}/withdraw": owner.post(f"inbound-notices/{other}/withdraw"),
        "GET inbound-notices": owner.get("inbound-notices"),
        "GET inbound-notices/{uid}": owner.get(f"inbound-notices/{uid}"),
    }


def of_certificates(world: World) -> dict[str, Any]:
    """Certificates that are handed in, accepted, refused and taken back."""
    mine, manager = world.tenants[0], Caller(user=world.users["park_manager"])
    owner = Caller(user=mine.users["tenant_owner"])
    wish = {"kind": "ccc", "issuer": "CQC", "valid_from": str(today()), "valid_until": str(today() + DAY)}
    wish["product"] = str(mine.skus[0].product.uid)
    told = [
        owner.post("quality-certificates", {**wish, "number": f"N{number}", **more})
        for number, more in enumerate(({"sku": str(mine.skus[0].uid)}, {}, {}))
    ]
    uids = [each.json()["uid"] for each in told]
    path = "quality-certificates/{}"
    return {
        "POST quality-certificates": told[0],
        f"POST {path.format('{uid}')}/accept": manager.post(f"{path.format(uids[0])}/accept"),
        f"POST {path.format('{uid}')}/refuse": manager.post(
            f"{path.format(uids[1])}/refuse", {"reason": "no"}
        ),
        f"POST {path.format('{uid}')}/withdraw": owner.post(f"{path.format(uids[2])}/withdraw"),
        "GET quality-certificates": owner.get("quality-certificates"),
        f"GET {path.format('{uid}')}": owner.get(path.format(uids[0])),
    }


def of_shops(world: World, owner: Caller) -> dict[str, Any]:
    message = world.tenants[0].tenant.shop_hooks.get().messages.get().uid
    made = owner.post("shop-connections", {"tenant": "alpha-a", "name": "ERP", "kind": "standard"})
    uid = made.json()["uid"]
    return {
        "POST shop-connections": made,
        "GET shop-connections": owner.get("shop-connections"),
        "GET shop-connections/{uid}": owner.get(f"shop-connections/{uid}"),
        "POST shop-connections/{uid}/change": owner.post(f"shop-connections/{uid}/change", {"shop_id": "7"}),
        "POST shop-connections/{uid}/secret": owner.post(f"shop-connections/{uid}/secret"),
        "GET shop-connections/{uid}/secret": owner.get(f"shop-connections/{uid}/secret"),
        "POST shop-connections/{uid}/revoke": owner.post(f"shop-connections/{uid}/revoke"),
        "GET shop-messages": owner.get("shop-messages"),
        "GET shop-messages/{uid}": owner.get(f"shop-messages/{message}"),
        "POST shop-messages/{uid}/close": owner.post(f"shop-messages/{message}/close", {"note": "a test"}),
        "POST shop-messages/{uid}/again": owner.post(f"shop-messages/{message}/again"),
    }


def of_the_pool(world: World, tool: Caller) -> dict[str, Any]:
    """Goods of the pool on a run of show that wants more than there are."""
    mine = world.tenants[0]
    offer = tool.post(
        "goods-offers",
        {
            "product": str(mine.skus[0].product.uid),
            "floor_price": "50.00",
            "commission_rate": "17.5",
            "pieces": 5,
            "samples": 3,
        },
    )
    uid, booking = offer.json()["uid"], str(mine.booking.uid)
    line = tool.post("run-lines", {"booking": booking, "offer": uid, "price": "50.00", "pieces": 6})
    address = f"run-lines/{line.json()['uid']}"
    return {
        "POST goods-offers": offer,
        "GET goods-offers": tool.get("goods-offers"),
        "GET goods-offers/{uid}": tool.get(f"goods-offers/{uid}"),
        "POST run-lines": line,
        "GET run-lines": tool.get("run-lines", booking=booking),
        "GET shortages": tool.get("shortages", booking=booking),
        "POST run-lines/{uid}/move": tool.post(f"{address}/move", {"up": True}),
        "POST run-lines/{uid}/drop": tool.post(f"{address}/drop"),
        "POST goods-offers/{uid}/withdraw": tool.post(f"goods-offers/{uid}/withdraw"),
    }


def of_reports(world: World, owner: Caller) -> dict[str, Any]:
    """A row that was read for a session and is taken back, and one that found none."""
    mine = world.tenants[0]
    read_reports(mine, "shape", Decimal(1))
    session = LiveSession.objects.get(tenant=mine.tenant, readings__key="shape-0")
    waiting = owner.get("report-questions", waiting="true")
    question = f"report-questions/{waiting.json()['results'][0]['uid']}"
    file = {"name": "a.csv", "content": b64encode(REPORT.encode()).decode()}
    made = owner.post("report-drops", {"tenant": mine.tenant.code, "files": [file]})
    looked_at = mine.tenant.node.jobs.get(kind="session-reports", params__write=False, result__taken=False)
    drop = f"report-drops/{looked_at.uid}"
    return {
        "POST report-drops": made,
        "GET report-drops/{uid}": owner.get(drop),
        "POST report-drops/{uid}/confirm": owner.post(f"{drop}/confirm"),
        "GET reports-due": owner.get("reports-due"),
        "GET report-expectations": owner.get("report-expectations"),
        "POST report-expectations": owner.post(
            "report-expectations", {"session": str(session.uid), "expected": False, "reason": "shape"}
        ),
        "GET report-questions": waiting,
        "GET report-questions/{uid}": owner.get(question),
        "POST report-questions/{uid}/answer": owner.post(f"{question}/answer", {"left_out": True}),
        "POST report-questions/{uid}/ask-again": owner.post(f"{question}/ask-again"),
        "GET sessions/{uid}/report": owner.get(f"sessions/{session.uid}/report"),
        "POST sessions/{uid}/report": owner.post(f"sessions/{session.uid}/report", {"key": "shape-0"}),
    }


def answers(world: World, at: Callable[..., str]) -> dict[str, Any]:
    """One good answer of every operation, and one of each kind of refusal."""
    tool = Caller(world.tenants[0].secret)
    owner = Caller(user=world.tenants[0].users["tenant_owner"])
    series = Indicator.objects.create(
        code="s", name_zh="系列", dimension="market", published_weight=Decimal("8.1")
    )
    IndicatorValue.objects.create(
        indicator=series, place=world.province.node, period=date(2022, 1, 1), published_on=date(2023, 1, 1),
        value=Decimal(1), source="official",
    )  # fmt: skip
    job = Job.objects.create(kind="import", node=world.tenants[0].tenant.node)
    wish = {"tenant": "alpha-a", "room": "alpha-room-0", "starts_at": at(9), "ends_at": at(11), "hold": True}
    booking = tool.post("bookings", wish)
    uid = booking.json()["uid"]
    day = at(9)[:10]
    series = tool.post(
        "booking-series",
        {
            "tenant": "alpha-a",
            "room": "alpha-room-1",
            "first_day": day,
            "last_day": day,
            "weekdays": list(range(7)),
            "start": "15:00",
            "minutes": 60,
        },
    )
    pair = [
        tool.post("bookings", {**wish, "starts_at": at(hour), "ends_at": at(hour + 1)}).json()["uid"]
        for hour in (18, 20)
    ]
    waiting = tool.post("waitlist", {"tenant": "alpha-a", "earliest": at(9), "latest": at(11), "minutes": 60})
    session = tool.post("live-sessions", {"tenant": "alpha-a", "platform": "jd", "host": "alpha-a-host"})
    sid = session.json()["uid"]
    readings = [{"at": session.json()["started_at"], "concurrent": 1}]
    hour_of_session = f"{session.json()['started_at'][:13]}:00:00+08:00"
    sku = tool.post("skus", {"tenant": "alpha-a", "code": "s", "name_zh": "灯"})
    replies = {
        "POST bookings": booking,
        "POST bookings 409": tool.post("bookings", wish),
        "GET bookings": tool.get("bookings"),
        "GET bookings/{uid}": tool.get(f"bookings/{uid}"),
        "POST bookings/{uid}/confirm": tool.post(f"bookings/{uid}/confirm"),
        "POST bookings/{uid}/move": tool.post(f"bookings/{uid}/move", {"ends_at": at(12)}),
        "POST bookings/{uid}/cancel": tool.post(f"bookings/{uid}/cancel"),
        "POST booking-series": series,
        "GET booking-series": tool.get("booking-series"),
        "GET booking-series/{uid}": tool.get(f"booking-series/{series.json()['uid']}"),
        "POST booking-series/{uid}/cancel": tool.post(f"booking-series/{series.json()['uid']}/cancel"),
        "POST bookings/{uid}/stream-key": tool.post(f"bookings/{pair[0]}/stream-key"),
        "GET bookings/{uid}/stream-key": tool.get(f"bookings/{pair[0]}/stream-key"),
        "POST bookings/{uid}/broadcast": tool.post(
            f"bookings/{pair[0]}/broadcast",
            {"route": "node", "platform": "jd", "server": "rtmp://push.platform.example/live", "key": "k"},
        ),
        "GET bookings/{uid}/broadcast": tool.get(f"bookings/{pair[0]}/broadcast"),
        "POST bookings/{uid}/swap": tool.post(f"bookings/{pair[0]}/swap", {"other": pair[1]}),
        "POST waitlist": waiting,
        "GET waitlist": tool.get("waitlist"),
        "GET waitlist/{uid}": tool.get(f"waitlist/{waiting.json()['uid']}"),
        "POST waitlist/{uid}/withdraw": tool.post(f"waitlist/{waiting.json()['uid']}/withdraw"),
        "POST live-sessions": session,
        "GET live-sessions": tool.get("live-sessions"),
        "GET live-sessions/{uid}": tool.get(f"live-sessions/{sid}"),
        "POST live-sessions/{uid}/samples": tool.post(
            f"live-sessions/{sid}/samples", {"source": "obs", "readings": readings}
        ),
        "POST live-sessions/{uid}/ad-spend": tool.post(
            f"live-sessions/{sid}/ad-spend", {"hours": [{"hour": hour_of_session, "amount": "1.50"}]}
        ),
        "GET live-sessions/{uid}/ad-spend": tool.get(f"live-sessions/{sid}/ad-spend"),
        "POST explain-events": tool.post(
            "explain-events", {"session": sid, "kind": "start", "sku": sku.json()["uid"]}
        ),
        "GET explain-events": tool.get("explain-events", session=sid),
        "POST session-claims": tool.post("session-claims", {"session": sid, "sales": "1.00", "viewers": 5}),
        "POST live-sessions/{uid}/end": tool.post(f"live-sessions/{sid}/end"),
        "POST orders/bulk": tool.post("orders/bulk", [LINE, {}]),
        "POST orders/bulk 400": tool.post("orders/bulk?atomic=true", [{}]),
        "GET orders": tool.get("orders"),
        "POST skus": sku,
        "GET charges": owner.get("charges"),
        "GET charges/{uid}": owner.get(f"charges/{world.tenants[0].tenant.charges.earliest('pk').uid}"),
        "GET parcels": owner.get("parcels"),
        "GET parcels/{uid}": owner.get(f"parcels/{world.tenants[0].tenant.parcels.earliest('pk').uid}"),
        "GET stock-levels": owner.get("stock-levels"),
        "GET stock-moves": owner.get("stock-moves"),
        "GET skus": owner.get("skus"),
        "GET skus/{uid}": tool.get(f"skus/{sku.json()['uid']}"),
        "GET figures": tool.get("figures", since="2025-06-01", until="2025-06-01"),
        "GET figures place": Caller(user=world.users["province_analyst"]).get(
            "figures", place="alpha-town", since="2025-06-01", until="2025-06-01"
        ),
        "GET figures/metrics": tool.get("figures/metrics"),
        "GET indicators": tool.get("indicators"),
        "GET indicators/{code}": tool.get("indicators/s"),
        "GET indicator-values": tool.get("indicator-values"),
        "GET indicators/{code}/lineage": published_lineage(world),
        "GET rooms": tool.get("rooms"),
        "GET rooms/{code}": tool.get("rooms/alpha-room-0"),
        "GET rooms/{code}/free-windows": tool.get("rooms/alpha-room-0/free-windows"),
        "GET events": tool.get("events"),
        "GET events/{uid}": tool.get(f"events/{world.event.uid}"),
        **answers_of_claims(world),
        "GET events/{uid}/report": tool.get(f"events/{world.event.uid}/report"),
        "GET towns": tool.get("towns"),
        "GET towns/{code}": tool.get(f"towns/{world.town.code}"),
        "GET parks": tool.get("parks"),
        "GET parks/{code}": tool.get("parks/alpha"),
        "GET me": tool.get("me"),
        "GET jobs": owner.get("jobs"),
        "GET jobs/{uid}": owner.get(f"jobs/{job.uid}"),
        "POST jobs/{uid}/pause": owner.post(f"jobs/{job.uid}/pause"),
        "POST jobs/{uid}/resume": owner.post(f"jobs/{job.uid}/resume"),
        "POST jobs/{uid}/cancel": owner.post(f"jobs/{job.uid}/cancel"),
        "GET 401": Caller().get("me"),
        "GET 404": tool.get("nowhere"),
        **of_hosts(world, at),
        **of_the_exchange(world, at),
        **of_matching(world, at),
        **of_the_schedule(world, at),
        **of_the_studio(world, at),
        **of_reorders(world, owner),
        "GET slow-stock": Caller(user=world.users["park_manager"]).get("slow-stock", park=world.park.code),
        **of_settlement(world, owner),
        **of_webhooks(world, owner),
        **of_shops(world, owner),
        **of_the_pool(world, tool),
        **of_operators(world),
        **of_keepers(world),
        **of_samples(world),
        **of_inbound(world),
        **of_certificates(world),
        **of_reports(world, owner),
    }
    return {
        name: {"status": reply.status_code, "body": shape(reply.json())} for name, reply in replies.items()
    }


@pytest.mark.django_db
def test_the_shape_of_every_answer_is_the_recorded_one(world: World, at: Callable[..., str]) -> None:
    found = answers(world, at)
    if os.environ.get("UPDATE_SHAPES"):
        RECORDED.write_text(json.dumps(found, indent=1, sort_keys=True, ensure_ascii=False) + "\n")
    recorded = json.loads(RECORDED.read_text())
    assert sorted(found) == sorted(recorded)
    for name, answer in found.items():
        assert answer == recorded[name], name


def test_every_operation_has_its_recorded_answer() -> None:
    from drf_spectacular.generators import SchemaGenerator

    recorded = json.loads(RECORDED.read_text())
    document = SchemaGenerator().get_schema(request=None, public=True)
    operations = {
        f"{method.upper()} {path.removeprefix('/api/v1/')}"
        for path, methods in document["paths"].items()
        for method in methods
    }
    # Checking in needs the hour of the booking; its answer is that of the other steps. Files have no fields.
    assert operations - recorded.keys() == {
        "POST bookings/{uid}/check-in",
        "GET statements/{uid}/paper",
        "GET statements/{uid}/table",
    }
