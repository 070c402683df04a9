"""Files and tables under ASGI: read in the request's own thread, sent piece by piece.

Pages and downloads are synchronous. Django would read such a body to its end into memory before it sends the first
byte, and warn about it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from io import BytesIO
from typing import IO, Any

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIHandler
from django.http import HttpRequest
from django.http.response import HttpResponseBase, StreamingHttpResponse

from core.doors.failures import what_broke
from core.locking import is_full
from core.middleware import activate_language

Message = Mapping[str, Any]
Scope = Mapping[str, Any]
Receive = Callable[[], Awaitable[Message]]

PIECE_BYTES = 64 * 1024


class NotKept(BytesIO):
    """The body of a request that there was no room for."""

    def __init__(self, error: OSError) -> None:
        super().__init__()
        self.error = error


class StreamingHandler(ASGIHandler):
    """Django's handler, which streams what is told synchronously, and says why a file could not be taken in.

    Under ASGI a large body is on the disk before there is a request: a full one would end in the server's bare 500.
    """

    async def read_body(self, receive: Receive) -> IO[bytes]:
        more = True

        async def part() -> Message:
            nonlocal more
            message = await receive()
            more = message.get("more_body", False)
            return message

        try:
            return await super().read_body(part)
        except OSError as error:
            if not is_full(error):
                raise
            # Who is answered while still sending may never read it.
            while more:
                await part()
            return NotKept(error)

    def create_request(self, scope: Scope, body_file: IO[bytes]) -> tuple[Any, Any]:
        request, refused = super().create_request(scope, body_file)
        if request is None or not isinstance(body_file, NotKept):
            return request, refused
        activate_language(request)
        return None, what_broke(request, body_file.error)

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
