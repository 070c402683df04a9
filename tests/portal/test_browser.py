"""The tenant's day through a real browser: on a phone of 360 x 740 and on a desk, in both languages."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

import pytest
from django.urls import resolve

from analytics.demo.logins import DEMO_PASSWORD
from core.clock import DAY, HOUR, day_start, local, now, today
from supplychain.importing.profiles.base import EXAMPLES
from tests.contracts.routes import Route, walk
from tests.servers import Site

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}
DESK = {"viewport": {"width": 1280, "height": 800}}
OpenPage = Callable[..., Any]


def fits(page: Page) -> None:
    """Nothing sticks out of the screen sideways; `innerWidth` alone grows with what does on a phone."""
    assert page.viewport_size is not None
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= min(page.evaluate("innerWidth"), page.viewport_size["width"]), (
        f"{page.url} is {width} wide"
    )


def tabs_are_read_in_whole(page: Page) -> None:
    """Every tab of a desk stands on the screen, none cut off, on the smallest desk as well."""
    for width in (992, 1200):
        page.set_viewport_size({"width": width, "height": 800})
        page.wait_for_function("(width) => innerWidth === width", arg=width)
        right = page.evaluate(
            "Math.max(...Array.from(document.querySelectorAll('.lp-tabs a'), (a) => a.getBoundingClientRect().right))"
        )
        navs = page.locator(".lp-tabs nav.desk-only").all()
        assert navs
        for nav in navs:
            assert right <= nav.evaluate("(nav) => nav.getBoundingClientRect().right")
            assert nav.evaluate("(nav) => nav.scrollWidth <= nav.clientWidth")


def visit(page: Page, address: str) -> None:
    answer = page.goto(address)
    assert answer is not None
    assert answer.ok, address
    fits(page)


def log_in(page: Page, site: Site, username: str = "tenant") -> str:
    """Log in from the landing page by the demo's card; return the address of the portal."""
    page.goto(site.url)
    fits(page)
    page.locator(f"form:has(input[name=username][value={username}]) button").first.click()
    page.wait_for_url("**/portal/**")
    fits(page)
    return page.url


def send(page: Page, site: Site, portal: str, line: dict[str, str]) -> None:
    """Report an order line of this minute to the API, as the person who is logged in."""
    token = {cookie["name"]: cookie["value"] for cookie in page.context.cookies()}["csrftoken"]
    paid = {"kind": "paid", "qty": 1, "occurred_at": local(now()).isoformat(), **line}
    answer = page.request.post(
        f"{site.url}/api/v1/orders/bulk?tenant={portal.rstrip('/').rsplit('/', 1)[1]}",
        data=[paid],
        headers={"X-CSRFToken": token, "Referer": site.url},
    )
    assert answer.ok, answer.text()


NAMED_BY_QUERY = {"portal-order"}
OF_THE_STOREKEEPER = {"portal-stock-work"}  # an owner sees stock and moves none


def portal_pages() -> list[Route]:
    """Every page of the portal whose address names its tenant only, as the resolver knows them."""
    return [
        route
        for route in walk()
        if route.door == "portal"
        and route.parameters == ("tenant",)
        and route.name not in NAMED_BY_QUERY | OF_THE_STOREKEEPER
        and "get" in route.callback.view_class.http_method_names
    ]


# Pages of one row that the links of the lists lead to, at the least; what is reached beside them is looked at as well.
REACHED = {
    "portal-agreement",
    "portal-booking",
    "portal-booking-shifts",
    "portal-event",
    "portal-host",
    "portal-order",
    "portal-product",
    "portal-session",
    "portal-session-claim",
    "portal-statement",
    "portal-statement-line",
    "portal-who-sees",
}
NO_PAGES = {
    "portal-import-sample",
    "portal-import-errors",
    "portal-statement-table",
    "portal-statement-paper",
}
LOOKED_AT_EACH = {"portal-statement"}  # only some have lines that are made of orders, and lead on to them
LINKS = "Array.from(document.querySelectorAll('main a[href]'), (link) => link.pathname + link.search)"


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_page_of_the_portal_fits(live_site: Site, open_page: OpenPage, language: str) -> None:
    """Each page that the resolver names, and one of each kind that these lead to, on a phone and on a desk."""
    page = open_page(**PHONE)
    page.context.add_cookies([{"name": "django_language", "value": language, "url": live_site.url}])
    portal = log_in(page, live_site)
    assert page.locator("html").get_attribute("lang") == language
    tabs_are_read_in_whole(page)
    page.set_viewport_size(PHONE["viewport"])
    tenant = portal.rstrip("/").rpartition("/")[2]
    waiting = {route.name: route.path({"tenant": tenant}) for route in portal_pages()}
    waiting |= {"past": "bookings/?past", "nothing": "goods/?search=nothing"}
    seen: set[str] = set()
    # always in the same order: which row of a kind is looked at follows from the page that was first to link to one
    while ahead := [name for name in waiting if name not in seen]:
        name = ahead[0]
        seen.add(name)
        visit(page, urljoin(portal, waiting[name]))
        assert page.locator("html").get_attribute("lang") == language
        page.set_viewport_size(DESK["viewport"])
        fits(page)
        page.set_viewport_size(PHONE["viewport"])
        for link in page.evaluate(LINKS):
            found = resolve(urlsplit(link).path).url_name or ""
            if link.startswith(f"/portal/{tenant}/") and found not in NO_PAGES:
                waiting.setdefault(found, link)
                if found in LOOKED_AT_EACH:
                    waiting.setdefault(link, link)
    assert seen >= REACHED
    for address in ("/login/", "/go/", "/no/such/page"):
        page.goto(live_site.url + address)
        fits(page)


def test_a_tenant_sees_today_books_imports_and_reads_the_orders_on_a_phone(
    live_site: Site, open_page: OpenPage
) -> None:
    page = open_page(**PHONE)
    portal = log_in(page, live_site)
    assert page.locator(".stamp").count() == 1
    # who can see a figure is one tap away
    page.locator(".lp-who").first.tap()
    page.locator("#modal.show .pill").first.wait_for()
    page.locator("#modal .btn-close").tap()
    page.locator("#modal.show").wait_for(state="detached")

    # a free room is booked from the day of the rooms; the same again offers others, and one tap takes one
    day = f"{today() + 20 * DAY}"
    visit(page, f"{portal}rooms/?day={day}")
    page.locator(".lp-bar a.slot").first.tap()
    page.wait_for_url("**/bookings/new/**")
    page.fill("#id_start", "03:00")
    page.locator("main form button").last.tap()
    page.wait_for_url("**/bookings/*-*/")
    fits(page)
    taken = page.locator("h1").inner_text()
    visit(page, f"{portal}bookings/new/?day={day}&start=03:00")
    option = page.locator("#id_room option", has_text=taken)
    page.select_option("#id_room", value=option.get_attribute("value"))
    page.locator("main form button").last.tap()
    page.locator(".lp-choices button").first.wait_for()
    fits(page)
    page.locator(".lp-choices button").first.tap()
    page.wait_for_url("**/bookings/*-*/")
    page.on("dialog", lambda dialog: dialog.accept())
    page.locator("form[action$='/cancel/'] button").tap()
    page.wait_for_url("**/bookings/")

    # a sample file: looked at, confirmed, watched, read
    visit(page, f"{portal}imports/")
    page.set_input_files("#id_file", EXAMPLES / "douyin-orders.csv")
    page.locator("main form button").last.tap()
    page.wait_for_url("**/imports/*-*/")
    fits(page)
    page.locator("form[action$='/confirm/'] button").tap()
    page.locator("a[href*='orders/?since']").tap(timeout=30_000)
    page.wait_for_url("**/orders/?since=*")
    fits(page)
    assert "6935112345678901231" in page.locator("main").inner_text()


def test_unknown_columns_are_mapped_without_choosing_the_file_again(
    live_site: Site, open_page: OpenPage
) -> None:
    page = open_page(**PHONE)
    portal = log_in(page, live_site)
    visit(page, f"{portal}imports/")
    page.set_input_files("#id_file", EXAMPLES / "mapping.csv")
    page.locator("main form button").last.tap()
    page.locator("#refused fieldset").wait_for()
    fits(page)
    chosen = {
        "单号": "order_no",
        "货品编码": "sku_code",
        "货品": "title",
        "付款时间": "occurred_at",
        "进度": "",
        "已退": "",
    }
    for header, field in chosen.items():
        page.get_by_label(header, exact=True).select_option(field)
    page.locator("main form button").last.tap()
    page.wait_for_url("**/imports/*-*/")
    fits(page)
    assert "E1001" in page.locator("main").inner_text()


def test_the_hall_shows_what_the_owner_chose(live_site: Site, open_page: OpenPage) -> None:
    page = open_page(**PHONE)
    portal = log_in(page, live_site)
    firm = page.locator(".lp-top").inner_text().splitlines()[0]
    send(page, live_site, portal, {"order_no": "hall", "amount": "99999.00"})
    visit(page, f"{portal}firm/")
    wall = live_site.url + str(page.locator("#wall .head a").get_attribute("href"))

    def on_the_wall() -> list[Any]:
        page.goto(wall)
        snapshot = json.loads(page.locator("#snapshot").inner_text())
        return [row["gmv_paid"] for row in snapshot["ranking"] if row["name_zh"] == firm]

    for _ in range(150):  # counted within seconds
        if any(Decimal(amount) >= 99999 for amount in on_the_wall()):
            break
        page.wait_for_timeout(200)
    assert [Decimal(amount) >= 99999 for amount in on_the_wall()] == [True]
    for choice, shown in (("hidden", []), ("rank", [None])):
        visit(page, f"{portal}more/")
        page.locator("main a[href$='/firm/']").tap()
        page.locator(f"input[name=wall_visibility][value={choice}]").tap()
        page.locator(".lp-save button").tap()
        page.locator(".alert-success").wait_for()
        fits(page)
        assert on_the_wall() == shown
    # from what it says about who sees the figures, the owner goes to where that is decided
    visit(page, f"{portal}who-sees/figures/")
    page.locator("main a[href$='/firm/#wall']").tap()
    page.locator("input[name=wall_visibility][value=amount]").tap()
    page.locator(".lp-save button").tap()
    page.locator(".alert-success").wait_for()
    assert on_the_wall() != [None]


def test_an_unknown_code_is_made_a_sku_in_three_taps(live_site: Site, open_page: OpenPage) -> None:
    page = open_page(**PHONE)
    portal = log_in(page, live_site)
    code = "Lamp-7b"
    send(
        page, live_site, portal, {"order_no": "unknown", "amount": "5.00", "sku_code": code, "title": "台灯"}
    )
    visit(page, f"{portal}unresolved/")
    assert code in page.locator("main").inner_text()
    page.locator(".lp-row", has_text=code).tap()
    page.locator("form[action$='/sku/']").wait_for()
    fits(page)
    assert page.input_value("form[action$='/sku/'] #id_name_zh") == "台灯"
    page.locator("form[action$='/sku/'] button").tap()
    page.locator(".alert-success", has_text=code).wait_for()
    fits(page)
    assert page.locator(".lp-row", has_text=code).count() == 0
    visit(page, f"{portal}goods/?search={code.lower()}")
    page.locator(".lp-row").tap()
    page.wait_for_url("**/goods/*-*/")
    fits(page)
    # another colour is written below the first
    page.locator("[data-more]").tap()
    page.locator("input[name$='-code']").last.fill(f"{code}-red")
    page.locator(".lp-save button").tap()
    page.locator(".alert-success").wait_for()
    codes = [field.input_value() for field in page.locator("#sku-rows input[name$='-code']").all()]
    assert codes == [code, f"{code}-red", ""]


def test_leaving_a_late_place_is_asked_and_a_slip_goes_back_for_nothing(
    live_site: Site, open_page: OpenPage
) -> None:
    """The free hours end while the page is open: the server knows, and is asked. Who says no stays."""
    day = today() + 29 * DAY  # of this test alone: the first booking that is drawn is the one it makes
    eight = day_start(day) + 8 * HOUR
    page = open_page(**DESK)
    portal = log_in(page, live_site)
    rooms = f"{portal}rooms/?day={day}"
    visit(page, rooms)
    headers = {
        "X-CSRFToken": {cookie["name"]: cookie["value"] for cookie in page.context.cookies()}["csrftoken"],
        "Referer": live_site.url,
    }
    wanted = {
        "tenant": portal.rstrip("/").rsplit("/", 1)[1],
        "room": json.loads(page.locator("#rooms-day").text_content() or "")["resources"][0]["id"],
        "starts_at": eight.isoformat(),
        "ends_at": (eight + HOUR).isoformat(),
    }
    answer = page.request.post(f"{live_site.url}/api/v1/bookings", data=wanted, headers=headers)
    assert answer.ok, answer.text()
    made = answer.json()
    visit(page, rooms)
    end_free_hours = (
        "from core.clock import now; from livestreams.models import Booking; "
        f"Booking.objects.filter(uid={made['uid']!r}).update(free_until=now())"
    )
    live_site.manage("shell", "-v0", "-c", end_free_hours)
    half = Decimal(made["price"]) / 2  # by the terms of the demo's parks
    asked: list[str] = []

    def reply(dialog: Any) -> None:
        asked.append(dialog.message)
        dialog.dismiss() if len(asked) == 1 else dialog.accept()

    page.on("dialog", reply)
    own = page.locator("#rooms-calendar .ec-event:not(.ec-bg-event)").first
    own.hover()
    held, row = own.bounding_box(), page.locator("#rooms-calendar .ec-day").first.bounding_box()
    assert held is not None
    assert row is not None

    def drag(status: int) -> dict[str, Any]:
        """Two hours to the left; the answer of this status."""
        grip, middle = held["x"] + held["width"] / 2, held["y"] + held["height"] / 2
        page.mouse.move(grip, middle)
        page.mouse.down()
        page.mouse.move(grip - row["width"] / 12, middle, steps=8)
        with page.expect_response(
            lambda each: each.url.endswith("/move") and each.status == status
        ) as answered:
            page.mouse.up()
        told: dict[str, Any] = answered.value.json()
        return told

    refused = drag(409)
    assert refused["gives_up"] == f"{half:.2f}", refused
    own.hover()
    assert own.bounding_box() == held, "who says no stays"
    moved = drag(200)
    assert [f"¥{half:,.2f}" in question for question in asked] == [True, True]
    assert (moved["uid"], moved["starts_at"]) == (made["uid"], local(eight - 2 * HOUR).isoformat()), moved
    assert moved["given_up"] == f"{half:.2f}" > "0.00", moved
    with page.expect_response("**/move") as undone:
        page.locator("#rooms-said button").click()
    back = undone.value.json()
    assert (back["starts_at"], back["given_up"]) == (made["starts_at"], "0.00"), back
    assert len(asked) == 2
    page.request.post(f"{live_site.url}/api/v1/bookings/{made['uid']}/cancel", data={}, headers=headers)


def test_a_room_is_booked_on_a_desk_by_dragging(live_site: Site, open_page: OpenPage) -> None:
    page = open_page(**DESK)
    portal = log_in(page, live_site)
    visit(page, f"{portal}rooms/?day={today() + 21 * DAY}")
    row = page.locator("#rooms-calendar .ec-day").first
    row.wait_for()
    box = row.bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] * 0.25, middle)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.30, middle, steps=5)
    page.mouse.up()
    page.wait_for_url("**/bookings/new/?room=*")
    assert page.input_value("#id_day") == f"{today() + 21 * DAY}"
    assert page.input_value("#id_start") == "06:00"
    page.locator("form.lp-card button[type=submit]").click()
    page.wait_for_url("**/bookings/*-*/")

    booking = page.url.rstrip("/").rpartition("/")[2]
    visit(page, f"{portal}rooms/?day={today() + 21 * DAY}")
    own = page.locator("#rooms-calendar .ec-event:not(.ec-bg-event)").first
    own.hover()  # the board scrolls to its first booking, and then stands still
    held = own.bounding_box()
    assert held is not None
    grip = held["x"] + held["width"] / 2
    page.mouse.move(grip, held["y"] + held["height"] / 2)
    page.mouse.down()
    page.mouse.move(grip + box["width"] / 12, held["y"] + held["height"] / 2, steps=8)
    with page.expect_response("**/move") as moved:
        page.mouse.up()
    assert moved.value.ok
    assert moved.value.json()["uid"] == booking
    assert moved.value.json()["starts_at"].endswith("T08:00:00+08:00")
    said = page.locator("#rooms-said")
    said.get_by_text("08:00").wait_for()
    assert "text-danger" not in (said.get_attribute("class") or "")

    # a hand slipped: it goes back by one click
    with page.expect_response("**/move") as undone:
        said.locator("button").click()
    assert undone.value.json()["starts_at"].endswith("T06:00:00+08:00")
    said.get_by_text("06:00").wait_for()
    own.hover()
    assert own.bounding_box() == held
    assert not said.locator("button").count()

    # somebody took the place meanwhile: it stays where it went, and the reason is said
    page.mouse.move(grip, held["y"] + held["height"] / 2)
    page.mouse.down()
    page.mouse.move(grip + box["width"] / 12, held["y"] + held["height"] / 2, steps=8)
    with page.expect_response("**/move") as moved:
        page.mouse.up()
    said.get_by_text("08:00").wait_for()
    desk = page.context.new_page()
    visit(
        desk,
        f"{portal}bookings/new/?room={moved.value.json()['room']}&day={today() + 21 * DAY}&start=06:30&minutes=60",
    )
    desk.locator("form.lp-card button[type=submit]").click()
    desk.wait_for_url("**/bookings/*-*/")
    with page.expect_response("**/move") as undone:
        said.locator("button").click()
    assert undone.value.status == 409
    said.get_by_text(undone.value.json()["detail"]).wait_for()
    assert "text-danger" in (said.get_attribute("class") or "")
    moved_to = own.bounding_box()
    assert moved_to is not None
    assert moved_to["x"] > held["x"] + 10
    desk.on("dialog", lambda dialog: dialog.accept())
    desk.locator("form[action$='/cancel/'] button").click()
    desk.wait_for_url("**/bookings/")
    desk.close()

    # onto what is taken: it goes back, and what is free instead is one click away
    visit(
        page,
        f"{portal}bookings/new/?room={moved.value.json()['room']}&day={today() + 21 * DAY}&start=14:00&minutes=60",
    )
    page.locator("form.lp-card button[type=submit]").click()
    page.wait_for_url("**/bookings/*-*/")
    visit(page, f"{portal}rooms/?day={today() + 21 * DAY}")
    first = page.locator("#rooms-calendar .ec-event:not(.ec-bg-event)").first
    first.hover()
    held = first.bounding_box()
    assert held is not None
    grip = held["x"] + 5
    page.mouse.move(grip, held["y"] + held["height"] / 2)
    page.mouse.down()
    page.mouse.move(grip + box["width"] / 4, held["y"] + held["height"] / 2, steps=8)
    with page.expect_response("**/move") as refused:
        page.mouse.up()
    assert refused.value.status == 409
    free = said.locator("button").first
    place = refused.value.json()["alternatives"][0]
    with page.expect_navigation():
        free.click()
    assert page.url.endswith(f"day={place['starts_at'][:10]}")
    shown = json.loads(page.locator("#rooms-day").inner_text())["events"]
    assert place["starts_at"][:19] in [event["start"] for event in shown if event["own"] == booking]


def test_a_secret_is_copied_and_languages_switch(live_site: Site, open_page: OpenPage) -> None:
    page = open_page(**DESK, permissions=["clipboard-read", "clipboard-write"])
    portal = log_in(page, live_site)
    visit(page, f"{portal}keys/")
    page.fill("#id_name", "till")
    page.locator("form:has(#id_name) button").click()
    page.locator("[data-copy]").click()
    page.wait_for_function("document.querySelector('[data-copy]').textContent !== ''")
    secret = page.locator("#secret").inner_text()
    assert page.evaluate("navigator.clipboard.readText()") == secret
    visit(page, f"{portal}sessions/")
    page.locator(".lp-top .dropdown button").first.click()
    with page.expect_navigation():
        page.locator(".lp-top button[name=language]").click()
    assert page.locator("html").get_attribute("lang") == "en"
    assert page.url == f"{portal}sessions/"


def test_the_demo_password_is_what_the_landing_page_says(live_site: Site, open_page: OpenPage) -> None:
    page = open_page(**PHONE)
    page.goto(f"{live_site.url}/login/")
    page.fill("#id_username", "host")
    page.fill("#id_password", DEMO_PASSWORD)
    page.locator("main button").tap()
    page.wait_for_url("**/portal/**")
    fits(page)
    assert page.locator(".lp-tile").count() == 0  # a host has a schedule and no figures
