"""Django's migrate, which looks at the database after its work and not before: a missing rule is what it installs."""

from __future__ import annotations

from typing import Any, cast

from django.core import checks
from django.core.management.commands import migrate


class Command(migrate.Command):
    def get_check_kwargs(self, options: dict[str, Any]) -> Any:
        return {**cast("dict[str, Any]", super().get_check_kwargs(options)), "databases": []}

    def handle(self, *args: Any, **options: Any) -> str | None:
        said: str | None = super().handle(*args, **options)
        if not options["skip_checks"] and not options["plan"]:
            self.check(tags=[checks.Tags.database], databases=[options["database"]])
        return said
