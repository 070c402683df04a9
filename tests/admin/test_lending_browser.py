"""The studio's day at a desk: an item goes out to a firm, which sees it on its phone, and comes back with one tap."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.admin.test_admin_browser import operator
from tests.portal.test_browser import PHONE, fits, log_in, visit
from tests.servers import Site

pytestmark = pytest.mark.browser

# An item of the small demo, and the firm whose owner logs in.
ITEM, FIRM = "tiny-e003", "优品灯饰电商"


def choose(page: Any, field: str, words: str) -> None:
    """Search in a field, and take the first that is found."""
    page.locator(f".field-{field} .select2-selection").first.click()
    page.locator(".select2-search__field").last.fill(words)
    page.locator(".select2-results__option", has_text=words).first.click()


def test_an_item_is_handed_out_and_comes_back(live_site: Site, open_page: Callable[..., Any]) -> None:
    phone = open_page(**PHONE)
    portal = log_in(phone, live_site)

    desk = operator(live_site, open_page)
    desk.goto(f"{live_site.url}/admin/livestreams/liveroom/studio/")
    fits(desk)
    desk.locator("a[href$='/equipmentloan/add/']").first.click()
    desk.wait_for_url("**/equipmentloan/add/")
    fits(desk)
    choose(desk, "item", ITEM)
    choose(desk, "tenant", FIRM)
    desk.fill("[name=due_at_0]", "2030-01-01")
    desk.fill("[name=due_at_1]", "20:00")
    with desk.expect_navigation():
        desk.locator("[name=_save]").click()
    fits(desk)

    visit(phone, f"{portal}studio/")
    mine = phone.locator(".lp-row", has_text=ITEM)
    mine.wait_for()
    fits(phone)

    desk.goto(f"{live_site.url}/admin/livestreams/liveroom/studio/")
    lent = desk.locator(".lp-jobs li:has(form[action*=equipmentloan])", has_text=ITEM)
    with desk.expect_navigation():
        lent.locator("button").first.click()
    assert lent.count() == 0
    phone.reload()
    assert mine.count() == 0
