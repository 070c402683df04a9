"""A shop that speaks to a running site, and what it thinks of the answers."""

from __future__ import annotations

import json
import ssl
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from typing import Any

from core.clock import now


@dataclass
class Shop:
    """Sends orders of one tenant by its key or its park's; remembers each answer's status and how long it took."""

    url: str
    secret: str
    tenant: str
    timeout: float = 30
    trusting: ssl.SSLContext | None = None
    statuses: list[int] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    def send(self, lines: list[dict[str, Any]], key: str = "") -> bytes:
        """POST a batch of lines; the answer's body. Raises OSError where there was no answer."""
        request = urllib.request.Request(
            f"{self.url}/api/v1/orders/bulk?tenant={self.tenant}&source=shop",
            data=json.dumps(lines).encode(),
            headers={"Authorization": f"Bearer {self.secret}", "Content-Type": "application/json"}
            | ({"Idempotency-Key": key} if key else {}),
        )
        started = time.monotonic()
        try:
            with urllib.request.urlopen(request, timeout=self.timeout, context=self.trusting) as answer:
                status, body = answer.status, answer.read()
        except urllib.error.HTTPError as refusal:
            status, body = refusal.code, refusal.read()
        self.statuses.append(status)
        self.seconds.append(time.monotonic() - started)
        return bytes(body)


def line(order_no: str, amount: str = "10.00", **more: Any) -> dict[str, Any]:
    """A paid order line of this moment."""
    return {
        "kind": "paid",
        "order_no": order_no,
        "line_no": "1",
        "qty": 1,
        "amount": amount,
        "occurred_at": now().isoformat(),
        **more,
    }
