"""Orders on their way out of a shared warehouse: reserved, in a wave, in a parcel; and what comes back."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core import dbrules
from core.clock import HOUR
from core.models import PublicIdMixin, Scope, StampedMixin, User
from supplychain.choices import (
    RESERVATION_OPEN,
    Carrier,
    GoodsCondition,
    ParcelState,
    ReservationState,
    WaveState,
)
from supplychain.models.goods import Sku
from supplychain.models.stock import Warehouse
from supplychain.querysets import WaveQuerySet
from tenants.models import Tenant


class Wave(PublicIdMixin, StampedMixin):
    """Orders of many owners whose goods are fetched on one walk through a warehouse."""

    warehouse = models.ForeignKey(
        Warehouse, models.PROTECT, related_name="waves", verbose_name=_("warehouse")
    )
    number = models.PositiveIntegerField(_("number"))
    state = models.CharField(_("state"), max_length=16, choices=WaveState, default=WaveState.PICKING)

    objects = WaveQuerySet.as_manager()
    scope = Scope(nodes=("warehouse__park_id",))

    class Meta:
        verbose_name = _("wave")
        verbose_name_plural = _("waves")
        ordering = ["-pk"]
        constraints = [models.UniqueConstraint(fields=["warehouse", "number"], name="supplychain_wave_once")]

    def __str__(self) -> str:
        return f"{self.warehouse} · {self.number}"


class Parcel(PublicIdMixin, StampedMixin):
    """One order of a seller as it leaves a warehouse, with lines of whoever owns the goods.

    Two shops of a seller may give two orders the same number: `source` says which of them told it.
    """

    warehouse = models.ForeignKey(
        Warehouse, models.PROTECT, related_name="parcels", verbose_name=_("warehouse")
    )
    wave = models.ForeignKey(Wave, models.PROTECT, related_name="parcels", verbose_name=_("wave"))
    seller = models.ForeignKey(Tenant, models.PROTECT, related_name="parcels", verbose_name=_("seller"))
    source = models.CharField(_("source"), max_length=32, blank=True, default="", db_default="")
    order_no = models.CharField(_("order number"), max_length=64)
    state = models.CharField(_("state"), max_length=16, choices=ParcelState, default=ParcelState.WAITING)
    carrier = models.CharField(_("carrier"), max_length=16, choices=Carrier, blank=True)
    tracking_no = models.CharField(_("tracking number"), max_length=64, blank=True)
    dispatched_at = models.DateTimeField(_("dispatched at"), null=True)

    # Who owns a line sees that the parcel is there; its other lines are not theirs.
    scope = Scope(nodes=("seller_id",), seen_from=("lines__owner_id",), park="warehouse__park_id")

    class Meta:
        verbose_name = _("parcel")
        verbose_name_plural = _("parcels")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["carrier", "tracking_no"],
                condition=~Q(tracking_no=""),
                name="supplychain_parcel_tracking",
            ),
            models.CheckConstraint(
                condition=Q(state=ParcelState.DISPATCHED, dispatched_at__isnull=False)
                & ~Q(carrier="")
                & ~Q(tracking_no="")
                | ~Q(state=ParcelState.DISPATCHED) & Q(dispatched_at__isnull=True, tracking_no=""),
                name="supplychain_parcel_dispatched",
            ),
        ]
        indexes = [models.Index(fields=["warehouse", "order_no"], name="supplychain_parcel_order")]

    def __str__(self) -> str:
        return self.order_no


def line_name(source: str, external_id: str) -> str:
    """The name of an order line within its seller, whatever is said of it later."""
    return f"{source}:{external_id}"


class Reservation(PublicIdMixin, StampedMixin):
    """Goods of one owner that a paid order line holds in a warehouse until its parcel leaves.

    `line` names the order line over all versions of its fact, so what has left is not taken again by a correction.
    `source_key` is that of the move made when it leaves. `packed` counts what was scanned into the parcel;
    `fetched` says from where it was fetched, as [zone, pieces], once it is.
    """

    warehouse = models.ForeignKey(
        Warehouse, models.PROTECT, related_name="reservations", verbose_name=_("warehouse")
    )
    seller = models.ForeignKey(
        Tenant, models.PROTECT, related_name="sold_reservations", verbose_name=_("seller")
    )
    owner = models.ForeignKey(Tenant, models.PROTECT, related_name="reservations", verbose_name=_("owner"))
    sku = models.ForeignKey(Sku, models.PROTECT, related_name="reservations", verbose_name=_("SKU"))
    event_id = models.BigIntegerField(_("sale"), db_index=True)
    line = models.CharField(_("order line"), max_length=200, db_index=True)
    source_key = models.CharField(max_length=64, editable=False)
    order_no = models.CharField(_("order number"), max_length=64)
    quantity = models.PositiveIntegerField(_("quantity"))
    packed = models.PositiveIntegerField(_("packed"), default=0)
    fetched = models.JSONField(null=True, editable=False)
    state = models.CharField(
        _("state"), max_length=16, choices=ReservationState, default=ReservationState.RESERVED
    )
    paid_at = models.DateTimeField(_("paid at"))
    parcel = models.ForeignKey(
        Parcel, models.PROTECT, null=True, related_name="lines", verbose_name=_("parcel")
    )

    scope = Scope(nodes=("owner_id",), seen_from=("seller_id",), park="warehouse__park_id")

    class Meta:
        verbose_name = _("reservation")
        verbose_name_plural = _("reservations")
        ordering = ["paid_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["source_key", "warehouse", "sku"], name="supplychain_reservation_once"
            ),
            models.CheckConstraint(
                condition=Q(quantity__gt=0, packed__lte=F("quantity")),
                name="supplychain_reservation_quantity",
            ),
            models.CheckConstraint(
                condition=Q(state=ReservationState.RESERVED, parcel__isnull=True)
                | Q(state__in=(ReservationState.IN_WAVE, ReservationState.DISPATCHED), parcel__isnull=False)
                | Q(state=ReservationState.RELEASED),
                name="supplychain_reservation_parcel",
            ),
        ]
        indexes = [
            models.Index(
                fields=["warehouse", "paid_at"],
                condition=Q(state__in=RESERVATION_OPEN),
                name="supplychain_reservation_open",
            )
        ]

    def __str__(self) -> str:
        return f"{self.order_no} · {self.sku}"

    @property
    def due_at(self) -> datetime:
        """By when it has to leave, as its warehouse promises."""
        return self.paid_at + self.warehouse.ship_within_hours * HOUR


class ReturnedGoods(PublicIdMixin):
    """What came back of a dispatched line, and what its inspection found. Only goods as new are stock again."""

    reservation = models.ForeignKey(
        Reservation, models.PROTECT, related_name="returned", verbose_name=_("dispatched line")
    )
    quantity = models.PositiveIntegerField(_("quantity"))
    condition = models.CharField(_("condition"), max_length=16, choices=GoodsCondition)
    note = models.CharField(_("note"), max_length=200, blank=True)
    inspected_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", verbose_name=_("inspected by")
    )
    inspected_at = models.DateTimeField(_("inspected at"), auto_now_add=True)

    scope = Scope(
        nodes=("reservation__owner_id",),
        seen_from=("reservation__seller_id",),
        park="reservation__warehouse__park_id",
    )
    database_rules = (dbrules.AppendOnly(),)

    class Meta:
        verbose_name = _("returned goods")
        verbose_name_plural = _("returned goods")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="supplychain_returned_quantity")
        ]

    def __str__(self) -> str:
        return f"{self.reservation} · {self.quantity}"
