"""Shared warehouses: append-only moves, levels that never fall below zero, and what is owed to buyers."""

from __future__ import annotations

from typing import NamedTuple

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core import dbrules
from core.models import ClosableMixin, NamedMixin, PublicIdMixin, Scope, StampedMixin
from parks.models import Park
from supplychain.choices import BackorderState, MoveKind
from supplychain.models.goods import Sku
from tenants.models import Tenant


class Warehouse(NamedMixin, PublicIdMixin, ClosableMixin):
    """A shared warehouse (共享仓) of a park, holding stock of many owners."""

    park = models.ForeignKey(Park, models.PROTECT, related_name="warehouses", verbose_name=_("park"))
    code = models.SlugField(_("code"), max_length=64, unique=True)
    packs_orders = models.BooleanField(
        _("orders are packed here"),
        default=False,
        help_text=_(
            "Sold goods stay reserved until their parcel leaves. Otherwise a sale takes them out at once."
        ),
    )
    ship_within_hours = models.PositiveSmallIntegerField(_("ship within (hours)"), default=48)

    scope = Scope(nodes=("park_id",))

    class Meta:
        verbose_name = _("warehouse")
        verbose_name_plural = _("warehouses")
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ship_within_hours__gt=0), name="supplychain_warehouse_ship_within"
            )
        ]


class StockMove(models.Model):
    """A change of what lies in a zone of a warehouse: signed quantity of one owner's SKU.

    Once per (source, source key) and zone. Where no zone is named it is the main place of the level.
    """

    warehouse = models.ForeignKey(
        Warehouse, models.PROTECT, related_name="moves", verbose_name=_("warehouse")
    )
    owner = models.ForeignKey(Tenant, models.PROTECT, related_name="stock_moves", verbose_name=_("owner"))
    sku = models.ForeignKey(Sku, models.PROTECT, related_name="moves", verbose_name=_("SKU"))
    kind = models.CharField(_("kind"), max_length=16, choices=MoveKind)
    quantity = models.IntegerField(_("quantity"))
    zone = models.CharField(_("zone and shelf"), max_length=32, blank=True, default="", db_default="")
    source = models.CharField(_("source"), max_length=32)
    source_key = models.CharField(_("source key"), max_length=200)
    occurred_at = models.DateTimeField(_("at"))
    note = models.CharField(_("note"), max_length=200, blank=True)

    scope = Scope(nodes=("owner_id",), park="warehouse__park_id")
    database_rules = (dbrules.AppendOnly(),)

    class Meta:
        verbose_name = _("stock move")
        verbose_name_plural = _("stock moves")
        constraints = [
            models.UniqueConstraint(
                fields=["source", "source_key", "warehouse", "sku", "zone"], name="supplychain_move_once"
            ),
            models.CheckConstraint(condition=~Q(quantity=0), name="supplychain_move_quantity"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.quantity:+d}"


class Shelf(NamedTuple):
    """What lies of a level in one zone."""

    zone: str
    on_hand: int


class StockLevel(models.Model):
    """What lies in a warehouse of one SKU: the sum of its moves, and how much of it is reserved.

    `elsewhere` of the pieces lie in other zones than the main place, `zone`: each has its ZoneLevel.
    """

    warehouse = models.ForeignKey(
        Warehouse, models.PROTECT, related_name="levels", verbose_name=_("warehouse")
    )
    owner = models.ForeignKey(Tenant, models.PROTECT, related_name="stock_levels", verbose_name=_("owner"))
    sku = models.ForeignKey(Sku, models.PROTECT, related_name="levels", verbose_name=_("SKU"))
    on_hand = models.IntegerField(_("on hand"), default=0)
    reserved = models.IntegerField(_("reserved"), default=0)
    zone = models.CharField(_("zone and shelf"), max_length=32, blank=True)
    elsewhere = models.IntegerField(_("in other zones"), default=0, db_default=0)

    scope = Scope(nodes=("owner_id",), park="warehouse__park_id")

    class Meta:
        verbose_name = _("stock level")
        verbose_name_plural = _("stock levels")
        constraints = [
            models.UniqueConstraint(fields=["warehouse", "sku"], name="supplychain_level_once"),
            models.CheckConstraint(condition=Q(on_hand__gte=0), name="supplychain_level_not_negative"),
            models.CheckConstraint(
                condition=Q(reserved__gte=0, reserved__lte=F("on_hand")), name="supplychain_level_reserved"
            ),
            models.CheckConstraint(
                condition=Q(elsewhere__gte=0, elsewhere__lte=F("on_hand")), name="supplychain_level_elsewhere"
            ),
        ]

    @property
    def available(self) -> int:
        return self.on_hand - self.reserved

    @property
    def shelves(self) -> list[Shelf]:
        """Where the pieces lie, in the order in which they are taken: the main place, then the others by name."""
        others = sorted(Shelf(row.zone, row.on_hand) for row in self.others.all() if row.on_hand)
        return [Shelf(self.zone, self.on_hand - self.elsewhere), *others]

    def __str__(self) -> str:
        return f"{self.sku} · {self.warehouse}"


class ZoneLevel(models.Model):
    """What lies of a level in a zone that is not its main place: the sum of the moves there."""

    level = models.ForeignKey(
        StockLevel, models.PROTECT, related_name="others", verbose_name=_("stock level")
    )
    zone = models.CharField(_("zone and shelf"), max_length=32)
    on_hand = models.IntegerField(_("on hand"))

    scope = Scope(nodes=("level__owner_id",), park="level__warehouse__park_id")

    class Meta:
        verbose_name = _("stock level of another zone")
        verbose_name_plural = _("stock levels of other zones")
        constraints = [
            models.UniqueConstraint(fields=["level", "zone"], name="supplychain_zone_level_once"),
            models.CheckConstraint(condition=Q(on_hand__gte=0), name="supplychain_zone_level_not_negative"),
            models.CheckConstraint(condition=~Q(zone=""), name="supplychain_zone_level_named"),
        ]

    def __str__(self) -> str:
        return f"{self.level} · {self.zone}"


class Backorder(PublicIdMixin, StampedMixin):
    """Sold and not there: a sale is always stored, what stock could not give waits here.

    `presold` of the pieces are promised within the owner's pre-sale limit; the others are sold beyond it.
    """

    owner = models.ForeignKey(Tenant, models.PROTECT, related_name="backorders", verbose_name=_("owner"))
    sku = models.ForeignKey(Sku, models.PROTECT, related_name="backorders", verbose_name=_("SKU"))
    event_id = models.BigIntegerField(_("sale"), unique=True)
    order_no = models.CharField(_("order number"), max_length=64)
    quantity = models.PositiveIntegerField(_("quantity"))
    presold = models.PositiveIntegerField(_("within the pre-sale limit"), default=0)
    state = models.CharField(_("state"), max_length=16, choices=BackorderState, default=BackorderState.OPEN)
    occurred_at = models.DateTimeField(_("at"))

    scope = Scope(nodes=("owner_id",))

    class Meta:
        verbose_name = _("backorder")
        verbose_name_plural = _("backorders")
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="supplychain_backorder_quantity"),
            models.CheckConstraint(
                condition=Q(presold__lte=F("quantity")), name="supplychain_backorder_presold"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.order_no} · {self.sku}"

    @property
    def oversold(self) -> int:
        """Pieces that should not have been sold: neither there nor within the pre-sale limit."""
        return self.quantity - self.presold
