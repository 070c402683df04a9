"""Files and tables under ASGI: read in the request's own thread, sent piece by piece.

Pages and downloads are synchronous. Django would read such a body to its end into memory before it sends the first
byte, and warn about it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIHandler
from django.http import HttpRequest
from django.http.response import HttpResponseBase, StreamingHttpResponse

PIECE_BYTES = 64 * 1024


class StreamingHandler(ASGIHandler):
    """Django's handler, which streams what is told synchronously."""

    async def run_get_response(self, request: HttpRequest) -> HttpResponseBase:
        response = await super().run_get_response(request)
        if isinstance(response, StreamingHttpResponse) and not response.is_async:
            response.streaming_content = _pieces(iter(response))
        return response


async def _pieces(parts: Iterator[bytes]) -> AsyncIterator[bytes]:
    while piece := await sync_to_async(_next_piece)(parts):
        yield piece


def _next_piece(parts: Iterator[bytes]) -> bytes:
    """The next parts together: a table is not sent line by line. Empty at the end."""
    piece = bytearray()
    for part in parts:
        piece += part
        if len(piece) >= PIECE_BYTES:
            break
    return bytes(piece)
