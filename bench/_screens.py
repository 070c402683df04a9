"""What a wall's page holds after days of snapshots, and what one that keeps them would."""

from __future__ import annotations

from itertools import pairwise

from playwright.sync_api import sync_playwright

from tests import servers
from tests.analytics.fastforward import PLAY, STAND_IN, memory_of

PLAYED = 6_000
THREE_DAYS = 72 * 3600
HISTORY = """(times) => {
    window.kept = Array.from({ length: times }, () => structuredClone(window.first));
}"""


def grown_mb(address: str) -> tuple[float, float]:
    """By how many MB a page would grow in 72 hours, going by the last half of PLAYED snapshots; and by how many one
    that keeps each snapshot. Raises servers.NotInstalled without a Chromium.
    """
    program, half = servers.chromium_program(), PLAYED // 2
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        browser = playwright.chromium.launch(executable_path=program, args=arguments)
        page = browser.new_page(viewport={"width": 1920, "height": 1080})
        page.add_init_script(STAND_IN)
        page.goto(address)
        held = []
        for script in (PLAY, PLAY, HISTORY):
            page.evaluate(script, half)
            held.append(memory_of(page).bytes)
        browser.close()
    ours, history = (max(0, after - before) for before, after in pairwise(held))
    return ours * THREE_DAYS / half / 1e6, history * THREE_DAYS / half / 1e6
