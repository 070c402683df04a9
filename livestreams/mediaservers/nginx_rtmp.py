"""nginx with its RTMP module: asks by forms, whose fields an encoder can add to, and is told by /control."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import urlencode
from xml.etree import ElementTree

from livestreams.choices import PublishReason
from livestreams.mediaservers.control import Away, call
from livestreams.models import MediaNode, Publish
from livestreams.publishing import KEY, TEST_APP, Claim, Malformed, key_and_room

ASKS_AGAIN = True
# What an encoder adds to its address stands behind these and is spelled alike: a field that stands twice is forged.
FIELDS = frozenset({
    "app", "flashver", "swfurl", "tcurl", "pageurl", "addr", "clientid", "epoch", "call", "name", "type", "time",
    "timestamp", "token",
})  # fmt: skip


def claim_of(fields: Mapping[str, Sequence[str]]) -> Claim:
    """The claim in a form, given as every value of each field."""
    if any(len(values) != 1 for name, values in fields.items() if name in FIELDS):
        raise Malformed(PublishReason.REPEATED, "".join(fields.get("name", ())[:1]))
    only = {name: values[0] for name, values in fields.items() if name in FIELDS}
    name, token = only.get("name", ""), only.get("token", "")
    # A key may be the name here: the node is told another one, under which the stream goes on.
    key, room = (name, "") if KEY.fullmatch(name) else key_and_room(name, token)
    return Claim(
        key=key,
        room=room,
        app=only.get("app", ""),
        client=only.get("clientid", ""),
        address=only.get("addr", ""),
        behind_ms=_behind(only.get("time", ""), only.get("timestamp", "")),
    )


def _behind(seconds: str, stamp: str) -> int | None:
    """By how many milliseconds the last picture lags behind the seconds since publishing began."""
    if not all(text.isascii() and text.isdigit() and len(text) < 11 for text in (seconds, stamp)):
        return None
    return max(0, int(seconds) * 1000 - int(stamp)) % 2**31


def client_of(fields: Mapping[str, Sequence[str]]) -> str:
    """Which connection a form is about; empty when that was tampered with."""
    clients = fields.get("clientid", ())
    return clients[0] if len(clients) == 1 else ""


def is_player(fields: Mapping[str, Sequence[str]]) -> bool:
    """Whether an update is about somebody who watches, such as the node's own relay."""
    return list(fields.get("call", ())) == ["update_play"]


def stream_name(key: str, room: str) -> str:
    return key


def readings(node: MediaNode) -> dict[str, int | None]:
    body = call(node, "GET", "/stat")
    if b"<!DOCTYPE" in body:
        raise Away(f"{node.code}: its figures declare entities")
    try:
        root = ElementTree.fromstring(body)  # noqa: S314  (no declarations, bounded, from the park's own node)
    except ElementTree.ParseError as error:
        raise Away(f"{node.code}: {error}") from error
    found: dict[str, int | None] = {}
    for stream in root.iterfind("server/application/live/stream"):
        for client in stream.iterfind("client"):
            if client.find("publishing") is not None:
                found[client.findtext("id", "")] = _kbps(stream)
    return found


def _kbps(stream: ElementTree.Element) -> int | None:
    """The bitrate of the last ten seconds; while there are none yet, the mean since the stream began."""
    try:
        now, received, ran = (int(stream.findtext(name, "")) for name in ("bw_in", "bytes_in", "time"))
    except ValueError:
        return None
    return now // 1000 if now else received * 8 // ran if ran else None


def drop(publish: Publish) -> None:
    app = TEST_APP if publish.is_test else publish.node.app
    query = urlencode({"app": app, "name": publish.public_name})
    if call(publish.node, "GET", f"/control/drop/publisher?{query}").strip() != b"1":
        raise Away(f"{publish.node.code} knows no such stream")
