"""The operator's pages of the live rooms in Chromium on a desk: each that the registry knows, and their board."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from core.clock import DAY, day_start, now, today
from tests.contracts.routes import walk
from tests.portal.test_browser import DESK, PHONE, fits
from tests.servers import Site

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
OpenPage = Callable[..., Any]
# Lists, and the pages beside them that have a name of their own: board, use of the rooms, month and cover of the hosts.
PAGES = [
    route.path({})
    for route in walk()
    if route.admin_model.startswith("livestreams.")
    and not route.parameters
    and (route.name.endswith("_changelist") or not route.name.startswith("admin:livestreams_"))
]


def operator(site: Site, open_page: OpenPage, language: str = "zh-hans", **screen: Any) -> Page:
    """A screen, a desk's unless another is named, at which the manager of the demo's park has logged in."""
    page: Page = open_page(**(screen or DESK))
    page.goto(site.url)
    page.locator("form:has(input[name=username][value=park]) button").first.click()
    page.wait_for_url("**/admin/")
    page.context.add_cookies([{"name": "django_language", "value": language, "url": site.url}])
    return page


def test_every_page_of_the_live_rooms_opens_without_a_fault(live_site: Site, open_page: OpenPage) -> None:
    assert len(PAGES) > 25
    page = operator(live_site, open_page)
    said: list[str] = []
    page.on("console", lambda line: line.type == "error" and said.append(f"{page.url}: {line.text}"))
    for address in PAGES:
        answer = page.goto(live_site.url + address)
        assert answer is not None
        assert answer.ok, address
        fits(page)
        assert page.locator("#content, main").first.is_visible(), address
    assert said == []


def test_a_list_on_a_phone_has_few_lines_for_a_row(live_site: Site, open_page: OpenPage) -> None:
    """A line for each of ten columns made fifty bookings 23,000 pixels high."""
    page = operator(live_site, open_page, **PHONE)
    page.goto(f"{live_site.url}/admin/livestreams/booking/")
    row = page.locator("#result_list tr.data-row").first
    card, opens = row.bounding_box(), row.locator("th a").bounding_box()
    assert card is not None
    assert opens is not None
    assert card["height"] < 200
    assert opens["height"] >= 36, "a thumb opens the row"
    fits(page)


def test_the_operator_moves_a_booking_on_the_board(live_site: Site, open_page: OpenPage) -> None:
    page = operator(live_site, open_page)
    day = today() + 22 * DAY
    board = f"{live_site.url}/admin/livestreams/liveroom/board/?day={day}"
    page.goto(board)
    room = json.loads(page.locator("#rooms-day").inner_text())["resources"][0]["id"]
    known = page.request.get(f"{live_site.url}/api/v1/bookings").json()["results"][0]
    token = {cookie["name"]: cookie["value"] for cookie in page.context.cookies()}["csrftoken"]
    span = {"starts_at": f"{day}T06:00:00+08:00", "ends_at": f"{day}T08:00:00+08:00"}
    made = page.request.post(
        f"{live_site.url}/api/v1/bookings",
        data={"tenant": known["tenant"], "room": room, **span},
        headers={"X-CSRFToken": token, "Referer": live_site.url},
    )
    assert made.ok, made.text()
    page.goto(board)
    event = page.locator("#rooms-calendar .ec-event").first
    held = event.bounding_box()
    assert held is not None
    hours = held["width"] / 2
    grip, middle = held["x"] + held["width"] / 2, held["y"] + held["height"] / 2
    page.mouse.move(grip, middle)
    page.mouse.down()
    page.mouse.move(grip + 3 * hours, middle, steps=8)
    with page.expect_response("**/move") as moved:
        page.mouse.up()
    assert moved.value.ok, moved.value.text()
    assert moved.value.json()["uid"] == made.json()["uid"]
    assert moved.value.json()["starts_at"].endswith("T09:00:00+08:00")
    event.click()
    page.wait_for_url("**/booking/*/change/")


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Asia/Shanghai"])
def test_the_board_keeps_the_time_of_the_park_and_shows_when_rooms_are_closed(
    live_site: Site, open_page: OpenPage, zone: str
) -> None:
    page = operator(live_site, open_page, **PHONE, timezone_id=zone)
    board = f"{live_site.url}/admin/livestreams/liveroom/board/?day={today()}"
    page.goto(board)
    resources = json.loads(page.locator("#rooms-day").inner_text())["resources"]
    room = resources[0].get("children", resources)[0]["id"]
    token = {cookie["name"]: cookie["value"] for cookie in page.context.cookies()}["csrftoken"]
    address = f"{live_site.url}/api/v1/rooms/{room}"
    before = page.request.get(address).json()

    def opens(hours: dict[str, str]) -> None:
        sent = {"X-CSRFToken": token, "Referer": live_site.url}
        changed = page.request.post(f"{address}/change", data=hours, headers=sent)
        assert changed.ok, changed.text()

    opens({"opens_at": "09:00", "closes_at": "21:00"})
    page.goto(board)
    line = page.locator("#rooms-calendar .lp-now").first
    line.wait_for(state="attached")
    row, at = (
        page.locator(f"#rooms-calendar {name}").first.bounding_box() for name in (".ec-day", ".lp-now")
    )
    assert row is not None
    assert at is not None
    gone = (now() - day_start(today())) / DAY
    assert abs((at["x"] - row["x"]) / row["width"] - gone) < 5 / (24 * 60)
    # The present hour is on a narrow screen.
    assert 0 <= at["x"] <= PHONE["viewport"]["width"]
    closed = [each.bounding_box() for each in page.locator("#rooms-calendar .lp-closed").all()]
    hours = sorted(round(box["width"] / row["width"] * 24) for box in closed if box)
    assert hours[:2] == [3, 9]
    opens({name: before[name] for name in ("opens_at", "closes_at")})  # others look at this room too


NARROW = {"viewport": {"width": 360, "height": 740}}
"""As narrow as a phone; the page is not made smaller until it fits, as a phone does."""
TABLES = (
    "livestreams/liveroom/usage/", "livestreams/host/month/", "livestreams/host/cover/",
    "livestreams/exchangeoffer/month/", "analytics/sessionreading/round/",
)  # fmt: skip
# Boxes of all texts that a chart has drawn.
TEXTS = """box => {
  const drawn = echarts.getInstanceByDom(box).getZr().storage.getDisplayList(true);
  return drawn.filter((each) => each.type === "tspan").map((each) => {
    const rect = each.getBoundingRect().clone();
    if (each.transform) rect.applyTransform(each.transform);
    return [rect.x, rect.y, rect.x + rect.width, rect.y + rect.height, each.style.text];
  });
}"""


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_tables_scroll_within_a_narrow_screen(live_site: Site, open_page: OpenPage, language: str) -> None:
    page = operator(live_site, open_page, language, **NARROW)
    for address in TABLES:
        answer = page.goto(f"{live_site.url}/admin/{address}")
        assert answer is not None
        assert answer.ok, address
        fits(page)


RECORDS = ("livestreams/host/", "analytics/trustverdict/", "analytics/parkvalue/")


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_records_fit_a_narrow_screen(live_site: Site, open_page: OpenPage, language: str) -> None:
    """Also one with many tabs, and one that shows a hash."""
    page = operator(live_site, open_page, language, **NARROW)
    for address in RECORDS:
        page.goto(f"{live_site.url}/admin/{address}")
        record = page.locator("#result_list a[href*='/change/']").first.get_attribute("href")
        page.goto(f"{live_site.url}{record}")
        page.locator("#tabs-items, .readonly").first.wait_for()
        fits(page)
        tabs = page.locator("#tabs-wrapper nav a")
        assert all(tab.is_visible() for tab in tabs.all())


def test_a_desk_shows_the_evening_of_the_board(live_site: Site, open_page: OpenPage) -> None:
    page = operator(live_site, open_page, viewport={"width": 1440, "height": 900})
    page.goto(f"{live_site.url}/admin/livestreams/liveroom/board/")
    page.wait_for_function(
        """() => {
            const hours = document.querySelector("#rooms-calendar .ec-main");
            return hours?.querySelector(".ec-body") && hours.scrollWidth <= hours.clientWidth;
        }""",
        timeout=10_000,
    )


def test_the_hours_of_the_board_keep_most_of_a_narrow_screen(live_site: Site, open_page: OpenPage) -> None:
    page = operator(live_site, open_page, **NARROW)
    page.goto(f"{live_site.url}/admin/livestreams/liveroom/board/")
    names = page.locator("#rooms-calendar .ec-body .ec-sidebar")
    names.locator(".ec-row-head").first.evaluate(
        "(head) => head.append('古镇灯饰直播电商基地与档口直播联盟')"
    )
    assert names.bounding_box()["width"] <= NARROW["viewport"]["width"] / 3  # type: ignore[index]


def test_words_of_the_heat_map_lie_over_nothing_and_within_it(live_site: Site, open_page: OpenPage) -> None:
    page = operator(live_site, open_page, "en", **NARROW)
    page.goto(f"{live_site.url}/admin/livestreams/liveroom/usage/")
    heat = page.locator("#heat")
    heat.locator("canvas").first.wait_for()
    texts = heat.evaluate(TEXTS)
    width = heat.bounding_box()["width"]  # type: ignore[index]
    assert any("share of open time" in text for *_box, text in texts), texts
    for left, top, right, bottom, text in texts:
        assert left >= -1, text
        assert right <= width + 1, text
        for other in texts:
            if other[4] != text:
                apart = right <= other[0] or other[2] <= left or bottom <= other[1] or other[3] <= top
                assert apart, (text, other[4])


def test_the_title_of_a_booking_is_read_whole(live_site: Site, open_page: OpenPage) -> None:
    for screen in (DESK, PHONE):
        page = operator(live_site, open_page, **screen)
        page.goto(f"{live_site.url}/admin/livestreams/booking/")
        page.locator("#result_list a[href*='/change/']").first.click()
        page.wait_for_url("**/change/**")
        fits(page)
        title = page.locator("#header-inner h1 > a").last
        assert title.evaluate(
            "it => it.scrollWidth <= it.clientWidth && it.scrollHeight <= it.clientHeight + 1"
        )
        assert title.bounding_box()["width"] > 60  # type: ignore[index]
