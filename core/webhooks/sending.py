"""One POST to a receiver: to the address that was checked, once, without following, within a time.

The standard library, because its connection can be given a checked address and nothing else: no proxies, no redirects,
no second look at the name (ADR 32).
"""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
from contextlib import suppress
from dataclasses import dataclass

from core.choices import DeliveryFault
from core.webhooks.targets import Networks, Target, Unfit, parse, resolve

CONNECT_WITHIN = 5.0
DONE_WITHIN = 10.0
"""Seconds for everything after the name is known: a receiver that answers by drops does not hold the worker."""
GONE = 410


@dataclass(frozen=True)
class Outcome:
    """What came of a try: the status, when there was an answer, and the fault, when it was no success."""

    status: int | None = None
    fault: DeliveryFault | None = None


def send(url: str, headers: dict[str, str], body: bytes, *, allowed: Networks) -> Outcome:
    """Tell a receiver. Whatever happens out there becomes an Outcome. Of the answer only the status is read."""
    try:
        target = parse(url)
        address = resolve(target, allowed)[0]
    except Unfit as error:
        return Outcome(fault=error.fault)
    connection = _Pinned(target, address)
    clock = threading.Timer(DONE_WITHIN, connection.cut)
    clock.daemon = True
    clock.start()
    try:
        connection.request("POST", target.path, body, headers)
        return _judged(connection.getresponse().status)
    except ssl.SSLCertVerificationError:
        return Outcome(fault=DeliveryFault.CERTIFICATE)
    except TimeoutError:
        return Outcome(fault=DeliveryFault.SLOW)
    except (OSError, ValueError, http.client.HTTPException):
        return Outcome(fault=DeliveryFault.SLOW if connection.was_cut else DeliveryFault.CONNECTION)
    finally:
        clock.cancel()
        connection.close()


def _judged(status: int) -> Outcome:
    if 200 <= status < 300:
        return Outcome(status)
    if 300 <= status < 400:
        return Outcome(status, DeliveryFault.REDIRECT)
    return Outcome(status, DeliveryFault.GONE if status == GONE else DeliveryFault.STATUS)


class _Pinned(http.client.HTTPConnection):
    """A connection to a checked address, whose certificate has to name the host."""

    def __init__(self, target: Target, address: str) -> None:
        super().__init__(target.host, target.port, timeout=CONNECT_WITHIN)
        # By this the name is sent without a port that goes without saying.
        self.default_port = 443 if target.scheme == "https" else 80
        self._target, self._address = target, address
        self.was_cut = False

    def connect(self) -> None:
        self.sock = socket.create_connection((self._address, self.port), self.timeout)
        if self._target.scheme == "https":
            context = ssl.create_default_context()
            # The handshake waits until the socket can be cut.
            self.sock = context.wrap_socket(
                self.sock, server_hostname=self._target.host, do_handshake_on_connect=False
            )
            self.sock.do_handshake()
        # Connected: from now on only `cut` says when the time is over.
        self.sock.settimeout(DONE_WITHIN)

    def cut(self) -> None:
        """Time is up: whatever is waited for breaks off."""
        self.was_cut = True
        if self.sock is not None:
            with suppress(OSError):  # it may just have ended by itself
                self.sock.shutdown(socket.SHUT_RDWR)
