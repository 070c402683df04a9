"""A server that sends every client the same bytes once a second and does nothing else. Argument: the port."""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime
from typing import Any

import uvicorn

PADDING = "x" * 8_000
HEADERS = [(b"content-type", b"text/event-stream")]


class Sender:
    """One message for everybody, made once."""

    def __init__(self) -> None:
        self.message, self.changed = b"", asyncio.Condition()
        self.ticking: asyncio.Task[None] | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        self.ticking = self.ticking or asyncio.create_task(self.tick())
        await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
        while True:
            async with self.changed:
                await self.changed.wait()
            await send({"type": "http.response.body", "body": self.message, "more_body": True})

    async def tick(self) -> None:
        while True:
            async with self.changed:
                self.message = (
                    f'data: {{"at":"{datetime.now(UTC).isoformat()}","x":"{PADDING}"}}\n\n'.encode()
                )
                self.changed.notify_all()
            await asyncio.sleep(1)


if __name__ == "__main__":
    uvicorn.run(Sender(), host="127.0.0.1", port=int(sys.argv[1]), log_level="error", lifespan="off")
