"""One good answer of every operation of those who run a park."""

from __future__ import annotations

from typing import Any

from core.clock import DAY, HOUR, local, now, today
from livestreams.models import Course, CourseRun, Engagement, Enrolment, IncubationStage, Publish
from parks.choices import EventKind
from parks.services import event_create
from tests.api.conftest import Caller
from tests.factories import SYSTEM, TenantWorld, World, make_park


def of_operators(world: World) -> dict[str, Any]:
    """Rooms, hosts, training, streams, screens and events, as their operators write them."""
    manager, owner = (
        Caller(user=user) for user in (world.users["park_manager"], world.tenants[0].users["tenant_owner"])
    )
    return {
        **of_rooms(world, manager),
        **of_people(world.tenants[0], manager, owner),
        **of_training(world, world.tenants[0], manager),
        **of_streams(world, world.tenants[0], manager, owner),
        **of_halls(world, world.tenants[0], manager, owner),
        **of_events(world, world.tenants[0], manager, owner),
    }


def of_rooms(world: World, manager: Caller) -> dict[str, Any]:
    start = now().replace(second=0, microsecond=0) + 5 * DAY
    span = {"starts_at": local(start).isoformat(), "ends_at": local(start + HOUR).isoformat()}
    room = {"park": world.park.code, "code": "new-room", "name_zh": "新间", "hourly_rate": "80.00"}
    answers = {
        "POST rooms": manager.post("rooms", room),
        "POST rooms 400": manager.post("rooms", {**room, "code": "new room", "hourly_rate": "-1.00"}),
        "POST rooms/{code}/change": manager.post(
            "rooms/new-room/change", {"scene": "厨房", "opens_at": "09:00"}
        ),
        "POST maintenance": manager.post("maintenance", {"room": "new-room", "reason": "灯", **span}),
        "GET maintenance": manager.get("maintenance", room="new-room"),
        "GET room-use": manager.get("room-use"),
    }
    window = answers["GET maintenance"].json()["results"][0]["uid"]
    return answers | {"POST maintenance/{uid}/end": manager.post(f"maintenance/{window}/end")}


def of_people(mine: TenantWorld, manager: Caller, owner: Caller) -> dict[str, Any]:
    host = {
        "tenant": mine.tenant.code,
        "code": "new-host",
        "name_zh": "新主播",
        "weekly_hours": ["1-5 09:00-18:00"],
    }
    made = owner.post("hosts", host)
    engaged = manager.post(
        "engagements",
        {"host": "new-host", "kind": "agency", "from_day": str(today()), "monthly_sessions": 20},
    )
    address = f"engagements/{engaged.json()['uid']}"
    assert Engagement.objects.filter(host__code="new-host").exists()
    return {
        "POST hosts": made,
        "POST hosts/{code}/change": owner.post("hosts/new-host/change", {"day_rate": "900.00"}),
        "POST engagements": engaged,
        "GET engagements": manager.get("engagements", host="new-host"),
        "GET engagements/{uid}": manager.get(address),
        "POST engagements/{uid}/end": manager.post(f"{address}/end", {"to_day": str(today() + DAY)}),
        "GET brand-cover": manager.get("brand-cover"),
    }


def of_training(world: World, mine: TenantWorld, manager: Caller) -> dict[str, Any]:
    park, first = world.park.code, str(today())
    course = manager.post(
        "courses", {"park": park, "code": "new-course", "name_zh": "新课", "valid_days": 365}
    )
    held = manager.post("courses/new-course/runs", {"first_day": first, "last_day": first, "seats": 5})
    run = CourseRun.objects.get(course=Course.objects.get(code="new-course"))
    enrolment = Enrolment.objects.create(run=run, host=mine.controller)
    stage = manager.post("incubation-stages", {"park": park, "number": 2, "name_zh": "二", "cost": "100.00"})
    uid = IncubationStage.objects.get(park=world.park, number=2).uid
    given = {"host": mine.controller.code, "title": "普通话", "issued_on": first}
    return {
        "POST courses": course,
        "POST courses/{code}/runs": held,
        "POST enrolments/{uid}/result": manager.post(
            f"enrolments/{enrolment.uid}/result", {"result": "passed", "score": 90}
        ),
        "POST certificates": manager.post("certificates", given),
        "POST incubation-stages": stage,
        "POST incubation-stages/{uid}/change": manager.post(
            f"incubation-stages/{uid}/change", {"needs_hours": 1}
        ),
        "POST hosts/{code}/advance 409": manager.post(f"hosts/{mine.host.code}/advance"),
        "POST hosts/{code}/advance": manager.post(f"hosts/{mine.controller.code}/advance"),
    }


def of_streams(world: World, mine: TenantWorld, manager: Caller, owner: Caller) -> dict[str, Any]:
    node = {"park": world.park.code, "code": "new-node", "name_zh": "新", "address": "rtmp://m.example/live"}
    known = mine.booking.publishes.earliest("id")
    running = Publish.objects.create(
        node=known.node, room=known.room, booking=known.booking, key=known.key, is_test=True, client="t",
        started_at=now() - HOUR, last_seen_at=now(),
    )  # fmt: skip
    screen = owner.post("screens", {"booking": str(mine.booking.uid), "kind": "overlay"})
    address = f"screens/{screen.json()['uid']}"
    return {
        "POST media-nodes": manager.post("media-nodes", node),
        "GET media-nodes": manager.get("media-nodes"),
        "GET media-nodes/{code}": manager.get("media-nodes/new-node"),
        "POST media-nodes/{code}/change": manager.post("media-nodes/new-node/change", {"name_en": "New"}),
        "POST media-nodes/{code}/secret": manager.post("media-nodes/new-node/secret"),
        "GET streams": manager.get("streams"),
        "GET stream-decisions": manager.get("stream-decisions"),
        "GET encoder-samples": manager.get("encoder-samples"),
        "GET streams/{uid}": manager.get(f"streams/{running.uid}"),
        "POST streams/{uid}/cut": manager.post(f"streams/{running.uid}/cut", {"reason": "灯"}),
        "POST streams/{uid}/readmit": manager.post(f"streams/{running.uid}/readmit"),
        "POST screens": screen,
        "GET screens": owner.get("screens"),
        "GET screens/{uid}": owner.get(address),
        "POST screens/{uid}/revoke": owner.post(f"{address}/revoke"),
    }


def of_halls(world: World, mine: TenantWorld, manager: Caller, owner: Caller) -> dict[str, Any]:
    link = manager.post("display-links", {"node": world.park.code, "name": "大厅"})
    address = f"display-links/{link.json()['uid']}"
    fair = event_create(
        actor=SYSTEM, park=world.park, kind=EventKind.FESTIVAL, first_day=today(), main_from=today(),
        last_day=today() + DAY, name_zh="集市",
    )  # fmt: skip
    entry = owner.post("event-entries", {"event": str(fair.uid), "tenant": mine.tenant.code})
    entered = f"event-entries/{entry.json()['uid']}"
    verdict = f"sessions/{mine.session.uid}/verdict"
    return {
        "POST display-links": link,
        "GET display-links": manager.get("display-links"),
        "GET display-links/{uid}": manager.get(address),
        "POST display-links/{uid}/revoke": manager.post(f"{address}/revoke"),
        "POST event-entries": entry,
        "GET event-entries": owner.get("event-entries"),
        "GET event-entries/{uid}": owner.get(entered),
        "POST event-entries/{uid}/withdraw": owner.post(f"{entered}/withdraw"),
        "POST event-entries/{uid}/send-away": manager.post(f"{entered}/send-away"),
        "POST event-entries/{uid}/readmit": manager.post(f"{entered}/readmit"),
        "GET sessions/{uid}/verdict": owner.get(verdict),
        "POST sessions/{uid}/verdict": owner.post(verdict, {"text": "样品单"}),
    }


def of_events(world: World, mine: TenantWorld, manager: Caller, owner: Caller) -> dict[str, Any]:
    days = {"first_day": str(today()), "last_day": str(today() + DAY)}
    made = manager.post(
        "events", {"park": world.park.code, "kind": "festival", "name_zh": "灯会", "industry": "灯饰", **days}
    )
    event = f"events/{made.json()['uid']}"
    near = make_park("near", town=world.park.town)
    event_create(
        actor=SYSTEM, park=near, kind=EventKind.FESTIVAL, first_day=today(), last_day=today(), name_zh="灯节",
        industry="灯具",
    )  # fmt: skip
    product = mine.skus[0].product
    brought = owner.post(
        "event-items", {"entry": str(mine.entry.uid), "product": str(product.uid), "price": "9.90"}
    )
    item = f"event-items/{brought.json()['uid']}"
    return {
        "POST events": made,
        "POST events/{uid}/change": manager.post(f"{event}/change", {"target_gmv_paid": "1000.00"}),
        "GET events/{uid}/collisions": manager.get(f"{event}/collisions"),
        "POST events/{uid}/add-venue": manager.post(f"{event}/add-venue", {"park_code": "near"}),
        "POST events/{uid}/main-venue": manager.post(f"{event}/main-venue", {"park_code": "near"}),
        "POST events/{uid}/give-up-venue": manager.post(f"{event}/give-up-venue", {"park_code": "alpha"}),
        "POST event-items": brought,
        "GET event-items": owner.get("event-items"),
        "GET event-items/{uid}": owner.get(item),
        "POST event-items/{uid}/withdraw": owner.post(f"{item}/withdraw"),
        "GET tenants": owner.get("tenants"),
        "GET tenants/{code}": owner.get(f"tenants/{mine.tenant.code}"),
        "POST tenants/{code}/change": owner.post(
            f"tenants/{mine.tenant.code}/change", {"wall_visibility": "hidden"}
        ),
        "GET exchange-month": manager.get("exchange-month", park=world.park.code),
    }
