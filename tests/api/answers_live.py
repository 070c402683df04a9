"""Good answers on what happens in live rooms: schedule, exchange, hosts, studio, claims, reports."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from core.jobs import run_due
from livestreams.choices import BookingState
from livestreams.models import Booking, LiveSession
from tests.api.conftest import Caller
from tests.contracts.worlds import REPORT, read_reports
from tests.factories import (
    World,
    make_item,
    make_park,
    make_room,
    make_user,
)


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
    quota = manager.get("slot-quotas").json()["results"][0]["uid"]
    return {
        "GET slot-quotas": tool.get("slot-quotas"),
        "GET slot-quotas/{uid}": manager.get(f"slot-quotas/{quota}"),
        "POST slot-quotas": manager.post("slot-quotas", {"park": "alpha", "week_hours": 8000}),
        "POST slot-quotas/{uid}/change": manager.post(f"slot-quotas/{quota}/change", {"day_hours": 900}),
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
        "POST host-accounts/{uid}/begin": owner.post(
            f"host-accounts/{uids['account']}/begin", {"opened_on": "2025-01-01"}
        ),
        "POST host-accounts/{uid}/close": owner.post(f"host-accounts/{uids['account']}/close", {}),
        "POST host-accounts/{uid}/reopen": owner.post(f"host-accounts/{uids['account']}/reopen"),
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
        "POST cleaning-duties": manager.post(
            "cleaning-duties", {"booking": str(booking), "person": world.users["park_studio"].username}
        ),
        "GET cleaning-duties": manager.get("cleaning-duties"),
        "GET bookings/{uid}/readiness": tool.get(f"bookings/{booking}/readiness"),
        "POST bookings/{uid}/room-check": manager.post(f"bookings/{booking}/room-check", {"point": "light"}),
        "POST visits": visit,
        "GET visits": tool.get("visits"),
        "GET visits/{uid}": tool.get(guests),
        "POST visits/{uid}/arrive": manager.post(f"{guests}/arrive"),
        "POST visits/{uid}/leave": manager.post(f"{guests}/leave"),
        "POST visits/{uid}/withdraw": tool.post(f"visits/{not_coming.json()['uid']}/withdraw"),
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
