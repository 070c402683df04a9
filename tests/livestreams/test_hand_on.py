"""What deploy/hand-on refuses by itself. A real node runs it in test_encoder."""

from __future__ import annotations

from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
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
    assert hand_on.is_outside(server) is outside


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
    assert arguments[-1] == "rtmp://127.0.0.1/show"
