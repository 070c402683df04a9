"""What was spent on traffic (投流) for a session, hour by hour."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core import dbrules
from core.clock import local
from core.models import Scope
from core.money import MoneyField
from livestreams.models.session import LiveSession


class AdSpend(models.Model):
    """Ad spend of one hour of a session. A correction is the next version of the hour, and the highest counts."""

    session = models.ForeignKey(
        LiveSession, models.PROTECT, related_name="ad_spend", verbose_name=_("live session")
    )
    hour = models.DateTimeField(_("hour"))
    version = models.PositiveIntegerField(_("version"), default=1)
    amount = MoneyField(_("ad spend (CNY)"))
    received_at = models.DateTimeField(_("received at"), auto_now_add=True)

    scope = Scope(nodes=("session__tenant_id",), park="session__park_id")
    database_rules = (dbrules.AppendOnly(),)

    class Meta:
        verbose_name = _("ad spend of an hour")
        verbose_name_plural = _("ad spend by the hour")
        ordering = ["-hour", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["session", "hour", "version"], name="livestreams_spend_once"),
            models.CheckConstraint(condition=Q(amount__gte=0), name="livestreams_spend_amount"),
        ]

    def __str__(self) -> str:
        return f"{local(self.hour):%Y-%m-%d %H:%M} · {self.amount:,.2f}"
