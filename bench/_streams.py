"""Questions of a media node to a site, one after the other, while a shop sends batches of orders to it.

Run by `_sites.measured` with the addresses of the site: prints milliseconds that 99 of 100 answers stay below.
`query` is the decision's own query without a site around it, `request` a small request of a tool.
"""

from __future__ import annotations

import http.client
import json
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from urllib.parse import urlencode, urlsplit

from bench._http import FORMATS, Tool
from bench._ledger import payload, seller
from core.actors import system_actor
from core.clock import HOUR, now
from core.services import tool_key_create
from livestreams.models import Booking, MediaNode
from livestreams.publishing import Claim
from livestreams.services import secret_of, stream_key_renew
from livestreams.services.publish_facts import row_of
from parks.models import Park
from tenants.models import Tenant
from tests import factories

ACTOR = system_actor("bench")
ROOMS, TIMES, BATCH = 400, 800, 100


def keys_of(tenant: Tenant, park: Park) -> list[str]:
    """The stream keys of as many bookings that run now, each in a room of its own."""
    at = now()
    span = {"starts_at": at - HOUR / 12, "ends_at": at + HOUR}
    blocked = {"blocked_from": span["starts_at"], "blocked_until": span["ends_at"]}
    found = []
    for number in range(ROOMS):
        room = factories.make_room(park, f"bench-{number}")
        booking = Booking.objects.create(room=room, tenant=tenant, state="confirmed", **span, **blocked)
        key = stream_key_renew(actor=ACTOR, booking=booking, platform="douyin")
        found.append(secret_of(key))
    return found


class Node:
    """A media node with a connection to the site that stays open."""

    def __init__(self, url: str, secret: str) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
        self._headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "X-Stream-Hook-Secret": secret,
        }

    def ask(self, call: str, client: int, key: str) -> None:
        form = urlencode({"app": "live", "addr": "10.0.0.7", "clientid": client, "name": key})
        self._connection.request("POST", f"/api/v1/stream-hooks/nginx-rtmp/{call}", form, self._headers)
        answer = self._connection.getresponse()
        answer.read()
        assert answer.status in (204, 302), answer.status


class Caller:
    """A tool that asks who it is."""

    def __init__(self, url: str, tenant: Tenant) -> None:
        _key, secret = tool_key_create(actor=ACTOR, node=tenant.node, name="bench", scopes=["bookings:read"])
        self._connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
        self._headers = {"Authorization": f"Bearer {secret}"}

    def ask(self) -> None:
        self._connection.request("GET", "/api/v1/me", headers=self._headers)
        answer = self._connection.getresponse()
        answer.read()
        assert answer.status == 200, answer.status


@contextmanager
def ingest(url: str, tenant: Tenant) -> Iterator[None]:
    """A shop that sends batch after batch until the block ends."""
    content_type, write = FORMATS["JSON"]
    stopping, tool = threading.Event(), Tool(url, tenant, ACTOR)

    def send() -> None:
        start = 0
        while not stopping.is_set():
            tool.send(write(payload(BATCH, start)), content_type, "bench-streams", BATCH)
            start += BATCH

    thread = threading.Thread(target=send)
    thread.start()
    try:
        yield
    finally:
        stopping.set()
        thread.join()


def p99(calls: Iterator[Callable[[], object]]) -> float:
    """The milliseconds that 99 of 100 calls stay below."""
    taken = []
    for call in calls:
        start = time.perf_counter()
        call()
        taken.append((time.perf_counter() - start) * 1000)
    return sorted(taken)[int(len(taken) * 0.99)]


def measure(url: str, hooks: str) -> dict[str, float]:
    tenant = seller()
    park = Park.objects.get(code="bench")
    node_row, secret = factories.make_media_node(park, "bench-node")
    keys = keys_of(tenant, park)
    node, caller = Node(hooks, secret), Caller(url, tenant)
    with ingest(url, tenant):
        return {
            "publish": p99(partial(node.ask, "publish", n, keys[n]) for n in range(ROOMS)),
            "update": p99(partial(node.ask, "update", n % ROOMS, keys[n % ROOMS]) for n in range(TIMES)),
            "request": p99(caller.ask for _ in range(TIMES)),
            "query": p99(partial(query, node_row, keys[n % ROOMS]) for n in range(TIMES)),
        }


def query(node: MediaNode, key: str) -> None:
    assert row_of(node, Claim(key=key, app="live", client="x"), now()) is not None


if __name__ == "__main__":
    print(json.dumps(measure(*sys.argv[1:])))
