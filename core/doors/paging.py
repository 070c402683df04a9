"""Pages of lists. What cannot be read in `page`, `page_size` or `cursor` is refused, not guessed."""

from __future__ import annotations

from base64 import b64decode
from typing import Any

from django.utils.translation import gettext as _
from rest_framework import pagination
from rest_framework.exceptions import NotFound as PageNotFound
from rest_framework.request import Request

from core.errors import InvalidInput
from core.strict import StrictError, quantity, shown

LAST_PAGE = 100_000


def positive(request: Request, name: str, default: int, largest: int) -> int:
    """A query parameter that counts from 1."""
    raw = request.query_params.get(name)
    if raw is None:
        return default
    try:
        number = quantity(raw)
    except StrictError as error:
        raise InvalidInput(error.message, code=error.code, field=name) from error
    if not 1 <= number <= largest:
        raise InvalidInput(
            _("“%(value)s” is out of range: from 1 to %(largest)d.")
            % {"value": shown(raw), "largest": largest},
            code="range",
            field=name,
        )
    return number


class Pages(pagination.PageNumberPagination):
    """Pages of 50, at most 500."""

    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 500

    def get_page_size(self, request: Request) -> int:
        return positive(request, "page_size", self.page_size, self.max_page_size)

    def get_page_number(self, request: Request, paginator: Any) -> int:
        return positive(request, "page", 1, LAST_PAGE)


class LongList(pagination.CursorPagination):
    """Pages of a list that may hold millions of rows: no count, and every page costs the same.

    A subclass orders by an integer column with an index, then by key.
    """

    page_size = 100
    page_size_query_param = "page_size"
    max_page_size = 1000
    offset_cutoff = 1_000_000

    def get_page_size(self, request: Request) -> int:
        return positive(request, "page_size", self.page_size, self.max_page_size)

    def decode_cursor(self, request: Request) -> Any:
        raw = request.query_params.get(self.cursor_query_param)
        if not raw:
            return None
        try:
            b64decode(raw, validate=True)  # what is no base64 would be read past
            cursor = super().decode_cursor(request)
            if cursor is None or (cursor.position is None and not cursor.offset):
                raise PageNotFound  # no page is given out under such a name
            if cursor.position is not None:
                quantity(cursor.position)
        except (PageNotFound, StrictError, ValueError) as error:
            raise InvalidInput(_("This is no cursor of this list."), code="cursor", field="cursor") from error
        return cursor
