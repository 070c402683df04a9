"""One loop for all screens: each second it asks who may still look, takes one snapshot per wall and wakes them.

A screen that reads slowly misses snapshots and never holds up the others: it always gets the newest. A wall with very
many log-ins asks some of them in each round, in turn, so that the time of a round does not grow with them.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import islice

import structlog
from django.db import close_old_connections

from analytics.wall.access import Credential
from analytics.wall.memory import Memory
from analytics.wall.snapshot import wall_snapshot
from analytics.wall.subjects import find

log = structlog.get_logger("livepark.wall")

PERIOD = 1.0
ASKED_A_ROUND = 100
memory = Memory()


@dataclass
class Channel:
    """The newest snapshot of one wall and the screens that wait for the next."""

    message: bytes = b""
    version: int = 0
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)
    screens: dict[Credential, int] = field(default_factory=dict)
    refused: set[Credential] = field(default_factory=set)

    def next_asked(self) -> list[Credential]:
        """Whom to ask in this round: those who were asked longest ago."""
        asked = list(islice(self.screens, ASKED_A_ROUND))
        for credential in asked:
            self.screens[credential] = self.screens.pop(credential)
        return asked


Taken = tuple[str | None, set[Credential]]


class Hub:
    """Channels by the address of a wall, and the loop that feeds them while anybody looks."""

    def __init__(self, snapshot: Callable[[str, Sequence[Credential]], Taken]) -> None:
        self._snapshot = snapshot
        self._channels: dict[str, Channel] = {}
        self._loop_task: asyncio.Task[None] | None = None

    def join(self, address: str, credential: Credential) -> Channel:
        channel = self._channels.setdefault(address, Channel())
        channel.screens[credential] = channel.screens.get(credential, 0) + 1
        channel.refused.discard(credential)
        if self._loop_task is None or self._loop_task.done():
            self._loop_task = asyncio.get_running_loop().create_task(self._run())
        return channel

    def leave(self, address: str, credential: Credential) -> None:
        channel = self._channels[address]
        channel.screens[credential] -= 1
        if not channel.screens[credential]:
            del channel.screens[credential]
        if not channel.screens:
            del self._channels[address]

    async def _run(self) -> None:
        while self._channels:
            started = asyncio.get_running_loop().time()
            for address, channel in list(self._channels.items()):
                await self._feed(address, channel)
            await asyncio.sleep(max(0.0, PERIOD - (asyncio.get_running_loop().time() - started)))

    async def _feed(self, address: str, channel: Channel) -> None:
        try:
            text, refused = await asyncio.to_thread(self._snapshot, address, channel.next_asked())
        except Exception:
            # Whatever it was, the screens keep what they have and show its age; the next round tries again.
            log.exception("no snapshot", wall=address)
            return
        async with channel.changed:
            channel.refused = (channel.refused & channel.screens.keys()) | refused
            if text is not None:
                channel.version += 1
                channel.message = f"id: {channel.version}\nevent: snapshot\ndata: {text}\n\n".encode()
            channel.changed.notify_all()


def take_snapshot(address: str, credentials: Sequence[Credential]) -> Taken:
    """The snapshot of a wall as JSON text, and which credentials may no longer see it. Runs in a worker thread.

    None instead of a snapshot when nothing stands there any more: nobody may see it, each is told in their turn.
    """
    try:
        shown = find(address)
        refused = {each for each in credentials if shown is None or not each.opens(shown)}
        if shown is None:
            return None, refused
        return json.dumps(wall_snapshot(shown, memory), ensure_ascii=False, separators=(",", ":")), refused
    finally:
        close_old_connections()


hub = Hub(take_snapshot)
