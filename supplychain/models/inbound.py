"""Goods that their owner announces to a warehouse (入库预报), and what came of them."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core import clock, dbrules
from core.models import PublicIdMixin, Scope, StampedMixin
from supplychain.choices import INBOUND_TRANSITIONS, InboundState
from supplychain.models.goods import Sku
from supplychain.models.stock import Warehouse
from tenants.models import Tenant


class InboundNotice(PublicIdMixin, StampedMixin):
    """So many pieces of a SKU come to a warehouse on a day. What was announced is never changed.

    Received once, with what was counted at the door; where that differs, `difference` says why.
    """

    owner = models.ForeignKey(Tenant, models.PROTECT, related_name="inbound_notices", verbose_name=_("owner"))
    warehouse = models.ForeignKey(
        Warehouse, models.PROTECT, related_name="inbound_notices", verbose_name=_("warehouse")
    )
    sku = models.ForeignKey(Sku, models.PROTECT, related_name="inbound_notices", verbose_name=_("SKU"))
    pieces = models.PositiveIntegerField(_("pieces announced"))
    day = models.DateField(_("expected on"))
    note = models.CharField(_("note"), max_length=200, blank=True)
    state = models.CharField(_("state"), max_length=16, choices=InboundState, default=InboundState.ANNOUNCED)
    received = models.PositiveIntegerField(_("pieces received"), null=True, blank=True)
    received_on = models.DateField(_("received on"), null=True, blank=True)
    difference = models.CharField(_("reason of the difference"), max_length=200, blank=True)

    scope = Scope(nodes=("owner_id",), park="warehouse__park_id")
    database_rules = (
        dbrules.OneWay(
            INBOUND_TRANSITIONS,
            keeps=("owner_id", "warehouse_id", "sku_id", "pieces", "day", "note", "received", "received_on"),
        ),
    )

    class Meta:
        verbose_name = _("inbound notice")
        verbose_name_plural = _("inbound notices")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(pieces__gt=0), name="supplychain_inbound_pieces"),
            models.CheckConstraint(
                condition=Q(state=InboundState.RECEIVED, received__isnull=False, received_on__isnull=False)
                & (Q(received=F("pieces")) | ~Q(difference=""))
                | ~Q(state=InboundState.RECEIVED) & Q(received__isnull=True, received_on__isnull=True),
                name="supplychain_inbound_received",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.sku} · {self.warehouse} · {self.day}"

    @property
    def missing(self) -> int:
        """By how many pieces less came than was announced; below zero: more."""
        return self.pieces - self.received if self.received is not None else 0

    @property
    def is_late(self) -> bool:
        return self.state == InboundState.ANNOUNCED and self.day < clock.today()
