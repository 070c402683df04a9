"""Queries that are asked many times a second: built once, for building them takes longer than answering them.

PostgreSQL plans them once for each connection, too: most of the time of an answer went into its plan.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Self

import psycopg
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import QuerySet
from django.db.models.sql.compiler import SQLCompiler

Build = Callable[..., QuerySet[Any, dict[str, Any]]]


class Prepared:
    """The first row of a queryset of `values()`, whose statement is built once and then asked with other values.

    `build` is called with `samples`, one value for each name, and must do the same whatever they are. A sample must
    stand nowhere else in the query: neither true nor false, nor a small positive number, nor None.
    """

    def __init__(self, build: Build, samples: Mapping[str, Any]) -> None:
        queryset, database = build(**samples)[:1], connections[DEFAULT_DB_ALIAS]
        compiler: SQLCompiler = queryset.query.get_compiler(connection=database)
        self._sql, parameters = compiler.as_sql()
        names = {_told(_adapted(sample, database)): name for name, sample in samples.items()}
        self._parameters = [(names.get(_told(value)), value) for value in parameters]
        missing = set(samples) - {name for name, _value in self._parameters}
        if missing or len(names) < len(samples):
            raise RuntimeError(f"samples that cannot be told apart in the query: {missing or samples}")
        selected = [expression for expression, _sql, _alias in compiler.select or ()]
        self._converters = compiler.get_converters(selected)
        self._columns = list(queryset.query.selected or ())

    def first(self, **values: Any) -> dict[str, Any] | None:
        """The first row for these values, by column."""
        database = connections[DEFAULT_DB_ALIAS]  # once: Django's own name for it looks it up at each use
        adapted = {name: _adapted(value, database) for name, value in values.items()}
        parameters = [value if name is None else adapted[name] for name, value in self._parameters]
        with database.cursor() as cursor:
            # Whoever listens to what is asked hears nothing from psycopg of a statement that is planned already.
            if database.vendor == "postgresql" and not database.force_debug_cursor:
                cursor.cursor = PlannedOnce(database.connection)
            cursor.execute(self._sql, parameters)
            found = cursor.fetchone()
        if found is None:
            return None
        row = list(found)
        for place, (converters, expression) in self._converters.items():
            for convert in converters:
                row[place] = convert(row[place], expression, database)
        return dict(zip(self._columns, row, strict=True))


class PlannedOnce(psycopg.Cursor[Any]):
    """Sends values beside its statements and has each planned at its first use: Django writes values into them."""

    def execute(self, query: Any, params: Any = None, **options: Any) -> Self:
        return super().execute(query, params, **{**options, "prepare": True})


def _adapted(value: Any, database: BaseDatabaseWrapper) -> Any:
    """A value as the database takes it."""
    return database.ops.adapt_datetimefield_value(value) if isinstance(value, datetime) else value


def _told(value: Any) -> tuple[type, Any]:
    """A value with its type: for Python 1, 1.0 and True are the same."""
    return type(value), value
