from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SupplychainConfig(AppConfig):
    name = "supplychain"
    verbose_name = _("Goods and sales")

    def ready(self) -> None:
        from supplychain import guards  # noqa: F401  registers what stands in the way of a tenant's exit
        from supplychain.services import imports  # noqa: F401  (registers the import job)
