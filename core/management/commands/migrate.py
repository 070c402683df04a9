"""Django's migrate, which looks at the database after its work and not before: a missing rule is what it installs.

Into an empty database it writes the tables as they are today. All steps of their history, one after the other, would
make the same of it in ten times the time.
"""

from __future__ import annotations

from typing import Any, cast

from django.apps import apps
from django.contrib.postgres.operations import CreateExtension
from django.core import checks
from django.core.management.commands import migrate
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.db.migrations.state import ProjectState
from django.db.models import Model

HISTORY = (
    "app_label",
    "migration_name",
    "fake",
    "fake_initial",
    "plan",
    "check_unapplied",
    "run_syncdb",
    "prune",
)
"""Whoever asks for one of these asks about steps."""


class Command(migrate.Command):
    def get_check_kwargs(self, options: dict[str, Any]) -> Any:
        return {**cast("dict[str, Any]", super().get_check_kwargs(options)), "databases": []}

    def handle(self, *args: Any, **options: Any) -> str | None:
        connection = connections[options["database"]]
        if not any(options[name] for name in HISTORY) and not connection.introspection.table_names():
            create_tables(connection)
            if options["verbosity"]:
                self.stdout.write(
                    "The database was empty: its tables were made at once, as all migrations make them."
                )
        said: str | None = super().handle(*args, **options)
        if not options["skip_checks"] and not options["plan"]:
            self.check(tags=[checks.Tags.database], databases=[options["database"]])
        return said


def create_tables(connection: BaseDatabaseWrapper) -> None:
    """Write the tables of all models into an empty database, in one transaction, and every migration as applied.

    Models that are ahead of their migrations would make other tables than these: `scripts/lint.py` lets none be.
    """
    recorder, loader = MigrationRecorder(connection), MigrationLoader(connection)
    steps = loader.disk_migrations
    if loader.detect_conflicts():
        return  # Django says so, and what to do
    models: list[type[Model]] = [recorder.Migration, *apps.get_models()]
    with connection.schema_editor() as editor:
        for (app, _name), step in steps.items():
            for operation in step.operations:
                if isinstance(operation, CreateExtension):
                    operation.database_forwards(app, editor, ProjectState(), ProjectState())
        for model in models:
            if model._meta.can_migrate(connection):
                editor.create_model(model)
        for app, name in sorted(steps):
            recorder.record_applied(app, name)
