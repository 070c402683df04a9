"""The wall of a running site: an order is on the screen within seconds, and two hundred screens cost what one does."""

from __future__ import annotations

import asyncio
import json
import time
import urllib.request
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.loops import in_a_loop
from tests.scaled.http import Shop, line
from tests.scaled.sites import SELLERS, key_of, screen_key_of
from tests.servers import Site

SCREENS = 200
MIB = 2**20


def snapshots(site: Site) -> Iterator[dict[str, Any]]:
    """What a screen that looks at the wall is sent, one after the other."""
    with urllib.request.urlopen(
        f"{site.url}/events/wall/tiny/?key={screen_key_of(site)}", timeout=15
    ) as stream:
        for row in stream:
            if row.startswith(b"data: {"):
                yield json.loads(row[6:])


def test_a_paid_order_is_on_the_wall_within_five_seconds(live_site: Site) -> None:
    screen = snapshots(live_site)
    before = next(screen)["figures"]
    Shop(live_site.url, key_of(live_site), SELLERS[0]).send([line("wall-1", "12345.67", qty=2)])
    sent = time.monotonic()
    wanted = Decimal(before["gmv_paid"]) + Decimal("12345.67")
    after = next(seen["figures"] for seen in screen if Decimal(seen["figures"]["gmv_paid"]) >= wanted)
    took = time.monotonic() - sent
    assert (Decimal(after["gmv_paid"]), after["orders"]) == (wanted, before["orders"] + 1)
    assert took < 5, f"{took:.1f} s"


def test_two_hundred_screens_are_served_from_one_snapshot_a_second(live_site: Site) -> None:
    memory = resident_bytes(live_site)
    first, last, seconds = in_a_loop(watch(live_site, SCREENS))
    taken = last - first
    assert taken <= seconds + 2, f"{taken} snapshots in {seconds:.1f} s for {SCREENS} screens"
    assert resident_bytes(live_site) - memory < 40 * MIB


async def watch(site: Site, screens: int) -> tuple[int, int, float]:
    """Open screens until each was sent three snapshots; the first and last number of a snapshot, and the seconds."""
    address = urlsplit(site.url)
    query = f"GET /events/wall/tiny/?key={screen_key_of(site)} HTTP/1.1\r\nHost: {address.netloc}\r\n\r\n".encode()
    started = time.monotonic()

    async def screen() -> list[int]:
        reader, writer = await asyncio.open_connection(address.hostname, address.port)
        try:
            writer.write(query)
            seen: list[int] = []
            while len(seen) < 3:
                row = await asyncio.wait_for(reader.readline(), 20)
                assert row, "the stream ended"
                if row.startswith(b"id: "):
                    seen.append(int(row[4:]))
        finally:
            writer.close()
        return seen

    seen = await asyncio.gather(*(screen() for _number in range(screens)))
    numbers = [number for each in seen for number in each]
    return min(numbers), max(numbers), time.monotonic() - started


def resident_bytes(site: Site) -> int:
    """The memory that the serving process holds now."""
    status = Path(f"/proc/{site.server.process.pid}/status").read_text()
    (kib,) = (int(row.split()[1]) for row in status.splitlines() if row.startswith("VmRSS"))
    return kib * 1024
