"""SRS: asks by JSON, says goodbye by the same door, and is watched and told by its HTTP API."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from livestreams.mediaservers.control import Away, call
from livestreams.models import MediaNode, Publish
from livestreams.publishing import Claim, key_and_room, token_in

ASKS_AGAIN = False
MOST_CLIENTS = 10_000


def claim_of(body: Mapping[str, Any]) -> Claim:
    """The claim in a call. The address of a stream may carry a token: `?token=...`."""
    text = {name: value for name, value in body.items() if isinstance(value, str)}
    key, room = key_and_room(text.get("stream", ""), token_in(text.get("param", "")))
    app, address = text.get("app", ""), text.get("ip", "")
    return Claim(key=key, room=room, app=app, client=client_of(body), address=address)


def client_of(body: Mapping[str, Any]) -> str:
    """Which connection the call is about; older releases number them."""
    client = body.get("client_id", "")
    return str(client) if isinstance(client, str | int) else ""


def stream_name(key: str, room: str) -> str:
    return f"{room}?token={key}"


def readings(node: MediaNode) -> dict[str, Any]:
    body = call(node, "GET", f"/api/v1/clients?count={MOST_CLIENTS}")
    try:
        clients = json.loads(body)["clients"]
        return {
            str(client["id"]): client.get("kbps", {}).get("recv_30s") or None
            for client in clients
            if client.get("publish")
        }
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise Away(f"{node.code}: its list of clients cannot be read") from error


def drop(publish: Publish) -> None:
    body = call(publish.node, "DELETE", f"/api/v1/clients/{quote(publish.client, safe='')}")
    # What went wrong stands in the body of a good answer.
    try:
        code = json.loads(body)["code"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise Away(f"{publish.node.code}: its answer to a cut cannot be read") from error
    if code != 0:
        raise Away(f"{publish.node.code} did not cut: code {code}")
