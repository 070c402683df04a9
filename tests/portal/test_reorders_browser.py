"""A factory owner's day on a phone of 360 x 740: from a proposal to goods that are made, and the firm takes them in."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from analytics.demo.logins import DEMO_PASSWORD
from tests.portal.test_browser import PHONE, fits, log_in, visit
from tests.servers import Site

pytestmark = pytest.mark.browser

# The demo has no storekeeper of a firm; the owner could ask one in by the page of members.
STOREKEEPER = """
from core.actors import system_actor
from core.services import membership_grant, user_create
from tenants.models import Tenant
node = Tenant.objects.get(code="{tenant}").node
user = user_create(actor=system_actor("test"), username="store", password="{password}", display_name="Store")
membership_grant(actor=system_actor("test"), user=user, role="tenant_warehouse", node=node)
"""
ON_HAND = """
from django.db.models import Sum
from supplychain.models import StockLevel
print("on hand", StockLevel.objects.filter(owner__code="{tenant}").aggregate(all=Sum("on_hand"))["all"])
"""


def on_hand(site: Site, tenant: str) -> int:
    found = re.search(r"on hand (\d+)", site.manage("shell", "-c", ON_HAND.format(tenant=tenant)))
    assert found is not None
    return int(found[1])


def test_a_factory_owners_day(live_site: Site, open_page: Callable[..., Any]) -> None:
    page = open_page(**PHONE)
    portal = log_in(page, live_site)
    tenant = portal.rstrip("/").rsplit("/", 1)[1]

    # What sells better than it was tried is proposed; the owner makes it a round number.
    visit(page, f"{portal}reorders/")
    page.locator("a.lp-row[href*='/reorders/']").first.tap()
    page.wait_for_url("**/reorders/*-*/")
    fits(page)
    order = page.url
    page.fill("[name=quantity]", "30")
    with page.expect_navigation():
        page.locator("form[action$='/confirm/'] button").tap()
    page.locator(".lp-stages").wait_for()
    fits(page)

    # The factory's page has the order; each step is one tap, and so is the end.
    visit(page, f"{portal}factories/")
    row = page.locator(f"li:has(> a[href='{order.removeprefix(live_site.url)}'])")
    steps = row.locator(".lp-stages li").count()
    assert steps > 1
    for done in range(steps):
        assert row.locator(".lp-stages .done").count() == done
        with page.expect_navigation():
            row.locator("form[action$='/advance/'] button").tap()
        fits(page)
    with page.expect_navigation():
        row.locator("form[action$='/produce/'] button").tap()
    assert row.locator("form").count() == 0
    assert row.locator(".pill").count() == 1

    # The firm's storekeeper takes in what came, two pieces fewer than were ordered.
    before = on_hand(live_site, tenant)
    live_site.manage("shell", "-c", STOREKEEPER.format(tenant=tenant, password=DEMO_PASSWORD))
    store = open_page(**PHONE)
    store.goto(f"{live_site.url}/login/")
    store.fill("[name=username]", "store")
    store.fill("[name=password]", DEMO_PASSWORD)
    store.locator("form:has([name=password]) button[type=submit]").tap()
    store.wait_for_url("**/portal/**")
    visit(store, order)
    assert "¥" not in store.locator("main").inner_text(), "what it costs is not the storekeeper's"
    store.fill("[name^=pieces-]", "28")
    store.locator("form[action$='/receive/'] button").tap()
    store.locator(".pill.good").wait_for()
    fits(store)
    assert on_hand(live_site, tenant) == before + 28
