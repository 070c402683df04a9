"""Rules that the database itself holds: append-only tables, exclusions, guards written as triggers.

A model lists them in `database_rules`. What is missing or reads otherwise is installed after every migrate, because
SQLite silently drops triggers when Django remakes a table, and a system check names it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Protocol

from django.apps import AppConfig, apps
from django.core import checks
from django.db import DEFAULT_DB_ALIAS, connections, models, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

SQLITE_OBJECTS = "SELECT tbl_name, name, sql FROM sqlite_master WHERE type = 'trigger'"
POSTGRES_OBJECTS = """
SELECT c.relname, o.name, o.note, encode(sha256(convert_to(o.body, 'UTF8')), 'hex')
FROM (
    SELECT t.tgrelid AS relation, t.tgname AS name, obj_description(t.oid, 'pg_trigger') AS note,
        pg_get_triggerdef(t.oid) || p.prosrc AS body
    FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
    WHERE NOT t.tgisinternal AND t.tgenabled IN ('O', 'A')
    UNION ALL
    SELECT k.conrelid, k.conname, obj_description(k.oid, 'pg_constraint'), pg_get_constraintdef(k.oid)
    FROM pg_constraint k WHERE k.contype = 'x'
) o JOIN pg_class c ON c.oid = o.relation WHERE pg_table_is_visible(c.oid)
"""
"""PostgreSQL keeps no statement as it was written: each object carries the digest of its statements in a comment,
beside that of what the database made of them. A trigger that is switched off is not there."""


def digest(*statements: str) -> str:
    return sha256("\n".join(statements).encode()).hexdigest()


def installed(connection: BaseDatabaseWrapper) -> dict[tuple[str, str], str]:
    """The digest of the statements behind each (table, trigger or constraint); empty where the database has others."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(SQLITE_OBJECTS)
            return {(table, name): digest(text) for table, name, text in cursor.fetchall()}
        cursor.execute(POSTGRES_OBJECTS)
        found = {}
        for table, name, note, body in cursor.fetchall():
            written, _space, made = (note or "").partition(" ")
            found[table, name] = written if made == body else ""
        return found


@dataclass(frozen=True)
class SqlObject:
    """A trigger or constraint on a table: its name and the statements that create it."""

    name: str
    create: tuple[str, ...]
    is_constraint: bool = False

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
        # Somebody may be at work: between two rules there is no moment without one, also where the new one fails.
        with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
            self.drop(connection, table)
            for statement in self.create:
                cursor.execute(statement)
            if connection.vendor == "postgresql":
                cursor.execute(f"{POSTGRES_OBJECTS} AND c.relname = %s AND o.name = %s", [table, self.name])
                *_rest, made = cursor.fetchone()
                kind = "CONSTRAINT" if self.is_constraint else "TRIGGER"
                note = f"{digest(*self.create)} {made}"
                cursor.execute(f"COMMENT ON {kind} {self.name} ON {table} IS '{note}'")


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


def lacking(
    models_: Iterable[type[models.Model]], connection: BaseDatabaseWrapper
) -> Iterator[tuple[type[models.Model], SqlObject]]:
    """What the tables of these models lack, or have otherwise than their rules are written."""
    tables, found = set(connection.introspection.table_names()), installed(connection)
    for model in models_:
        table = model._meta.db_table
        if table in tables:
            for item in objects_of(model, connection):
                if found.get((table, item.name)) != digest(*item.create):
                    yield model, item


def install_after_migrate(sender: AppConfig, using: str = DEFAULT_DB_ALIAS, **_kwargs: Any) -> None:
    """Install what the tables of one app lack; an exclusion constraint builds an index, so only if it must be."""
    connection = connections[using]
    for model, item in lacking(sender.get_models(), connection):
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
    """core.E020: the database lacks a rule that a model declares, or has another under its name."""
    return [
        checks.Error(
            f"{model._meta.db_table} lacks its database rule {item.name}, or has an older or changed one.",
            hint="Run `manage.py migrate`: it installs the rules of this release.",
            obj=model,
            id="core.E020",
        )
        for alias in databases or ()
        for model, item in lacking(apps.get_models(), connections[alias])
    ]
