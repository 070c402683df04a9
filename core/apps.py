from __future__ import annotations

import gc

from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate
from django.utils.translation import gettext_lazy as _

# By its own measure Python looks for garbage whenever 700 more objects are alive than before. An import holds thousands
# of rows until they are written, none of them garbage: looking each time took a tenth of its processor time.
OBJECTS_BETWEEN_COLLECTIONS = 20_000


class CoreConfig(AppConfig):
    name = "core"
    verbose_name = _("Kernel")

    def ready(self) -> None:
        from core import checks, dbrules  # noqa: F401  (registers the system checks)
        from core.doors import schema  # noqa: F401  (registers the security schemes)

        pre_migrate.connect(dbrules.drop_before_migrate, dispatch_uid="core.dbrules.before")
        post_migrate.connect(dbrules.install_after_migrate, dispatch_uid="core.dbrules")
        gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS)
