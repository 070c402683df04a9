"""Input that names a foreign row gets exactly the answer of one that names no row, however the name is spelled.

Relations are found by walking: serializers through the routes of the API, texts that name rows through the OpenAPI
document. Those of forms are in test_related_forms.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from operator import attrgetter
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import transaction
from django.db.models import Model
from drf_spectacular.generators import SchemaGenerator

from core.actors import Actor
from core.doors import fields
from core.scoping import visible_to
from tests.contracts.matrix import Caller, Matrix
from tests.contracts.objects import NoFactory, Place, values_for
from tests.contracts.relations import NAMES, WORDS, Ask, Name, name_in, relations_of, told_apart, with_value
from tests.contracts.routes import Route, walk

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("worlds_stay")]
ROUTES = list(walk())
SENDERS = ("tool", "manager", "province_analyst")
FIRM = ("owner", "superuser")
"""Who sends what none of those may."""


@dataclass(frozen=True)
class Operation:
    """An operation of the API as its document describes it, and the serializer that reads its body, if one does."""

    method: str
    route: Route
    document: dict[str, Any]
    serializer: type[fields.StrictSerializer] | None

    @property
    def resource(self) -> str:
        return self.route.pattern.removeprefix("api/v1/").strip("^$").replace("(?P<uid>[^/.]+)", "{uid}")

    def relations(self) -> dict[tuple[Any, ...], Any]:
        return dict(relations_of(self.serializer())) if self.serializer else {}

    def parameters(self) -> list[str]:
        """The parameters of its address that are free text."""
        every = self.document.get("parameters", ())
        return [each["name"] for each in every if each["in"] == "query" and is_free_text(each["schema"])]

    def texts(self) -> list[tuple[Any, ...]]:
        """Where free text stands in its body, relations apart."""
        body = self.document.get("requestBody", {}).get("content", {}).get("application/json", {})
        return [path for path in text_paths(body.get("schema", {})) if path not in self.relations()]

    def names_row(self, field: str) -> bool:
        """Whether a text of this name names a row. A name that nobody has thought about is a failure."""
        if f"{self.resource} {field}" in WORDS:
            return False
        if field not in NAMES and field not in WORDS:
            raise NoFactory(f"{self.resource}: neither NAMES nor WORDS of relations.py knows “{field}”")
        return field in NAMES


DOCUMENT: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)


def _operations() -> Iterator[Operation]:
    for route in ROUTES:
        inputs = getattr(getattr(route.callback, "cls", None), "inputs", {})
        actions = getattr(route.callback, "actions", None) or {}
        described = DOCUMENT["paths"].get(route.path({name: f"{{{name}}}" for name in route.parameters}), {})
        for method, document in described.items() if route.door == "api" else ():
            yield Operation(method.upper(), route, document, inputs.get(actions.get(method)))


def is_free_text(schema: dict[str, Any]) -> bool:
    kinds = schema.get("type", "string")
    dated = schema.get("format") in ("date", "date-time")
    return "string" in (kinds if isinstance(kinds, list) else [kinds]) and "enum" not in schema and not dated


def text_paths(schema: dict[str, Any], path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if "$ref" in schema:
        schema = DOCUMENT["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
    if schema.get("type") == "array":
        yield from text_paths(schema["items"], (*path, 0))
    elif schema.get("type") == "object":
        for name, inner in schema.get("properties", {}).items():
            yield from text_paths(inner, (*path, name))
    elif schema and is_free_text(schema):
        yield path


OPERATIONS = list(_operations())
WITH_RELATIONS = [each for each in OPERATIONS if each.relations()]
by_resource = {"ids": lambda each: f"{each.method} {each.resource}"}


# --- who asks, and for what -------------------------------------------------------------------------------


def attempts(matrix: Matrix, callers: list[Caller]) -> Iterator[tuple[Caller, Place, bool]]:
    """Who names whose rows; the first of them tries every spelling."""
    for number, (caller, place) in enumerate(product(callers, matrix.strangers)):
        yield caller, place, number == 0


def may_see(actor: Actor, model: type[Model], key: int, verb: str = "view") -> bool:
    return visible_to(model._default_manager.filter(pk=key), actor, verb).exists()


def call(
    caller: Caller, operation: Operation, own: Place, body: Any, query: dict[str, str] | None = None
) -> list[Any]:
    """The answer to an operation and, after a write, the list in which it would show; rolled back."""
    path = operation.route.path(values_for(operation.route, own, own))
    with transaction.atomic():
        answers = [caller.call(operation.method, f"{path}?{urlencode(query or {})}", body)]
        if operation.method != "GET" and answers[0].status_code < 300:
            answers.append(caller.call("GET", f"/api/v1/{operation.resource.split('/')[0]}"))
        transaction.set_rollback(True)
    return answers


def valid_body(matrix: Matrix, operation: Operation) -> Any:
    return matrix.body_of(operation.route, matrix.own) if operation.method != "GET" else None


# --- relations in bodies of the API -----------------------------------------------------------------------


def relation_faults(matrix: Matrix, operation: Operation) -> Iterator[str]:
    """What tells foreign rows from absent ones in the relations of a body."""
    own = matrix.own
    body = valid_body(matrix, operation)

    def asking(caller: Caller) -> Ask[Any]:
        return lambda values: call(caller, operation, own, filled(body, values))

    able = [each for each in map(matrix.caller, SENDERS) if asking(each)({})[0].status_code < 300]
    able = able or [each for each in map(matrix.caller, FIRM) if asking(each)({})[0].status_code < 300]
    if not able:
        raise NoFactory(f"{operation.resource}: nobody can send it; name a valid body in objects.api_bodies")
    for caller, place, thorough in attempts(matrix, able):
        names = hidden_relations(operation, caller.actor, place)

        what = f"{caller.name}: {operation.resource} {place.name}"
        yield from (f"{what}, {fault}" for fault in told_apart(names, asking(caller), thorough=thorough))
        answer = asking(caller)({where: name.public for where, name in names.items()})[0]
        if names and refused_fields(answer) != {str(where[0]) for where in names}:
            yield f"{what}: {answer.status_code} {answer.content.decode()} does not refuse each by name"


def hidden_relations(operation: Operation, actor: Actor, place: Place) -> dict[Any, Name]:
    """For each relation of a body a row of a place, as far as the actor may not see it."""
    assert place.world is not None
    assert place.mine is not None
    found = {}
    for where, field in operation.relations().items():
        model = getattr(field, "model", None) or field.queryset.model
        name = name_in(model, place.mine, place.world, attrgetter(getattr(field, "slug_field", "pk")))
        if not may_see(actor, model, name.key, getattr(field, "verb", "view")):
            found[where] = name
    return found


def filled(body: Any, values: dict[Any, Any]) -> Any:
    for where, value in values.items():
        body = with_value(body, where, value)
    return body


def refused_fields(answer: Any) -> set[str]:
    """The fields that an answer of the API complains about."""
    problem = answer.json() if answer.status_code == 400 else {}
    return {str(each["field"]).split(".")[0] for each in problem.get("errors", ())}


@pytest.mark.parametrize("operation", WITH_RELATIONS, **by_resource)
def test_relations_of_a_body(matrix: Matrix, operation: Operation) -> None:
    faults = list(relation_faults(matrix, operation))
    assert not faults, "\n".join(faults[:20])


# --- text that names rows: filters, parameters, references of order lines ------------------------------------


def row_named(field: str, place: Place) -> tuple[Model, Name]:
    assert place.world is not None
    assert place.mine is not None
    row, attribute = NAMES[field](place.world, place.mine)
    if row is None:
        raise NoFactory(f"{place.world.name} has no row that “{field}” names")
    return row, Name.of(row, getattr(row, attribute))


def hidden_texts(actor: Actor, places: dict[Any, str], place: Place) -> dict[Any, Name]:
    found = {}
    for where, field in places.items():
        row, name = row_named(field, place)
        if not may_see(actor, type(row), name.key):
            found[where] = name
    return found


@pytest.mark.parametrize("operation", [each for each in OPERATIONS if each.texts()], **by_resource)
def test_references_in_the_text_of_a_body(matrix: Matrix, operation: Operation) -> None:
    """They are stored as they stand. Neither the answer nor the list afterwards says more."""
    own, faults = matrix.own, []
    places = {where: str(where[-1]) for where in operation.texts() if operation.names_row(str(where[-1]))}

    def asking(caller: Caller) -> Ask[Any]:
        # Under the source of the foreign row, whose external id it could meet.
        return lambda values: call(
            caller, operation, own, filled(valid_body(matrix, operation), values), {"source": "test"}
        )

    able = [each for each in map(matrix.caller, SENDERS) if places and asking(each)({})[0].status_code < 300]
    for caller, place, thorough in attempts(matrix, able):
        names = hidden_texts(caller.actor, places, place)
        apart = told_apart(names, asking(caller), thorough=thorough)
        faults += [f"{caller.name} {place.name}, {fault}" for fault in apart]
    assert not faults, "\n".join(faults[:20])


@pytest.mark.parametrize("operation", [each for each in OPERATIONS if each.parameters()], **by_resource)
def test_parameters_of_an_address(matrix: Matrix, operation: Operation) -> None:
    own, faults = matrix.own, []

    def asking(caller: Caller) -> Ask[Any]:
        return lambda values: call(caller, operation, own, valid_body(matrix, operation), values)

    for field in filter(operation.names_row, operation.parameters()):
        _row, name = row_named(field, own)
        able = [
            each
            for each in map(matrix.caller, (*SENDERS, "owner"))  # who alone reads what a firm keeps
            if asking(each)({field: name.public})[0].status_code != 403
        ]
        for caller, place, thorough in attempts(matrix, able):
            names = hidden_texts(caller.actor, {field: field}, place)
            apart = told_apart(names, asking(caller), Name.typed, thorough=thorough)
            faults += [f"{caller.name}: ?{field}= {place.name}, {fault}" for fault in apart]
        if not any(list(told_apart({field: name}, asking(each), thorough=False)) for each in able):
            faults.append(f"?{field}=: a row of one's own gets the answer of an absent one")
    assert not faults, "\n".join(faults[:20])
