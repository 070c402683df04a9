"""A session by phone with its screens, in Chromium: checked in in the portal, led by the dock, shown by the overlay."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from tests.portal.test_browser import fits, log_in, visit
from tests.servers import Site

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

# A booking of the demo's tenant that runs now, in a room of its own.
PREPARE = """
from core.clock import HOUR, now
from core.models import User
from livestreams.choices import BookingState
from livestreams.models import Booking
from tests.factories import make_room
from tenants.models import Tenant
tenant = Tenant.objects.get(code="%s")
room = make_room(tenant.node.parent.park, "%s")
span = {"starts_at": now() - HOUR / 4, "ends_at": now() + HOUR}
booking = Booking.objects.create(
    room=room, tenant=tenant, state=BookingState.CONFIRMED,
    blocked_from=span["starts_at"], blocked_until=span["ends_at"], **span,
)
print(booking.uid)
"""
# Goods that are planned while the dock is open.
PLAN = """
from decimal import Decimal
from livestreams.models import Booking
from supplychain.models import Product
from supplychain.services import run_line_put
from tests.factories import SYSTEM
booking = Booking.objects.get(uid="%s")
product = Product.objects.filter(tenant=booking.tenant, closed_on=None).first()
run_line_put(actor=SYSTEM, booking=booking, product=product, price=Decimal(66), pieces=1)
"""
PIXEL = """() => {
    const style = (each) => getComputedStyle(each).backgroundColor;
    return [style(document.documentElement), style(document.body)];
}"""


def address_of(page: Page, booking: str, kind: str) -> str:
    visit(page, booking)
    page.locator(f"form[action$='/screen/'] button[value={kind}]").click()
    page.locator("#screen-address").wait_for()
    fits(page)
    return page.locator("#screen-address").inner_text()


def test_the_dock_leads_and_the_overlay_follows(live_site: Site, open_page: Callable[..., Any]) -> None:
    page = open_page(viewport={"width": 360, "height": 740})
    portal = log_in(page, live_site)
    code = portal.rstrip("/").rsplit("/", 1)[1]
    uid = live_site.manage("shell", "-c", PREPARE % (code, "obs-room")).split()[-1]
    booking = f"{portal}bookings/{uid}/"

    # the way of the picture, then the check-in, which opens the session
    visit(page, f"{booking}broadcast/")
    page.check("input[name=route][value=phone]")
    page.select_option("#id_platform", "douyin")
    page.locator("main form button").last.click()
    page.wait_for_url(booking)
    page.locator("form[action$='/check-in/'] button").click()
    page.locator("form[action$='/check-in/']").wait_for(state="detached")
    session = page.locator("main a[href*='/sessions/']").first.get_attribute("href")

    overlay = open_page(viewport={"width": 1920, "height": 1080})
    dock = open_page(viewport={"width": 300, "height": 700})
    overlay.goto(address_of(page, booking, "overlay"))
    dock.goto(address_of(page, booking, "dock"))
    dock.locator("main").wait_for()
    fits(dock)
    assert re.fullmatch(r"0:\d\d:\d\d", dock.locator("header #left").inner_text())
    overlay.locator(".clock").wait_for()
    assert set(overlay.evaluate(PIXEL)) == {"rgba(0, 0, 0, 0)"}
    assert overlay.locator(".product").is_hidden()
    assert overlay.locator("#amount").inner_text() == "0.00"

    # two products, one after the other, then none
    buttons = dock.locator("#products button")
    for number in (0, 1):
        name = buttons.nth(number).evaluate("each => each.firstChild.textContent")
        buttons.nth(number).click()
        dock.locator("#products button[aria-pressed=true]", has_text=name).wait_for()
        overlay.locator(".product #name", has_text=name).wait_for()
    dock.locator("#nothing").click()
    overlay.locator(".product").wait_for(state="hidden")
    live_site.manage("shell", "-c", PLAN % uid)
    dock.locator("#products button", has_text="66.00").wait_for(timeout=20_000)
    dock.fill("#search", "no such thing")
    dock.locator("#no-products").wait_for()

    # the end takes two presses, and both screens are shut with it
    dock.locator("#end").click()
    dock.locator("#end").click()
    dock.locator("main").wait_for(state="hidden")
    overlay.locator(".clock").wait_for(state="hidden")
    visit(page, f"{live_site.url}{session}")
    told = page.locator("section[aria-labelledby=explained-title] .lp-row")
    assert told.count() == 2
    assert page.locator("dl .pill.wait").is_visible()  # nobody saw the picture on its way
