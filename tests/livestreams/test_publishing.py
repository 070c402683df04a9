"""May an encoder go on air? The table, and how each media server words the question."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from livestreams.choices import LET_IN, BookingState, PublishReason
from livestreams.mediaservers import mediamtx, nginx_rtmp, srs
from livestreams.publishing import KEY, Claim, Known, Malformed, decide, token_in

MINUTE = timedelta(minutes=1)
START = datetime(2025, 6, 1, 12, tzinfo=UTC)
END = START + timedelta(hours=2)
SECRET = "lsk_" + "a2" * 16
CLAIM = Claim(key=SECRET, app="live", client="7", address="10.0.0.9")
TEST = replace(CLAIM, app="test")
KNOWN = Known(
    node=1,
    node_park=5,
    node_app="live",
    room="room-a",
    room_park=5,
    state=BookingState.CONFIRMED,
    starts_at=START,
    ends_at=END,
    early=15 * MINUTE,
    late=5 * MINUTE,
)
R = PublishReason
DURING = START + 30 * MINUTE

# What is known otherwise than above, when it is asked, and the answer.
ON_AIR: list[tuple[dict[str, Any], datetime, PublishReason]] = [
    ({}, DURING, R.ACCEPTED),
    ({"state": BookingState.CHECKED_IN}, DURING, R.ACCEPTED),
    ({"in_session": True}, DURING, R.RECONNECT),
    ({"own_since": START}, DURING, R.CONTINUED),
    # the booking
    ({"state": BookingState.HELD}, DURING, R.NOT_CONFIRMED),
    ({"state": BookingState.CANCELLED}, DURING, R.CANCELLED),
    ({"state": BookingState.NO_SHOW}, DURING, R.NO_SHOW),
    ({"state": BookingState.COMPLETED}, DURING, R.COMPLETED),
    ({"replaced": True}, DURING, R.REPLACED_KEY),
    ({"cut": True}, DURING, R.CUT),
    ({"cut": True, "own_since": START}, DURING, R.CUT),
    ({"replaced": True, "own_since": START}, DURING, R.REPLACED_KEY),
    # who and where
    ({"tenant_closed_on": date(2025, 6, 1)}, DURING, R.TENANT_LEFT),
    ({"tenant_closed_on": date(2025, 6, 2)}, DURING, R.ACCEPTED),
    ({"room_closed_on": date(2025, 6, 1)}, DURING, R.ROOM_CLOSED),
    ({"under_repair": True}, DURING, R.ROOM_CLOSED),
    ({"room_park": 6}, DURING, R.WRONG_ROOM),
    ({"room_node": 2}, DURING, R.WRONG_ROOM),
    ({"room_node": 1}, DURING, R.ACCEPTED),
    ({"node_app": "other"}, DURING, R.WRONG_ROOM),
    # the slot
    ({}, START - 15 * MINUTE, R.ACCEPTED),
    ({}, START - 16 * MINUTE, R.TOO_EARLY),
    ({"previous_until": START - 10 * MINUTE}, START - 11 * MINUTE, R.TOO_EARLY),
    ({"previous_until": START - 10 * MINUTE}, START - 10 * MINUTE, R.ACCEPTED),
    ({"previous_until": START}, START - MINUTE, R.TOO_EARLY),
    ({"previous_until": START}, START, R.ACCEPTED),
    ({"early": timedelta(0)}, START - MINUTE, R.TOO_EARLY),
    ({}, END + 5 * MINUTE - timedelta(seconds=1), R.ACCEPTED),
    ({}, END + 5 * MINUTE, R.TOO_LATE),
    ({"own_since": START}, END + 5 * MINUTE, R.TOO_LATE),
    ({"next_from": END + 3 * MINUTE}, END + 2 * MINUTE, R.ACCEPTED),
    ({"next_from": END + 3 * MINUTE}, END + 3 * MINUTE, R.TOO_LATE),
    ({"next_from": END}, END, R.TOO_LATE),
    ({"next_from": END + 30 * MINUTE}, END + 4 * MINUTE, R.ACCEPTED),
    ({"late": timedelta(0), "own_since": START}, END, R.TOO_LATE),
    # who else is there
    ({"room_taken": True}, DURING, R.ROOM_BUSY),
    ({"room_taken": True, "own_since": START}, DURING, R.CONTINUED),
    ({"rival_seen": DURING - timedelta(seconds=19)}, DURING, R.ROOM_BUSY),
    ({"rival_seen": DURING - timedelta(seconds=20), "in_session": True}, DURING, R.RECONNECT),
    # the first obstacle is the reason
    (
        {"state": BookingState.CANCELLED, "room_taken": True, "cut": True},
        END + DURING.hour * MINUTE,
        R.CANCELLED,
    ),
]
TRIED_OUT: list[tuple[dict[str, Any], datetime, PublishReason]] = [
    ({}, START - timedelta(hours=20), R.TEST),
    ({}, START - timedelta(hours=25), R.TOO_EARLY),
    ({"room_taken": True}, START - timedelta(hours=1), R.TEST),
    ({"previous_until": START}, START - timedelta(hours=1), R.TEST),
    ({"own_since": DURING - 9 * MINUTE}, DURING, R.CONTINUED),
    ({"own_since": DURING - 10 * MINUTE}, DURING, R.TEST_OVER),
    ({"rival_seen": DURING}, DURING, R.ROOM_BUSY),
    ({"state": BookingState.CANCELLED}, DURING, R.CANCELLED),
    ({"room_park": 6}, DURING, R.WRONG_ROOM),
    ({}, END, R.TOO_LATE),
]


@pytest.mark.parametrize(("otherwise", "at", "answer"), ON_AIR)
def test_going_on_air(otherwise: dict[str, Any], at: datetime, answer: PublishReason) -> None:
    assert decide(CLAIM, replace(KNOWN, **otherwise), at) == answer


@pytest.mark.parametrize(("otherwise", "at", "answer"), TRIED_OUT)
def test_trying_out(otherwise: dict[str, Any], at: datetime, answer: PublishReason) -> None:
    assert decide(TEST, replace(KNOWN, **otherwise), at) == answer


def test_a_key_of_nobody_and_a_room_of_another() -> None:
    assert decide(CLAIM, None, DURING) == R.UNKNOWN_KEY
    assert decide(replace(CLAIM, room="room-a"), KNOWN, DURING) == R.ACCEPTED
    assert decide(replace(CLAIM, room="room-b"), KNOWN, DURING) == R.WRONG_ROOM
    assert decide(replace(CLAIM, app="elsewhere"), KNOWN, DURING) == R.WRONG_ROOM


def test_every_reason_is_in_the_table() -> None:
    seen = {answer for _known, _at, answer in (*ON_AIR, *TRIED_OUT)} | {R.UNKNOWN_KEY}
    assert set(PublishReason) - seen == {R.MALFORMED, R.REPEATED, R.NOT_RTMP, R.NO_SESSION}
    assert {reason for reason in seen if reason in LET_IN} == set(LET_IN)


# --- how it is asked ---------------------------------------------------------------------------------


def form(body: str) -> dict[str, list[str]]:
    """Every value of each field of a recorded form."""
    from django.http import QueryDict

    return {name: list(values) for name, values in QueryDict(body).lists()}


RECORDED = (
    "app=live&flashver=FMLE/3.0%20(compatible%3B%20Lavf59.27&swfurl=&tcurl=rtmp://127.0.0.1:21935/live&pageurl="
    f"&addr=127.0.0.1&clientid=3&call=publish&name={SECRET}&type=live"
)
UPDATE = RECORDED.replace("call=publish", "call=update_publish&time=6&timestamp=4956").replace(
    "&type=live", ""
)


def test_nginx_asks_by_a_form() -> None:
    expected = Claim(key=SECRET, app="live", client="3", address="127.0.0.1")
    assert nginx_rtmp.claim_of(form(RECORDED)) == expected
    assert nginx_rtmp.claim_of(form(f"{RECORDED}&slot=77&slot=78")) == expected
    assert nginx_rtmp.claim_of(form(UPDATE)) == replace(expected, behind_ms=1044)
    assert nginx_rtmp.claim_of(form(UPDATE.replace("=4956", "=9956"))).behind_ms == 0
    named = RECORDED.replace(SECRET, "room-a")
    assert nginx_rtmp.claim_of(form(f"{named}&token={SECRET}")) == replace(expected, room="room-a")


@pytest.mark.parametrize(
    "field", ["name", "app", "clientid", "addr", "call", "type", "tcurl", "token", "time"]
)
def test_a_field_that_an_encoder_adds_again_is_refused(field: str) -> None:
    """`rtmp://node/live/evil?name=<somebody's key>`: the last value would be the stolen one."""
    recorded = f"{UPDATE}&type=live&token=1"
    evil = recorded.replace(f"name={SECRET}", "name=evil") if field == "name" else recorded
    with pytest.raises(Malformed) as refusal:
        nginx_rtmp.claim_of(form(f"{evil}&{field}={SECRET}"))
    assert refusal.value.reason == R.REPEATED


@pytest.mark.parametrize(
    "body",
    [
        "",
        RECORDED.replace(SECRET, "evil"),
        RECORDED.replace(SECRET, SECRET.upper()),
        RECORDED.replace(SECRET, SECRET + "a"),
        RECORDED.replace(SECRET, SECRET + "%0A"),
        RECORDED.replace(SECRET, ""),
        RECORDED.replace("clientid=3", "clientid="),
        RECORDED.replace("clientid=3", "clientid=" + "9" * 65),
        RECORDED.replace("addr=127.0.0.1", "addr=%00"),
        RECORDED.replace("app=live", "app=" + "x" * 65),
    ],
)
def test_what_is_no_claim_is_refused(body: str) -> None:
    with pytest.raises(Malformed) as refusal:
        nginx_rtmp.claim_of(form(body))
    assert refusal.value.reason == R.MALFORMED


SRS_CALL = {
    "server_id": "vid-1",
    "action": "on_publish",
    "client_id": "9308h583",
    "ip": "10.0.0.9",
    "vhost": "__defaultVhost__",
    "app": "live",
    "tcUrl": "rtmp://node/live",
    "stream": "room-a",
    "param": f"?token={SECRET}&x=1",
}


def test_srs_asks_by_json() -> None:
    expected = Claim(key=SECRET, room="room-a", app="live", client="9308h583", address="10.0.0.9")
    assert srs.claim_of(SRS_CALL) == expected
    assert srs.claim_of({**SRS_CALL, "client_id": 12}).client == "12"  # older releases
    for wrong in (
        {"param": "?token=a&token=b"},
        {"param": ""},
        {"param": "", "stream": SECRET},
        {"stream": SECRET},  # players would read it in the address of the stream
        {"stream": 7},
        {"client_id": ""},
        {"client_id": None},
        {"param": "?" + "&".join("a=1" for _ in range(30)), "stream": "x"},
    ):
        with pytest.raises(Malformed):
            srs.claim_of({**SRS_CALL, **wrong})


MEDIAMTX_CALL = {
    "ip": "10.0.0.9",
    "user": "",
    "password": "",
    "token": "",
    "action": "publish",
    "path": "live/room-a",
    "protocol": "rtmp",
    "id": "0198c0de-0000-7000-8000-11fe9a4c0de0",
    "query": "",
}


def test_mediamtx_asks_by_json() -> None:
    expected = Claim(key=SECRET, room="room-a", app="live", client=MEDIAMTX_CALL["id"], address="10.0.0.9")
    for told in ({"token": SECRET}, {"password": SECRET}, {"query": f"token={SECRET}"}):
        assert mediamtx.claim_of({**MEDIAMTX_CALL, **told}) == expected
    for wrong in (
        {},
        {"path": f"live/{SECRET}"},
        {"path": f"live/{SECRET}", "token": SECRET},
        {"token": SECRET, "id": ""},
        {"query": f"token={SECRET}&token={SECRET}"},
        {"path": 1},
    ):
        with pytest.raises(Malformed):
            mediamtx.claim_of({**MEDIAMTX_CALL, **wrong})


def test_what_an_encoder_types_is_understood_when_it_comes_back() -> None:
    for program in (nginx_rtmp, srs, mediamtx):
        name, _question, query = program.stream_name(SECRET, "room-a").partition("?")
        assert (name, token_in(query)) in ((SECRET, ""), ("room-a", SECRET))
    assert KEY.fullmatch(SECRET)
