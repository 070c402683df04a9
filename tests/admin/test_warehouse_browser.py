"""A warehouse clerk's day in Chromium, on a phone: what waits, the pick list, the packing table, what comes back."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.portal.test_browser import PHONE, fits, visit
from tests.servers import Site

pytestmark = pytest.mark.browser
OpenPage = Callable[..., Any]


def number(page: Any, label: str) -> int:
    """A figure of the warehouse's day."""
    box = page.locator(".lp-number", has_text=label).first
    return int(box.locator(".lp-value").inner_text().replace(",", ""))


def scan(page: Any, code: str) -> None:
    """What a barcode reader does: the characters, then Enter, into the field that has the focus."""
    page.wait_for_function("document.activeElement.id === 'code'")
    page.keyboard.type(code)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    fits(page)


def said(page: Any) -> str:
    return str(page.locator("main, #main, body").first.inner_text())


def clerk(page: Any, site: Site) -> None:
    """The warehouse's day, as its clerk sees it after logging in."""
    page.goto(f"{site.url}/login/?next=/admin/supplychain/warehouse/day/")
    page.fill("[name=username]", "keeper")
    page.fill("[name=password]", "livepark")
    page.press("[name=password]", "Enter")
    page.wait_for_url("**/warehouse/day/")
    fits(page)


def test_a_clerk_fetches_packs_and_sends_an_order(live_site: Site, open_page: OpenPage) -> None:
    page = open_page(**PHONE)
    clerk(page, live_site)
    waiting = number(page, "已付款未发货")

    # names scroll sideways instead of standing one character a line
    owners = page.locator(".lp-scroll td:nth-child(4)").all()
    assert owners
    assert all(cell.bounding_box()["width"] > 40 for cell in owners)
    page.locator("a[href$='/pick-list/']").first.tap()
    page.wait_for_url("**/pick-list/")
    fits(page)
    zones = [row.locator("td").first.inner_text() for row in page.locator("tbody tr").all()]
    assert zones == sorted(zones)
    assert zones

    visit(page, f"{live_site.url}/admin/supplychain/parcel/?state__exact=waiting")
    order = page.locator("#result_list tbody tr").first.locator("th, td.field-order_no").first.inner_text()
    visit(page, f"{live_site.url}/admin/supplychain/warehouse/packing/")
    scan(page, "no-such-order")
    assert "no-such-order" in said(page)
    scan(page, order.strip())
    assert page.locator("h2", has_text=order.strip()).count()

    scan(page, "not-of-this-parcel")
    assert "不属于此包裹" in said(page)
    lines = [
        (cells.nth(0).inner_text(), int(cells.nth(3).inner_text().split("/")[1].split()[0]))
        for row in page.locator(".lp-table tbody tr").all()
        for cells in [row.locator("td")]
    ]
    for sku, pieces in lines:
        for _piece in range(pieces):
            scan(page, sku)
    page.locator("#carrier").select_option("sf")
    page.locator("#code").fill("SF1000200030004")
    with page.expect_navigation():
        page.locator("button", has_text=re.compile("^发出$")).tap()
    fits(page)
    assert "已发出" in said(page)

    visit(page, f"{live_site.url}/admin/supplychain/warehouse/day/")
    assert number(page, "已付款未发货") == waiting - 1
    page.locator(".lp-table a[href*='/do/return/']").first.tap()
    page.wait_for_url(re.compile("/do/return/"))
    page.locator("[name=condition]").select_option("good")
    with page.expect_navigation():
        page.locator("#content form button[type=submit], #content form input[type=submit]").first.tap()
    assert page.url.endswith("/warehouse/day/")


def test_a_clerk_counts_goods_and_brings_them_to_another_zone(live_site: Site, open_page: OpenPage) -> None:
    page = open_page(**PHONE)
    page.add_init_script(CAMERA.replace("FORMATS", '["code_128"]'))
    clerk(page, live_site)
    page.locator("a[href$='/warehouse/shelves/']").tap()
    page.wait_for_url("**/warehouse/shelves/")
    fits(page)
    code, before = in_stock(page, live_site)
    visit(page, f"{live_site.url}/admin/supplychain/warehouse/shelves/")

    def scan_in(*codes: str) -> None:
        for each in codes:
            page.wait_for_function("document.activeElement.id === 'code'")
            page.keyboard.type(each)
            page.keyboard.press("Enter")

    scan_in(code, code, "no-such-goods")
    page.locator("#camera").tap()  # the camera is a reader too
    page.evaluate("(code) => { window.held = code; }", code)
    pieces = page.locator("[name=rows-0-quantity]")
    page.wait_for_function("document.querySelector('[name=rows-0-quantity]').value === '3'")
    pieces.fill(str(before - 2))  # a number may be typed as well
    enter(page)
    assert f"{code}: {before - 2} (-2)" in said(page)
    assert page.locator("[name=rows-1-code]").input_value() == "no-such-goods"
    assert "没有此货品" in said(page)

    page.locator("a[href*='task=shift']").tap()
    page.wait_for_url("**task=shift")
    scan_in(code, code, code)
    page.locator("[name=to_zone]").fill("Z-99")
    enter(page)
    assert f"{code}: 3" in said(page)
    visit(page, f"{live_site.url}/admin/supplychain/stocklevel/?q={code}")
    assert "Z-99 3" in page.locator("td.field-lies_in").first.inner_text()
    assert on_hand(page.locator("#result_list tbody tr").first) == before - 2


def on_hand(row: Any) -> int:
    return int(row.locator("td.field-on_hand").inner_text().replace(",", ""))


def in_stock(page: Any, site: Site) -> tuple[str, int]:
    """Goods of which more lies there than orders hold, and how many."""
    visit(page, f"{site.url}/admin/supplychain/stocklevel/")
    for row in page.locator("#result_list tbody tr").all():
        if int(row.locator("td.field-free").inner_text().replace(",", "")) > 9:
            return row.locator("th").inner_text().strip(), on_hand(row)
    raise AssertionError("everything is sold")


def enter(page: Any) -> None:
    """Send all rows."""
    with page.expect_navigation():
        page.locator("button", has_text="全部提交").tap()
    fits(page)


# A browser that reads what window.held holds before its camera, or whose camera is refused.
CAMERA = """
window.BarcodeDetector = class {
  static async getSupportedFormats() { return FORMATS; }
  async detect() { return window.held ? [{ rawValue: window.held }] : []; }
};
navigator.mediaDevices.getUserMedia = async () => {
  if (window.refuse) throw new DOMException("", "NotAllowedError");
  const canvas = document.createElement("canvas"), pen = canvas.getContext("2d");
  setInterval(() => pen.fillRect(Math.random() * 100, 0, 1, 1), 50);
  return (window.given = canvas.captureStream());
};
"""


def test_what_waits_is_listed_and_opened_by_a_tap(live_site: Site, open_page: OpenPage) -> None:
    page = open_page(**PHONE)
    clerk(page, live_site)
    visit(page, f"{live_site.url}/admin/supplychain/warehouse/packing/")
    first = page.locator(".lp-waiting a").first
    order = first.locator("strong").inner_text()
    first.tap()
    page.wait_for_url("**parcel=*")
    fits(page)
    assert page.locator("h2", has_text=order).count()
    assert not page.locator(".lp-waiting").count()


def test_a_phone_reads_an_order_by_its_camera(live_site: Site, open_page: OpenPage) -> None:
    page = open_page(**PHONE)
    page.add_init_script(CAMERA.replace("FORMATS", '["code_128"]'))
    clerk(page, live_site)
    visit(page, f"{live_site.url}/admin/supplychain/warehouse/packing/")
    order = page.locator(".lp-waiting strong").first.inner_text()
    button, picture = page.locator("#camera"), page.locator("#seen")
    button.wait_for(state="visible")
    page.evaluate("window.refuse = true")
    button.tap()
    page.wait_for_function("document.getElementById('camera-said').textContent.includes('相机')")
    page.evaluate("window.refuse = false")
    button.tap()
    picture.wait_for(state="visible")
    fits(page)
    assert page.locator("#camera-said").inner_text() == ""
    button.tap()  # a second tap stops it
    picture.wait_for(state="hidden")
    assert page.evaluate("window.given.active") is False
    button.tap()
    with page.expect_navigation(url="**parcel=*"):
        page.evaluate("(code) => { window.held = code; }", order)
    assert page.locator("h2", has_text=order).count()


@pytest.mark.parametrize("script", ["delete window.BarcodeDetector;", CAMERA.replace("FORMATS", "[]")])
def test_where_the_browser_reads_no_barcodes_there_is_no_button(
    live_site: Site, open_page: OpenPage, script: str
) -> None:
    page = open_page(**PHONE)
    page.add_init_script(script)
    clerk(page, live_site)
    visit(page, f"{live_site.url}/admin/supplychain/warehouse/packing/")
    page.wait_for_load_state("networkidle")
    assert page.locator("#code").is_visible()
    assert page.locator("#camera").is_hidden()
