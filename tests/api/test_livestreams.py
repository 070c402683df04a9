"""Rooms, bookings, sessions and samples over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from core.clock import DAY, now, today
from core.services import tool_key_create
from livestreams.models import AudienceSample
from livestreams.services import stream_credentials, stream_key_renew
from tests.api.conftest import API, Caller, instant
from tests.factories import SYSTEM, World

pytestmark = pytest.mark.both_databases
At = Callable[..., str]


def wish(at: At, hour: float = 9, **more: Any) -> dict[str, Any]:
    return {
        "tenant": "alpha-a",
        "room": "alpha-room-0",
        "starts_at": at(hour),
        "ends_at": at(hour + 2),
        **more,
    }


def test_a_booking_from_wish_to_cancel(world: World, tool: Caller, at: At) -> None:
    made = tool.post("bookings", wish(at, host="alpha-a-host", purpose="上新"))
    assert made.status_code == 201, made.content
    booking = made.json()
    assert booking | {"uid": ""} == {
        "uid": "",
        "tenant": "alpha-a",
        "room": "alpha-room-0",
        "host": "alpha-a-host",
        "starts_at": at(9),
        "ends_at": at(11),
        "state": "confirmed",
        "hold_expires_at": None,
        "checked_in_at": None,
        "check_in_from": at(8.5),
        "free_until": at(9, day=1),
        "price": "200.00",
        "given_up": "0.00",
        "due": "0.00",
        "series": None,
        "purpose": "上新",
    }
    uid = booking["uid"]
    assert tool.get(f"bookings/{uid}").json() == booking
    moved = tool.post(f"bookings/{uid}/move", {"starts_at": at(12), "ends_at": at(13)}).json()
    assert (moved["starts_at"], moved["price"]) == (at(12), "100.00")
    assert tool.post(f"bookings/{uid}/cancel").json()["state"] == "cancelled"
    assert tool.post(f"bookings/{uid}/cancel").status_code == 409
    held = tool.post("bookings", wish(at, hold=True)).json()
    assert held["state"] == "held"
    assert tool.post(f"bookings/{held['uid']}/confirm").json()["state"] == "confirmed"
    with time_machine.travel(instant(at(9))):
        assert tool.post(f"bookings/{held['uid']}/check-in").json()["state"] == "checked_in"


def test_a_conflict_offers_what_can_be_had(world: World, tool: Caller, at: At) -> None:
    tool.post("bookings", wish(at))
    refused = Caller(world.tenants[1].secret).post("bookings", wish(at, tenant="alpha-b"))
    assert (refused.status_code, refused["Content-Type"]) == (409, "application/problem+json")
    problem = refused.json()
    assert problem["code"] == "overlap"
    assert {window["room"] for window in problem["alternatives"]} == {"alpha-room-0", "alpha-room-1"}
    assert "CANARYALPHAa" not in refused.content.decode()  # who holds the room is not said
    window = problem["alternatives"][0]
    again = Caller(world.tenants[1].secret).post("bookings", {"tenant": "alpha-b", **window})
    assert again.status_code == 201


def test_free_windows(tool: Caller, at: At) -> None:
    tool.post("bookings", wish(at, 9))
    address = "rooms/alpha-room-0/free-windows"
    windows = tool.get(address, since=at(8), until=at(13), minutes="60").json()["results"]
    assert [(window["starts_at"], window["ends_at"]) for window in windows] == [(at(11.25), at(13))]
    assert len(tool.get(address, since=at(8), until=at(13)).json()["results"]) == 2
    assert tool.get(address, since=at(13), until=at(8)).status_code == 400
    assert tool.get(address, since=at(8), until=at(8, day=60)).status_code == 400
    assert tool.get(address, since="zz").json()["field"] == "since"
    assert tool.get(address, minutes="-1").status_code == 400
    assert tool.get("rooms/nowhere/free-windows").status_code == 404


def test_a_session_from_live_to_its_end(world: World, tool: Caller) -> None:
    opening = {
        "tenant": "alpha-a",
        "platform": "douyin",
        "platform_live_id": "L77",
        "host": "alpha-a-host",
        "title": "夏季上新",
        "started_at": (now() - timedelta(hours=1)).isoformat(timespec="seconds"),
    }
    opened = tool.post("live-sessions", opening)
    assert opened.status_code == 201, opened.content
    session = opened.json()
    assert (session["state"], session["park"], session["host"]) == ("live", "alpha", "alpha-a-host")
    assert tool.post("live-sessions", opening).json()["uid"] == session["uid"]
    samples = f"live-sessions/{session['uid']}/samples"
    readings = [
        {"at": session["started_at"], "concurrent": 10},
        {"at": session["started_at"], "concurrent": 12},
    ]
    assert tool.post(samples, {"source": "obs", "readings": readings}).json() == {
        "stored": 1,
        "duplicates": 0,
        "corrected": 1,
    }
    bad = tool.post(samples, {"source": "obs", "readings": [{"at": session["started_at"]}, {"likes": -1}]})
    assert {(reason["row"], reason["field"]) for reason in bad.json()["errors"]} == {
        (2, "readings.at"),
        (2, "readings.likes"),
    }
    assert AudienceSample.objects.filter(source="obs").count() == 2
    end = f"live-sessions/{session['uid']}/end"
    ended = tool.post(end)
    assert ended.json()["state"] == "ended"
    assert tool.post(end).content == ended.content


def test_one_takes_over_from_the_other(world: World, tool: Caller) -> None:
    opened = tool.post(
        "live-sessions", {"tenant": "alpha-a", "platform": "douyin", "host": "alpha-a-host"}
    ).json()
    at = (now() + timedelta(minutes=30)).isoformat(timespec="seconds")
    begin = {"session": opened["uid"], "host": "alpha-a-controller", "relieves": "alpha-a-host"}
    with time_machine.travel(instant(at)):
        begun = tool.post("shifts", begin)
        assert begun.status_code == 201, begun.content
        again = tool.post("shifts", begin)
    assert (again.status_code, again.json()["field"]) == (400, "relieves")
    rows = {
        row["host"]: row for row in tool.get("shifts").json()["results"] if row["session"] == opened["uid"]
    }
    assert set(rows) == {"alpha-a-host", "alpha-a-controller"}
    assert rows["alpha-a-host"]["ends_at"] == rows["alpha-a-controller"]["starts_at"]
    assert rows["alpha-a-controller"]["ends_at"] is None
    end = f"shifts/{rows['alpha-a-controller']['uid']}/end"
    with time_machine.travel(instant(at) + timedelta(minutes=1)):
        assert tool.post(end).status_code == 200
        assert tool.post(end).json()["code"] == "closed"
        assert tool.post(end, {"at": (instant(at) + timedelta(seconds=30)).isoformat()}).status_code == 200


def test_writes_are_done_once_per_key(tool: Caller, at: At) -> None:
    first = tool.post("bookings", wish(at), **{"Idempotency-Key": "b1"})
    again = tool.post("bookings", wish(at), **{"Idempotency-Key": "b1"})
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert tool.post("bookings", wish(at)).status_code == 409


def test_a_key_limited_to_rooms_and_scopes(world: World, at: At) -> None:
    def caller(scopes: list[str], rooms: list[str]) -> Caller:
        node = world.tenants[0].tenant.node
        return Caller(tool_key_create(actor=SYSTEM, node=node, name="k", scopes=scopes, rooms=rooms)[1])

    one_room = caller(["bookings:write", "sessions:write"], ["alpha-room-1"])
    assert one_room.post("bookings", wish(at)).json()["code"] == "key_room"
    assert one_room.post("bookings", wish(at, room="alpha-room-1")).status_code == 201
    assert (
        one_room.post("live-sessions", {"tenant": "alpha-a", "platform": "jd"}).json()["code"] == "key_room"
    )
    reader = caller(["bookings:read"], [])
    assert reader.get("bookings").status_code == 200
    assert reader.post("bookings", wish(at)).status_code == 403
    assert reader.get("live-sessions").status_code == 403
    assert caller(["samples:write"], []).get("bookings").status_code == 403


def test_lists_are_filtered(world: World, tool: Caller) -> None:
    assert [room["code"] for room in tool.get("rooms").json()["results"]] == ["alpha-room-0", "alpha-room-1"]
    hosts = [host["code"] for host in tool.get("hosts").json()["results"]]
    assert hosts == ["alpha-a-controller", "alpha-a-host"]
    assert tool.get("bookings", state="cancelled").json()["count"] == 0
    assert tool.get("bookings", room="alpha-room-0").json()["count"] == 1
    assert tool.get("live-sessions", platform="douyin").json()["count"] == 1
    assert tool.get("live-sessions", platform="nowhere").status_code == 400
    park = Caller(world.secret)
    assert park.get("live-sessions").json()["count"] == 2
    assert park.get("live-sessions", tenant="alpha-b").json()["count"] == 1


def test_a_tool_gets_the_stream_key_of_its_booking(world: World, tool: Caller, at: At) -> None:
    uid = tool.post("bookings", wish(at)).json()["uid"]
    before = tool.get(f"bookings/{uid}/stream-key").json()
    assert (before["key"], before["server"]) == ("", "rtmp://alpha-node.example/live")
    asked = {"Idempotency-Key": "stream-1"}
    made = tool.post(f"bookings/{uid}/stream-key", {"platform": "taobao"}, **asked)
    assert made.status_code == 200
    shown = tool.get(f"bookings/{uid}/stream-key").json()
    assert (shown["stream_name"], shown["platform"]) == (shown["key"], "taobao")
    # the key stands in no answer that is kept, and a repeat makes no other one
    assert shown["key"].startswith("lsk_")
    assert shown["key"].encode() not in made.content
    assert tool.post(f"bookings/{uid}/stream-key", {"platform": "taobao"}, **asked).content == made.content
    assert tool.get(f"bookings/{uid}/stream-key").json() == shown
    assert tool.post(f"bookings/{uid}/stream-key", {"platform": "nowhere"}).status_code == 400
    tool.post(f"bookings/{uid}/cancel")
    gone = tool.get(f"bookings/{uid}/stream-key")
    assert (gone.status_code, gone.json()["code"]) == (409, "no_stream")


def test_a_stream_key_needs_its_scope_and_its_room(world: World, at: At) -> None:
    node, booking = world.tenants[0].tenant.node, world.tenants[0].booking
    path = f"bookings/{booking.uid}/stream-key"
    for scopes, rooms, status in (
        (["bookings:write"], [], 403),
        (["streams:write"], [], 200),
        (["streams:write"], ["alpha-room-1"], 403),
    ):
        _key, secret = tool_key_create(actor=SYSTEM, node=node, name="dock", scopes=scopes, rooms=rooms)
        caller = Caller(secret)
        assert caller.get(path).status_code == status, scopes
        assert caller.post(path).status_code == status, scopes


def test_a_tool_asks_why_its_encoder_was_refused(world: World, tool: Caller) -> None:
    mine, other = world.tenants
    stream_key_renew(actor=SYSTEM, booking=mine.booking, platform="douyin")
    key = stream_credentials(actor=SYSTEM, booking=mine.booking).key
    hook = f"stream-hooks/nginx-rtmp/publish/{world.media_secret}"
    for shown in (key, "lsk_" + "z" * 32):
        asked = {"app": "live", "name": shown, "clientid": "7", "addr": "10.0.0.9", "call": "publish"}
        Caller().client.post(API + hook, asked)
    booking = str(mine.booking.uid)
    told = tool.get("stream-decisions", booking=booking, accepted="false").json()["results"]
    (refused,) = told
    assert (refused["reason"], refused["message"]) == ("too_early", "未到推流时间")
    assert (refused["key_start"], refused["address"]) == (key[:6], "10.0.0.9")
    assert key[6:] not in str(told)
    assert (refused["booking"], refused["room"]) == (booking, mine.booking.room.code)
    everything = tool.get("stream-decisions").json()["results"]
    assert {each["booking"] for each in everything} == {booking}
    assert {each["accepted"] for each in everything} == {True, False}
    assert (
        tool.get("stream-decisions", room=mine.booking.room.code, since=str(today())).json()["results"]
        == told
    )
    assert tool.get("stream-decisions", since=str(today() + DAY)).json()["results"] == []
    assert tool.get("stream-decisions", booking=str(other.booking.uid)).json()["results"] == []
    assert tool.get("stream-decisions", accepted="maybe").status_code == 400
    manager = Caller(user=world.users["park_manager"]).get("stream-decisions").json()["results"]
    assert {each["reason"] for each in manager} >= {"too_early", "unknown_key"}
    node = mine.tenant.node
    for scopes, rooms, status, count in (
        (["bookings:write"], [], 403, 0),
        (["streams:write"], ["alpha-room-1"], 200, 0),
        (["streams:write"], [mine.booking.room.code], 200, len(everything)),
    ):
        _key, secret = tool_key_create(actor=SYSTEM, node=node, name="dock", scopes=scopes, rooms=rooms)
        answer = Caller(secret).get("stream-decisions")
        assert (answer.status_code, len(answer.json().get("results", []))) == (status, count), scopes
