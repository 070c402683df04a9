"""The analyst's pages through a real browser: the slider moves the map, a tile opens its province, a file is stored."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from analytics.demo.logins import DEMO_PASSWORD
from tests.servers import ROOT, Site

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}
DESK = {"viewport": {"width": 1280, "height": 800}}
OpenPage = Callable[..., Any]


def enter(page: Page, site: Site, language: str = "zh-hans") -> None:
    """Log in as the demo's analyst, who is led straight to the index."""
    page.context.add_cookies([{"name": "django_language", "value": language, "url": site.url}])
    page.goto(f"{site.url}/login/")
    page.fill("[name=username]", "analyst")
    page.fill("[name=password]", DEMO_PASSWORD)
    page.locator("main form button").first.click()
    page.wait_for_url("**/analytics/")


@pytest.mark.parametrize("screen", [PHONE, DESK], ids=["phone", "desk"])
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_page_fits(live_site: Site, open_page: OpenPage, screen: dict[str, Any], language: str) -> None:
    page = open_page(**screen)
    enter(page, live_site, language)
    for path in (
        "",
        "provinces/44/",
        "provinces/54/",
        "indicators/express_volume_pc/",
        "indicators/EXP/",
        "upload/",
    ):
        answer = page.goto(f"{live_site.url}/analytics/{path}")
        assert answer.ok, path
        assert page.evaluate("document.documentElement.scrollWidth") <= screen["viewport"]["width"], path
        drawn = "[...document.querySelectorAll('[data-chart]')].every((box) => box.querySelector('svg'))"
        page.wait_for_function(drawn)


def test_the_slider_moves_map_and_ranking_and_a_tile_opens_its_province(
    live_site: Site, open_page: OpenPage
) -> None:
    page = open_page(**DESK)
    enter(page, live_site)
    before = page.locator("#ranking").inner_text()
    assert "2022" in page.locator("#ranking-title").inner_text()
    page.locator("#year").press("ArrowLeft")
    page.wait_for_url("**/analytics/?year=2021")
    page.wait_for_function("document.querySelector('#ranking-title').textContent.includes('2021')")
    assert page.locator("#map-year").inner_text() == "2021"
    assert page.locator("#ranking").inner_text() != before
    page.locator(".an-map text").filter(has_text="广东").click()
    page.wait_for_url("**/analytics/provinces/44/?year=2021")


def test_a_statistics_file_is_looked_at_and_stored(live_site: Site, open_page: OpenPage) -> None:
    page = open_page(**DESK)
    enter(page, live_site)
    page.goto(f"{live_site.url}/analytics/upload/")
    page.set_input_files("[name=file]", ROOT / "static/analytics/samples/indicator-long.csv")
    page.locator("[hx-post]").click()
    page.locator("#look button[name=confirm]").click()
    page.wait_for_url("**/analytics/indicators/express_revenue/")
    assert "indicator-long.csv" in page.locator("#vintages").inner_text()
