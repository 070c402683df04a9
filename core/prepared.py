"""Statements that come many times a second: built once, for building them takes longer than what they do.

PostgreSQL plans them once for each connection, too: most of the time of an answer went into its plan.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from functools import cache
from typing import Any, Self, TypeVar

import psycopg
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper
from django.db.models import Field, Model, QuerySet
from django.db.models.sql.compiler import SQLCompiler, SQLInsertCompiler
from django.db.models.sql.subqueries import InsertQuery
from psycopg.sql import Literal

M = TypeVar("M", bound=Model)
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
        if database.vendor == "postgresql":
            self._write_constants_down()
        missing = set(samples) - {name for name, _value in self._parameters}
        if missing or len(names) < len(samples):
            raise RuntimeError(f"samples that cannot be told apart in the query: {missing or samples}")
        selected = [expression for expression, _sql, _alias in compiler.select or ()]
        self._converters = compiler.get_converters(selected)
        self._columns = list(queryset.query.selected or ())

    def _write_constants_down(self) -> None:
        """A plan for any values knows no index on a condition whose value is one of them."""
        first, *rest = self._sql.split("%s")
        if len(rest) != len(self._parameters):
            raise RuntimeError("a statement whose places for values cannot be told")
        kept: list[tuple[str | None, Any]] = []
        pieces = [first]
        for (name, value), after in zip(self._parameters, rest, strict=True):
            if name is None and isinstance(value, str | int):
                pieces.append(Literal(value).as_string(None).replace("%", "%%") + after)
            else:
                kept.append((name, value))
                pieces.append("%s" + after)
        self._sql, self._parameters = "".join(pieces), kept

    def row(self, model: type[M], **values: Any) -> M | None:
        """The first row as one of its model. The queryset has to name all of the model's columns."""
        found = self.first(**values)
        return model.from_db(DEFAULT_DB_ALIAS, list(found), list(found.values())) if found else None

    def first(self, **values: Any) -> dict[str, Any] | None:
        """The first row for these values, by column."""
        database = connections[DEFAULT_DB_ALIAS]  # once: Django's own name for it looks it up at each use
        adapted = {name: _adapted(value, database) for name, value in values.items()}
        parameters = [value if name is None else adapted[name] for name, value in self._parameters]
        with _executed(database, self._sql, parameters) as cursor:
            found = cursor.fetchone()
        if found is None:
            return None
        row = list(found)
        for place, (converters, expression) in self._converters.items():
            for convert in converters:
                row[place] = convert(row[place], expression, database)
        return dict(zip(self._columns, row, strict=True))


def insert(row: Model) -> None:
    """Store a new row, as `save` would; its kind is stored so often that its statement is built once.

    Columns that the database fills in have to be given, and nobody is signalled. Raises what the database raises;
    after that a caller goes on from a savepoint only.
    """
    database = connections[DEFAULT_DB_ALIAS]
    sql, fields = _insertion(type(row), database.vendor)
    given = [field.pre_save(row, True) for field in fields]
    values = [
        None if value is None else field.get_db_prep_save(value, database)
        for field, value in zip(fields, given, strict=True)
    ]
    with _executed(database, sql, values) as cursor:
        (row.pk,) = cursor.fetchone()
    row._state.adding, row._state.db = False, DEFAULT_DB_ALIAS


@cache
def _insertion(model: type[Model], vendor: str) -> tuple[str, Sequence[Field[Any, Any]]]:
    """The statement that stores a row, for a kind of database, and the fields whose values it takes."""
    database = connections[DEFAULT_DB_ALIAS]
    fields = [field for field in model._meta.concrete_fields if not field.primary_key and not field.generated]
    query = InsertQuery(model)
    query.insert_values(fields, [model()], raw=True)
    compiler = SQLInsertCompiler(query, database, DEFAULT_DB_ALIAS)
    compiler.returning_fields = [model._meta.pk]
    ((sql, parameters),) = compiler.as_sql()
    if len(parameters) != len(fields):
        raise RuntimeError(f"{model._meta.label} has columns that are not stored as a value each")
    return sql, fields


@contextmanager
def _executed(database: BaseDatabaseWrapper, sql: str, parameters: Sequence[Any]) -> Iterator[Any]:
    """A cursor that has executed the statement."""
    with _cursor(database) as cursor:
        cursor.execute(sql, parameters)
        yield cursor


def _cursor(database: BaseDatabaseWrapper) -> Any:
    # Whoever listens to what is asked hears nothing from psycopg of a statement that is planned already.
    if database.vendor != "postgresql" or database.queries_logged:
        return database.cursor()
    database.close_if_health_check_failed()
    database.ensure_connection()
    return CursorWrapper(PlannedOnce(database.connection), database)


class PlannedOnce(psycopg.Cursor[Any]):
    """Sends values beside its statements and has each planned at its first use: Django writes values into them."""

    def execute(self, query: Any, params: Any = None, **options: Any) -> Self:
        return super().execute(query, params, **{**options, "prepare": True})


def _adapted(value: Any, database: BaseDatabaseWrapper) -> Any:
    """A value as the database takes it."""
    if isinstance(value, datetime):
        return database.ops.adapt_datetimefield_value(value)
    return database.ops.adapt_datefield_value(value) if isinstance(value, date) else value


def columns_of(model: type[Model]) -> list[str]:
    """What `values` has to be asked for, for rows of the model."""
    return [field.attname for field in model._meta.concrete_fields]


def _told(value: Any) -> tuple[type, Any]:
    """A value with its type: for Python 1, 1.0 and True are the same."""
    return type(value), value
