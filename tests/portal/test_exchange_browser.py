"""Parks that lend: a firm on a phone of 360 x 740 asks for a neighbour's room, whose operator lends it at a desk."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from analytics.demo.logins import DEMO_PASSWORD
from core.clock import DAY, today
from tests.portal.test_browser import DESK, PHONE, fits, log_in, visit
from tests.servers import Site

pytestmark = pytest.mark.browser

# The small demo is one park alone.
NEIGHBOUR = """
from decimal import Decimal
from core.actors import system_actor, user_actor
from core.choices import Role
from core.clock import DAY, day_start, today
from core.services import membership_grant, user_create
from livestreams.models import LiveRoom
from livestreams.services import exchange_offer_make
from parks.models import Park
from parks.services import park_create
system = system_actor("test")
park = park_create(
    actor=system, town=Park.objects.get(code="tiny").town, code="next", name_zh="邻镇直播园", name_en="Next Park",
    operating_mode="self_run", operator="Next", opened_on=today() - 900 * DAY, industries=["灯饰"], is_synthetic=True,
)
manager = user_create(actor=system, username="next", password="{password}", display_name="Next")
membership_grant(actor=system, user=manager, role=Role.PARK_MANAGER, node=park.node)
room = LiveRoom.objects.create(
    park=park, code="next-kitchen", name_zh="厨房间", name_en="Kitchen", scene="厨房", hourly_rate=Decimal(90)
)
exchange_offer_make(
    actor=system, room=room, starts_at=day_start(today() + DAY), ends_at=day_start(today() + 40 * DAY),
    hourly_rate=Decimal(80), places=["tiny"], note="含灯光",
)
"""


def test_a_room_of_the_neighbour_is_asked_for_and_lent(
    live_site: Site, open_page: Callable[..., Any]
) -> None:
    live_site.manage("shell", "-c", NEIGHBOUR.format(password=DEMO_PASSWORD))
    page = open_page(**PHONE)
    portal, day = log_in(page, live_site), today() + 12 * DAY
    visit(page, f"{portal}exchange/?day={day}&what=厨房")
    offer = page.locator(".lp-row", has_text="厨房间")
    assert "80" in offer.inner_text()
    offer.locator("a.btn").first.tap()
    page.wait_for_url("**/ask/**")
    fits(page)
    page.fill("[name=start]", "10:00")
    page.select_option("[name=minutes]", "120")
    page.fill("[name=note]", "试播厨具")
    page.locator("main form[data-once] button.btn-primary").tap()
    page.wait_for_url("**/exchange/")
    fits(page)
    asked = page.locator(".lp-row", has=page.locator("form[action$='/withdraw/']"), has_text="厨房间")
    assert "160" in asked.inner_text()

    # The neighbour's operator finds the request, is told by whom and when, and lends.
    desk = open_page(**DESK)
    desk.goto(f"{live_site.url}/login/?next=/admin/livestreams/exchangerequest/")
    desk.fill("[name=username]", "next")
    desk.fill("[name=password]", DEMO_PASSWORD)
    desk.press("[name=password]", "Enter")
    desk.wait_for_url("**/exchangerequest/")
    fits(desk)
    with desk.expect_navigation():
        desk.locator("#result_list a[href*='/change/']").first.click()
    fits(desk)
    assert "试播厨具" in desk.locator("#content, main").first.inner_text()
    with desk.expect_navigation():
        desk.locator("a[href$='/do/accept/']").first.click()
    with desk.expect_navigation():
        desk.locator("#content form button[type=submit], #content form input[type=submit]").first.click()

    # It is a booking of the firm's like any other, in the other park.
    visit(page, f"{portal}exchange/")
    page.locator(".lp-row a[href*='/bookings/']", has_text="预约").first.tap()
    page.wait_for_url("**/bookings/*-*/")
    fits(page)
    assert "厨房间" in page.locator("main").inner_text()
