"""A booked slot with a real encoder: ffmpeg publishes to nginx with its RTMP module, which asks a running site.

The node runs the configuration of deploy/, with other ports and asking every second instead of every five.
"""

# ruff: noqa: S608  what stands in the queries is this module's own
from __future__ import annotations

import contextlib
import http.client
import json
import socket
import socketserver
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from secrets import token_urlsafe
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests import servers
from tests.scaled.conftest import wait_until
from tests.scaled.sites import select_from, write_to

# Two worlds in the site's database, with bookings as these tests need them; prints secret and keys.
PREPARE = """
import json
from datetime import timedelta
from core.clock import HOUR, now
from livestreams import services
from livestreams.choices import BookingState
from core.sealing import seal
from livestreams.models import Booking, Broadcast
from parks.models import ParkSettings
from tests.factories import SYSTEM, make_room, make_world

alpha, beta = make_world("alpha"), make_world("beta")
ParkSettings.objects.update_or_create(park=alpha.park, defaults={"stream_late_minutes": 0})
services.node_update(actor=SYSTEM, node=alpha.media_node, control_url="%(control)s")

def key(world, name, begins=-HOUR / 12, state=BookingState.CONFIRMED):
    mine, starts_at = world.tenants[0], now() + begins
    span = {"starts_at": starts_at, "ends_at": starts_at + 2 * HOUR}
    room = make_room(world.park, name)
    booking = Booking.objects.create(
        room=room, tenant=mine.tenant, state=state,
        blocked_from=span["starts_at"], blocked_until=span["ends_at"], **span,
    )
    made = services.stream_key_renew(actor=SYSTEM, booking=booking, platform="douyin")
    return services.secret_of(made)

keys = {name: key(alpha, f"encoder-{name}") for name in ("slot", "again", "cut", "cancelled", "handed")}
keys["early"] = key(alpha, "encoder-early", begins=HOUR)
keys["foreign"] = key(beta, "encoder-foreign")
cancelled = Booking.objects.filter(room__code="encoder-cancelled")
cancelled.update(state=BookingState.CANCELLED)
# What a park's own platform would be; a tenant may name none in the house.
handed = Broadcast(booking=Booking.objects.get(room__code="encoder-handed"), route="node", platform="douyin")
handed.server, handed.sealed_key = "rtmp://127.0.0.1:%(platform)d/live/third", ""
handed.sealed_key = seal("%(platform_key)s", f"livestreams.broadcast:{handed.uid.hex}")
handed.save()
print(json.dumps({"secret": alpha.media_secret, "keys": keys}))
"""
CUT = """
import time
from livestreams import services
from livestreams.models import Publish
from tests.factories import SYSTEM
services.watch_streams()
publish = Publish.objects.on_air().get(room__code="encoder-cut")
services.publish_cut(actor=SYSTEM, publish=publish, reason="smoke")
print(publish.kbps, services.drop_streams(), time.time())
"""


# As platforms write them.
PLATFORM_KEY = "stream-117?expire=1767225600&sign=0f%2F=a"


# A site behind deploy/nginx.conf, as nodes on other machines ask it.
BEHIND_TLS = {
    "DJANGO_SETTINGS_MODULE": "config.settings.production",
    "DJANGO_ALLOWED_HOSTS": "127.0.0.1",
    "LIVEPARK_TRUSTED_PROXIES": "1",
}


class Park:
    """A running site with its media node, which asks the site itself or, `by_tls`, the proxy in front of it."""

    def __init__(self, stack: ExitStack, folder: Path, *, by_tls: bool = False) -> None:
        rtmp, control = servers.free_port(), servers.free_port()
        self.stack = stack
        self.env = servers.installed(folder, DJANGO_SECRET_KEY=token_urlsafe(64))
        self.platform = servers.free_port()
        given = {
            "control": f"http://127.0.0.1:{control}",
            "platform": self.platform,
            "platform_key": PLATFORM_KEY,
        }
        prepared = servers.manage(self.env, "shell", "-c", PREPARE % given)
        made = json.loads(prepared.splitlines()[-1])
        self.keys: dict[str, str] = made["keys"]
        self.port = servers.free_port()
        self.secret: str = made["secret"]
        self.asked, trusting = f"http://127.0.0.1:{self.port}", None
        if by_tls:
            self.env |= BEHIND_TLS
            tls = servers.tls_proxy(folder, folder, pages=self.port, events=self.port, hooks=self.port)
            proxy = stack.enter_context(tls)
            self.asked, trusting = proxy.url, proxy.certificate
        self.site = stack.enter_context(servers.serve(self.env, self.port))
        node = servers.media_node(self.asked, self.secret, rtmp, control, interval="1s", trusting=trusting)
        self.node = stack.enter_context(node)
        self.select = select_from(self.env)

    def restart(self) -> None:
        """Kill the site, leave it away for two questions of the node, and bring it back."""
        self.site.server.kill()
        time.sleep(2.5)
        self.site = self.stack.enter_context(servers.serve(self.env, self.port))

    def publish(self, name: str, *, seconds: float = 60, app: str = "live") -> Encoder:
        return Encoder(f"{self.node.rtmp}/{app}/{name}", seconds)

    def session(self, room: str) -> dict[str, Any]:
        """The one session of a room."""
        ((state, started, ended),) = self.select(
            "SELECT s.state, s.started_at, s.ended_at FROM livestreams_livesession s"
            f" JOIN livestreams_liveroom r ON r.id = s.room_id WHERE r.code = '{room}'"
        )
        return {"state": state, "started_at": instant(started), "ended_at": instant(ended)}

    def is_live(self, room: str) -> bool:
        rows = self.select(
            "SELECT 1 FROM livestreams_livesession s JOIN livestreams_liveroom r ON r.id = s.room_id"
            f" WHERE r.code = '{room}' AND s.state = 'live'"
        )
        return bool(rows)

    def reasons(self, key: str) -> list[str]:
        return [
            row[0]
            for row in self.select(f"SELECT reason FROM livestreams_publishdecision WHERE {key} ORDER BY id")
        ]


def instant(text: str | None) -> float | None:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() if text else None


class Encoder:
    """A running ffmpeg that sends a test picture with a tone, as fast as a camera would."""

    def __init__(self, address: str, seconds: float) -> None:
        picture = ["-f", "lavfi", "-i", "testsrc=size=320x240:rate=15"]
        tone = ["-f", "lavfi", "-i", "sine=frequency=440:sample_rate=44100"]
        video = [
            "-c:v",
            "libx264",
            "-preset",
            "ultrafast",
            "-tune",
            "zerolatency",
            "-pix_fmt",
            "yuv420p",
            "-g",
            "30",
        ]
        sound = ["-c:a", "aac", "-b:a", "64k", "-f", "flv"]
        self.process = subprocess.Popen(
            [
                "ffmpeg",
                "-loglevel",
                "error",
                "-re",
                *picture,
                *tone,
                "-t",
                str(seconds),
                *video,
                *sound,
                address,
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )

    def stop(self) -> float:
        """Hang up as OBS does; returns when that was."""
        self.process.terminate()
        self.process.communicate(timeout=10)
        return time.time()

    def ended(self, seconds: float) -> tuple[int, float]:
        """Wait until it has ended by itself: its return code, and when that was."""
        self.process.communicate(timeout=seconds)
        return self.process.returncode, time.time()

    @property
    def is_running(self) -> bool:
        return self.process.poll() is None


@pytest.fixture(scope="module")
def park(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Park]:
    try:
        servers.program("ffmpeg")
        with ExitStack() as stack:
            yield Park(stack, tmp_path_factory.mktemp("encoder"))
    except servers.NotInstalled as missing:
        pytest.skip(str(missing))


def read(address: str) -> str:
    with urllib.request.urlopen(address, timeout=5) as answer:
        return str(answer.read().decode())


def test_only_the_key_of_a_slot_that_runs_gets_in(park: Park) -> None:
    bad = "lsk_" + "a" * 32
    tried = {
        "unknown_key": park.publish(bad),
        "malformed": park.publish("hello"),
        "repeated": park.publish(f"evil?name={park.keys['slot']}"),
        "wrong_room": park.publish(park.keys["foreign"]),
        "too_early": park.publish(park.keys["early"]),
        "cancelled": park.publish(park.keys["cancelled"]),
    }
    for reason, encoder in tried.items():
        assert encoder.ended(10)[0] != 0, reason
    assert set(park.reasons("accepted = 0")) == set(tried)
    assert park.select("SELECT COUNT(*) FROM livestreams_publish WHERE ended_at IS NULL") == [(0,)]


def test_a_slot_with_one_encoder_a_restart_and_an_end(park: Park) -> None:
    key, room = park.keys["slot"], "encoder-slot"
    began = time.time()
    encoder = park.publish(key)
    wait_until(lambda: park.is_live(room), seconds=10)
    second = park.publish(key)
    assert second.ended(10)[0] != 0
    seen = (
        "SELECT MAX(p.last_seen_at) FROM livestreams_publish p"
        f" JOIN livestreams_liveroom r ON r.id = p.room_id WHERE r.code = '{room}'"
    )
    first_seen = park.select(seen)
    wait_until(lambda: park.select(seen) != first_seen, seconds=20)
    park.restart()
    assert encoder.is_running
    assert park.is_live(room)
    before = park.select(seen)
    wait_until(lambda: park.select(seen) != before, seconds=20)
    # The slot ends now, while the picture runs.
    ends_at = time.time() + 1
    stamp = datetime.fromtimestamp(ends_at, UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
    write_to(
        park.env,
        f"UPDATE livestreams_booking SET ends_at = '{stamp}' WHERE room_id IN"
        f" (SELECT id FROM livestreams_liveroom WHERE code = '{room}')",
    )
    code, ended = encoder.ended(15)
    assert code != 0
    assert ends_at < ended < ends_at + 4
    session = park.session(room)
    assert session["state"] == "ended"
    assert abs(session["started_at"] - began) < 2
    assert abs(session["ended_at"] - ended) < 2
    assert park.publish(key).ended(10)[0] != 0


def test_a_picture_that_comes_back_is_one_session_and_nobody_sees_its_key(park: Park) -> None:
    key, room = park.keys["again"], "encoder-again"
    began = time.time()
    encoder = park.publish(key)
    playlist = f"{park.node.hls}/hls/{room}.m3u8"
    wait_until(lambda: served(playlist), seconds=15, every=0.3)
    shown = read(playlist) + read(f"{park.node.control}/stat")
    assert room in shown
    assert key not in shown
    assert not served(f"{park.node.hls}/hls/{key}.m3u8")
    # The node's own machine may watch, a neighbour may not.
    assert plays(f"{park.node.rtmp}/show/{room}")
    with neighbour_of(park.node.rtmp) as rtmp, neighbour_of(park.node.hls) as hls:
        assert not plays(f"{rtmp}/show/{room}")
        assert not served(f"{hls}/hls/{room}.m3u8")
    gone = encoder.stop()
    wait_until(lambda: not park.is_live(room), seconds=20)
    again = park.publish(key)
    wait_until(lambda: park.is_live(room), seconds=10)
    publishes = park.select(
        "SELECT p.started_at, p.ended_at, p.session_id FROM livestreams_publish p"
        f" JOIN livestreams_liveroom r ON r.id = p.room_id WHERE r.code = '{room}' ORDER BY p.id"
    )
    assert len(publishes) == 2
    assert publishes[0][2] == publishes[1][2]
    assert abs(instant(publishes[0][1]) - gone) < 2
    assert abs(park.session(room)["started_at"] - began) < 2
    again.stop()


def plays(address: str) -> bool:
    """Whether a player sees a moving picture there."""
    watch = ["ffmpeg", "-nostdin", "-v", "error", "-i", address, "-t", "1", "-f", "null", "-"]
    try:
        return subprocess.run(watch, capture_output=True, timeout=20, check=False).returncode == 0
    except subprocess.TimeoutExpired:
        return False


@contextlib.contextmanager
def neighbour_of(address: str) -> Iterator[str]:
    """Another address for a server of this machine, behind which its callers come from 127.0.0.2."""
    where = urlsplit(address)

    class Relay(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            source = ("127.0.0.2", 0)
            with socket.create_connection(
                (where.hostname or "", where.port or 0), source_address=source
            ) as far:
                back = threading.Thread(target=_pump, args=(far, self.request))
                back.start()
                _pump(self.request, far)
                back.join()

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Relay) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever).start()
        try:
            yield f"{where.scheme}://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()


def _pump(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)


def served(address: str) -> bool:
    try:
        read(address)
    except urllib.error.HTTPError:
        return False
    return True


def test_the_picture_is_handed_on_and_no_list_shows_the_platforms_key(park: Park) -> None:
    room, (word, _mark, query) = "encoder-handed", PLATFORM_KEY.partition("?")

    def arrives(platform: servers.Platform) -> bool:
        shown = read(platform.stat)
        return f"<name>{word}" in shown and "<width>320</width>" in shown

    with servers.platform(park.platform) as platform:
        encoder = park.publish(park.keys["handed"])
        wait_until(lambda: arrives(platform), seconds=20, every=0.3)
        # the whole key came through, and nothing on the node shows any of it
        assert platform.heard.read_text().strip().endswith(f"name={word}&type=live&{query}")
        processes = command_lines()
        assert any("ffmpeg" in line and f"127.0.0.1:{park.platform}" in line for line in processes)
        assert not [line for line in processes if word in line]
        assert not [
            path
            for path in park.node.folder.rglob("*")
            if path.is_file() and word in path.read_text("latin-1")
        ]
        assert word not in read(f"{park.node.control}/stat")
        # nor does the node's own door to Livepark, which anybody on the node may knock at
        for path in ("target", "target/", "publish/../target", "%74arget"):
            with pytest.raises(urllib.error.HTTPError, match="404"):
                urllib.request.urlopen(
                    f"{park.node.control}/hooks/{path}", f"name={room}".encode(), timeout=5
                )
    # The platform goes away and comes back: so does the picture, and the room stays on air all the while.
    with servers.platform(park.platform) as platform:
        wait_until(lambda: arrives(platform), seconds=30, every=0.3)
        assert park.is_live(room)
        encoder.stop()
        wait_until(lambda: word not in read(platform.stat), seconds=10, every=0.3)
    ((hand_overs,),) = park.select("SELECT MAX(hand_overs) FROM livestreams_broadcast")
    assert hand_overs >= 2
    assert not [line for line in command_lines() if f"127.0.0.1:{park.platform}" in line]


def command_lines() -> list[str]:
    """What anybody on this machine may read of every process: its name and arguments."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            found.append(path.read_text("utf-8", "replace").replace("\0", " "))
    return found


def test_the_park_cuts_a_stream(park: Park) -> None:
    encoder = park.publish(park.keys["cut"])
    wait_until(lambda: park.is_live("encoder-cut"), seconds=10)
    told = park.site.manage("shell", "-c", CUT)
    kbps, dropped, cut = told.split()[-3:]
    assert int(kbps) > 10  # as the node's figures say
    assert dropped == "1"  # the node did it at once
    assert encoder.ended(5)[0] != 0
    session = park.session("encoder-cut")
    assert session["state"] == "ended"
    assert abs(session["ended_at"] - float(cut)) < 2
    assert park.publish(park.keys["cut"]).ended(10)[0] != 0
    assert park.reasons("accepted = 0")[-1] == "cut"


def test_a_node_on_another_machine_asks_by_tls(tmp_path: Path) -> None:
    """As deploy/nginx-rtmp.conf says; to who shows another certificate it tells nothing, and lets nobody in."""
    try:
        servers.program("ffmpeg")
        with ExitStack() as stack:
            park = Park(stack, tmp_path, by_tls=True)
            assert park.publish("lsk_" + "a" * 32).ended(10)[0] != 0
            assert set(park.reasons("accepted = 0")) == {"unknown_key"}
            with servers.platform(park.platform) as platform:
                encoder = park.publish(park.keys["handed"])
                wait_until(lambda: park.is_live("encoder-handed"), seconds=10)
                # its key, which the node asked for by TLS as well
                wait_until(platform.heard.exists, seconds=20, every=0.3)
                encoder.stop()
            other = stack.enter_context(
                servers.media_node(
                    park.asked,
                    park.secret,
                    servers.free_port(),
                    servers.free_port(),
                    interval="1s",
                    trusting=servers.certificate(tmp_path, "other"),
                )
            )
            assert Encoder(f"{other.rtmp}/live/{park.keys['slot']}", 5).ended(20)[0] != 0
            assert not park.is_live("encoder-slot")
            assert [does_it_ask(node) for node in (park.node, other)] == [204, 202]
    except servers.NotInstalled as missing:
        pytest.skip(str(missing))


def does_it_ask(node: servers.MediaNode) -> int:
    """As docs/streams.md has operators try it."""
    asked = http.client.HTTPConnection(urlsplit(node.control).netloc, timeout=10)
    with contextlib.closing(asked):
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        asked.request("POST", "/hooks/publish_done", "clientid=0", form)
        return asked.getresponse().status


def test_a_node_that_livepark_does_not_know_is_told_apart(park: Park) -> None:
    stranger = servers.media_node(
        park.asked, "lpn_stranger", servers.free_port(), servers.free_port(), interval="1s"
    )
    with stranger as node:
        assert [does_it_ask(each) for each in (park.node, node)] == [204, 403]


class Elsewhere(BaseHTTPRequestHandler):
    """A site, or a proxy before it, that sends who comes without TLS elsewhere."""

    status = 301

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(self.status)
        self.send_header("Location", f"https://park.example{self.path}")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_arguments: Any) -> None:
        """Nothing: the test looks at the encoder."""


@pytest.mark.parametrize("status", [301, 302])
def test_nobody_gets_in_where_the_site_sends_the_node_elsewhere(
    status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Elsewhere, "status", status)
    with ExitStack() as stack:
        site = stack.enter_context(ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere))
        threading.Thread(target=site.serve_forever, daemon=True).start()
        stack.callback(site.shutdown)
        address, rtmp = f"http://127.0.0.1:{site.server_address[1]}", servers.free_port()
        try:
            servers.program("ffmpeg")
            node = stack.enter_context(
                servers.media_node(address, "lpn_none", rtmp, servers.free_port(), interval="1s")
            )
        except servers.NotInstalled as missing:
            pytest.skip(str(missing))
        assert Encoder(f"{node.rtmp}/live/anybody", 5).ended(20)[0] != 0
        assert does_it_ask(node) == status
