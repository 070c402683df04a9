"""Products and SKUs of a tenant."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from core.models import ClosableMixin, NamedMixin, PublicIdMixin, Scope, StampedMixin
from core.money import MoneyField
from tenants.models import Tenant


class Product(NamedMixin, PublicIdMixin, StampedMixin, ClosableMixin):
    """A product or style of a tenant; `dropped_on` is the day it was launched (上新)."""

    tenant = models.ForeignKey(Tenant, models.PROTECT, related_name="products", verbose_name=_("tenant"))
    code = models.CharField(_("code"), max_length=64)
    category = models.CharField(_("category"), max_length=100, blank=True)
    dropped_on = models.DateField(_("launched on"), null=True, blank=True)
    list_price = MoneyField(_("list price (CNY)"), default=0)
    cost = MoneyField(_("cost (CNY)"), default=0)

    scope = Scope(nodes=("tenant_id",), private=("cost",))

    class Meta:
        verbose_name = _("product")
        verbose_name_plural = _("products")
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "code"], name="supplychain_product_once"),
            models.CheckConstraint(
                condition=Q(list_price__gte=0, cost__gte=0), name="supplychain_product_prices"
            ),
        ]


def _kept_there(parks: Any) -> Q:
    """SKUs of a park: its tenants' ones, and those of goods that lie in its warehouses, wherever their owner is now."""
    levels = apps.get_model("supplychain.StockLevel")._base_manager.filter(sku=OuterRef("pk"), on_hand__gt=0)
    return Q(tenant_id__in=parks) | Q(Exists(levels.filter(warehouse__park__in=parks)))


class Sku(PublicIdMixin, StampedMixin, ClosableMixin):
    """A stock-keeping unit; its code is case-sensitive and unique within the tenant.

    Only with `tracked_since` does it take stock, and only for later sales. `presale_limit` is how many may be
    promised beyond what is there.
    """

    tenant = models.ForeignKey(Tenant, models.PROTECT, related_name="skus", verbose_name=_("tenant"))
    product = models.ForeignKey(Product, models.PROTECT, related_name="skus", verbose_name=_("product"))
    code = models.CharField(_("code"), max_length=64)
    specification = models.CharField(_("specification"), max_length=200, blank=True)
    tracked_since = models.DateTimeField(_("takes stock since"), null=True, blank=True)
    presale_limit = models.PositiveIntegerField(_("pre-sale limit"), default=0)

    scope = Scope(nodes=("tenant_id",), park=_kept_there)

    class Meta:
        verbose_name = _("SKU")
        verbose_name_plural = _("SKUs")
        ordering = ["code"]
        constraints = [models.UniqueConstraint(fields=["tenant", "code"], name="supplychain_sku_once")]

    def __str__(self) -> str:
        return self.code
