"""A long import on a phone: paused, resumed, done. The demo has no long file: that one runs is said to the database."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from supplychain.importing.profiles.base import EXAMPLES
from tests.portal.test_browser import PHONE, fits, log_in, visit
from tests.servers import Site

if TYPE_CHECKING:
    from playwright.sync_api import Route

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


def of_the_proxy(status: int) -> str:
    """The page with which nginx says that to people."""
    rules = Path("deploy/nginx.conf").read_text("utf-8")
    found = re.search(rf"return {status} '\$livepark_page(.*?)';", rules)
    assert found is not None
    return found[1]


SAID = """(before) => {
    const said = document.getElementById("no-answer");
    return !said.hidden && said.textContent !== before && said.textContent;
}"""


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("zh-hans", ["512 MiB", "十个文件", "页面打开过久", "没有回应"]),
        ("en", ["512 MiB", "Ten files", "open for too long", "gave no answer"]),
    ],
)
def test_what_refuses_an_upload_is_read_on_the_page(
    live_site: Site, open_page: OpenPage, language: str, words: list[str]
) -> None:
    """Too large or too many for the proxy, a form that has expired, no answer: none leaves the page without a word."""
    page = open_page(**PHONE)
    page.context.add_cookies([{"name": "django_language", "value": language, "url": live_site.url}])
    visit(page, f"{log_in(page, live_site)}imports/")
    page.set_input_files("#id_file", {"name": "x.csv", "mimeType": "text/csv", "buffer": b"x,y\n1,2\n"})
    before = ""

    def sends(word: str, answer: Callable[[Route], None] | None = None) -> None:
        nonlocal before
        if answer is not None:
            page.route("**/imports/", answer)
        page.locator("form[enctype] button[type=submit]").tap()
        before = page.wait_for_function(SAID, arg=before).json_value()
        assert word in before
        fits(page)
        page.unroute("**/imports/")

    sends(words[0], lambda route: route.fulfill(status=413, body=of_the_proxy(413)))
    sends(words[1], lambda route: route.fulfill(status=429, body=of_the_proxy(429)))
    page.context.clear_cookies(name="csrftoken")
    sends(words[2])
    sends(words[3], lambda route: route.abort())
