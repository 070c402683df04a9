"""MediaMTX: asks by JSON, says goodbye by a command that posts a form, and is watched and told by its HTTP API."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from livestreams.choices import PublishReason
from livestreams.mediaservers.control import Away, call
from livestreams.models import MediaNode, Publish
from livestreams.publishing import Claim, Malformed, key_and_room, token_in

ASKS_AGAIN = False
# What its commands are called in which release: the stream is there no longer.
GONE = frozenset({"unavailable", "offline", "not_ready"})
THERE = frozenset({"available", "online", "ready"})
# How it names its own machine.
ITSELF = ("127.0.0.1", "::1")
# Where each kind of connection is cut.
KICKED_AT = {"rtmpConn": "rtmpconns", "rtmpsConn": "rtmpsconns"}


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
    return dict.fromkeys(_sources(node))


def _sources(node: MediaNode) -> dict[str, str]:
    """The kind of each connection that publishes."""
    body = call(node, "GET", "/v3/paths/list?itemsPerPage=1000")
    try:
        sources = [path["source"] for path in json.loads(body)["items"]]
        return {str(source["id"]): str(source["type"]) for source in sources if source}
    except (ValueError, KeyError, TypeError) as error:
        raise Away(f"{node.code}: its list of paths cannot be read") from error


def drop(publish: Publish) -> None:
    where = KICKED_AT.get(_sources(publish.node).get(publish.client, ""))
    if where is None:
        raise Away(f"{publish.node.code} knows no such stream")
    call(publish.node, "POST", f"/v3/{where}/kick/{quote(publish.client, safe='')}")
