"""Which address a caller has: what the trusted proxy saw, in the log as in the limits."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import RequestFactory
from structlog.contextvars import bound_contextvars, get_contextvars

from core.doors.credentials import address_of
from core.middleware import LogMiddleware

FORGED = {
    "X-Forwarded-For": "203.0.113.9, 198.51.100.7",
    "X-Client-IP": "203.0.113.8",
    "X-Real-IP": "203.0.113.7",
    "Client-IP": "203.0.113.6",
}


@pytest.mark.parametrize(("proxies", "address"), [(0, "192.0.2.1"), (1, "198.51.100.7")])
def test_the_log_names_the_address_by_which_callers_are_limited(
    settings: Any, proxies: int, address: str
) -> None:
    settings.LIVEPARK_TRUSTED_PROXIES = proxies
    request = RequestFactory().get("/", headers=FORGED, REMOTE_ADDR="192.0.2.1")
    with bound_contextvars(ip=None):
        LogMiddleware.bind_ip(request)
        assert get_contextvars()["ip"] == address_of(request) == address
