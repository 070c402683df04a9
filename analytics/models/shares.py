"""Whose sales a session's sales are: shared out among its people and firms, to the cent."""

from __future__ import annotations

from decimal import Decimal

from django.db import models
from django.utils.translation import gettext_lazy as _

from analytics.choices import SharePart
from core.models import Scope
from core.money import MoneyField
from livestreams.models import Host, LiveSession
from tenants.models import Tenant


class SessionShare(models.Model):
    """What one host, controller, owner or agency has of a session; the shares of a part add up to the session.

    `party` is the id of the host or firm, 0 for what nobody on shift has. Each row can be thrown away and counted
    again.
    """

    session = models.ForeignKey(
        LiveSession, models.PROTECT, related_name="shares", verbose_name=_("live session")
    )
    part = models.CharField(_("part"), max_length=16, choices=SharePart)
    party = models.BigIntegerField(default=0, editable=False)
    host = models.ForeignKey(
        Host, models.PROTECT, null=True, blank=True, related_name="shares", verbose_name=_("host")
    )
    firm = models.ForeignKey(
        Tenant, models.PROTECT, null=True, blank=True, related_name="shares", verbose_name=_("firm")
    )
    gmv_paid = MoneyField(_("paid GMV"), default=0)
    refunds = MoneyField(_("refunds"), default=0)
    units_paid = models.BigIntegerField(_("units paid"), default=0)
    units_refunded = models.BigIntegerField(_("units refunded"), default=0)

    scope = Scope(
        nodes=("session__tenant_id",),
        seen_from=("host__tenant_id", "firm_id"),
        park="session__park_id",
        user="host__user_id",
    )

    class Meta:
        verbose_name = _("share of a session")
        verbose_name_plural = _("shares of sessions")
        ordering = ["session", "part", "party"]
        constraints = [
            models.UniqueConstraint(fields=["session", "part", "party"], name="analytics_share_once")
        ]

    def __str__(self) -> str:
        return f"{self.session} · {self.who}"

    @property
    def who(self) -> str:
        """Whose share it is."""
        return str(self.host or self.firm or _("nobody on shift"))

    @property
    def net_sales(self) -> Decimal:
        """Paid less what was given back."""
        return self.gmv_paid - self.refunds
