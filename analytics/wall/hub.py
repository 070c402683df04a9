"""One loop for all screens: each second it asks who may still look, takes one snapshot per park and wakes them.

A screen that reads slowly misses snapshots and never holds up the others: it always gets the newest.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field

import structlog
from django.db import close_old_connections

from analytics.wall.access import Credential
from analytics.wall.snapshot import wall_snapshot

log = structlog.get_logger("livepark.wall")

PERIOD = 1.0


@dataclass
class Channel:
    """The newest snapshot of one park and the screens that wait for the next."""

    message: bytes = b""
    version: int = 0
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)
    screens: dict[Credential, int] = field(default_factory=dict)
    refused: set[Credential] = field(default_factory=set)


class Hub:
    """Channels by park code, and the loop that feeds them while anybody looks."""

    def __init__(self, snapshot: Callable[[str, set[Credential]], tuple[str, set[Credential]]]) -> None:
        self._snapshot = snapshot
        self._channels: dict[str, Channel] = {}
        self._loop_task: asyncio.Task[None] | None = None

    def join(self, park_code: str, credential: Credential) -> Channel:
        channel = self._channels.setdefault(park_code, Channel())
        channel.screens[credential] = channel.screens.get(credential, 0) + 1
        if self._loop_task is None or self._loop_task.done():
            self._loop_task = asyncio.get_running_loop().create_task(self._run())
        return channel

    def leave(self, park_code: str, credential: Credential) -> None:
        channel = self._channels[park_code]
        channel.screens[credential] -= 1
        if not channel.screens[credential]:
            del channel.screens[credential]
        if not channel.screens:
            del self._channels[park_code]

    async def _run(self) -> None:
        while self._channels:
            started = asyncio.get_running_loop().time()
            for code, channel in list(self._channels.items()):
                await self._feed(code, channel)
            await asyncio.sleep(max(0.0, PERIOD - (asyncio.get_running_loop().time() - started)))

    async def _feed(self, code: str, channel: Channel) -> None:
        try:
            text, refused = await asyncio.to_thread(self._snapshot, code, set(channel.screens))
        except Exception:
            # Whatever it was, the screens keep what they have and show its age; the next round tries again.
            log.exception("no snapshot", park=code)
            return
        async with channel.changed:
            channel.refused = refused
            channel.version += 1
            channel.message = f"id: {channel.version}\nevent: snapshot\ndata: {text}\n\n".encode()
            channel.changed.notify_all()


def take_snapshot(park_code: str, credentials: set[Credential]) -> tuple[str, set[Credential]]:
    """The snapshot of a park as JSON text, and which credentials may no longer see it. Runs in a worker thread."""
    try:
        parks = {credential: credential.may_see(park_code) for credential in credentials}
        allowed = next((park for park in parks.values() if park is not None), None)
        text = (
            json.dumps(wall_snapshot(allowed), ensure_ascii=False, separators=(",", ":"))
            if allowed
            else "null"
        )
        return text, {credential for credential, park in parks.items() if park is None}
    finally:
        close_old_connections()


hub = Hub(take_snapshot)
