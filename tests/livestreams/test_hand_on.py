"""What deploy/hand-on refuses by itself. A real node runs it in test_encoder."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings


@pytest.fixture(scope="module")
def hand_on() -> Any:
    loader = SourceFileLoader("hand_on", str(settings.BASE_DIR / "deploy" / "hand-on"))
    spec = spec_from_loader("hand_on", loader)
    assert spec is not None
    module = module_from_spec(spec)
    loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("server", "outside"),
    [
        ("rtmp://127.0.0.1:1935/show", False),
        ("rtmp://localhost/show", False),
        ("rtmp://[::1]/show", False),
        ("rtmp://10.1.2.3/show", False),
        ("rtmp://169.254.169.254/show", False),
        ("rtmp://0.0.0.0/show", False),
        ("rtmp://8.8.8.8:70000/show", False),
        ("rtmp://two..dots/show", False),
        ("rtmp://[x/show", False),
        ("rtmps://8.8.8.8/show", True),
    ],
)
def test_pictures_are_handed_on_to_the_internet_only(hand_on: Any, server: str, outside: bool) -> None:
    assert (hand_on.address_of(server, False) is not None) is outside


def test_the_secret_of_a_node_goes_to_nobody_whom_an_answer_names(
    hand_on: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[tuple[str, str | None]] = []

    class Site(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked.append((self.path, self.headers["X-Stream-Hook-Secret"]))
            self.send_response(302)
            self.send_header("Location", "/elsewhere")
            self.end_headers()

        def do_GET(self) -> None:
            self.do_POST()

        def log_message(self, *_arguments: Any) -> None:
            """Nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Site) as site:
        threading.Thread(target=site.serve_forever, daemon=True).start()
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("LIVEPARK_NODE_SECRET", "lpn_secret")
            hand_on.main([f"http://127.0.0.1:{site.server_address[1]}", "rtmp://127.0.0.1/show", "room"])
        site.shutdown()
    assert asked == [("/api/v1/stream-hooks/nginx-rtmp/target", "lpn_secret")]
    assert "room: HTTP Error 302" in capsys.readouterr().err


def test_a_picture_that_goes_nowhere_starts_no_encoder(hand_on: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[Any] = []
    monkeypatch.setattr(hand_on.os, "execvp", lambda *command: started.append(command))
    monkeypatch.setattr(hand_on.time, "sleep", lambda _seconds: None)
    for told in ([], ["rtmp://127.0.0.1/show", "room"]):
        monkeypatch.setattr(hand_on, "target", lambda *_asked, told=told: told)
        hand_on.main(["http://127.0.0.1:1", "rtmp://127.0.0.1/show", "room"])
    assert started == []
    hand_on.main(["--in-house", "http://127.0.0.1:1", "rtmp://127.0.0.1/show", "room"])
    ((_program, arguments),) = started
    assert arguments[-1] == "rtmp://127.0.0.1:1935/show"


@pytest.mark.parametrize(
    ("server", "address", "called"),
    [
        ("rtmp://push.example/live/a", "8.8.8.8", "rtmp://8.8.8.8:1935/live/a"),
        ("rtmp://push.example:1936/live", "2606:4700::1", "rtmp://[2606:4700::1]:1936/live"),
        ("rtmps://push.example/live", "8.8.8.8", "rtmps://push.example/live"),
    ],
)
def test_a_picture_goes_to_the_address_that_was_looked_at(
    hand_on: Any, monkeypatch: pytest.MonkeyPatch, server: str, address: str, called: str
) -> None:
    started: list[Any] = []
    monkeypatch.setattr(hand_on.os, "execvp", lambda *command: started.append(command))
    monkeypatch.setattr(hand_on, "target", lambda *_asked: [server, "key"])
    monkeypatch.setattr(hand_on.socket, "getaddrinfo", lambda *_asked, **_how: [(0, 0, 0, "", (address, 0))])
    hand_on.main(["http://127.0.0.1:1", "rtmp://127.0.0.1/show", "room"])
    ((_program, arguments),) = started
    assert arguments[-1] == called
    preset = Path(arguments[arguments.index("-fpre") + 1]).read_text()
    assert f"rtmp_tcurl={server}\n" in preset, "the platform hears its name"
