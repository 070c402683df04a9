"""The door of a room: who may check in there, and a phone that has no network when it stands before it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Event
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client
from django.urls import reverse

from core.choices import Role
from core.clock import next_minute, now
from core.models import User
from livestreams.choices import BookingState
from livestreams.models import Booking
from livestreams.services import booking_create
from tests.factories import TenantWorld, World, make_world
from tests.scaled.conftest import wait_until
from tests.servers import Site

if TYPE_CHECKING:
    from playwright.sync_api import Page


@pytest.fixture
def booking(world: World, firm: TenantWorld) -> Booking:
    """A booking whose check-in is open."""
    starts_at = next_minute(now() + timedelta(minutes=20))
    return booking_create(
        actor=firm.owner,
        room=world.rooms[0],
        tenant=firm.tenant,
        host=firm.host,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(hours=1),
    )


@pytest.mark.django_db
@pytest.mark.parametrize("role", [Role.HOST, Role.TENANT_STAFF, Role.TENANT_OWNER])
def test_one_tap_at_the_door_checks_in(
    booking: Booking, firm: TenantWorld, browser_of: Callable[[User], Client], role: Role
) -> None:
    browser = browser_of(firm.users[role])
    address = reverse("door", args=[booking.room.code])
    page = browser.get(address)
    assert [item["booking"] for item in page.context["bookings"] if item["is_open"]] == [booking]
    assert browser.post(address, {"booking": str(booking.uid)})["Location"] == address
    booking.refresh_from_db()
    assert booking.state == BookingState.CHECKED_IN
    assert browser.post(address, {"booking": str(booking.uid)}).status_code == 302


@pytest.mark.django_db
def test_the_door_shows_nobody_elses_booking(
    booking: Booking, world: World, browser_of: Callable[[User], Client]
) -> None:
    neighbour = browser_of(world.tenants[1].users[Role.TENANT_OWNER])
    address = reverse("door", args=[booking.room.code])
    assert neighbour.get(address).context["bookings"] == []
    for uid in (booking.uid, "01890000-0000-7000-8000-000000000000", "no uid", "a\0b", ""):
        assert neighbour.post(address, {"booking": uid}).status_code == 404
    stranger = browser_of(make_world("beta").tenants[0].users[Role.TENANT_OWNER])
    assert stranger.get(address).status_code == 404
    assert Client().get(address)["Location"].startswith("/login/")
    booking.refresh_from_db()
    assert booking.state == BookingState.CONFIRMED


@pytest.mark.django_db
def test_the_sign_is_for_those_who_run_the_rooms(
    world: World, owner: Client, browser_of: Callable[[User], Client]
) -> None:
    address = reverse("door-sign", args=[world.rooms[0].code])
    assert owner.get(address).status_code == 404
    page = browser_of(world.users[Role.PARK_STUDIO]).get(address)
    assert page.context["address"] == f"http://testserver/door/{world.rooms[0].code}/"
    assert "data:image/svg+xml" in page.content.decode()
    assert page.context["is_reached"]
    rooms = reverse("admin:livestreams_liveroom_changelist")
    shown = [
        browser_of(world.users[role]).get(rooms).text for role in (Role.PARK_STUDIO, Role.PARK_WAREHOUSE)
    ]
    assert [address in text for text in shown] == [True, False], "who may not open it is led nowhere"


@pytest.mark.django_db
def test_a_sign_says_when_no_phone_can_open_it(
    world: World, browser_of: Callable[[User], Client], settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    monkeypatch.setattr("core.doors.addresses.lan_address", lambda: "192.168.1.5")
    studio, address = browser_of(world.users[Role.PARK_STUDIO]), f"/door/{world.rooms[0].code}/"
    sign, host = reverse("door-sign", args=[world.rooms[0].code]), {"host": "127.0.0.1:8000"}
    page = studio.get(sign, headers=host)
    assert not page.context["is_reached"]
    assert "HOST=0.0.0.0" in page.content.decode()
    opened = Event()
    opened.set()
    monkeypatch.setattr("core.doors.addresses.open_to_network", opened)
    page = studio.get(sign, headers=host)
    assert page.context["address"] == f"http://192.168.1.5:8000{address}"
    assert "HOST=0.0.0.0" not in page.content.decode()


# --- without a network, in a real browser ------------------------------------------------------------


# A room that is always open, because tests run at any hour.
BOOK = """
import json
from datetime import timedelta
from core.actors import system_actor
from core.clock import next_minute, now
from livestreams.services import booking_create, room_create
from tenants.models import Tenant
tenant = Tenant.objects.select_related("node__parent__park").get(code="TENANT")
actor = system_actor("test")
room = room_create(actor=actor, park=tenant.node.parent.park, code=f"always-open-{now():%f}", name_zh="通宵直播间")
starts_at = next_minute(now() + timedelta(minutes=20))
booking = booking_create(
    actor=actor, room=room, tenant=tenant, starts_at=starts_at, ends_at=starts_at + timedelta(minutes=30)
)
print(json.dumps({"uid": str(booking.uid), "room": room.code}))
"""


@pytest.fixture
def standing_at_the_door(live_site: Site, open_page: Callable[..., Any]) -> tuple[Page, dict[str, Any]]:
    """A phone on which somebody has looked at the bookings of today; one of them can be checked in now."""
    page = open_page(viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)
    page.goto(live_site.url)
    page.locator("form:has(input[name=username][value=tenant]) button").first.click()
    page.wait_for_url("**/portal/**")
    portal = page.url
    made = json.loads(
        live_site.manage(
            "shell", "-v", "0", "-c", BOOK.replace("TENANT", portal.rstrip("/").rpartition("/")[2])
        )
    )
    page.goto(f"{portal}bookings/")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.wait_for_function(
        "(uid) => Object.entries(localStorage).some("
        "([key, rows]) => key.startsWith('livepark-bookings:') && rows.includes(uid))",
        arg=made["uid"],
    )
    return page, made


def remembered(page: Page) -> dict[str, Any]:
    """What this phone keeps, by key."""
    kept: dict[str, str] = page.evaluate("Object.fromEntries(Object.entries(localStorage))")
    return {key: json.loads(value) for key, value in kept.items() if key.startswith("livepark-")}


KEPT = "#check-in-said .alert-warning"


@pytest.mark.browser
def test_one_tap_at_the_scanned_door(
    live_site: Site, standing_at_the_door: tuple[Page, dict[str, Any]]
) -> None:
    page, made = standing_at_the_door
    page.goto(f"{live_site.url}/door/{made['room']}/")
    page.locator("form[data-check-in] button").tap()
    page.locator("#check-in-said .alert-success", has_text="通宵直播间").wait_for()
    page.locator("form[data-check-in]").wait_for(state="detached")
    page.reload()
    assert page.locator("#check-in-said .alert").count() == 0


WRONG_CLOCK = """
(() => {
  const Right = Date;
  const wrong = () => Right.now() + MINUTES * 60_000;
  window.Date = class extends Right {
    constructor(...given) { if (given.length) super(...given); else super(wrong()); }
    static now() { return wrong(); }
  };
})()
"""


@pytest.mark.browser
@pytest.mark.parametrize("minutes", [12, -45])
def test_a_phone_with_a_wrong_clock_checks_in_at_the_right_time(
    live_site: Site, standing_at_the_door: tuple[Page, dict[str, Any]], minutes: int
) -> None:
    page, made = standing_at_the_door
    page.add_init_script(WRONG_CLOCK.replace("MINUTES", str(minutes)))
    page.goto(f"{live_site.url}/door/{made['room']}/")
    assert abs(page.evaluate("Date.now() / 1000") - now().timestamp() - minutes * 60) < 30
    page.locator("form[data-check-in] button").tap()
    page.locator("#check-in-said .alert-success").wait_for()
    answer = page.request.get(f"{live_site.url}/api/v1/bookings/{made['uid']}").json()
    assert answer["state"] == "checked_in"
    assert abs(datetime.fromisoformat(answer["checked_in_at"]).timestamp() - now().timestamp()) < 60


@pytest.mark.browser
def test_who_was_refused_at_the_door_may_try_again(
    live_site: Site, standing_at_the_door: tuple[Page, dict[str, Any]]
) -> None:
    page, made = standing_at_the_door
    page.goto(f"{live_site.url}/door/{made['room']}/")
    page.route("**/check-in", lambda route: route.fulfill(status=409, json={"detail": "not now"}), times=1)
    button = page.locator("form[data-check-in] button")
    button.tap()
    page.locator("#check-in-said .alert-danger", has_text="not now").wait_for()
    button.tap()
    page.locator("#check-in-said .alert-success").wait_for()


@pytest.mark.browser
def test_the_kept_page_speaks_the_language_that_was_chosen_last(
    live_site: Site, standing_at_the_door: tuple[Page, dict[str, Any]]
) -> None:
    page, made = standing_at_the_door
    kept = "caches.match('/door/').then((answer) => answer.text())"
    assert "手机当前没有网络" in page.evaluate(kept)
    page.context.add_cookies([{"name": "django_language", "value": "en", "url": live_site.url}])
    page.reload()
    wait_until(lambda: "This phone has no network now." in page.evaluate(kept), seconds=30)
    page.context.set_offline(True)
    page.goto(f"{live_site.url}/door/{made['room']}/")
    assert page.locator("#door-bookings button").inner_text() == "Check in"


@pytest.mark.browser
def test_a_check_in_without_a_network_is_told_later(
    live_site: Site, standing_at_the_door: tuple[Page, dict[str, Any]]
) -> None:
    page, made = standing_at_the_door
    page.context.set_offline(True)
    page.goto(f"{live_site.url}/door/{made['room']}/")
    assert page.locator("#door-room").inner_text() == "通宵直播间"
    tapped = now()
    page.locator("#door-bookings button").tap()
    page.locator(KEPT).wait_for()
    # whoever scans again sees what waits, and the time of the first tap stays
    page.reload()
    page.locator(KEPT).wait_for()
    assert page.locator("#door-bookings button").count() == 0
    with page.expect_response("**/check-in") as told:
        page.context.set_offline(False)
    answer = told.value.json()
    assert (told.value.status, answer["state"], answer["uid"]) == (200, "checked_in", made["uid"])
    seen = page.evaluate("(at) => Date.parse(at) / 1000", answer["checked_in_at"])
    assert abs(seen - tapped.timestamp()) < 10, "the time of the tap counts"
    page.locator("#check-in-said .alert-success").wait_for()
    assert page.locator(KEPT).count() == 0


@pytest.mark.browser
def test_a_check_in_that_is_refused_later_says_why_until_it_was_read(
    live_site: Site, standing_at_the_door: tuple[Page, dict[str, Any]]
) -> None:
    page, made = standing_at_the_door
    today = page.url.replace("bookings/", "")
    page.goto(f"{page.url}{made['uid']}/")
    page.context.set_offline(True)
    page.locator("form[data-check-in] button").tap()
    page.locator(KEPT).wait_for()
    token = {cookie["name"]: cookie["value"] for cookie in page.context.cookies()}["csrftoken"]
    cancelled = page.request.post(
        f"{live_site.url}/api/v1/bookings/{made['uid']}/cancel",
        headers={"X-CSRFToken": token, "Referer": live_site.url},
    )
    assert cancelled.ok, cancelled.text()
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    assert page.evaluate("scrollY") > 100
    page.context.set_offline(False)
    refused = page.locator("#check-in-said .alert-danger", has_text="通宵直播间")
    refused.wait_for()
    told, head = refused.bounding_box(), page.locator(".lp-top").bounding_box()
    assert told is not None
    assert head is not None
    assert told["y"] >= head["height"], "on the screen, below the head that stays there"
    assert "已取消" in refused.inner_text()
    page.goto(today)
    refused.locator("button").tap()
    refused.wait_for(state="detached")
    page.reload()
    assert page.locator("#check-in-said .alert").count() == 0


@pytest.mark.browser
def test_a_phone_keeps_what_the_door_takes_and_nothing_after_the_log_out(
    live_site: Site, standing_at_the_door: tuple[Page, dict[str, Any]]
) -> None:
    page, made = standing_at_the_door
    user = page.locator("#check-in-said").get_attribute("data-user")
    kept = remembered(page)
    rows = [row for key, value in kept.items() if key.startswith("livepark-bookings") for row in value]
    assert made["uid"] in {row["uid"] for row in rows}
    assert {name for row in rows for name in row} == {
        "uid",
        "room",
        "name",
        "state",
        "check_in_from",
        "starts_at",
        "ends_at",
    }
    assert f"livepark-bookings:{user}" in kept
    # A check-in that is not told yet waits for its own person, and nobody else sees it.
    page.context.set_offline(True)
    page.goto(f"{live_site.url}/door/{made['room']}/")
    page.locator("#door-bookings button").tap()
    page.locator(KEPT).wait_for()
    page.route("**/check-in", lambda route: route.abort())
    page.context.set_offline(False)
    page.goto(live_site.url)
    page.set_viewport_size({"width": 1200, "height": 740})
    with page.expect_navigation():
        page.locator("form[data-forgets] button").click()
    assert set(remembered(page)) == {f"livepark-check-ins:{user}"}
    page.goto(live_site.url)
    with page.expect_navigation():
        page.locator("form:has(input[name=username][value=host]) button").first.click()
    page.goto(f"{live_site.url}/door/{made['room']}/")
    assert page.locator(KEPT).count() == 0


@pytest.mark.browser
def test_whoever_comes_next_finds_nothing_of_the_last_one(
    live_site: Site, standing_at_the_door: tuple[Page, dict[str, Any]]
) -> None:
    """A session that ran out is no log-out."""
    page, made = standing_at_the_door
    for key in ("livepark-bookings", "livepark-bookings:0"):
        page.evaluate("([key, uid]) => localStorage.setItem(key, uid)", [key, made["uid"]])
    page.reload()
    page.wait_for_function("localStorage.getItem('livepark-bookings:0') === null")
    assert "livepark-bookings" not in remembered(page)
    page.context.set_offline(True)
    page.evaluate("localStorage.setItem('livepark-user', '0')")
    page.goto(f"{live_site.url}/door/{made['room']}/")
    page.locator("#door-none").wait_for()
    assert page.locator("#door-bookings button").count() == 0


@pytest.mark.browser
def test_a_page_left_open_tells_nothing_in_the_name_of_who_came_next(
    live_site: Site, standing_at_the_door: tuple[Page, dict[str, Any]]
) -> None:
    page, made = standing_at_the_door
    page.goto(f"{page.url}{made['uid']}/")
    page.route("**/check-in", lambda route: route.abort())
    page.locator("form[data-check-in] button").tap()
    page.locator(KEPT).wait_for()
    page.context.clear_cookies()
    other = page.context.new_page()
    other.goto(live_site.url)
    with other.expect_navigation():
        other.locator("form:has(input[name=username][value=host]) button").first.click()
    other.goto(f"{live_site.url}/door/{made['room']}/")
    page.unroute("**/check-in")
    page.evaluate("dispatchEvent(new Event('online'))")
    page.wait_for_timeout(1_000)
    assert page.locator("#check-in-said .alert-danger").count() == 0
    assert page.locator(KEPT).count() == 1


@pytest.mark.browser
def test_the_menu_of_the_portal_forgets_as_well(standing_at_the_door: tuple[Page, dict[str, Any]]) -> None:
    page, _made = standing_at_the_door
    page.locator(".lp-top .dropdown button").first.tap()
    page.locator("form[data-forgets] button").tap()
    page.wait_for_url(lambda url: "/portal/" not in url)
    assert remembered(page) == {}
