"""Calls to the control address of a media node: short, bounded, and never followed elsewhere."""

from __future__ import annotations

import http.client
from urllib.parse import urlsplit

from livestreams.models import MediaNode

SECONDS = 2.0
MOST = 4 * 1024 * 1024


class Away(Exception):
    """The node has no control address, does not answer, or says no."""


def call(node: MediaNode, method: str, path: str) -> bytes:
    """What the node answers to a call of its control address. Raises Away for everything but a 2xx."""
    address = urlsplit(node.control_url)
    if not address.hostname:
        raise Away(f"{node.code} has no control address")
    kind = http.client.HTTPSConnection if address.scheme == "https" else http.client.HTTPConnection
    connection = kind(address.hostname, address.port, timeout=SECONDS)
    try:
        connection.request(method, address.path.rstrip("/") + path, headers={"Accept": "*/*"})
        response = connection.getresponse()
        body = response.read(MOST)
    except (OSError, http.client.HTTPException) as error:
        raise Away(f"{node.code}: {error}") from error
    finally:
        connection.close()
    if not 200 <= response.status < 300:
        raise Away(f"{node.code} answered {response.status}")
    return body
