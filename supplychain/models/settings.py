"""What a tenant decides for its own sales."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from core.models import Scope
from supplychain.choices import TailWindow
from tenants.models import Tenant


class AttributionSettings(models.Model):
    """How long after its end a session may still be given what its account sells, by a tenant's own choice."""

    tenant = models.OneToOneField(
        Tenant, models.PROTECT, primary_key=True, related_name="attribution", verbose_name=_("tenant")
    )
    window_hours = models.PositiveSmallIntegerField(
        _("window after the end"), choices=TailWindow, default=TailWindow.NONE
    )

    scope = Scope(nodes=("tenant_id",))

    class Meta:
        verbose_name = _("attribution settings")
        verbose_name_plural = _("attribution settings")

    def __str__(self) -> str:
        return f"{self.tenant} · {self.get_window_hours_display()}"
