from __future__ import annotations

from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate
from django.utils.translation import gettext_lazy as _


class CoreConfig(AppConfig):
    name = "core"
    verbose_name = _("Kernel")

    def ready(self) -> None:
        from core import checks, dbrules  # noqa: F401  (registers the system checks)
        from core.doors import schema  # noqa: F401  (registers the security schemes)

        pre_migrate.connect(dbrules.drop_before_migrate, dispatch_uid="core.dbrules.before")
        post_migrate.connect(dbrules.install_after_migrate, dispatch_uid="core.dbrules")
