"""Nobody sees or changes what is not theirs, on any route of the site."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

import pytest
from django.contrib.admin import site
from drf_spectacular.generators import SchemaGenerator

from core import policy
from core.choices import Role
from core.models.base import Scope
from livestreams.models import LiveSession
from supplychain.models import SalesEvent
from tests.contracts import exemptions
from tests.contracts.matrix import Matrix, text_of
from tests.contracts.objects import NoFactory, Place, values_for
from tests.contracts.routes import Route, walk
from tests.contracts.worlds import COSTS, KEEPS, SHARES, line_mark, line_marks

pytestmark = pytest.mark.django_db
ROUTES = list(walk())
GROUPS: dict[str, list[Route]] = defaultdict(list)
for route in ROUTES:
    GROUPS[route.group].append(route)


@pytest.mark.parametrize("group", sorted(GROUPS))
def test_no_route_shows_or_changes_what_is_foreign(matrix: Matrix, group: str) -> None:
    before = matrix.requests
    faults = [fault for route in GROUPS[group] for fault in matrix.faults_of(route)]
    print(f"{group}: {len(GROUPS[group])} routes, {matrix.requests - before} requests, {len(faults)} faults")
    assert not faults, "\n".join(faults[:60])
    # A refusal shows and changes nothing: only what succeeds for somebody puts the scope of a write to the test.
    assert writes_of(GROUPS[group]) <= matrix.succeeded


def writes_of(routes: list[Route]) -> set[tuple[str, str]]:
    """What these routes of the API write, as the matrix notes what succeeded."""
    return {(route.key, method) for route in routes for method in route.writes}


def test_every_route_has_an_object_factory(matrix: Matrix) -> None:
    own = Place("own", matrix.alpha, matrix.alpha.tenants[0])
    missing = []
    for route in ROUTES:
        try:
            values_for(route, own, own)
        except NoFactory as reason:
            missing.append(str(reason))
    assert not missing, "\n".join(missing)


def test_a_route_without_a_factory_is_a_failure(matrix: Matrix) -> None:
    own = Place("own", matrix.alpha, matrix.alpha.tenants[0])
    for pattern in (
        "portal/<slug:tenant>/secrets/<uuid:uid>/",
        "pages/<int:number>/",
        "api/v1/^things/(?P<uid>.+)$",
    ):
        with pytest.raises(NoFactory):
            values_for(Route(pattern, "new-route", None), own, own)
    writing = next(route for route in ROUTES if route.key == "api-sku-list")
    with pytest.raises(NoFactory):
        matrix.body_of(replace(writing, name="new-route"), own)


def test_nobody_is_slowed_down_by_how_much_the_matrix_asks(matrix: Matrix) -> None:
    answers = {matrix.caller("revoked tool").call("GET", "/api/v1/me").status_code for _ in range(300)}
    assert answers == {401}


def test_the_schema_and_the_admin_registry_are_walked() -> None:
    walked = {route.path(dict.fromkeys(route.parameters, "x")) for route in ROUTES if route.door == "api"}
    document = SchemaGenerator().get_schema(request=None, public=True)
    described = {path.replace("{uid}", "x").replace("{code}", "x") for path in document["paths"]}
    assert described <= walked
    assert len(writes_of(ROUTES)) > 50
    # The hooks speak the languages of media servers and shops, which read no schema.
    hooks = ("/api/v1/stream-hooks/", "/api/v1/hooks/in/")
    others = {path for path in walked - described if not path.startswith(hooks)}
    assert others == {"/api/schema", "/api/docs"}
    pages = {route.admin_model for route in ROUTES}
    assert {model._meta.label_lower for model in site._registry} <= pages


def test_what_is_exempt_says_why_and_still_exists() -> None:
    keys = {route.key for route in ROUTES}
    named = [key for exempt in exemptions.NEIGHBOURS_ARE_NAMED for key in exempt.routes]
    assert len(exemptions.NEIGHBOURS_ARE_NAMED) <= 10
    assert set(named) <= keys
    assert len(set(named)) == len(named) <= 10
    assert all(len(exempt.reason) > 20 for exempt in exemptions.NEIGHBOURS_ARE_NAMED)


def test_without_its_scope_a_model_is_reported(matrix: Matrix, monkeypatch: pytest.MonkeyPatch) -> None:
    """The matrix is worth something: one wide open declaration turns it red."""
    routes = [route for route in ROUTES if route.key in ("api-session-detail", "api-session-list")]
    assert [fault for route in routes for fault in matrix.faults_of(route)] == []
    monkeypatch.setattr(LiveSession, "scope", Scope(reference="saboteur: everybody may read"))
    faults = [fault for route in routes for fault in matrix.faults_of(route)]
    assert any("shows" in fault for fault in faults)
    assert any("tells foreign from absent" in fault for fault in faults)
    print(f"without the scope of LiveSession: {len(faults)} faults, such as {faults[0]}")


# What reads order lines: the door for people who run a park, and the API.
LINE_ROUTES = (
    "api-order-list",
    "admin:supplychain_salesevent_changelist",
    "admin:supplychain_salesevent_export",
)


def test_a_park_reads_the_lines_that_are_shared(matrix: Matrix) -> None:
    """The other half of the matrix: what a tenant shows is there, on every door, beside nothing of its neighbour."""
    manager = next(caller for caller in matrix.callers if caller.name == "manager")
    own = Place("own", matrix.alpha, matrix.alpha.tenants[KEEPS])
    shared, kept = (line_mark(matrix.alpha.tenants[number]) for number in (SHARES, KEEPS))
    for route in (route for route in ROUTES if route.key in LINE_ROUTES):
        values = values_for(route, own, own)
        text = text_of(
            manager.call("GET", route.path(values | {"kind": "csv"} if "kind" in values else values))
        )
        assert (shared in text, kept in text) == (True, False), route.key
    detail = next(route for route in ROUTES if route.key == "admin:supplychain_salesevent_change")
    for mark, status in ((shared, 200), (kept, 404)):
        event = SalesEvent.objects.get(order_no=mark)
        answer = manager.call("GET", detail.path({"object_id": str(event.pk)}))
        assert (answer.status_code, mark in text_of(answer)) == (status, status == 200)


@pytest.mark.parametrize(
    ("role", "caller", "betrayed"),
    [(Role.PARK_MANAGER, "manager", [KEEPS]), (Role.PROVINCE_ANALYST, "province_analyst", [KEEPS, SHARES])],
)
def test_lines_that_nobody_shared_are_reported(
    matrix: Matrix, monkeypatch: pytest.MonkeyPatch, role: str, caller: str, betrayed: list[int]
) -> None:
    routes = [route for route in ROUTES if route.key in LINE_ROUTES]
    assert [fault for route in routes for fault in matrix.faults_of(route)] == []
    monkeypatch.setitem(policy.TABLE["supplychain.SalesEvent"], role, policy.SEE)
    faults = [fault for route in routes for fault in matrix.faults_of(route)]
    told = "\n".join(fault for fault in faults if fault.startswith(f"{caller}: GET"))
    expected = [line_mark(matrix.alpha.tenants[number]) for number in betrayed]
    assert all(mark in told for mark in [*expected, *line_marks(matrix.alpha.tenants[KEEPS])]), faults[:5]
    print(f"with every line open to {role}: {len(faults)} faults, such as {faults[0]}")


def test_costs_that_leave_the_firm_are_reported(matrix: Matrix, monkeypatch: pytest.MonkeyPatch) -> None:
    routes = [route for route in ROUTES if route.key in ("api-sku-list", "admin:supplychain_product_change")]
    assert len(routes) == 2
    assert [fault for route in routes for fault in matrix.faults_of(route)] == []
    monkeypatch.setitem(
        policy.TABLE["supplychain.Product"],
        Role.PARK_MANAGER,
        policy.Permission(frozenset({"view", "view_private"})),
    )
    monkeypatch.setitem(policy.TABLE["supplychain.Sku"], Role.PARK_MANAGER, policy.SEE)
    faults = [fault for route in routes for fault in matrix.faults_of(route)]
    assert any(fault.startswith("manager: GET") and str(COSTS["alpha"]) in fault for fault in faults), faults[
        :5
    ]
