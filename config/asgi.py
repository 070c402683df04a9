"""One ASGI process: Django, the wall's event streams beside it, and the embedded workers by lifespan.

Event streams do not go through Django: with synchronous middleware each open client would hold a thread and
a database connection. `analytics.wall.stream` checks the token and serves all clients from one snapshot loop.
"""

from __future__ import annotations

import os
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.dev")
django.setup(set_prefix=False)

from analytics.wall.stream import wall_stream  # noqa: E402  (models can be imported only after set-up)
from config.embedded import embedded_workers  # noqa: E402
from core.doors.streaming import StreamingHandler  # noqa: E402

django_application = StreamingHandler()


async def _lifespan(receive: Any, send: Any) -> None:
    workers = embedded_workers()
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            for worker in workers:
                worker.start()
            await send({"type": "lifespan.startup.complete"})
        elif message["type"] == "lifespan.shutdown":
            for worker in workers:
                worker.stop()
            await send({"type": "lifespan.shutdown.complete"})
            return


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Route lifespan, event streams and everything else."""
    if scope["type"] == "lifespan":
        await _lifespan(receive, send)
    elif scope["type"] == "http" and scope["path"].startswith("/events/"):
        await wall_stream(scope, receive, send)
    else:
        await django_application(scope, receive, send)
