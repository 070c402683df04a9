"""How many statements each page asks the database for: recorded, and the same however many rows it lists.

`UPDATE_QUERY_COUNTS=1` rewrites query_counts.json; a number that grew shows in the diff.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.db import connection, transaction
from django.utils import translation

from analytics import rollup
from livestreams.api.views import BookingViewSet
from livestreams.models import Booking
from tests.contracts.growth import grow
from tests.contracts.matrix import Matrix
from tests.contracts.objects import values_for
from tests.contracts.routes import Route, walk

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mid_month")]
RECORDED = Path(__file__).parent / "query_counts.json"
# Who reads: somebody whose rows are picked out, and where the same page lists rows of all parks, who sees them all.
READERS = {
    "portal": ("owner",),
    "pages": ("manager",),
    "admin": ("manager", "superuser"),
    "api": ("tool", "superuser"),
}
LISTS_OF_THE_ADMIN = ("_changelist", "_export")


class Taken(NamedTuple):
    """What an answer took and gave: statements, and rows where it is a list."""

    statements: int
    rows: int | None


def pages() -> Iterator[Route]:
    """The lists of admin and API, and every page of the portal and beside it: most list something."""
    for route in walk():
        if route.door == "admin":
            wanted = not route.admin_model or route.name.endswith(LISTS_OF_THE_ADMIN)
        elif route.door == "api":
            wanted = (getattr(route.callback, "actions", None) or {}).get("get") == "list"
        else:
            wanted = True
        if wanted:
            yield route


def taken(matrix: Matrix, route: Route, reader: str) -> Taken | None:
    """What a page takes; None where the reader gets none."""
    caller = matrix.caller(reader)
    path = route.path(values_for(route, matrix.own, matrix.own))
    statements = 0

    def count(execute: Any, *statement: Any) -> Any:
        nonlocal statements
        statements += 1
        return execute(*statement)

    with transaction.atomic():
        with connection.execute_wrapper(count):
            answer: Any = caller.call("GET", path)
            body = b"".join(answer.streaming_content if answer.streaming else [answer.content])
        transaction.set_rollback(True)
    assert answer.status_code < 500, path
    return Taken(statements, rows_of(route, answer, body)) if answer.status_code == 200 else None


def rows_of(route: Route, answer: Any, body: bytes) -> int | None:
    """How many rows a list shows."""
    if route.door == "api":
        return len(json.loads(body)["results"])
    if route.name.endswith("_export"):
        return body.count(b"\n")
    context = answer.context or {}
    if "cl" in context:
        return int(context["cl"].result_count)
    return len(context["rows"]) if route.door == "portal" and "rows" in context else None


def all_taken(matrix: Matrix) -> dict[str, Taken]:
    with translation.override("en"):
        found = {
            f"{route.key} {reader}": taken(matrix, route, reader)
            for route in pages()
            for reader in READERS[route.door]
        }
    return {key: one for key, one in sorted(found.items()) if one is not None}


def test_every_page_takes_the_recorded_number_of_statements_however_much_it_lists(matrix: Matrix) -> None:
    ContentType.objects.get_for_models(*apps.get_models())  # remembered from the first use on
    before = all_taken(matrix)
    counts = {key: one.statements for key, one in before.items()}
    if os.environ.get("UPDATE_QUERY_COUNTS"):
        RECORDED.write_text(json.dumps(counts, indent=1) + "\n")
    assert counts == json.loads(RECORDED.read_text())
    with transaction.atomic():
        grow(matrix.alpha)
        rollup.drain()
        after = all_taken(matrix)
        transaction.set_rollback(True)
    changed = {
        key: (one, after[key]) for key, one in before.items() if one.statements != after[key].statements
    }
    assert not changed, f"these take more where there are more rows: {changed}"
    # The comparison says something only of lists that became longer.
    lists = {key.split()[0] for key, one in before.items() if one.rows is not None}
    longer = {key.split()[0] for key, one in before.items() if one.rows and one.rows < (after[key].rows or 0)}
    assert not lists - longer, f"these list no more rows than before: {sorted(lists - longer)}"
    assert {route.key for route in pages() if route.name.endswith(("_changelist", "-list"))} <= lists


def test_a_list_that_asks_for_each_row_is_found_out(matrix: Matrix, monkeypatch: pytest.MonkeyPatch) -> None:
    """The count is worth something: without its joins a list takes more for more rows."""

    def bare(self: Any) -> Any:
        return Booking.objects.order_by("-pk")

    route = next(route for route in pages() if route.key == "api-booking-list")
    monkeypatch.setattr(BookingViewSet, "base_queryset", bare)
    before = taken(matrix, route, "tool")
    with transaction.atomic():
        grow(matrix.alpha)
        after = taken(matrix, route, "tool")
        transaction.set_rollback(True)
    assert before is not None
    assert after is not None
    assert after.statements > before.statements
