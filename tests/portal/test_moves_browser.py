"""A phone of 360 x 740: a room is held and confirmed, moved, swapped, and booked every week but for some days."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from core.clock import DAY, today
from tests.portal.test_browser import PHONE, fits, log_in, visit
from tests.servers import Site

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
OpenPage = Callable[..., Any]
DAY_AHEAD = today() + 33 * DAY


def fill_place(page: Page, start: str, days: int = 0) -> None:
    page.fill("#id_day", f"{DAY_AHEAD + days * DAY}")
    page.fill("#id_start", start)
    page.select_option("#id_minutes", "60")


def send(page: Page) -> None:
    with page.expect_navigation():
        page.locator("main form.lp-card button[type=submit]").tap()
    fits(page)


def facts(page: Page) -> str:
    return str(page.locator("main dl").first.inner_text())


def test_on_a_phone_a_room_is_held_confirmed_moved_and_swapped(live_site: Site, open_page: OpenPage) -> None:
    page = open_page(**PHONE)
    portal = log_in(page, live_site)
    visit(page, f"{portal}bookings/new/")
    fill_place(page, "13:00")
    page.locator("#id_hold").tap()
    send(page)
    held = page.locator("main .lp-page-head .pill")
    assert ":" in held.inner_text(), "until when"
    with page.expect_navigation():
        page.locator("form[action$='/confirm/'] button").tap()
    assert ":" not in held.inner_text()

    page.locator("a[href$='/place/']").tap()
    page.wait_for_url("**/place/")
    fits(page)
    fill_place(page, "15:00", days=1)
    send(page)
    page.wait_for_url("**/bookings/*-*/")
    assert f"{DAY_AHEAD + DAY}" in facts(page)
    assert "15:00–16:00" in facts(page)
    first = page.url

    visit(page, f"{portal}bookings/new/")
    fill_place(page, "18:00")
    send(page)
    page.locator("a[href$='/swap/']").tap()
    page.wait_for_url("**/swap/")
    fits(page)
    page.select_option("#id_other", value=first.rstrip("/").rpartition("/")[2])
    send(page)
    assert f"{DAY_AHEAD + DAY}" in facts(page)
    visit(page, first)
    assert "18:00–19:00" in facts(page)


def test_on_a_phone_a_series_leaves_days_out(live_site: Site, open_page: OpenPage) -> None:
    page = open_page(**PHONE)
    portal = log_in(page, live_site)
    visit(page, f"{portal}bookings/new/")
    fill_place(page, "20:00")
    page.locator("main details:has([name=repeat_until]) summary").tap()
    fits(page)
    page.fill("#id_repeat_until", f"{DAY_AHEAD + 14 * DAY}")
    page.fill("#id_skip", f"{DAY_AHEAD + 7 * DAY}")
    send(page)
    assert f"{DAY_AHEAD + 7 * DAY}" in page.locator("body").inner_text(), "what was left out is said"
