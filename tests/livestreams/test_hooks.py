"""How media nodes prove themselves and ask, each in the words of its program."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, ClassVar

import pytest
import time_machine
from django.test import Client

from config.settings.deployed import without_secrets
from core.clock import today
from livestreams import services
from livestreams.choices import MediaServer, PublishEnd
from livestreams.choices import PublishReason as R
from livestreams.models import Booking, LiveSession, MediaNode, Publish, PublishDecision
from livestreams.publishing import Claim
from tests.factories import SYSTEM, World, make_media_node
from tests.livestreams.encoders import HOOKS, Encoder, book, encoder

pytestmark = pytest.mark.both_databases
MINUTE = timedelta(minutes=1)
CUT_93X = "DELETE /api/v1/clients/93x"
At = Callable[..., datetime]


def test_only_a_node_with_its_secret_is_heard(
    world: World, booking: Booking, at: Callable[..., datetime]
) -> None:
    http, form = Client(enforce_csrf_checks=True), {"app": "live", "clientid": "1", "name": "evil"}
    for secret, status in ((world.media_secret, 403), ("", 403), ("lpn_wrong", 403)):
        assert http.post(f"{HOOKS}nginx-rtmp/publish/{secret or 'x'}", form).status_code == status
    assert PublishDecision.objects.filter(reason=R.MALFORMED).count() == 1  # the others were not even heard
    assert http.post(f"{HOOKS}nginx-rtmp/connect/{world.media_secret}", form).status_code == 204
    assert http.post(f"{HOOKS}nginx-rtmp/connect/wrong", form).status_code == 403
    # a node is heard in the words of its own program only
    said = {"action": "on_connect"}
    answer = http.post(f"{HOOKS}srs/{world.media_secret}", said, content_type="application/json")
    assert answer.json() == {"code": 403, "msg": "refused"}
    assert http.get(f"{HOOKS}nginx-rtmp/publish/{world.media_secret}").status_code == 405
    good = encoder(world, booking)
    MediaNode.objects.update(closed_on=today())
    with time_machine.travel(at(9), tick=False):
        assert good.publish().status_code == 403
    assert not PublishDecision.objects.filter(booking=booking).exists()


def test_secrets_in_addresses_stay_out_of_the_log(world: World) -> None:
    line = {"event": f"POST {HOOKS}srs/{world.media_secret} 403", "code": 403}
    screen = without_secrets(None, "", {"event": "GET /dock/#lps_abc-1_2"})
    assert screen == {"event": "GET /dock/#lps_…"}
    hall = without_secrets(None, "", {"error": "/wall/alpha/?key=lpd_753dd09d8382_bs-n0YM_DSI"})
    assert hall == {"error": "/wall/alpha/?key=lpd_…"}
    assert without_secrets(None, "", line) == {"event": f"POST {HOOKS}srs/lpn_… 403", "code": 403}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe",
        b"name=%00&app=live&clientid=1",
        b"name=%ff",
        b"app=live&clientid=%00",
        b"{}",
        b"&" * 4000,
        b"name=" + b"x" * 9000,
    ],
)
@pytest.mark.parametrize(
    "content_type", ["application/x-www-form-urlencoded", "application/json", "text/plain"]
)
def test_no_body_breaks_a_hook(world: World, body: bytes, content_type: str) -> None:
    http = Client(raise_request_exception=False)
    nodes = {kind: make_media_node(world.park, f"alpha-{kind}", kind=kind)[1] for kind in MediaServer}
    for path, kind in (
        ("nginx-rtmp/publish", MediaServer.NGINX_RTMP),
        ("nginx-rtmp/update", MediaServer.NGINX_RTMP),
        ("nginx-rtmp/publish_done", MediaServer.NGINX_RTMP),
        ("nginx-rtmp/target", MediaServer.NGINX_RTMP),
        ("srs", MediaServer.SRS),
        ("mediamtx/auth", MediaServer.MEDIAMTX),
        ("mediamtx/events", MediaServer.MEDIAMTX),
    ):
        answer = http.post(f"{HOOKS}{path}/{nodes[kind]}", body, content_type=content_type)
        assert answer.status_code < 500, (path, answer.content)
        assert not Publish.objects.running().exists()


def test_refusals_of_one_address_fill_no_table(world: World) -> None:
    wrong = Encoder(world, "lsk_" + "a" * 32)
    statuses = {wrong.publish().status_code for _ in range(70)}
    assert statuses == {403}
    assert PublishDecision.objects.filter(reason=R.UNKNOWN_KEY).count() == 60


# --- SRS and MediaMTX: as their sources say they ask, against an API that answers as theirs do ----------


class Api(BaseHTTPRequestHandler):
    """What the API of a media server said when it was recorded; keeps what it was asked."""

    answers: ClassVar[dict[str, Any]] = {}
    status: ClassVar[int] = 200
    asked: ClassVar[list[str]] = []

    def _answer(self) -> None:
        self.asked.append(f"{self.command} {self.path}")
        said = self.answers.get(self.path.split("?")[0], {})
        body = said if isinstance(said, bytes) else json.dumps(said).encode()
        self.send_response(self.status if self.command != "GET" else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_DELETE = _answer  # noqa: N815

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@contextmanager
def api_of_the_node(answers: dict[str, Any]) -> Iterator[str]:
    Api.answers, Api.asked, Api.status = answers, [], 200
    server = HTTPServer(("127.0.0.1", 0), Api)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def with_node(world: World, kind: MediaServer, control_url: str) -> str:
    """Let the first room be served by a node of another program; its secret."""
    node, secret = make_media_node(world.park, f"alpha-{kind}", kind=kind, control_url=control_url)
    services.room_update(actor=world.manager, room=world.rooms[0], media_node=node)
    return secret


def test_srs_lets_in_and_is_told_to_cut(world: World, booking: Booking, at: Callable[..., datetime]) -> None:
    answers: dict[str, Any] = {
        "/api/v1/clients": {"clients": [{"id": "93x", "publish": True, "kbps": {"recv_30s": 2100}}]},
        CUT_93X.removeprefix("DELETE "): {"code": 0},
    }
    with api_of_the_node(answers) as control, time_machine.travel(at(9), tick=False) as clock:
        secret, key = with_node(world, MediaServer.SRS, control), encoder(world, booking).key
        call = {
            "action": "on_publish",
            "client_id": "93x",
            "ip": "10.0.0.9",
            "vhost": "__defaultVhost__",
            "app": "live",
            "stream": booking.room.code,
            "param": f"?token={key}",
        }
        post = lambda **more: Client().post(  # noqa: E731
            f"{HOOKS}srs/{secret}", json.dumps(call | more), content_type="application/json"
        )
        assert post().json() == {"code": 0}
        assert post(client_id="94x").json()["code"] == 403
        clock.shift(600)
        services.watch_streams()
        publish = Publish.objects.on_air().get(booking=booking)
        assert (publish.kbps, publish.quality, publish.last_seen_at) == (2100, "good", at(9) + 10 * MINUTE)
        clock.move_to(at(11) + 5 * MINUTE)
        services.watch_streams()
        assert Api.asked[-1] == CUT_93X
        assert not Publish.objects.to_drop().exists()
        assert post(action="on_unpublish").json() == {"code": 0}
    assert LiveSession.objects.get(booking=booking).ended_at == at(11) + 5 * MINUTE


@pytest.mark.parametrize(
    "client",
    [
        {"kbps": {"recv_30s": "abc"}},
        {"kbps": {"recv_30s": 1e300}},
        {"kbps": {"recv_30s": 2**31}},
        {"kbps": {"recv_30s": -1}},
        {"kbps": {"recv_30s": [2100]}},
        {"kbps": {"recv_30s": True}},
    ],
)
def test_no_bitrate_of_a_node_stops_the_watch(
    world: World, booking: Booking, at: At, client: dict[str, Any]
) -> None:
    shown = [{"id": "a\0b\ud800", "publish": True}, {"id": "93x", "publish": True} | client]
    with (
        api_of_the_node({"/api/v1/clients": {"clients": shown}}) as control,
        time_machine.travel(at(9), tick=False) as clock,
    ):
        with_node(world, MediaServer.SRS, control)
        claim = Claim(key=encoder(world, booking).key, app="live", client="93x", room=booking.room.code)
        node = MediaNode.objects.get(kind=MediaServer.SRS)
        assert services.publish_ask(node=node, call="publish", claim=claim).let_in
        clock.shift(600)
        services.watch_streams()
        publish = Publish.objects.on_air().get(booking=booking)
        assert (publish.kbps, publish.last_seen_at) == (None, at(9) + 10 * MINUTE)


@pytest.fixture
def refused_cut(world: World, booking: Booking, at: At) -> Iterator[tuple[Publish, dict[str, Any]]]:
    """A stream whose slot is over, which its SRS was told to end and did not; and what this SRS answers."""
    answers: dict[str, Any] = {
        "/api/v1/clients": {"clients": [{"id": "93x", "publish": True}]},
        CUT_93X.removeprefix("DELETE "): {"code": 2049},
    }
    with api_of_the_node(answers) as control, time_machine.travel(at(9), tick=False) as clock:
        with_node(world, MediaServer.SRS, control)
        node = MediaNode.objects.get(kind=MediaServer.SRS)
        claim = Claim(key=encoder(world, booking).key, app="live", client="93x", room=booking.room.code)
        assert services.publish_ask(node=node, call="publish", claim=claim).let_in
        clock.move_to(at(11) + 5 * MINUTE)
        services.watch_streams()
        publish = Publish.objects.get(booking=booking)
        assert (publish.end, publish.to_drop) == (PublishEnd.REFUSED, at(11) + 5 * MINUTE)
        clock.shift(10)
        Api.asked.clear()
        yield publish, answers


def test_a_cut_that_a_node_refuses_is_tried_until_it_succeeds(
    refused_cut: tuple[Publish, dict[str, Any]],
) -> None:
    publish, answers = refused_cut
    assert services.drop_streams() == 0
    Api.status = 500
    assert services.drop_streams() == 0
    Api.status, answers[CUT_93X.removeprefix("DELETE ")] = 200, []
    assert services.drop_streams() == 0
    answers[CUT_93X.removeprefix("DELETE ")] = {"code": 0}
    assert services.drop_streams() == 1
    assert Api.asked == [CUT_93X] * 4
    publish.refresh_from_db()
    assert publish.to_drop is None
    assert services.drop_streams() == 0


def test_a_cut_is_told_no_more_when_the_stream_is_gone(
    refused_cut: tuple[Publish, dict[str, Any]],
) -> None:
    publish, answers = refused_cut
    services.watch_streams()
    assert list(Publish.objects.to_drop()) == [publish], "its node still shows it"
    answers["/api/v1/clients"] = {"clients": [{"id": "94x", "publish": True}]}
    services.watch_streams()
    assert not Publish.objects.to_drop().exists()


def test_a_cut_is_told_no_more_when_the_node_says_goodbye(
    refused_cut: tuple[Publish, dict[str, Any]],
) -> None:
    publish, _answers = refused_cut
    services.publish_done(node=publish.node, client="94x")
    assert Publish.objects.to_drop().exists()
    services.publish_done(node=publish.node, client="93x")
    assert not Publish.objects.to_drop().exists()


def test_a_cut_does_not_hit_who_is_let_in_under_the_same_number(
    world: World, at: At, refused_cut: tuple[Publish, dict[str, Any]]
) -> None:
    """A node that was restarted counts its connections from the beginning."""
    publish, _answers = refused_cut
    following = book(world, at(11.25), at(12))
    claim = Claim(key=encoder(world, following).key, app="live", client="93x", room=following.room.code)
    assert services.publish_ask(node=publish.node, call="publish", claim=claim).let_in
    assert not Publish.objects.to_drop().exists()


def test_a_cut_by_name_does_not_hit_who_has_the_room_now(world: World, booking: Booking, at: At) -> None:
    """nginx-rtmp is told the name of the room; whoever is let in there has it."""
    services.node_update(actor=SYSTEM, node=world.media_node, control_url="http://127.0.0.1:9")
    with time_machine.travel(at(9), tick=False):
        encoder(world, booking).publish()
        mine = Publish.objects.filter(booking=booking)
        services.publish_cut(actor=world.manager, publish=mine.get())
        assert services.drop_streams() == 0
        mine.update(ended_at=at(9), end=PublishEnd.LOST)
        services.publish_readmit(actor=world.manager, publish=mine.get())
        assert Publish.objects.to_drop().exists()
        assert encoder(world, booking, client="2").publish().status_code == 302
    assert not Publish.objects.to_drop().exists()


def test_mediamtx_lets_in_and_is_told_to_cut(
    world: World, booking: Booking, at: Callable[..., datetime]
) -> None:
    source = "0198c0de-0000-7000-8000-11fe9a4c0de0"
    shown: dict[str, Any] = {"name": "live/x", "source": {"type": "rtmpConn", "id": source}}
    paths: dict[str, Any] = {"/v3/paths/list": {"items": [shown]}}
    with api_of_the_node(paths) as control, time_machine.travel(at(9), tick=False) as clock:
        secret, key = with_node(world, MediaServer.MEDIAMTX, control), encoder(world, booking).key
        call = {
            "ip": "10.0.0.9",
            "user": "",
            "password": "",
            "token": "",
            "action": "publish",
            "path": f"live/{booking.room.code}",
            "protocol": "rtmp",
            "id": source,
            "query": "",
        }
        post = lambda **more: Client().post(  # noqa: E731
            f"{HOOKS}mediamtx/auth/{secret}", json.dumps(call | more), content_type="application/json"
        )
        assert post().status_code == 401
        assert post(query="token=wrong").status_code == 403
        for protocol in ("rtsp", "srt", "webrtc", ""):
            assert post(query=f"token={key}", protocol=protocol).status_code == 403
            assert PublishDecision.objects.latest("pk").reason == R.NOT_RTMP
        assert post(query=f"token={key}").status_code == 204
        for action in ("read", "playback"):
            assert post(action=action).status_code == 403, "no neighbour watches"
            assert [post(action=action, ip=ip).status_code for ip in ("127.0.0.1", "::1", "")] == [
                204,
                204,
                403,
            ]
        assert post(action="api").status_code == 403
        clock.shift(600)
        services.watch_streams()
        publish = Publish.objects.on_air().get(booking=booking)
        assert publish.last_seen_at == at(9) + 10 * MINUTE
        assert publish.kbps is None, "nothing is known of what came"
        for received, kbps in ((1_000_000, None), (7_250_000, 5_000), (7_350_000, 80), (5, None)):
            shown["inboundBytes"] = received
            clock.shift(10)
            services.watch_streams()
            publish.refresh_from_db()
            assert publish.kbps == kbps
        for beyond in (float("inf"), 1e300, 10**400, 2**63, -1, "x"):
            shown["inboundBytes"] = beyond
            clock.shift(10)
            services.watch_streams()
        listed, paths["/v3/paths/list"] = paths["/v3/paths/list"], b"[" * 100_000
        services.watch_streams()
        paths["/v3/paths/list"] = listed
        shown["inboundBytes"] = 5
        services.publish_cut(actor=world.manager, publish=publish)
        assert services.drop_streams() == 1
        assert Api.asked[-1] == f"POST /v3/rtmpconns/kick/{source}"
        Publish.objects.filter(pk=publish.pk).update(to_drop=at(9))
        shown["source"]["type"] = "rtmpsConn"
        assert services.drop_streams() == 1
        assert Api.asked[-1] == f"POST /v3/rtmpsconns/kick/{source}"
        Publish.objects.filter(pk=publish.pk).update(to_drop=at(9))
        paths["/v3/paths/list"]["items"] = []
        assert services.drop_streams() == 0, "nobody was cut"
        gone = {"event": "unavailable", "path": "live/x", "source_id": source}
        assert Client().post(f"{HOOKS}mediamtx/events/{secret}", gone).status_code == 204
    publish.refresh_from_db()
    assert publish.ended_at is not None


def test_a_node_that_does_not_answer_stops_nothing(
    world: World, booking: Booking, at: Callable[..., datetime]
) -> None:
    services.node_update(actor=SYSTEM, node=world.media_node, control_url="http://127.0.0.1:9")
    with time_machine.travel(at(9), tick=False) as clock:
        encoder(world, booking).publish()
        clock.shift(31)
        assert services.watch_streams() == 1
