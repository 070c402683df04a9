"""MediaMTX: asks by JSON, says goodbye by a command that posts a form, and is watched and told by its HTTP API."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import quote

from django.core.cache import cache
from redis.exceptions import RedisError

from core.clock import now
from livestreams.choices import PublishReason
from livestreams.mediaservers.control import Away, call
from livestreams.models import MediaNode, Publish
from livestreams.publishing import Claim, Malformed, key_and_room, token_in

ASKS_AGAIN = False
# What its commands are called in which release: the stream is there no longer.
GONE = frozenset({"unavailable", "offline", "not_ready"})
# How it names its own machine.
ITSELF = ("127.0.0.1", "::1")
# Where each kind of connection is cut.
KICKED_AT = {"rtmpConn": "rtmpconns", "rtmpsConn": "rtmpsconns"}
# Seconds after which a look is too old to tell a bitrate by.
FORGOTTEN = 60
# It counts in 64 bits.
MOST_BYTES = 2**63


def claim_of(body: Mapping[str, Any]) -> Claim:
    """The claim in a question. RTMP brings the key as `?token=...`, as a password, or as the last part of the path.

    Malformed by any other way in: RTSP asks under another number than the one it is watched and cut by.
    """
    text = {name: value for name, value in body.items() if isinstance(value, str)}
    if text.get("protocol") != "rtmp":
        raise Malformed(PublishReason.NOT_RTMP)
    app, _slash, name = text.get("path", "").rpartition("/")
    token = token_in(text.get("query", "")) or text.get("token") or text.get("password", "")
    key, room = key_and_room(name, token)
    return Claim(key=key, room=room, app=app, client=text.get("id", ""), address=text.get("ip", ""))


def has_credentials(body: Mapping[str, Any]) -> bool:
    """Whether a question carries anything to judge: the first one of some encoders does not."""
    return any(body.get(name) for name in ("token", "password", "query"))


def stream_name(key: str, room: str) -> str:
    return f"{room}?token={key}"


def readings(node: MediaNode) -> dict[str, int | None]:
    return {client: _kbps(node, client, source) for client, source in _sources(node).items()}


def _kbps(node: MediaNode, client: str, source: Source) -> int | None:
    """The bitrate since the last look: it tells no more than the bytes since the connection began."""
    seen, at = f"mediamtx:{node.pk}:{client}", now()
    try:
        before = cache.get(seen)
        cache.set(seen, (source.received, at), FORGOTTEN)
    except (RedisError, OSError):
        return None  # a cache that is away hides no stream
    if source.received is None or before is None or before[0] is None:
        return None
    more, seconds = source.received - before[0], (at - before[1]).total_seconds()
    return int(more * 8 / seconds / 1000) if more >= 0 and seconds > 0 else None


class Source(NamedTuple):
    """A connection that publishes: its kind, and the bytes that came over it, if the node says so."""

    kind: str
    received: int | None


def _sources(node: MediaNode) -> dict[str, Source]:
    """The connections that publish, by their number."""
    body = call(node, "GET", "/v3/paths/list?itemsPerPage=1000")
    try:
        return {
            str(path["source"]["id"]): Source(str(path["source"]["type"]), _received(path))
            for path in json.loads(body)["items"]
            if path["source"]
        }
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
        raise Away(f"{node.code}: its list of paths cannot be read") from error


def _received(path: Mapping[str, Any]) -> int | None:
    told = path.get("inboundBytes", path.get("bytesReceived"))  # as older releases call it
    received = None if told is None else int(told)
    if received is not None and not 0 <= received < MOST_BYTES:
        raise ValueError(f"{told} bytes")
    return received


def drop(publish: Publish) -> None:
    source = _sources(publish.node).get(publish.client)
    where = KICKED_AT.get(source.kind) if source is not None else None
    if where is None:
        raise Away(f"{publish.node.code} knows no such stream")
    call(publish.node, "POST", f"/v3/{where}/kick/{quote(publish.client, safe='')}")
