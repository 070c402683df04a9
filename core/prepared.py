"""Statements that come many times a second: built once, for building them takes longer than what they do.

PostgreSQL plans them once for each connection, too: most of the time of an answer went into its plan.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from datetime import UTC, date, datetime, time
from functools import cache
from itertools import count
from typing import Any, Self, TypeVar

import psycopg
from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper
from django.db.models import CharField, DateTimeField, Field, ForeignKey, Model, QuerySet
from django.db.models.sql.compiler import SQLCompiler, SQLInsertCompiler
from django.db.models.sql.subqueries import InsertQuery
from psycopg.sql import Literal

M = TypeVar("M", bound=Model)
Keys = tuple[Any, Any]
AS_IT_IS: dict[type[Field[Any, Any]], type] = {CharField: str, ForeignKey: int}
Build = Callable[..., QuerySet[Any, dict[str, Any]]]


class Prepared:
    """The first row of a queryset of `values()`, whose statement is built once and then asked with other values.

    `build` is called with `samples`, one value for each name, and must do the same whatever they are. A sample must
    stand nowhere else in the query: neither true nor false, nor a small positive number, nor None.
    """

    def __init__(self, build: Build, samples: Mapping[str, Any]) -> None:
        queryset, database = build(**samples)[:1], connections[DEFAULT_DB_ALIAS]
        compiler: SQLCompiler = queryset.query.get_compiler(connection=database)
        self.sql, parameters = compiler.as_sql()
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
        first, *rest = self.sql.split("%s")
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
        self.sql, self._parameters = "".join(pieces), kept

    def row(self, model: type[M], **values: Any) -> M | None:
        """The first row as one of its model. The queryset has to name all of the model's columns."""
        found = self.first(**values)
        return model.from_db(DEFAULT_DB_ALIAS, list(found), list(found.values())) if found else None

    def first(self, **values: Any) -> dict[str, Any] | None:
        """The first row for these values, by column."""
        database = connections[DEFAULT_DB_ALIAS]  # once: Django's own name for it looks it up at each use
        with _executed(database, self.sql, self.parameters(values, database)) as cursor:
            found = cursor.fetchone()
        if found is None:
            return None
        row = list(found)
        for place, (converters, expression) in self._converters.items():
            for convert in converters:
                row[place] = convert(row[place], expression, database)
        return dict(zip(self._columns, row, strict=True))

    def parameters(self, values: Mapping[str, Any], database: BaseDatabaseWrapper) -> list[Any]:
        """What stands in the places of the statement for these values."""
        adapted = {name: _adapted(value, database) for name, value in values.items()}
        return [value if name is None else adapted[name] for name, value in self._parameters]


Asked = tuple[Prepared, Mapping[str, Any]]
"""A query and the values that it is asked with."""


def insert(row: Model) -> None:
    """Store a new row, as `save` would; its kind is stored so often that its statement is built once.

    Columns that the database fills in have to be given, and nobody is signalled. Raises what the database raises;
    after that a caller goes on from a savepoint only.
    """
    database = connections[DEFAULT_DB_ALIAS]
    sql, fields = _insertion(type(row), database.vendor)
    with _executed(database, sql, _stored(row, fields, database)) as cursor:
        _is_stored(row, *cursor.fetchone())


def insert_while(row: Model, note: Model, names: str, *, still: Asked) -> bool:
    """Store two new rows if `still` finds anything.

    The second has the key of the first in its column `names`. False: neither is stored. All is made ready before:
    nobody waits for what `still` locks, or for the one writer of SQLite, while this process does something else.
    On PostgreSQL it is one statement: of what it does not lock, it sees what was there before it waited for a lock.
    Raises what the database raises, and then nothing is stored either.
    """
    database = connections[DEFAULT_DB_ALIAS]
    store = _in_one_statement if database.vendor == "postgresql" else _in_one_turn
    pks = store(database, row, note, names, still)
    if pks is None:
        return False
    _is_stored(row, pks[0])
    setattr(note, names, row.pk)
    _is_stored(note, pks[1])
    return True


def _in_one_statement(
    database: BaseDatabaseWrapper, row: Model, note: Model, names: str, still: Asked
) -> Keys | None:
    condition, values = still
    sql, fields, noted = _both(type(row), type(note), names, condition)
    asked = [
        *condition.parameters(values, database),
        *_stored(row, fields, database),
        *_stored(note, noted, database),
    ]
    # In a transaction of the caller's, a refusal of the database must not be the end of it.
    savepoint = transaction.atomic() if database.in_atomic_block else nullcontext()
    with savepoint, _executed(database, sql, asked) as cursor:
        found: Keys | None = cursor.fetchone()
    return found


def _in_one_turn(
    database: BaseDatabaseWrapper, row: Model, note: Model, names: str, still: Asked
) -> Keys | None:
    """Where the transaction is the lock."""
    condition, values = still
    sql, fields = _conditional(type(row), condition)
    sql_of_note, noted = _insertion(type(note), "sqlite")
    place = [field.attname for field in noted].index(names)
    asked = [*_stored(row, fields, database), *condition.parameters(values, database)]
    asked_of_note = _stored(note, noted, database)
    with transaction.atomic():
        with _executed(database, sql, asked) as cursor:
            found = cursor.fetchone()
        if found is None:
            return None
        asked_of_note[place] = found[0]
        with _executed(database, sql_of_note, asked_of_note) as cursor:
            (pk_of_note,) = cursor.fetchone()
    return found[0], pk_of_note


def _stored(row: Model, fields: Sequence[Field[Any, Any]], database: BaseDatabaseWrapper) -> list[Any]:
    """The values of a new row's columns as the database takes them."""
    found = []
    for field in fields:
        value = field.pre_save(row, True)
        kind = type(field)
        # Most are texts, keys and instants, which Django would look at several times to give them back as they are.
        if value is None or type(value) is AS_IT_IS.get(kind):
            pass
        elif type(value) is datetime and kind is DateTimeField and value.tzinfo is UTC:
            value = database.ops.adapt_datetimefield_value(value)
        else:
            value = field.get_db_prep_save(value, database)
        found.append(value)
    return found


def _is_stored(row: Model, pk: Any) -> None:
    row.pk = pk
    row._state.adding, row._state.db = False, DEFAULT_DB_ALIAS


@cache
def _both(
    model: type[Model], notes: type[Model], names: str, still: Prepared
) -> tuple[str, Sequence[Field[Any, Any]], Sequence[Field[Any, Any]]]:
    """PostgreSQL's statement that stores a row and its note if the condition finds anything, returning their keys.

    With the fields whose values it takes after those of the condition: the row's, and the note's but one.
    """
    _sql, fields = _insertion(model, "postgresql")
    _sql, noted = _insertion(notes, "postgresql")
    rest = [field for field in noted if field.attname != names]
    (name,) = (str(field.column) for field in noted if field.attname == names)
    sql = (
        f"WITH still AS MATERIALIZED ({still.sql}), stored AS ("  # noqa: S608 (names of columns)
        f"INSERT INTO {model._meta.db_table} ({_columns(fields)}) SELECT {_places(fields)} FROM still "
        f"RETURNING {model._meta.pk.column} AS pk) "
        f"INSERT INTO {notes._meta.db_table} ({_columns(rest)}, {name}) SELECT {_places(rest)}, stored.pk FROM stored "
        f"RETURNING {name}, {notes._meta.pk.column}"
    )
    return sql, fields, rest


@cache
def _conditional(model: type[Model], still: Prepared) -> tuple[str, Sequence[Field[Any, Any]]]:
    """SQLite's statement that stores a row if the condition finds anything, and the fields whose values it takes."""
    _sql, fields = _insertion(model, "sqlite")
    marks = ", ".join(["%s"] * len(fields))
    sql = (
        f"INSERT INTO {model._meta.db_table} ({_columns(fields)}) SELECT {marks} "  # noqa: S608 (names of columns)
        f"FROM ({still.sql}) still RETURNING {model._meta.pk.column}"
    )
    return sql, fields


def _columns(fields: Sequence[Field[Any, Any]]) -> str:
    return ", ".join(str(field.column) for field in fields)


def _places(fields: Sequence[Field[Any, Any]]) -> str:
    """Marks for the values of columns. PostgreSQL is told their types; how long a text may be, the column says."""
    database = connections[DEFAULT_DB_ALIAS]
    return ", ".join(f"%s::{str(field.db_type(database)).partition('(')[0]}" for field in fields)


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


class PlannedOnce(psycopg.RawCursor):
    """Sends values beside its statements and has each planned at its first use: Django writes values into them.

    Their places are numbered as PostgreSQL has them, once: psycopg reads long statements anew each time.
    """

    def execute(self, query: Any, params: Any = None, **options: Any) -> Self:
        return super().execute(_numbered(query), params, **{**options, "prepare": True})


@cache
def _numbered(query: str) -> bytes:
    """A statement with `$1`, `$2` ... in place of each `%s`. Only those that are built once come here."""
    places = count(1)
    return re.sub("%[s%]", lambda mark: f"${next(places)}" if mark[0] == "%s" else "%", query).encode()


def _adapted(value: Any, database: BaseDatabaseWrapper) -> Any:
    """A value as the database takes it."""
    if isinstance(value, datetime):
        return database.ops.adapt_datetimefield_value(value)
    if isinstance(value, time):
        return database.ops.adapt_timefield_value(value)
    return database.ops.adapt_datefield_value(value) if isinstance(value, date) else value


def columns_of(model: type[Model]) -> list[str]:
    """What `values` has to be asked for, for rows of the model."""
    return [field.attname for field in model._meta.concrete_fields]


def _told(value: Any) -> tuple[type, Any]:
    """A value with its type: for Python 1, 1.0 and True are the same."""
    # PostgreSQL's integers of so many bytes are integers.
    if isinstance(value, int) and not isinstance(value, bool):
        return int, int(value)
    return type(value), value
