"""The wall's event stream as a small ASGI application: GET /events/wall/<address>/ beside Django.

Access is checked at connect and each second. Absent and foreign walls get the same 404.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from functools import partial
from typing import Any
from urllib.parse import parse_qs

import structlog
from django.conf import settings
from django.db import close_old_connections
from django.http.request import split_domain_port, validate_host

from analytics.wall.access import Credential, from_cookies
from analytics.wall.hub import Channel, hub
from core.lifetime import stopping
from core.locking import is_unavailable

log = structlog.get_logger("livepark.wall")

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

PREFIX = "/events/wall/"
HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store, private"),
    (b"x-accel-buffering", b"no"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
]
# Tells the browser how soon to come back, in milliseconds.
GREETING = b"retry: 2000\n\n"
KEEP_ALIVE = b": still here\n\n"
SILENCE = 10.0


async def wall_stream(scope: Scope, receive: Receive, send: Send) -> None:
    """Serve one screen until it goes away or may no longer look."""
    headers = dict(scope["headers"])
    host, _port = split_domain_port(headers.get(b"host", b"").decode("latin-1"))
    if not host or not validate_host(host, settings.ALLOWED_HOSTS):
        return await _refuse(send, 400)
    if scope["method"] != "GET":
        return await _refuse(send, 405)
    address = scope["path"].removeprefix(PREFIX).strip("/")
    credential = _credential(scope, headers)
    if not scope["path"].startswith(PREFIX):
        return await _refuse(send, 404)
    status = await asyncio.to_thread(_status, address, credential)
    if status != 200:
        return await _refuse(send, status)
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    await send({"type": "http.response.body", "body": GREETING, "more_body": True})
    feeding = asyncio.ensure_future(_feed(address, credential, send))
    leaving = asyncio.ensure_future(_gone(receive))
    await asyncio.wait({feeding, leaving}, return_when=asyncio.FIRST_COMPLETED)
    for task in (feeding, leaving):
        task.cancel()
        with suppress(asyncio.CancelledError, OSError):
            await task
    return None


def _status(address: str, credential: Credential) -> int:
    """How a screen is answered. Runs in a worker thread.

    The thread keeps no connection: after a restart of the database it would be dead, and each later answer with it.
    """
    try:
        return 404 if credential.may_see(address) is None else 200
    except Exception as error:
        if not is_unavailable(error):
            raise
        log.warning("database away", wall=address, error=str(error))
        return 503
    finally:
        close_old_connections()


def _credential(scope: Scope, headers: dict[bytes, bytes]) -> Credential:
    query = parse_qs(scope.get("query_string", b"").decode("latin-1"))
    if query.get("key"):
        return Credential(secret=query["key"][0])
    return from_cookies(headers.get(b"cookie", b"").decode("latin-1"))


async def _feed(address: str, credential: Credential, send: Send) -> None:
    channel = hub.join(address, credential)
    seen = 0
    try:
        while True:
            async with channel.changed:
                with suppress(TimeoutError):
                    async with asyncio.timeout(SILENCE):
                        await channel.changed.wait_for(partial(_has_news, channel, seen, credential))
            if stopping.is_set() or credential in channel.refused:
                break
            body = channel.message if channel.version > seen else KEEP_ALIVE
            seen = channel.version
            await send({"type": "http.response.body", "body": body, "more_body": True})
        # A screen that may still look comes back by itself; one that may not is told.
        farewell = b"event: closed\ndata: {}\n\n" if credential in channel.refused else b""
        await send({"type": "http.response.body", "body": farewell, "more_body": False})
    finally:
        hub.leave(address, credential)


def _has_news(channel: Channel, seen: int, credential: Credential) -> bool:
    return channel.version > seen or credential in channel.refused


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _refuse(send: Send, status: int) -> None:
    await send({"type": "http.response.start", "status": status, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})
