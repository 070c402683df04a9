"""The walls in Chromium: nothing is cut, the server may go away, a revoked link goes dark, and memory stays flat."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from analytics.demo.logins import DEMO_PASSWORD
from tests import servers
from tests.analytics.fastforward import PLAY, STAND_IN, Held, memory_of
from tests.scaled.sites import copy_of, write_to
from tests.servers import Site

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

OpenPage = Callable[..., Any]
SCREENS = {"hd": (1920, 1080), "4k": (3840, 2160), "portrait": (1080, 1920)}
# Nodes by which one snapshot differs from another; a leak of one in each is ten times that.
FEW = 15
WALLS = {"park": ("tiny hall screen", "/wall/tiny/"), "place": ("cn-44 bureau screen", "/wall/place/cn-44/")}
# Elements that are cut, and texts that are smaller than 1/68 of the screen's shorter side in height: 16 pixels of 1080.
FAULTS = """() => {
    const found = [], least = Math.min(innerWidth, innerHeight) / 68;
    const shown = (node) => node.getClientRects().length && node.textContent.trim() && !node.closest("script");
    for (const node of document.querySelectorAll("body *")) {
        if (!shown(node)) continue;
        const style = getComputedStyle(node), box = node.getBoundingClientRect();
        const text = node.textContent.trim().slice(0, 40);
        if (parseFloat(style.fontSize) < least) found.push(["small", style.fontSize, text]);
        if (node.closest("footer")) continue;
        if (style.overflowX !== "visible" && style.display !== "inline" && node.scrollWidth > node.clientWidth + 1)
            found.push(["cut", node.tagName + "#" + node.id, text]);
        if (box.right > innerWidth + 1 || box.bottom > innerHeight + 1) found.push(["outside", node.tagName, text]);
    }
    const root = document.documentElement;
    if (root.scrollWidth > innerWidth || root.scrollHeight > innerHeight) found.push(["scrolls"]);
    return found;
}"""

# Keeps the stream where the page's script can be given a snapshot of another day.
KEPT = """
window.EventSource = class extends EventSource {
    constructor(...given) { super(...given); window.stream = this; }
};
"""
# As many sessions, viewers and hosts as there ever are, and titles, which a session without a host is named by.
CROWDED = """async () => {
    const next = JSON.parse(document.getElementById("snapshot").textContent);
    if (next.sessions) next.sessions = Array.from({ length: 6 }, (_, at) => ({
        title: "tiny-001 session 云朵女装夏季上新专场", platform: "小红书", minutes: 719,
        audience: 999949, gmv_paid: "999949.99",
    }));
    if (next.hosts) Object.assign(next.hosts, { next: 999, off: 999 });
    window.stream.close();
    window.stream.dispatchEvent(new MessageEvent("snapshot", { data: JSON.stringify(next) }));
    await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));
    return document.querySelectorAll("#sessions td:first-child").length > 1;
}"""


def address_of(site: Site, wall: str) -> str:
    name, path = WALLS[wall]
    keys = json.loads((Path(site.env["LIVEPARK_DATA_DIR"]) / "demo-keys.json").read_text("utf-8"))
    return f"{site.url}{path}?key={keys[name]}"


def look(page: Page, site: Site, wall: str, language: str = "zh-hans") -> None:
    page.context.add_cookies([{"name": "django_language", "value": language, "url": site.url}])
    page.goto(address_of(site, wall))
    page.wait_for_selector("body[data-state=on]")


@pytest.mark.parametrize("screen", SCREENS)
def test_nothing_is_cut_and_everything_can_be_read(live_site: Site, open_page: OpenPage, screen: str) -> None:
    width, height = SCREENS[screen]
    page = open_page(viewport={"width": width, "height": height})
    page.add_init_script(KEPT)
    for wall in WALLS:
        for language in ("zh-hans", "en"):
            look(page, live_site, wall, language)
            page.wait_for_function("document.querySelectorAll('.chart canvas').length == 2")
            assert page.evaluate(FAULTS) == [], (wall, language)
            assert page.evaluate(CROWDED) is (wall == "park")
            assert page.evaluate(FAULTS) == [], (wall, language, "crowded")


# What a phone shows first, which panels tell no age, and what is cut or stands out at the side.
PHONE = """() => {
    const shown = (node) => node.getClientRects().length;
    const all = (query) => [...document.querySelectorAll(query)].filter(shown);
    const top = (node) => node.getBoundingClientRect().top;
    const told = (node) => [...node.querySelectorAll("[data-age]")].some((age) => age.textContent);
    const words = (node) => `${node.tagName}#${node.id} ${node.textContent.trim().slice(0, 40)}`;
    const cut = (node) => {
        const style = getComputedStyle(node);
        return style.overflowX !== "visible" && style.display !== "inline" && node.scrollWidth > node.clientWidth + 1;
    };
    const outside = (node) => node.getBoundingClientRect().right > innerWidth + 1 || cut(node);
    return {
        hero: top(document.querySelector("#gmv_paid")), rest: Math.min(...all("#campaign, main").map(top)),
        least: parseFloat(getComputedStyle(document.documentElement).fontSize),
        wide: document.documentElement.scrollWidth,
        ageless: all(".panel h2, .figures article").filter((node) => !told(node)).map(words),
        sideways: all("body *").filter(outside).map(words),
    };
}"""


def test_a_phone_scrolls_down_and_has_the_figures_first(live_site: Site, open_page: OpenPage) -> None:
    page = open_page(viewport={"width": 360, "height": 740})
    page.add_init_script(KEPT)
    for wall in WALLS:
        for language in ("zh-hans", "en"):
            look(page, live_site, wall, language)
            page.wait_for_function("document.querySelectorAll('.chart canvas').length == 2")
            seen = page.evaluate(PHONE)
            assert (seen["wide"], seen["least"]) == (360, 12), (wall, language)
            assert seen["sideways"] == seen["ageless"] == [], (wall, language)
            assert seen["hero"] < min(200, seen["rest"]), (wall, language)
            assert page.evaluate(CROWDED) is (wall == "park")
            assert page.evaluate(PHONE)["sideways"] == [], (wall, language, "crowded")


@pytest.fixture
def own_site(live_site: Site, tmp_path: Path) -> tuple[dict[str, str], int]:
    """An installation that may be harmed, and the port that it is to be served on."""
    return copy_of(live_site, tmp_path), servers.free_port()


def test_the_wall_comes_back_after_the_server_and_goes_dark_with_its_link(
    own_site: tuple[dict[str, str], int], open_page: OpenPage
) -> None:
    env, port = own_site
    page, foreign = open_page(viewport={"width": 1280, "height": 720}), open_page()
    foreign.clock.install()
    with servers.serve(env, port) as site:
        look(page, site, "park")
        figures = page.locator("#gmv_paid").inner_text()
    page.wait_for_selector("body[data-state=late]")
    assert page.locator("#gmv_paid").inner_text() == figures, "the last figures stay"
    assert "连接中断" in page.locator("#age").inner_text()
    with servers.serve(env, port) as site:
        page.wait_for_selector("body[data-state=on]", timeout=30_000)
        look(foreign, site, "place")
        # both links die; each screen goes dark by the stream that it has open
        write_to(env, "UPDATE analytics_displaylink SET revoked_at = '2026-01-01 00:00:00'")
        for each in (page, foreign):
            each.wait_for_selector("body[data-state=dark]", timeout=4_000)
            assert figures not in each.content()
            assert each.locator("body").inner_text().startswith("此屏幕已不能展示大屏")
        assert page.goto(address_of(site, "park")).status == 404
    # whoever may look again sees it by itself; that nobody answers at the moment says nothing of that
    with foreign.expect_event("requestfailed"):
        foreign.clock.fast_forward("01:01")
    write_to(env, "UPDATE analytics_displaylink SET revoked_at = NULL")
    assert foreign.locator("body[data-state=dark]").is_visible()
    with servers.serve(env, port):
        foreign.clock.fast_forward("01:01")
        foreign.wait_for_selector("body[data-state=on]")


def test_a_bureau_puts_its_province_on_a_screen_and_takes_it_off(
    live_site: Site, open_page: OpenPage
) -> None:
    desk = open_page(viewport={"width": 1280, "height": 800})
    desk.goto(f"{live_site.url}/login/?next=/admin/analytics/displaylink/add/")
    desk.fill("[name=username]", "analyst")
    desk.fill("[name=password]", DEMO_PASSWORD)
    desk.press("[name=password]", "Enter")
    desk.wait_for_url("**/displaylink/add/")
    desk.locator(".field-node .select2-selection").click()
    desk.locator(".select2-search__field").last.fill("cn-44")
    desk.locator(".select2-results__option", has_text="广东").first.click()
    desk.fill("[name=name]", "会议室")
    desk.locator("[name=_save]").click()
    desk.wait_for_url("**/displaylink/**")
    address = re.search(r"http\S+/wall/place/cn-44/\?key=\S+", desk.inner_text("body"))
    assert address is not None, "the address is shown this once"

    screen = open_page(viewport={"width": 1920, "height": 1080})
    screen.goto(address[0])
    screen.wait_for_selector("body[data-state=on]")
    assert "广东" in screen.inner_text("body")
    assert screen.evaluate(FAULTS) == []

    desk.goto(f"{live_site.url}/admin/analytics/displaylink/")
    assert address[0] not in desk.content()
    desk.locator("#result_list tr", has_text="会议室").locator("a[href*='/change/']").first.click()
    desk.locator("a[href$='/do/revoke/']").first.click()
    desk.locator("#content form button[type=submit], #content form input[type=submit]").first.click()
    screen.wait_for_selector("body[data-state=dark]", timeout=4_000)


@pytest.mark.parametrize("wall", WALLS)
def test_memory_stays_flat(live_site: Site, open_page: OpenPage, wall: str) -> None:
    """A part of 72 hours of snapshots, as fast as they can be drawn: `make bench` plays more of them."""

    def played(page: Page, times: int) -> Held:
        page.evaluate(PLAY, times)
        return memory_of(page)

    page = open_page(viewport={"width": 1920, "height": 1080})
    page.add_init_script(STAND_IN)
    page.goto(address_of(live_site, wall))
    before, after = played(page, 150), played(page, 150)
    assert page.locator("canvas").count() == 2, "charts are drawn again, not anew"
    assert after.nodes < before.nodes + FEW
    assert after.listeners <= before.listeners
    # The library of the charts warms up for hours; all that is ours is flat from the beginning.
    page.route("**/echarts*.js", lambda route: route.abort())
    page.goto(address_of(live_site, wall))
    before, after = played(page, 200), played(page, 300)
    assert after.nodes < before.nodes + FEW
    assert after.listeners <= before.listeners
    assert after.bytes - before.bytes < 40_000


# One snapshot at 20:00 in the park, whose ticker begins yesterday, and the same ticker after midnight.
TICKER = """async () => {
    const next = JSON.parse(document.getElementById("snapshot").textContent);
    next.ticker = ["2030-03-06T11:30:00+00:00", "2030-03-05T12:35:00+00:00"].map((at) =>
        ({ at, what: "ended", room_zh: "1", tenant_zh: "1", park_zh: "1" }));
    const told = [];
    for (const at of ["2030-03-06T12:00:00+00:00", "2030-03-06T16:00:00+00:00"]) {
        for (const handler of window.stream.heard.snapshot) handler({ data: JSON.stringify({ ...next, at }) });
        await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));
        told.push([...document.querySelectorAll("#ticker time")].slice(0, 2).map((each) => each.textContent));
    }
    return told;
}"""


@pytest.mark.parametrize("wall", WALLS)
def test_what_ended_yesterday_says_its_day(live_site: Site, open_page: OpenPage, wall: str) -> None:
    page = open_page(viewport={"width": 1920, "height": 1080})
    page.add_init_script(STAND_IN)
    page.goto(address_of(live_site, wall))
    assert page.evaluate(TICKER) == [["19:30", "周二 20:35"], ["周三 19:30", "周二 20:35"]]


# Two snapshots of a park in which nobody is on air and nothing happens but that a booking's time comes.
QUIET = """async () => {
    const next = JSON.parse(document.getElementById("snapshot").textContent), told = [];
    Object.assign(next, { sessions: [], as_of: {} });
    next.rooms = [{ name_zh: "1 号", state: "next", tenant_zh: "甲", starts_at: "2030-03-06T12:01:00+00:00" }];
    next.next = Array.from({ length: 12 }, (_, at) =>
        ({ starts_at: "2030-03-06T12:01:00+00:00", host_zh: `${at}`, room_zh: "1 号" }));
    for (const at of ["2030-03-06T12:00:00+00:00", "2030-03-06T12:02:00+00:00"]) {
        for (const handler of window.stream.heard.snapshot) handler({ data: JSON.stringify({ ...next, at }) });
        await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));
        told.push(document.querySelector("#rooms .room i").textContent);
    }
    return told;
}"""


def test_where_nobody_is_on_air_the_wall_shows_who_comes_and_who_is_late(
    live_site: Site, open_page: OpenPage
) -> None:
    page = open_page(viewport={"width": 1920, "height": 1080})
    page.add_init_script(STAND_IN)
    page.goto(address_of(live_site, "park"))
    assert page.evaluate(QUIET) == ["20:01", "应于 20:01 开播"]
    assert page.locator(".panel.sessions").is_hidden(), "an empty panel is no news"
    assert page.locator("#next li").count() >= 9
    assert page.evaluate(FAULTS) == []


# A hall of so many rooms, some of them without a number in their names; which part of the panel their tiles fill.
HALL = """async (many) => {
    const next = JSON.parse(document.getElementById("snapshot").textContent);
    next.rooms = Array.from({ length: many }, (_, at) =>
        ({ name_zh: at ? `${at} 号直播间` : "国风直播间", state: "next", tenant_zh: "甲", starts_at: next.at }));
    for (const handler of window.stream.heard.snapshot) handler({ data: JSON.stringify(next) });
    await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));
    const box = document.getElementById("rooms"), { bottom } = box.lastElementChild.getBoundingClientRect();
    return [(bottom - box.getBoundingClientRect().top) / box.clientHeight,
        [...box.querySelectorAll("b")].slice(0, 2).map((each) => each.textContent)];
}"""


def test_rooms_are_as_large_as_they_fit_and_none_gets_the_number_of_another(
    live_site: Site, open_page: OpenPage
) -> None:
    page = open_page(viewport={"width": 1920, "height": 1080})
    page.add_init_script(STAND_IN)
    page.goto(address_of(live_site, "park"))
    for many in (21, 24, 36):
        filled, names = page.evaluate(HALL, many)
        assert filled > 0.6, many
        assert names[0].startswith("国风")
        assert "1" in names[1]
        assert page.evaluate(FAULTS) == []


# A place of which much is withheld, with parks of long names; and which texts are cut: by the lines they may take, or
# of what hangs below a line (how far the letters hang, and how far the text may stand out of its box).
LONG = """async () => {
    const next = JSON.parse(document.getElementById("snapshot").textContent);
    const withheld = "dominant_firm", sums = { gmv_paid: null, orders: null, audience: null, withheld, rank: null };
    const name_en = "Shaxi 1688 Zhongshan Live Base and Stall Alliance";
    const name_zh = "沙溪 1688 中山直播基地与档口直播联盟";
    next.parks = Array.from({ length: 3 }, () => ({ ...next.parks[0], name_en, name_zh, ...sums }));
    Object.assign(next, { figures: { withheld }, audience: { withheld } });
    for (const handler of window.stream.heard.snapshot) handler({ data: JSON.stringify(next) });
    await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));
    const pen = document.createElement("canvas").getContext("2d");
    const cut = [...document.querySelectorAll("#parks :is(strong, small)")].filter((node) => {
        const style = getComputedStyle(node);
        pen.font = style.font;
        const letters = pen.measureText("gy"), line = parseFloat(style.lineHeight) || Infinity;
        const below = (line - letters.fontBoundingBoxAscent - letters.fontBoundingBoxDescent) / 2
            + letters.fontBoundingBoxDescent + parseFloat(style.overflowClipMargin || 0);
        return node.scrollHeight > 1.15 * node.clientHeight || letters.actualBoundingBoxDescent > below + 0.5;
    });
    return [[...new Set(cut.map((node) => node.textContent))], document.getElementById("audience_note").textContent];
}"""


@pytest.mark.parametrize("screen", SCREENS)
def test_a_place_whose_sums_are_withheld_says_why_and_names_its_parks_in_full(
    live_site: Site, open_page: OpenPage, screen: str
) -> None:
    width, height = SCREENS[screen]
    page = open_page(viewport={"width": width, "height": height})
    page.add_init_script(STAND_IN)
    for language, why in (
        ("zh-hans", "不予显示：一家企业占比超过 80%"),
        ("en", "withheld: one firm makes more than 80 %"),
    ):
        look(page, live_site, "place", language)
        assert page.evaluate(LONG) == [[], why]
        assert page.evaluate(FAULTS) == [], language


# A place with towns a dozen kilometres apart; which of the texts of its map lie on one another.
TOWNS = """async () => {
    const next = JSON.parse(document.getElementById("snapshot").textContent);
    const town = (name, latitude, longitude) =>
        ({ name_zh: name, name_en: name, latitude, longitude, parks: 1, rooms: 12, live: 0 });
    next.towns = [town("Guzhen", 22.611, 113.19), town("Henglan", 22.523, 113.253), town("Shaxi", 22.527, 113.327),
        town("Dayong", 22.46, 113.29), town("Humen", 22.82, 113.67)];
    for (const handler of window.stream.heard.snapshot) handler({ data: JSON.stringify(next) });
    window.dispatchEvent(new Event("resize"));
    await new Promise((drawn) => setTimeout(drawn, 600));
    const shown = window.echarts.getInstanceByDom(document.getElementById("map")).getZr().storage.getDisplayList(true);
    const texts = shown.filter((each) => each.type === "tspan").map((each) => {
        const box = each.getBoundingRect().clone();
        if (each.transform) box.applyTransform(each.transform);
        return [each.style.text, box];
    });
    const pairs = texts.flatMap(([one, box], at) => texts.slice(at + 1)
        .filter(([, other]) => box.intersect(other)).map(([other]) => `${one} / ${other}`));
    return [texts.length, pairs];
}"""


@pytest.mark.parametrize("screen", SCREENS)
def test_names_of_near_towns_do_not_lie_on_one_another(
    live_site: Site, open_page: OpenPage, screen: str
) -> None:
    width, height = SCREENS[screen]
    page = open_page(viewport={"width": width, "height": height})
    page.add_init_script(STAND_IN)
    look(page, live_site, "place")
    assert page.evaluate(TOWNS) == [10, []]
