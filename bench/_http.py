"""Order lines as a tool sends them: the bodies, and one client whose connection is kept alive."""

from __future__ import annotations

import csv
import http.client
import io
import json
import secrets
import time
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlsplit

from core.actors import Actor
from core.services import tool_key_create
from tenants.models import Tenant

Lines = Sequence[dict[str, Any]]


def _as_json(lines: Lines) -> bytes:
    return json.dumps(lines, ensure_ascii=False).encode()


def _as_ndjson(lines: Lines) -> bytes:
    return "\n".join(json.dumps(line, ensure_ascii=False) for line in lines).encode()


def _as_csv(lines: Lines) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(lines[0]))
    writer.writeheader()
    writer.writerows(lines)
    return text.getvalue().encode()


# Seconds that a connection may rest: servers close it after five.
KEPT_ALIVE = 2
# The content type of a body, and what writes it.
FORMATS: dict[str, tuple[str, Callable[[Lines], bytes]]] = {
    "JSON": ("application/json", _as_json),
    "NDJSON": ("application/x-ndjson", _as_ndjson),
    "CSV": ("text/csv", _as_csv),
}


class Tool:
    """Sends batches of a tenant's order lines to a running site."""

    def __init__(self, url: str, tenant: Tenant, actor: Actor) -> None:
        _key, self._secret = tool_key_create(
            actor=actor, node=tenant.node, name="bench", scopes=["orders:write"]
        )
        self._connection, self._used_at = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60), 0.0

    def send(self, body: bytes, content_type: str, source: str, lines: int, *, once: bool = False) -> None:
        """POST a body, with a key of its own where it must have its effect `once`; every line must be stored."""
        headers = {"Authorization": f"Bearer {self._secret}", "Content-Type": content_type}
        if once:
            headers["Idempotency-Key"] = secrets.token_hex(16)
        if time.monotonic() - self._used_at > KEPT_ALIVE:
            self._connection.close()  # the server did so as well, or is about to
        self._connection.request("POST", f"/api/v1/orders/bulk?source={source}", body, headers)
        answer = self._connection.getresponse()
        found, self._used_at = answer.read(), time.monotonic()
        assert answer.status == 200, found[:500]
        assert b'"stored":%d,' % lines in found, found[:500]
