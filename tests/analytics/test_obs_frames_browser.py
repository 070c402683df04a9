"""The dock asks OBS on its own computer for the frames it loses, in Chromium and over a real WebSocket."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from tests.analytics.test_obs_browser import PREPARE, address_of
from tests.obsprogram import obs_program
from tests.portal.test_browser import fits, log_in
from tests.servers import Site

pytestmark = pytest.mark.browser
COUNT = (
    "from livestreams.models import EncoderSample as S; print(S.objects.filter(booking__uid='%s').count())"
)
# Only who is on air alarms.
ON_AIR = """
from core.clock import now
from livestreams.models import Booking
from tests.factories import make_session
booking = Booking.objects.get(uid="%s")
make_session(booking.tenant, room=booking.room, booking=booking, starts_at=now(), state="live")
"""


class Dock(NamedTuple):
    """The dock of a booking, its settings of OBS unfolded, and the booking's page."""

    dock: Any
    page: Any
    booking: str
    uid: str

    def says(self, what: str) -> None:
        text = self.dock.locator("#obs-said").get_attribute(f"data-{what}")
        self.dock.locator("#obs-said", has_text=text).wait_for(timeout=20_000)


def opened(live_site: Site, open_page: Callable[..., Any], word: str) -> Dock:
    page = open_page(viewport={"width": 360, "height": 740})
    portal = log_in(page, live_site)
    code = portal.rstrip("/").rsplit("/", 1)[1]
    uid = live_site.manage("shell", "-c", PREPARE % (code, word)).split()[-1]
    booking = f"{portal}bookings/{uid}/"
    live_site.manage("shell", "-c", ON_AIR % uid)
    dock = open_page(viewport={"width": 300, "height": 700})
    dock.goto(address_of(page, booking, "dock"))
    dock.locator("main").wait_for()
    dock.locator("summary").click()
    return Dock(dock, page, booking, uid)


def soon(holds: Callable[[], bool]) -> bool:
    """Whether it comes true within some seconds."""
    until = time.monotonic() + 10
    while not (true := holds()) and time.monotonic() < until:
        time.sleep(0.05)
    return true


def test_the_dock_asks_obs_and_sounds_the_alarm(live_site: Site, open_page: Callable[..., Any]) -> None:
    shown = opened(live_site, open_page, "obs-frames")
    dock, page, booking, uid = shown
    said, alarm = dock.locator("#obs-said"), dock.locator("#alarm")
    fits(dock)

    with obs_program(password="obs 密码") as obs:
        dock.fill("[name=port]", str(obs.port))
        dock.check("[name=on]")
        shown.says("password")
        dock.fill("[name=password]", "obs 密码")
        dock.locator("[name=password]").blur()
        shown.says("asked")
        # 90 of 900 frames since the first word of it
        obs.stream |= {"outputTotalFrames": 2700, "outputSkippedFrames": 90}
        dock.locator("#alarm", has_text="10.0").wait_for(timeout=30_000)
        assert "bad" in alarm.get_attribute("class")
        fits(dock)
        page.goto(booking)
        page.locator("section[aria-labelledby=frames-title] [role=alert]").wait_for()
        fits(page)
        obs.stream |= {"outputActive": False}
        shown.says("idle")

    shown.says("silent")
    assert int(live_site.manage("shell", "-c", COUNT % uid).split()[-1]) >= 2
    # what was chosen is there after a restart, and the switch is off when it is switched off
    dock.reload()
    dock.locator("main").wait_for()
    dock.locator("summary").click()
    assert dock.locator("[name=password]").input_value() == "obs 密码"
    dock.uncheck("[name=on]")
    dock.locator("#obs-said", has_text=said.get_attribute("data-silent")).wait_for(state="detached")
    assert obs.identified == 1


def test_the_dock_asks_again_whatever_obs_does(live_site: Site, open_page: Callable[..., Any]) -> None:
    shown = opened(live_site, open_page, "obs-again")
    dock = shown.dock
    with obs_program() as obs:
        dock.fill("[name=port]", str(obs.port))
        dock.check("[name=on]")
        shown.says("asked")
        # it ends with a question unanswered, and is started again
        obs.crashing = True
        shown.says("silent")
        obs.crashing = False
        with dock.expect_response("**/dock/encoder*", timeout=20_000) as told:
            shown.says("asked")
        assert told.value.ok
        # chosen anew twice in a moment: one connection
        dock.evaluate(
            "for (const _ of [1, 2]) document.getElementById('obs').dispatchEvent(new Event('change'))"
        )
        assert soon(lambda: obs.identified >= 3 and obs.connected == 1)
        # a page of a server in between is no word of ours
        dock.route("**/dock/encoder*", lambda route: route.fulfill(status=502, body="<html>"))
        shown.says("network")
        dock.unroute("**/dock/encoder*")
        # something takes the call and says nothing; the switch is off before it does
        obs.hello = False
        dock.locator("[name=on]").dispatch_event("change")
        shown.says("silent")
        assert soon(lambda: obs.connected == 1)
        dock.uncheck("[name=on]")
        assert soon(lambda: obs.connected == 0)
        dock.locator("#obs-said", has_text=re.compile("^$")).wait_for(state="attached")
