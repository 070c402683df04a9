"""The wall: one snapshot a second for a thousand screens, and what a screen holds after three days of them.

Beside a bare sender of as many bytes, and a snapshot for each screen; the page beside one that keeps them.
"""

from __future__ import annotations

import asyncio
import json
import socket
import sys
import tempfile
import time
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from bench import Row
from bench._screens import PLAYED, grown_mb
from bench._sites import measured
from tests import servers

SCREENS = 1_000
SNAPSHOTS = 8
GOAL_MS = 100.0
GOAL_MB = 32.0
OPEN = "open"


def run() -> list[Row]:
    with (
        tempfile.TemporaryDirectory(prefix="livepark-bench-") as folder,
        servers.live_site(Path(folder), ("demo", "--tiny")) as site,
    ):
        keys = json.loads((Path(folder) / "demo-keys.json").read_text("utf-8"))
        address = f"{site.url}/events/wall/tiny/?key={keys['tiny hall screen']}"
        ours = asyncio.run(last_screen_ms(address))
        snapshot_ms = measured("bench._snapshots", dict(site.env))
        page = _page(f"{site.url}/wall/tiny/?key={keys['tiny hall screen']}")
    limit = _bare()
    return [
        Row(
            work=f"wall, {SCREENS:,} screens, from the snapshot to a screen, p99",
            limit=limit,
            peer=snapshot_ms * SCREENS,
            ours=ours,
            unit="ms",
            goal=f"< {GOAL_MS:g} ms",
            passed=ours < GOAL_MS,
        ),
        *page,
    ]


def _page(address: str) -> list[Row]:
    try:
        ours, history = grown_mb(address)
    except servers.NotInstalled as missing:
        print(f"{missing}: the page is not measured", file=sys.stderr)
        return []
    return [
        Row(
            work=f"wall, growth of the page in 72 hours, from {PLAYED:,} snapshots",
            limit=0.0,
            peer=history,
            ours=ours,
            unit="MB",
            goal=f"< {GOAL_MB:g} MB",
            passed=ours < GOAL_MB,
        )
    ]


def _bare() -> float:
    """The same for a server that does nothing but send."""
    port = servers.free_port()
    command = [sys.executable, "-m", "bench._sender", str(port)]
    address = f"http://127.0.0.1:{port}/"
    with (
        tempfile.TemporaryDirectory(prefix="livepark-bench-") as folder,
        servers.running(command, log=Path(folder) / "log", answers=lambda: _listens(port)),
    ):
        return asyncio.run(last_screen_ms(address))


def _listens(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


async def last_screen_ms(address: str) -> float:
    """The 99th percentile in ms from the time written in a snapshot to its arrival, over all screens and snapshots.

    Screens read on while others still come; what was taken before the last of them had come does not count.
    """
    gate, complete = asyncio.Semaphore(50), asyncio.Event()
    waits: list[float] = []
    screens = [asyncio.create_task(_watch(address, gate, complete, waits)) for _screen in range(SCREENS)]
    while not all(screen.get_name() == OPEN for screen in screens):
        await asyncio.sleep(0.05)
    complete.set()
    await asyncio.gather(*screens)
    return sorted(waits)[int(len(waits) * 0.99)]


def _taken_at(data: bytes) -> float:
    """The time written in a snapshot. Read from the bytes: a thousand screens must not cost the measure itself."""
    start = data.index(b'"at":"') + 6
    return datetime.fromisoformat(data[start : data.index(b'"', start)].decode()).timestamp()


async def _watch(address: str, gate: asyncio.Semaphore, complete: asyncio.Event, waits: list[float]) -> None:
    where = urlsplit(address)
    async with gate:
        reader, writer = await asyncio.open_connection(where.hostname, where.port)
        writer.write(f"GET {where.path}?{where.query} HTTP/1.1\r\nHost: {where.netloc}\r\n\r\n".encode())
        await reader.readuntil(b"\r\n\r\n")
    asyncio.current_task().set_name(OPEN)  # type: ignore[union-attr]
    seen, since = 0, 0.0
    while seen < SNAPSHOTS:
        await reader.readuntil(b"data: ")
        taken = _taken_at(await reader.readuntil(b"\n\n"))
        arrived = time.time()
        if complete.is_set():
            since = since or arrived
            if taken > since:
                waits.append((arrived - taken) * 1000)
                seen += 1
    writer.close()
    with suppress(ConnectionError):
        await writer.wait_closed()
