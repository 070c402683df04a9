"""Pages that tenants work on, in Chromium: schedule, festival, reports, trust, hosts; on a phone unless said."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from core.clock import DAY, month_of, next_month, today
from supplychain.importing.profiles.base import EXAMPLES
from tests.admin.test_admin_browser import operator
from tests.portal.test_browser import DESK, PHONE, fits, log_in, visit
from tests.servers import Site

pytestmark = pytest.mark.browser
OpenPage = Callable[..., Any]
# Several files in one drop, as a person lets them go over the page.
DROP = """(files) => {
    const dropped = new DataTransfer();
    for (const [name, text] of files) dropped.items.add(new File([text], name));
    return dropped;
}"""


def test_a_slot_is_asked_for_planned_by_the_operator_and_booked(live_site: Site, open_page: OpenPage) -> None:
    page = open_page(**PHONE)
    portal, day = log_in(page, live_site), f"{today() + 26 * DAY}"
    visit(page, f"{portal}slots/new/")
    page.fill("#id_day", day)
    page.fill("#id_purpose", "新品首发")
    page.locator("main form button[type=submit]").tap()
    page.wait_for_url("**/slots/")
    fits(page)
    asked = page.locator(".lp-row", has_text="新品首发").first
    assert asked.locator(".pill").inner_text() == "等待下次排期"

    desk = operator(live_site, open_page)
    desk.goto(f"{live_site.url}/admin/livestreams/scheduleplan/add/")
    for name, value in (("first_day", day), ("last_day", day), ("seconds", "2")):
        desk.locator(f"[name={name}]").fill(value)
    desk.locator(".select2-selection").first.click()
    desk.locator(".select2-results__option", has_text="小样园区").click()
    with desk.expect_navigation():
        desk.locator("[name=_save]").click()
    desk.locator("#result_list a[href*='/change/']").first.click()
    publish = desk.locator("a[href$='/do/publish/']")
    for _ in range(60):  # thought about for two seconds at most
        if publish.count():
            break
        desk.wait_for_timeout(300)
        desk.reload()
    fits(desk)
    with desk.expect_navigation():
        publish.first.click()
    with desk.expect_navigation():
        desk.locator("#content form button[type=submit], #content form input[type=submit]").first.click()

    visit(page, f"{portal}slots/")
    asked.locator("a[href*='/bookings/']").tap()
    page.wait_for_url("**/bookings/*-*/")
    assert "新品首发" in page.locator("main").inner_text()


def test_several_reports_are_dropped_at_once_and_looked_at(live_site: Site, open_page: OpenPage) -> None:
    page = open_page(**DESK, has_touch=True)
    portal = log_in(page, live_site)
    visit(page, f"{portal}reports/")
    names = ("douyin-live.csv", "taobao-live.csv", "tiktok-live.csv")
    files = [[name, (EXAMPLES / name).read_text("utf-8")] for name in names]
    page.dispatch_event(".lp-drop", "drop", {"dataTransfer": page.evaluate_handle(DROP, files)})
    assert page.evaluate("document.querySelector('.lp-drop input').files.length") == len(files)
    page.locator("main form[enctype] button[type=submit]").click()
    page.wait_for_url("**/reports/*-*/")
    fits(page)
    assert page.locator("h1").inner_text().startswith(f"{len(files)} ")
    page.locator("form[action$='/confirm/'] button").wait_for()
    fits(page)
    # one says why it stays out, the others are taken
    refused = page.locator("section[aria-labelledby=refused] tbody tr")
    assert {row.locator("td").first.inner_text() for row in refused.all()} == {"tiktok-live.csv"}
    assert "MYR" in refused.first.inner_text()
    page.locator("form[action$='/confirm/'] button").tap()
    page.wait_for_url("**/reports/*-*/")
    page.locator(".bi-check-circle-fill").wait_for()
    fits(page)


def test_a_firm_brings_goods_to_a_festival_and_takes_them_back(live_site: Site, open_page: OpenPage) -> None:
    page = open_page(**PHONE)
    portal = log_in(page, live_site)
    visit(page, f"{portal}events/")
    page.locator(".lp-row", has=page.locator(".pill.good", has_text="已报名")).first.tap()
    page.wait_for_url("**/events/*-*/")
    fits(page)
    # the strip of the campaign: its phases with their days
    assert page.locator("main p .pill").count() >= 2
    brought = page.locator("li.lp-row .title").all_inner_texts()
    choices = page.locator("#id_product option").all_inner_texts()[1:]
    page.select_option("#id_product", label=next(name for name in choices if name not in brought))
    page.fill("#id_price", "13.57")
    page.locator("main form.body button[type=submit]").tap()
    item = page.locator("li.lp-row", has_text="13.57")
    item.wait_for()
    fits(page)
    with page.expect_navigation():
        item.locator("button").tap()
    assert item.count() == 0


def test_a_verdict_has_reasons_and_the_firm_replies(live_site: Site, open_page: OpenPage) -> None:
    page = open_page(**PHONE)
    portal = log_in(page, live_site)
    visit(page, f"{portal}sessions/")
    # one of long ago: tonight's may still run
    page.locator("main .lp-row", has_text="灯饰专场").last.tap()
    page.wait_for_url("**/sessions/*-*/")
    trust = page.locator("#trust")
    assert trust.locator(".head .pill").inner_text() in ("已核实", "存疑", "无法判断")
    assert trust.locator("ul li").first.inner_text()
    fits(page)
    if not page.locator("#reply-text").is_visible():
        trust.locator("details summary").tap()
    page.fill("#reply-text", "货到付款的订单明天到账。")
    trust.locator("form button").tap()
    trust.locator("blockquote", has_text="货到付款的订单明天到账。").first.wait_for()
    fits(page)


def test_a_host_is_away_and_back_again(live_site: Site, open_page: OpenPage) -> None:
    page = open_page(**PHONE)
    portal, day = log_in(page, live_site), f"{today() + 27 * DAY}"
    visit(page, f"{portal}hosts/")
    page.locator("main .lp-row").first.tap()
    page.wait_for_url("**/hosts/*-*/")
    fits(page)
    page.locator("a[href$='/away/']").tap()
    page.wait_for_url("**/away/")
    fits(page)
    page.fill("#id_first_day", day)
    page.fill("#id_last_day", day)
    page.locator("main form button[type=submit]").tap()
    page.wait_for_url("**/hosts/*-*/")
    fits(page)
    away = page.locator("form[action*='/absences/']")
    assert away.count() == 1
    with page.expect_navigation():
        away.locator("button").tap()
    assert away.count() == 0


def test_a_fault_is_said_in_two_taps_and_the_booking_moves_with_one(
    live_site: Site, open_page: OpenPage
) -> None:
    page = open_page(**PHONE)
    portal = log_in(page, live_site)
    visit(page, f"{portal}bookings/")
    # not the first: that one may have begun, and who has begun stays where they are
    page.locator("main a[href*='/bookings/']", has_text="明天").first.tap()
    page.wait_for_url("**/bookings/*-*/")
    booking = page.url
    before = page.locator("main dl").first.inner_text()
    page.locator("main a[href*='/fault/']").tap()
    page.locator("[name=kind]").first.wait_for()
    fits(page)
    page.locator("label[for=blocks]").tap()
    page.locator("button[name=kind][value=light]").tap()
    page.wait_for_url(booking)
    assert not page.locator("form[action$='/move/'] button").count()  # nobody of the studio has seen it yet

    desk = operator(live_site, open_page)
    visit(desk, f"{live_site.url}/admin/livestreams/liveroom/studio/")
    desk.locator("a[href*='/do/take-up/']").first.click()
    desk.locator("[name=until_0]").fill(f"{today() + 9 * DAY}")
    desk.locator("[name=until_1]").fill("08:00")
    desk.locator("#content form button[type=submit], #content form input[type=submit]").first.click()
    desk.wait_for_url("**/studio/**")
    assert desk.locator(".lp-mark", has_text="停用").count()

    visit(page, booking)
    with page.expect_navigation():
        page.locator("form[action$='/move/'] button").first.tap()
    fits(page)
    visit(page, booking)
    assert page.locator("main dl").first.inner_text() != before

    repaired = desk.locator("form[action*='/do/repaired/'] button")
    open_faults = repaired.count()
    with desk.expect_navigation():
        repaired.first.click()
    assert repaired.count() == open_faults - 1


def test_a_month_of_money_is_a_list_on_a_phone_and_weeks_on_a_desk(
    live_site: Site, open_page: OpenPage
) -> None:
    month = month_of(today())
    days = (next_month(month) - month).days
    phone = open_page(**PHONE)
    portal = log_in(phone, live_site)
    visit(phone, f"{portal}cash/")
    assert (
        0 < phone.locator(".lp-month > li:visible").count() == phone.locator(".lp-month > li:has(ul)").count()
    )
    desk = open_page(**DESK)
    log_in(desk, live_site)
    visit(desk, f"{portal}cash/")
    shown = desk.locator(".lp-month > li:visible")
    assert shown.count() == days
    # Every day stands below the name of its weekday.
    names = [name.bounding_box()["x"] for name in desk.locator(".lp-month-week span").all()]
    for number, day in enumerate(shown.all()):
        weekday = (month + number * DAY).weekday()
        assert abs(day.bounding_box()["x"] - names[weekday]) < 8, number


def test_the_day_of_the_rooms_is_a_calendar_once_the_window_is_wide_enough(
    live_site: Site, open_page: OpenPage
) -> None:
    page = open_page(**DESK)
    portal = log_in(page, live_site)
    page.set_viewport_size({"width": 800, "height": 800})
    visit(page, f"{portal}rooms/")
    assert not page.locator("#rooms-calendar .ec-body").count()
    page.set_viewport_size({"width": 1280, "height": 800})
    page.locator("#rooms-calendar .ec-body").first.wait_for()


def test_a_host_is_found_for_goods_with_reasons_and_booked(live_site: Site, open_page: OpenPage) -> None:
    page = open_page(**PHONE)
    portal = log_in(page, live_site)
    visit(page, f"{portal}find-host/")
    page.fill("[name=first_day]", f"{today() + 18 * DAY}")
    page.fill("[name=last_day]", f"{today() + 24 * DAY}")
    page.locator("main form button[type=submit]").tap()
    page.wait_for_url("**/find-host/?**")
    fits(page)
    first = page.locator("ol .lp-row").first
    assert first.locator(".title").inner_text().startswith("1.")
    assert len(first.locator("small").first.inner_text()) > 10, "a rank says why"
    host = first.locator(".title a").inner_text()
    first.locator("a.btn").tap()
    page.wait_for_url("**/bookings/new/?**")
    fits(page)
    assert page.locator("[name=host] option:checked").inner_text() == host
    assert page.input_value("[name=day]") == f"{today() + 18 * DAY}"

    # Nobody can be had for next to nothing, and the page says why.
    visit(page, f"{portal}find-host/")
    page.fill("[name=budget]", "1")
    page.locator("main form button[type=submit]").tap()
    page.locator("[aria-labelledby=excluded-title] .lp-row").first.wait_for()
    fits(page)
    assert page.locator("ol .lp-row").count() == 0
