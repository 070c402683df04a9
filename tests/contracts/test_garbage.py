"""Garbage in addresses, forms and files of the pages: never a fault of ours, and what is refused leaves nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from core.errors import InvalidInput
from tests.conftest import ON_POSTGRES
from tests.contracts.matrix import Matrix
from tests.contracts.routes import Route, walk
from tests.contracts.walker import Walker, paths_of

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases, pytest.mark.gate]
# Who opens the pages of a door: the first that may.
WHO = {
    "portal": ("owner", "superuser"),
    "admin": ("superuser",),
    "pages": ("owner", "superuser", "anonymous"),
}
# Pages that are alike for all models of the admin ("admin" is the address of a row without a page): few of them do.
ALIKE = ("history", "export", "delete", "admin")


def taken(door: str) -> Iterator[Route]:
    """The routes of a door of which this database takes one half, and the other database the other: all of a model of
    the admin, but a twentieth of the pages that are alike.
    """
    routes = [route for route in walk() if route.door == door]
    subjects = list(dict.fromkeys(route.admin_model or route.key for route in routes))
    for route in routes:
        number = subjects.index(route.admin_model or route.key)
        is_alike = bool(route.admin_model) and route.key.rsplit("_", 1)[-1] in ALIKE
        if number % (20 if is_alike else 2) == ON_POSTGRES:
            yield route


@pytest.mark.parametrize("door", WHO)
def test_garbage(matrix: Matrix, door: str) -> None:
    walker, callers = Walker(matrix, f"{door} {ON_POSTGRES}"), [matrix.caller(name) for name in WHO[door]]
    routes = list(taken(door))
    with walker.catching():
        opened = [
            route.key
            for route in routes
            if walker.walk(route, callers, paths_of(route, matrix, walker.random))
        ]
    print(
        f"{door}: {len(opened)} of {len(routes)} routes, {walker.asked} requests, {walker.posted} of them forms"
    )
    assert not walker.faults, "\n".join([f"{len(walker.faults)} faults", *walker.faults[:20]])
    assert len(opened) > len(routes) / 3


def test_what_a_refusal_leaves_is_told(matrix: Matrix, monkeypatch: pytest.MonkeyPatch) -> None:
    route = next(route for route in walk() if route.key == "portal-key-revoke")
    view, walker = route.callback.view_class, Walker(matrix, "half stored")
    carry_out = view.carry_out

    def stop_halfway(self: Any) -> None:
        carry_out(self)
        raise InvalidInput("refused after all")

    monkeypatch.setattr(view, "carry_out", stop_halfway)
    with walker.catching():
        assert walker.walk(route, [matrix.caller("owner")], paths_of(route, matrix, walker.random))
    assert [fault.rsplit("changed ")[-1] for fault in walker.faults] == [
        "['core_auditentry']"
    ] * walker.posted
