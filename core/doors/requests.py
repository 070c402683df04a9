"""Requests under WSGI that no header can break before a page sees them, and the handler that makes them."""

from __future__ import annotations

from django.core.handlers.wsgi import WSGIHandler, WSGIRequest


class PageRequest(WSGIRequest):
    """Keeps what a header calls the encoding, for `core.middleware` to judge, and decodes nothing by it.

    Django would decode the address while it makes the request: by `rot13`, or another codec that is none of a
    text, that raises where nobody answers yet. Under ASGI it does not.
    """

    encoding: str | None = None  # a property there, which decodes


class PageHandler(WSGIHandler):
    """Django's handler, which makes them."""

    request_class = PageRequest
