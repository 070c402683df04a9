"""Samples in Chromium on a phone: what others asked of the firm, and one that it asks for itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.portal.test_browser import PHONE, fits, log_in, visit
from tests.servers import Site

pytestmark = pytest.mark.browser


def test_samples_on_a_phone(live_site: Site, open_page: Callable[..., Any]) -> None:
    page = open_page(**PHONE)
    portal = log_in(page, live_site)
    visit(page, f"{portal}samples/")
    links = [link.get_attribute("href") for link in page.locator("main .lp-row a.title").all()]
    assert len(links) >= 2
    for link in links:
        visit(page, f"{live_site.url}{link}")
    visit(page, f"{portal}pool/")
    page.locator("main a[href*='/pool/'][href$='/samples/']").first.tap()
    page.wait_for_url("**/pool/*/samples/")
    fits(page)
    page.fill("#id_note", "试播")
    page.locator("main form button[type=submit]").tap()
    page.wait_for_url("**/samples/*-*/")
    fits(page)
    assert "试播" in page.locator("main").inner_text()
    withdraw = page.locator("main form[action$='/withdraw/']")
    with page.expect_navigation():
        withdraw.locator("button").tap()
    assert withdraw.count() == 0
