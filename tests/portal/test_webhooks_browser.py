"""The page of a receiver in Chromium: on a phone it fits, at a desk its secret is shown once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.admin.test_admin_browser import operator
from tests.portal.test_browser import DESK, PHONE, fits, log_in, visit
from tests.servers import Site

pytestmark = pytest.mark.browser
OpenPage = Callable[..., Any]


def test_a_receiver_is_named_at_a_desk_and_looked_after_on_a_phone(
    live_site: Site, open_page: OpenPage
) -> None:
    page = open_page(**DESK)
    portal = log_in(page, live_site)
    visit(page, f"{portal}webhooks/")
    fits(page)
    assert "已暂停" in page.locator(".lp-row", has_text="ERP").first.inner_text()
    page.fill("#id_name", "自家机器人")
    page.fill("#id_url", "https://169.254.169.254/latest")
    page.locator("input[name=events]").first.check()
    with page.expect_navigation():
        page.locator("main form button[type=submit]").last.click()
    assert "互联网" in page.locator("main").inner_text()
    page.fill("#id_url", "https://bot.invalid/livepark")
    with page.expect_navigation():
        page.locator("main form button[type=submit]").last.click()
    assert page.locator("#secret").inner_text().startswith("whsec_")
    fits(page)

    phone = open_page(**PHONE)
    portal = log_in(phone, live_site)
    visit(phone, f"{portal}webhooks/")
    fits(phone)
    phone.locator("a.title", has_text="自家机器人").tap()
    phone.wait_for_url("**/webhooks/*-*/")
    with phone.expect_navigation():
        phone.locator("form[action$='/try/'] button").tap()
    row = phone.locator("section[aria-labelledby=messages] .lp-row").first
    for _ in range(40):  # the embedded worker tries it
        if "域名" in row.inner_text():
            break
        phone.wait_for_timeout(300)
        phone.reload()
    assert "域名无法解析" in row.inner_text()
    fits(phone)
    phone.locator("summary").first.tap()
    fits(phone)

    desk = operator(live_site, open_page)
    desk.goto(f"{live_site.url}/admin/core/webhookdelivery/")
    fits(desk)
    desk.locator("#result_list a[href*='/change/']").first.click()
    fits(desk)
