"""A park behind the proxy of deploy/nginx.conf, in Chromium: log-in, the door of a room, the dock and the wall."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests import servers
from tests.conftest import CHROMIUM
from tests.portal.test_door import BOOK, KEPT
from tests.scaled.conftest import wait_until
from tests.scaled.http import Shop, line
from tests.scaled.sites import SELLERS, copy_of, key_of, screen_key_of
from tests.scaled.test_proxy import trusting

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Request

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def chromium(chromium: Browser) -> Iterator[Browser]:
    """One that takes the proxy's own certificate, also for what a page keeps on a phone."""
    arguments = [*CHROMIUM, "--ignore-certificate-errors"]
    browser = chromium.browser_type.launch(executable_path=servers.chromium_program(), args=arguments)
    yield browser
    browser.close()


@dataclass
class Park:
    """Where a park answers, its environment, and the port of its event streams, whose process the test starts."""

    url: str
    env: dict[str, str]
    events: int


@pytest.fixture
def env(live_site: servers.Site, tmp_path: Path) -> dict[str, str]:
    """The demo's site as a park runs it, in a copy that may be harmed."""
    env = copy_of(live_site, tmp_path) | {
        "DJANGO_SETTINGS_MODULE": "config.settings.production",
        "DJANGO_SECRET_KEY": (tmp_path / "secret-key").read_text("utf-8"),
        "DJANGO_ALLOWED_HOSTS": "127.0.0.1",
        "LIVEPARK_TRUSTED_PROXIES": "1",
        "LIVEPARK_WORKERS": "1",
    }
    servers.manage(env, "collectstatic", "--noinput", "--verbosity", "0")
    return env


@pytest.fixture
def park(env: dict[str, str], tmp_path: Path) -> Iterator[Park]:
    """Pages of deploy/start behind the proxy."""
    pages, events = servers.free_port(), servers.free_port()
    with ExitStack() as stack:
        stack.enter_context(servers.started("pages", env, pages))
        static = tmp_path / "static"
        try:
            proxy = stack.enter_context(
                servers.tls_proxy(tmp_path, static, pages=pages, events=events, hooks=pages)
            )
        except servers.NotInstalled as missing:
            pytest.skip(str(missing))
        yield Park(proxy.url, env, events)


def test_a_park_behind_tls(park: Park, live_site: servers.Site, open_page: Callable[..., Page]) -> None:
    phone = open_page(viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)
    phone.goto(park.url)
    phone.locator("form:has(input[name=username][value=tenant]) button").first.click()
    phone.wait_for_url(f"{park.url}/portal/**")
    assert {cookie["name"]: cookie["secure"] for cookie in phone.context.cookies()} == {
        "csrftoken": True,
        "sessionid": True,
    }
    portal = phone.url
    shell = BOOK.replace("TENANT", portal.rstrip("/").rpartition("/")[2])
    made = json.loads(servers.manage(park.env, "shell", "-v", "0", "-c", shell))

    # at the door without a network, which browsers allow by TLS only
    phone.goto(f"{portal}bookings/")
    phone.evaluate("navigator.serviceWorker.ready.then(() => true)")
    phone.wait_for_function(
        "(uid) => Object.values(localStorage).some((rows) => rows.includes(uid))", arg=made["uid"]
    )
    phone.context.set_offline(True)
    phone.goto(f"{park.url}/door/{made['room']}/")
    phone.locator("#door-bookings button").tap()
    phone.locator(KEPT).wait_for()
    with phone.expect_response("**/check-in") as told:
        phone.context.set_offline(False)
    assert told.value.status == 200
    phone.locator("#check-in-said .alert-success").wait_for()

    # the dock by its address, which is whole
    phone.goto(f"{portal}bookings/{made['uid']}/")
    phone.locator("form[action$='/screen/'] button[value=dock]").click()
    address = phone.locator("#screen-address").inner_text()
    assert address.startswith(f"{park.url}/dock/")
    dock = open_page(viewport={"width": 300, "height": 700})
    dock.goto(address)
    dock.locator("#products button").first.wait_for()

    # the wall shows what comes through the proxy as it comes, and comes back after its process did
    wall = open_page(viewport={"width": 1920, "height": 1080})
    with servers.started("events", park.env, park.events):
        with wall.expect_response("**/events/wall/tiny/**") as stream:
            wall.goto(f"{park.url}/wall/tiny/?key={screen_key_of(live_site)}")
        assert stream.value.status == 200
        stopped = time.monotonic()
    assert time.monotonic() - stopped < 10, "a stream that is looked at holds nobody up"
    wall.locator("body[data-state=late]").wait_for()
    with servers.started("events", park.env, park.events):
        wall.locator("body[data-state=on]").wait_for(timeout=60_000)


# How much stands in each box of a wall.
BOXES = (
    "[...document.querySelectorAll('body [id]')].map((box) => `${box.id} ${box.childElementCount}`).join()"
)


def test_a_wall_outlives_its_site_and_its_proxy(
    env: dict[str, str], tmp_path: Path, live_site: servers.Site, open_page: Callable[..., Page]
) -> None:
    """Each goes away under an open wall: it says so, keeps its figures, comes back by itself, and counts on."""
    port, address = servers.free_port(), f"/wall/tiny/?key={screen_key_of(live_site)}"
    with ExitStack() as stack:
        try:
            proxy = stack.enter_context(
                servers.tls_proxy(tmp_path, tmp_path / "static", pages=port, events=port, hooks=port)
            )
        except servers.NotInstalled as missing:
            pytest.skip(str(missing))
        wall, fresh = (open_page(viewport={"width": 1920, "height": 1080}) for _screen in range(2))
        streams: list[Request] = []
        wall.on("request", lambda asked: "/events/" in asked.url and streams.append(asked))
        wall.on("requestfinished", lambda asked: asked in streams and streams.remove(asked))
        wall.on("requestfailed", lambda asked: asked in streams and streams.remove(asked))
        shop = Shop(proxy.url, key_of(live_site), SELLERS[0], trusting=trusting(proxy))

        def figures() -> tuple[Decimal, int]:
            paid, orders = (wall.locator(f"#{name}").inner_text() for name in ("gmv_paid", "orders"))
            return Decimal(paid.strip("¥").replace(",", "")), int(orders.replace(",", ""))

        def is_away(before: tuple[Decimal, int]) -> None:
            wall.wait_for_selector("body[data-state=late]")
            assert "连接中断" in wall.locator("#age").inner_text()
            assert figures() == before

        def counts_on(before: tuple[Decimal, int], name: str) -> tuple[Decimal, int]:
            """The same page shows one order more, once, and all else as one that is opened now."""
            wall.wait_for_selector("body[data-state=on]", timeout=30_000)
            assert wall.evaluate("window.untouched"), "nothing was loaded again"
            for _again in range(2):
                shop.send([line(name, "12345.67")], key=name)
            after = (before[0] + Decimal("12345.67"), before[1] + 1)
            wait_until(lambda: figures() == after, seconds=10)
            fresh.goto(f"{proxy.url}{address}")
            fresh.wait_for_selector("body[data-state=on]")
            wait_until(lambda: wall.evaluate(BOXES) == fresh.evaluate(BOXES), seconds=10)
            assert len(streams) == 1
            return after

        with servers.serve(env, port):
            wall.goto(f"{proxy.url}{address}")
            wall.wait_for_selector("body[data-state=on]")
            wall.evaluate("window.untouched = true")
            seen = figures()
        is_away(seen)
        with servers.serve(env, port):
            seen = counts_on(seen, "after-the-site")
            proxy.server.kill()
            is_away(seen)
            with proxy.begun():
                counts_on(seen, "after-the-proxy")
