"""Rules that the database itself holds: append-only tables, exclusions, guards written as triggers.

A model lists them in `database_rules`. They are installed after every migrate, because SQLite silently drops
triggers when Django remakes a table, and a system check names the ones that are missing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

from django.apps import AppConfig, apps
from django.core import checks
from django.db import DEFAULT_DB_ALIAS, connections, models
from django.db.backends.base.base import BaseDatabaseWrapper


@dataclass(frozen=True)
class SqlObject:
    """A trigger or constraint on a table: its name and the statements that create it."""

    name: str
    create: tuple[str, ...]
    is_constraint: bool = False

    def exists(self, connection: BaseDatabaseWrapper, table: str) -> bool:
        if connection.vendor == "sqlite":
            query = "SELECT 1 FROM sqlite_master WHERE type = 'trigger' AND name = %s AND tbl_name = %s"
        elif self.is_constraint:
            query = "SELECT 1 FROM pg_constraint WHERE conname = %s AND conrelid = %s::regclass"
        else:
            query = "SELECT 1 FROM pg_trigger WHERE tgname = %s AND tgrelid = %s::regclass"
        with connection.cursor() as cursor:
            cursor.execute(query, [self.name, table])
            return cursor.fetchone() is not None

    def drop(self, connection: BaseDatabaseWrapper, table: str) -> None:
        statement = f"DROP TRIGGER IF EXISTS {self.name}"
        if connection.vendor == "postgresql":
            statement = (
                f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {self.name}"
                if self.is_constraint
                else f"{statement} ON {table}"
            )
        with connection.cursor() as cursor:
            cursor.execute(statement)

    def install(self, connection: BaseDatabaseWrapper, table: str) -> None:
        if self.is_constraint and self.exists(connection, table):
            return  # an exclusion constraint builds an index: not again at every migrate
        self.drop(connection, table)
        with connection.cursor() as cursor:
            for statement in self.create:
                cursor.execute(statement)


class DatabaseRule(Protocol):
    """Gives the objects that hold the rule for a table on a database vendor."""

    def objects(self, table: str, vendor: str) -> Sequence[SqlObject]: ...


@dataclass(frozen=True)
class AppendOnly:
    """Rows may be inserted; UPDATE, DELETE, TRUNCATE and SQLite's REPLACE of a row are refused.

    With `columns` only these never change: what became of the row may be noted beside them. With `kept_days` a row may
    be taken away once the instant in its column `at` is so many days past.
    """

    columns: tuple[str, ...] = ()
    kept_days: int | None = None

    def objects(self, table: str, vendor: str) -> Sequence[SqlObject]:
        message = f"{table} is append-only: write a correcting fact"
        update = f"update of {', '.join(self.columns)}" if self.columns else "update"
        if vendor == "sqlite":
            # REPLACE takes a row away without DELETE's triggers. Connections of the site ask for them
            # (PRAGMA recursive_triggers); for any other tool an id is refused that is there.
            young = f"WHEN OLD.at > strftime('%Y-%m-%d %H:%M:%f', 'now', '-{self.kept_days} days')"
            taken = f"WHEN EXISTS (SELECT 1 FROM {table} WHERE id = NEW.id)"  # noqa: S608
            return [
                SqlObject(
                    f"{table}_no_{name}",
                    (
                        f"CREATE TRIGGER {table}_no_{name} BEFORE {verb} ON {table} {condition} "
                        f"BEGIN SELECT RAISE(ABORT, '{message}'); END",
                    ),
                )
                for name, verb, condition in (
                    ("update", update, ""),
                    ("delete", "delete", young if self.kept_days else ""),
                    ("replace", "insert", taken),
                )
            ]
        young = f"WHEN (OLD.at > now() - interval '{self.kept_days} days')"
        function = f"{table}_refuse"
        body = (
            f"CREATE OR REPLACE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION '{message}' USING ERRCODE = 'integrity_constraint_violation'; END $$"
        )
        return [
            SqlObject(
                f"{table}_no_{name}",
                (
                    body,
                    f"CREATE TRIGGER {table}_no_{name} BEFORE {verb} ON {table} "
                    f"FOR EACH {each} EXECUTE FUNCTION {function}()",
                ),
            )
            for name, verb, each in (
                ("update", update, "ROW"),
                ("delete", "delete", f"ROW {young}" if self.kept_days else "ROW"),
                ("truncate", "truncate", "STATEMENT"),
            )
        ]


@dataclass(frozen=True)
class OneWay:
    """A column changes along named steps only, and other columns keep the value that they once have."""

    steps: Mapping[str, Sequence[str]]
    keeps: tuple[str, ...]
    column: str = "state"

    def objects(self, table: str, vendor: str) -> Sequence[SqlObject]:
        name, message = f"{table}_one_way", f"{table} goes forward only and keeps its terms"
        taken = [f"OLD.{self.column} = NEW.{self.column}"]
        for state, follow in self.steps.items():
            choices = ", ".join(f"'{each}'" for each in follow)
            if choices:
                taken.append(f"(OLD.{self.column} = '{state}' AND NEW.{self.column} IN ({choices}))")
        kept = (
            f"(OLD.{each} IS NULL OR (NEW.{each} IS NOT NULL AND NEW.{each} = OLD.{each}))"
            for each in self.keeps
        )
        allowed = " AND ".join((f"({' OR '.join(taken)})", *kept))
        if vendor == "sqlite":
            return [
                SqlObject(
                    name,
                    (
                        f"CREATE TRIGGER {name} BEFORE UPDATE ON {table} WHEN NOT ({allowed}) "
                        f"BEGIN SELECT RAISE(ABORT, '{message}'); END",
                    ),
                )
            ]
        body = (
            f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION '{message}' USING ERRCODE = 'integrity_constraint_violation'; END $$"
        )
        trigger = (
            f"CREATE TRIGGER {name} BEFORE UPDATE ON {table} "
            f"FOR EACH ROW WHEN (NOT ({allowed})) EXECUTE FUNCTION {name}()"
        )
        return [SqlObject(name, (body, trigger))]


@dataclass(frozen=True)
class Guard:
    """A rule in the database's own words: a trigger on SQLite, a trigger or constraint on PostgreSQL."""

    name: str
    sqlite: tuple[str, ...]
    postgres: tuple[str, ...]
    postgres_constraint: bool = False
    reads_others: bool = False
    """It asks other tables. SQLite would not remake one of them while a trigger names it."""

    def objects(self, table: str, vendor: str) -> Sequence[SqlObject]:
        if vendor == "sqlite":
            return [SqlObject(statement.split()[2], (statement,)) for statement in self.sqlite]
        return [SqlObject(self.name, self.postgres, is_constraint=self.postgres_constraint)]


def rules_of(model: type[models.Model]) -> Sequence[DatabaseRule]:
    """The rules a model declares; none for proxies and unmanaged models."""
    return getattr(model, "database_rules", ()) if model._meta.managed and not model._meta.proxy else ()


def objects_of(model: type[models.Model], connection: BaseDatabaseWrapper) -> list[SqlObject]:
    """Every trigger and constraint that the rules of a model ask for on this database."""
    return [
        item for rule in rules_of(model) for item in rule.objects(model._meta.db_table, connection.vendor)
    ]


def install_after_migrate(sender: AppConfig, using: str = DEFAULT_DB_ALIAS, **_kwargs: Any) -> None:
    """Install the rules of one app's models where their tables exist."""
    connection = connections[using]
    tables = set(connection.introspection.table_names())
    for model in sender.get_models():
        if model._meta.db_table in tables:
            for item in objects_of(model, connection):
                item.install(connection, model._meta.db_table)


def drop_before_migrate(sender: AppConfig, using: str = DEFAULT_DB_ALIAS, **_kwargs: Any) -> None:
    """Take away what would keep SQLite from remaking other tables; `install_after_migrate` puts it back."""
    connection = connections[using]
    if connection.vendor != "sqlite":
        return
    for model in sender.get_models():
        for rule in rules_of(model):
            if isinstance(rule, Guard) and rule.reads_others:
                for item in rule.objects(model._meta.db_table, connection.vendor):
                    item.drop(connection, model._meta.db_table)


@contextmanager
def lifted(using: str = DEFAULT_DB_ALIAS) -> Iterator[None]:
    """Take the append-only rules away and put them back: for emptying a test database."""
    connection = connections[using]
    held = [
        (item, model._meta.db_table)
        for model in apps.get_models()
        for rule in rules_of(model)
        if isinstance(rule, AppendOnly)
        for item in rule.objects(model._meta.db_table, connection.vendor)
    ]
    for item, table in held:
        item.drop(connection, table)
    try:
        yield
    finally:
        for item, table in held:
            item.install(connection, table)


def lift_until_migrated(connection: BaseDatabaseWrapper, table: str) -> None:
    """Take the append-only rules of a table away for a data migration; `migrate` puts them back when it ends."""
    for item in AppendOnly().objects(table, connection.vendor):
        item.drop(connection, table)


@checks.register(checks.Tags.database)
def check_rules_installed(
    databases: Sequence[str] | None = None, **_kwargs: Any
) -> list[checks.CheckMessage]:
    """core.E020: a rule that a model declares is missing in the database."""
    messages: list[checks.CheckMessage] = []
    for alias in databases or ():
        connection = connections[alias]
        tables = set(connection.introspection.table_names())
        for model in apps.get_models():
            table = model._meta.db_table
            if table not in tables:
                continue
            messages.extend(
                checks.Error(
                    f"{table} lacks its database rule {item.name}.",
                    hint="Run `manage.py migrate`: it installs missing rules.",
                    obj=model,
                    id="core.E020",
                )
                for item in objects_of(model, connection)
                if not item.exists(connection, table)
            )
    return messages
