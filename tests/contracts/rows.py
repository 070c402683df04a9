"""Which rows hang on a part of the scope tree, and whether they were written to."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Container, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from django.apps import apps
from django.db import connection, models

from core.models import ScopeNode
from core.scoping import scope_of, subtree_ids
from tests.factories import TenantWorld, World

WRITES = re.compile(
    r'(?<!DO )(?<!FOR )\b(?:INSERT(?: OR \w+)? INTO|REPLACE INTO|UPDATE(?: OR \w+)?|DELETE FROM)\s+"?(\w+)',
    re.IGNORECASE,
)


def rows_in(model: type[models.Model], path: str) -> models.QuerySet[Any] | None:
    """The rows of a model that hang on a part of the scope tree; None when the model does not hang there at all."""
    scope = scope_of(model)
    lookups = (
        [*scope.nodes, *([scope.park] if isinstance(scope.park, str) and scope.park else [])] if scope else []
    )
    if not lookups and scope is not None and scope.system:
        lookups = [field.attname for field in model._meta.fields if field.related_model is ScopeNode]
    if not lookups:
        return None
    reached = models.Q()
    for lookup in lookups:
        reached |= models.Q(**{f"{lookup}__in": subtree_ids(path)})
    return model._base_manager.filter(reached).distinct()


def row_in(model: type[models.Model], mine: TenantWorld, world: World) -> models.Model | None:
    """One row of a model in a world: of the tenant where the model has such, else of the park or the place.

    Reference rows belong to nobody and are the same for all.
    """
    scope = scope_of(model)
    if scope is not None and scope.reference:
        return model._base_manager.order_by("pk").first()
    if scope is not None and scope.user == "id":
        return mine.users["tenant_owner"]
    for node in (mine.tenant.node, world.park.node, world.province.node):
        rows = rows_in(model, node.path)
        row = rows.order_by("pk").first() if rows is not None else None
        if row is not None:
            return row
    return None


@cache
def _reading(path: str) -> list[tuple[str, str, tuple[Any, ...]]]:
    """Per model the statement that reads its rows on a part of the scope tree: written once, for it is asked often."""
    found = []
    for model in sorted(apps.get_models(), key=lambda model: model._meta.label):
        rows = rows_in(model, path)
        if rows is not None:
            found.append((model._meta.db_table, *rows.values_list().query.sql_with_params()))
    return found


def fingerprint(world: World, tables: Container[str] | None = None) -> dict[str, bytes]:
    """For each of these tables, or of all, a hash over its rows that hang on the world's province."""
    found = {}
    with connection.cursor() as cursor:
        for table, sql, params in _reading(world.province.node.path):
            if tables is None or table in tables:
                cursor.execute(sql, params)
                found[table] = hashlib.sha256("".join(sorted(map(repr, cursor.fetchall()))).encode()).digest()
    return found


@contextmanager
def writing() -> Iterator[set[str]]:
    """The tables that are written to meanwhile. The triggers of the database refuse, and write nothing themselves."""
    written: set[str] = set()

    def watch(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        written.update(WRITES.findall(sql))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(watch):
        yield written
