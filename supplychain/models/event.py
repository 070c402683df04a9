"""What tenants bring to a festival."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.models import ClosableMixin, PublicIdMixin, Scope, StampedMixin
from core.money import MoneyField
from supplychain.models.goods import Product
from tenants.models import EventEntry
from tenants.models.event import parks_of_entry


class EventItem(PublicIdMixin, StampedMixin, ClosableMixin):
    """A product that a tenant enters to an event, at a price for it. Closed, it is taken back."""

    entry = models.ForeignKey(
        EventEntry, models.PROTECT, related_name="items", verbose_name=_("entry to an event")
    )
    product = models.ForeignKey(
        Product, models.PROTECT, related_name="event_items", verbose_name=_("product")
    )
    price = MoneyField(_("price at the event (CNY)"))
    quantity = models.PositiveIntegerField(_("pieces for the event"), null=True, blank=True)

    scope = Scope(nodes=("entry__tenant_id",), park=parks_of_entry("entry__"))

    class Meta:
        verbose_name = _("item at an event")
        verbose_name_plural = _("items at events")
        ordering = ["entry", "id"]
        constraints = [
            models.UniqueConstraint(fields=["entry", "product"], name="supplychain_eventitem_once"),
            models.CheckConstraint(condition=Q(price__gte=0), name="supplychain_eventitem_price"),
        ]

    def __str__(self) -> str:
        return str(self.product)
