"""Where this machine can be reached in its own network."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from urllib.parse import urlsplit

from django.http import HttpRequest

EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104
"""What to listen on to be reached from the network."""

LOOPBACK = ("127.0.0.1", "localhost", "::1")
"""What this machine alone reaches."""

open_to_network = threading.Event()
"""Whether this process listens everywhere, so that others reach it by `lan_address`."""


def lan_address() -> str | None:
    """The address of this machine in the local network, or None without one.

    Asking the kernel for a route sends nothing: a datagram socket is connected, never written to.
    """
    with suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))
        address = str(probe.getsockname()[0])
        if not address.startswith("127."):
            return address
    return None


def reachable_address(request: HttpRequest, path: str = "/") -> str | None:
    """The address of a page as a phone in the same network can open it; None where only this machine can."""
    host = request.get_host()
    asked = urlsplit(f"//{host}")
    if asked.hostname in LOOPBACK:
        lan = lan_address() if open_to_network.is_set() else None
        if lan is None:
            return None
        host = f"{lan}:{asked.port}" if asked.port else lan
    return f"{request.scheme}://{host}{path}"
