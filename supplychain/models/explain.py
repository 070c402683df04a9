"""Products that were explained (讲解) in live sessions, as they were told: facts, never changed."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core import dbrules
from core.clock import local
from core.models import PublicIdMixin, Scope
from livestreams.models import LiveSession
from supplychain.choices import ExplainKind
from supplychain.models.goods import Product, Sku


class ExplainEvent(PublicIdMixin):
    """From `at` on a product is explained, or none any more. The next event ends what the one before began."""

    session = models.ForeignKey(
        LiveSession, models.PROTECT, related_name="explain_events", verbose_name=_("live session")
    )
    at = models.DateTimeField(_("at"))
    kind = models.CharField(_("kind"), max_length=8, choices=ExplainKind)
    product = models.ForeignKey(
        Product, models.PROTECT, null=True, related_name="explain_events", verbose_name=_("product")
    )
    sku = models.ForeignKey(
        Sku, models.PROTECT, null=True, related_name="explain_events", verbose_name=_("SKU")
    )
    source = models.CharField(_("source"), max_length=32)
    external_id = models.CharField(_("source's own id"), max_length=64, blank=True)
    received_at = models.DateTimeField(_("received at"), auto_now_add=True)

    scope = Scope(nodes=("session__tenant_id",), park="session__park_id", user="session__host__user_id")
    database_rules = (dbrules.AppendOnly(),)

    class Meta:
        verbose_name = _("explained product")
        verbose_name_plural = _("explained products")
        ordering = ["-at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["session", "source", "external_id"],
                condition=~Q(external_id=""),
                name="supplychain_explain_once",
            ),
            models.CheckConstraint(
                condition=Q(kind="start", product__isnull=False)
                | Q(kind="end", product__isnull=True, sku__isnull=True),
                name="supplychain_explain_what",
            ),
        ]
        indexes = [models.Index(fields=["session", "at"], name="supplychain_explain_when")]

    def __str__(self) -> str:
        return f"{self.product or self.get_kind_display()} · {local(self.at):%Y-%m-%d %H:%M:%S}"
