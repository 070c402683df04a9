"""Who speaks to a running site: a shop, which keeps what it thinks of the answers, and somebody of a tenant."""

from __future__ import annotations

import http.cookiejar
import json
import ssl
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

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


BOUNDARY = "of-a-form"


class Person:
    """Somebody of a tenant who is logged in, with a browser without scripts."""

    def __init__(self, url: str, username: str, password: str) -> None:
        self.url, self._jar = url, http.cookiejar.CookieJar()
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self._jar))
        self.ask("/login/")
        _status, _page, home = self.ask("/login/", username=username, password=password)
        self.portal = home.removeprefix(url)

    def ask(self, path: str, body: bytes = b"", kind: str = "", **form: str) -> tuple[int, str, str]:
        """Look at a page, or send it a form: the status, the text, and where that stands."""
        if form:
            body = urlencode({"csrfmiddlewaretoken": self._token, **form}).encode()
        headers = {"Content-Type": kind} if kind else {}
        request = urllib.request.Request(self.url + path, body or None, headers)
        try:
            with self._opener.open(request, timeout=60) as answer:
                return answer.status, answer.read().decode(), answer.url
        except urllib.error.HTTPError as refusal:
            return refusal.code, refusal.read().decode(), refusal.url

    def upload(self, page: str, text: str) -> tuple[int, str, str]:
        """Bring a file to a page of the portal."""
        part = f"--{BOUNDARY}\r\nContent-Disposition: form-data; name="
        body = f'{part}"csrfmiddlewaretoken"\r\n\r\n{self._token}\r\n'
        body += f'{part}"file"; filename="sales.csv"\r\n\r\n{text}\r\n--{BOUNDARY}--\r\n'
        return self.ask(f"{self.portal}{page}/", body.encode(), f"multipart/form-data; boundary={BOUNDARY}")

    @property
    def _token(self) -> str:
        return next(str(cookie.value) for cookie in self._jar if cookie.name == "csrftoken")
