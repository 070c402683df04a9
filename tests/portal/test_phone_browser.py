"""How short the way is on a phone of 360 x 740: taps from a tenant's first page to a booking that is confirmed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from tests.portal.test_browser import PHONE, fits, log_in
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
    assert page.locator("h1").inner_text() == room
    assert page.locator(".lp-page-head .pill").inner_text() == "已确认"
    assert offered["start"] in page.locator("main dl").inner_text()
    # the next booking is offered where this one leaves room for it
    page.goto(f"{today}bookings/new/")
    assert chosen(page)["room"] == offered["room"]
    assert (chosen(page)["day"], chosen(page)["start"]) > (offered["day"], offered["start"])
