"""The pages of shops in Chromium: connected at a desk, looked after on a phone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.portal.test_browser import DESK, PHONE, fits, log_in, visit
from tests.servers import Site

pytestmark = pytest.mark.browser
OpenPage = Callable[..., Any]


def test_a_shop_is_connected_at_a_desk_and_its_message_read_again_on_a_phone(
    live_site: Site, open_page: OpenPage
) -> None:
    page = open_page(**DESK)
    portal = log_in(page, live_site)
    visit(page, f"{portal}shops/")
    fits(page)
    assert page.locator("section[aria-labelledby=dead] .lp-row").count() == 1
    assert "6935112345678909991" in page.locator("section[aria-labelledby=news]").inner_text()
    page.fill("#id_name", "自建商城")
    page.select_option("#id_kind", "tiktok")
    with page.expect_navigation():
        page.locator("main form button[type=submit]").last.click()
    assert page.locator("#div_id_app_key .invalid-feedback, #error_1_id_app_key").first.is_visible()
    page.select_option("#id_kind", "standard")
    with page.expect_navigation():
        page.locator("main form button[type=submit]").last.click()
    assert page.locator("#secret").inner_text().startswith("whsec_")
    fits(page)
    page.locator("a.title", has_text="自建商城").click()
    page.wait_for_url("**/shops/*-*/")
    assert "/api/v1/hooks/in/" in page.locator("#address").inner_text()
    fits(page)

    phone = open_page(**PHONE)
    portal = log_in(phone, live_site)
    visit(phone, f"{portal}shops/")
    fits(phone)
    with phone.expect_navigation():
        phone.locator("section[aria-labelledby=dead] form[action$='/again/'] button").tap()
    fits(phone)
    phone.locator("a.title", has_text="ERP").tap()
    phone.wait_for_url("**/shops/*-*/")
    fits(phone)
    for _ in range(40):  # the embedded worker reads it, and understands it no better
        if phone.locator("form[action$='/again/']").count():
            break
        phone.wait_for_timeout(300)
        phone.reload()
    assert "order.shipped" in phone.locator("section[aria-labelledby=messages] .lp-row").first.inner_text()
    phone.locator("summary").first.tap()
    fits(phone)
