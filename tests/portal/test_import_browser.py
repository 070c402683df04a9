"""A long import on a phone: paused, resumed, done. The demo has no long file: that one runs is said to the database."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest

from supplychain.importing.profiles.base import EXAMPLES
from tests.portal.test_browser import PHONE, fits, log_in, visit
from tests.servers import Site

pytestmark = pytest.mark.browser
OpenPage = Callable[..., Any]
SAY = """
from core.clock import DAY, now
from core.models import Job
job = Job.objects.filter(kind="sales-import").latest("id")
Job.objects.filter(pk=job.pk).update(
    state="{state}", pause_requested=False, heartbeat_at=now() + DAY, done=412_000, total=1_000_000
)
"""


def test_an_import_is_paused_and_resumed_by_thumb(live_site: Site, open_page: OpenPage) -> None:
    page = open_page(**PHONE)
    visit(page, f"{log_in(page, live_site)}imports/")
    page.set_input_files("#id_file", EXAMPLES / "douyin-orders.csv")
    page.locator("form[enctype] button[type=submit]").tap()
    page.wait_for_url("**/imports/*-*/")
    page.locator("form[action$='/confirm/'] button").first.tap()
    page.locator("form[action$='/undo/']").wait_for(state="attached", timeout=60_000)
    address = page.url

    def see(name: str, state: str) -> None:
        live_site.manage("shell", "-c", SAY.format(state=state))
        visit(page, address)
        if shots := os.environ.get("SCREENSHOTS"):
            page.screenshot(path=f"{shots}/{name}.png")

    see("running", "running")
    assert page.locator("[role=progressbar]").get_attribute("aria-valuenow") == "41"
    with page.expect_navigation():
        page.locator("form[action$='/pause/'] button").tap()
    assert page.locator("form[action$='/pause/']").count() == 0
    fits(page)
    see("paused", "paused")
    assert not page.locator("[role=progressbar]").count()
    assert page.locator("form[action$='/cancel/'] button").is_visible()
    page.locator("form[action$='/resume/'] button").tap()
    page.locator("form[action$='/undo/']").wait_for(state="attached", timeout=60_000)
    fits(page)


def test_a_site_that_gives_no_answer_says_so_until_it_does(live_site: Site, open_page: OpenPage) -> None:
    page = open_page(**PHONE)
    visit(page, f"{log_in(page, live_site)}imports/")
    page.set_input_files("#id_file", {"name": "x.csv", "mimeType": "text/csv", "buffer": b"x,y\n1,2\n"})
    look, notice = page.locator("form[enctype] button[type=submit]"), page.locator("#no-answer")
    assert not notice.is_visible()
    for answer in (lambda route: route.fulfill(status=503, body="busy"), lambda route: route.abort()):
        page.route("**/imports/", answer)
        look.tap()
        notice.wait_for()
        fits(page)
        page.unroute("**/imports/")
        look.tap()
        notice.wait_for(state="hidden")
