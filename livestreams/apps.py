from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LivestreamsConfig(AppConfig):
    name = "livestreams"
    verbose_name = _("Live streams")

    def ready(self) -> None:
        from livestreams import guards  # noqa: F401  registers what stands in the way of a tenant's exit
        from livestreams.services import planjobs  # noqa: F401  registers the job that makes schedules
