"""Downloads and static files under ASGI: sent while they are read, without a complaint of Django's."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.http import FileResponse, HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.urls import path

from core.doors.export import table_response
from core.doors.streaming import PIECE_BYTES, StreamingHandler
from tests.loops import in_a_loop

pytestmark = pytest.mark.filterwarnings("error:StreamingHttpResponse")

PARTS = 5
taken: list[int] = []


def parts(request: HttpRequest) -> HttpResponseBase:
    def told() -> Iterator[bytes]:
        for number in range(PARTS):
            taken.append(number)
            yield bytes(PIECE_BYTES)

    return StreamingHttpResponse(told())


def table(request: HttpRequest) -> HttpResponseBase:
    return table_response("csv", "table", ["n"], ([number] for number in range(1000)))


def file(request: HttpRequest) -> HttpResponseBase:
    return FileResponse(io.BytesIO(b"x" * (3 * PIECE_BYTES + 1)), filename="x.bin")


urlpatterns = [path("parts", parts), path("table", table), path("file", file)]


def ask(target: str, seen: Callable[[bytes], None] = lambda piece: None) -> list[bytes]:
    """The pieces of the answer, each shown to `seen` as it leaves."""
    pieces: list[bytes] = []
    asked = iter([{"type": "http.request"}])

    async def receive() -> dict[str, Any]:
        return next(asked, None) or await asyncio.Future()

    async def send(message: dict[str, Any]) -> None:
        if piece := message.get("body"):
            seen(piece)
            pieces.append(piece)

    scope = {"type": "http", "method": "GET", "path": target, "query_string": b"", "headers": []}
    in_a_loop(StreamingHandler()(scope, receive, send))
    return pieces


@pytest.fixture(autouse=True)
def _bare_site(settings: Any) -> None:
    settings.ROOT_URLCONF = __name__
    settings.MIDDLEWARE = ["whitenoise.middleware.WhiteNoiseMiddleware"]


def test_the_first_piece_leaves_before_the_next_is_read() -> None:
    taken.clear()
    read_by_then: list[int] = []
    pieces = ask("/parts", lambda piece: read_by_then.append(len(taken)))
    assert [len(piece) for piece in pieces] == [PIECE_BYTES] * PARTS
    assert read_by_then == [1, 2, 3, 4, 5]


def test_a_table_is_not_sent_line_by_line() -> None:
    (piece,) = ask("/table")
    assert piece.decode().split()[:3] == ["\ufeffn", "0", "1"]
    assert len(piece.splitlines()) == 1001


def test_a_file_arrives_whole() -> None:
    assert b"".join(ask("/file")) == b"x" * (3 * PIECE_BYTES + 1)


def test_a_static_file_is_served(settings: Any) -> None:
    sheet = settings.STATICFILES_DIRS[0] / "css" / "livepark.css"
    assert b"".join(ask("/static/css/livepark.css")) == sheet.read_bytes()
