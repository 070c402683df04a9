"""Stock that hardly moves, beside the firm's sales, in the classes of a survey of 2022 (docs/reorders.md).

Slow are the pieces of a SKU that have lain there for SLOW_DAYS and will go on lying: what is on hand, less what came in
during these days, less as many as were sold in them. They count at the list price, as sales do.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db.models import Q, Sum
from django.utils.translation import gettext_lazy as _

from analytics.models import DaySales
from core import clock
from core.actors import Actor
from core.policy import VIEW
from core.scoping import may, visible_to
from supplychain.choices import MoveKind
from supplychain.models import Sku, StockLevel, StockMove
from tenants.models import Tenant

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

SLOW_DAYS = 60
SALES_DAYS = 151
"""The survey asked for January to May."""
ZERO = Decimal(0)
CAME_IN = (MoveKind.INBOUND, MoveKind.RETURN)


@dataclass(frozen=True)
class Class:
    """Firms whose slow stock is up to so many percent of their sales, and their share (%) in the survey."""

    code: str
    name: StrOrPromise
    up_to: int | None
    survey: int


CLASSES = (
    Class("none", _("no slow stock"), 0, 8),
    Class("to_10", "≤ 10 %", 10, 21),
    Class("to_20", "11-20 %", 20, 26),
    Class("to_30", "21-30 %", 30, 19),
    Class("to_40", "31-40 %", 40, 13),
    Class("above_40", "≥ 41 %", None, 13),
)
UNKNOWN = Class("unknown", _("not known: some of it has no list price"), None, 0)


def class_of(slow: Decimal, sales: Decimal) -> Class:
    """The class of a firm; slow stock without any sales is in the last one."""
    for one in CLASSES:
        if one.up_to is not None and slow * 100 <= sales * one.up_to:
            return one
    return CLASSES[-1] if slow > 0 else CLASSES[0]


@dataclass(frozen=True)
class SlowSku:
    """Slow pieces of a SKU and their value at the list price (CNY), 0 where none is on record."""

    sku: Sku
    on_hand: int
    pieces: int
    amount: Decimal


@dataclass(frozen=True)
class SlowStock:
    """A firm's slow stock beside its net sales of SALES_DAYS (CNY); `skus` by value."""

    tenant: Tenant
    sales: Decimal
    skus: Sequence[SlowSku] = field(default_factory=tuple)

    @property
    def pieces(self) -> int:
        return sum(row.pieces for row in self.skus)

    @property
    def amount(self) -> Decimal:
        return sum((row.amount for row in self.skus), ZERO)

    @property
    def is_valued(self) -> bool:
        """Whether all of it has a price: what nobody recorded is not nothing."""
        return all(row.amount for row in self.skus)

    @property
    def share(self) -> Decimal | None:
        return self.amount / self.sales if self.sales > 0 and self.is_valued else None

    @property
    def of_class(self) -> Class:
        return class_of(self.amount, self.sales) if self.is_valued else UNKNOWN


@dataclass(frozen=True)
class ClassCount:
    """How many firms are in a class, and their share (%) of all of them."""

    of_class: Class
    firms: int
    share: int


def slow_stock(actor: Actor, nodes: Iterable[int]) -> list[SlowStock]:
    """The slow stock of firms, or of the firms now in parks, by code: those that keep stock which the actor may see.

    `nodes` are ids of tenants and parks; those whose sales the actor may not see are left out.
    """
    seen = [node for node in nodes if may(actor, VIEW, DaySales, node)]
    firms = Tenant.objects.filter(Q(pk__in=seen) | Q(node__parent__in=seen)).order_by("code")
    of_tenant = {tenant.pk: tenant for tenant in firms}
    slow, stocked = _slow_skus(actor, of_tenant)
    sales = _sales(actor, of_tenant)
    return [
        SlowStock(
            tenant, sales.get(key, ZERO), sorted(slow[key], key=lambda row: (-row.amount, row.sku.code))
        )
        for key, tenant in of_tenant.items()
        if key in stocked
    ]


def counted(rows: Sequence[SlowStock]) -> list[ClassCount]:
    """Firms by class, all six of them; those whose class is not known are in none."""
    firms = [row.of_class.code for row in rows if row.of_class != UNKNOWN]
    return [
        ClassCount(one, firms.count(one.code), round(100 * firms.count(one.code) / max(len(firms), 1)))
        for one in CLASSES
    ]


def _slow_skus(actor: Actor, owners: Collection[int]) -> tuple[dict[int, list[SlowSku]], set[int]]:
    """Slow SKUs by owner, and the owners that have any stock at all."""
    levels = visible_to(StockLevel.objects.filter(owner__in=owners), actor)
    on_hand = {row["sku"]: row["all"] for row in levels.values("sku").annotate(all=Sum("on_hand"))}
    recent = StockMove.objects.filter(
        sku__in=on_hand,
        warehouse__in=levels.values("warehouse"),
        occurred_at__gte=clock.now() - timedelta(days=SLOW_DAYS),
    )
    moved = {
        row["sku"]: (row["came"] or 0) - (row["sold"] or 0)
        for row in recent.values("sku").annotate(
            came=Sum("quantity", filter=Q(kind__in=CAME_IN)),
            sold=Sum("quantity", filter=Q(kind=MoveKind.SALE)),
        )
    }
    found: dict[int, list[SlowSku]] = defaultdict(list)
    skus = Sku.objects.filter(pk__in=on_hand).select_related("product")
    for sku in skus:
        pieces = on_hand[sku.pk] - moved.get(sku.pk, 0)
        if pieces > 0:
            found[sku.tenant_id].append(
                SlowSku(sku, on_hand[sku.pk], pieces, pieces * (sku.product.list_price or ZERO))
            )
    return found, {sku.tenant_id for sku in skus}


def _sales(actor: Actor, tenants: Collection[int]) -> dict[int, Decimal]:
    """Net sales of the days by firm, of all that the actor may see."""
    since = clock.today() - timedelta(days=SALES_DAYS)
    days = visible_to(DaySales.objects.filter(tenant__in=tenants, day__gt=since), actor)
    sums = days.values("tenant").annotate(paid=Sum("gmv_paid"), back=Sum("refunds"))
    return {row["tenant"]: max(row["paid"] - row["back"], ZERO) for row in sums}
