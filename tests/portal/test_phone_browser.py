"""A phone of 360 x 740: how short the way is from a tenant's first page to a booking that is confirmed, and what an
owner reads on it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from tests.portal.test_browser import PHONE, fits, log_in, visit
from tests.portal.test_keep import amount_after
from tests.servers import Site

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
MOST_TAPS = 4


def chosen(page: Page) -> dict[str, str]:
    return {name: page.input_value(f"#id_{name}") for name in ("day", "start", "room", "minutes")}


def test_a_booking_takes_at_most_four_taps(live_site: Site, open_page: Callable[..., Any]) -> None:
    page = open_page(**PHONE)
    today = log_in(page, live_site)
    taps = ["main a[href$='/bookings/new/']", "main form button[type=submit]"]
    assert len(taps) <= MOST_TAPS
    page.locator(taps[0]).tap()
    page.wait_for_url("**/bookings/new/")
    fits(page)
    offered, room = chosen(page), page.locator("#id_room option:checked").inner_text()
    assert all(offered.values()), offered
    page.locator(taps[1]).tap()
    page.wait_for_url("**/bookings/*-*/")
    fits(page)
    assert page.locator("h1").inner_text() == room.split(" · ")[0], "the choice also names its scene"
    assert page.locator(".lp-page-head .pill").inner_text() == "已确认"
    assert offered["start"] in page.locator("main dl").inner_text()
    # the next booking is offered where this one leaves room for it
    page.goto(f"{today}bookings/new/")
    then = chosen(page)
    assert then["room"] != offered["room"] or (then["day"], then["start"]) > (
        offered["day"],
        offered["start"],
    )


def test_what_the_owner_keeps_adds_up_on_one_screen(live_site: Site, open_page: Callable[..., Any]) -> None:
    page = open_page(**PHONE)
    portal = log_in(page, live_site)
    page.context.add_cookies([{"name": "django_language", "value": "en", "url": live_site.url}])
    visit(page, f"{portal}keep/")
    shown = page.content()
    labels = ("Sold", "Given back so far", "Commission and slot fees", "Goods, room, ads, parcels")
    sold, *less = (amount_after(shown, label) for label in labels)
    assert amount_after(shown, "(?:We keep|Left after what is known)") == sold - sum(less)
    kept = page.locator("strong.fs-4").bounding_box()
    assert kept["y"] + kept["height"] < PHONE["viewport"]["height"]


def test_an_owner_reads_own_stock(live_site: Site, open_page: Callable[..., Any]) -> None:
    page = open_page(**PHONE)
    portal = log_in(page, live_site)
    visit(page, f"{portal}goods/")
    page.locator("a[href$='/stock/']").tap()
    page.wait_for_url("**/stock/")
    fits(page)
    first = page.locator("main .lp-rows a.lp-row").first
    assert first.locator(".title").bounding_box()["width"] > 60
    hand, reserved, available = (int(each.replace(",", "")) for each in first.locator("dd").all_inner_texts())
    assert hand - reserved == available
    first.tap()
    page.wait_for_url("**/goods/*-*/")
    fits(page)
    assert page.locator("section[aria-labelledby=moves] li").count()


def test_the_day_of_the_rooms_fits_in_english_too(live_site: Site, open_page: Callable[..., Any]) -> None:
    page = open_page(**PHONE)
    portal = log_in(page, live_site)
    page.context.add_cookies([{"name": "django_language", "value": "en", "url": live_site.url}])
    visit(page, f"{portal}rooms/")
    fits(page)
