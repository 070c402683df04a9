"""New styles of the demo's first seller: a factory with its steps, drops whose sales are known, and a re-order."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from django.db.models import Sum

from analytics.demo.built import BuiltPark
from core.actors import Actor
from core.clock import DAY, day_start, today
from core.days import open_on
from core.money import to_cents
from supplychain.choices import ReorderState, SalesKind
from supplychain.models import Factory, Launch, Product, Reorder, SalesEvent, StockLevel
from supplychain.services import factory_create, launch_create, reorder_confirm, stock_adjust
from supplychain.services.launches import drain

BATCHES = (1.1, 1.2, 1.4, 1.8, 2.5, 4.0)
"""Each style's test batch, in what was sold of it since its drop: some run out, some lie."""
LEAST_BATCH = 10
SEASON = timedelta(days=45)
STEPS = {
    "fabric": (1200, 1),
    "trims": (2000, 0),
    "printing": (900, 0),
    "washing": (1500, 0),
    "sewing": (600, 0),
}


def build_reorders(built: BuiltPark, *, actor: Actor) -> None:
    """Launch some styles of the park's first seller, once, and confirm the re-order that promises most."""
    seller = built.tenants[0]
    if Factory.objects.filter(tenant=seller).exists():
        return
    factory = factory_create(
        actor=actor,
        tenant=seller,
        name="镇东制衣厂（演示）",
        contact="王厂长",
        terms="款到发货，尾数 ±3%（演示）",
        steps=STEPS,
    )
    products = list(Product.objects.filter(open_on(today()), tenant=seller).order_by("code")[: len(BATCHES)])
    for number, (product, batches) in enumerate(zip(products, BATCHES, strict=False)):
        day = today() - (3 + 2 * number) * DAY
        sold = _sold(product, day)
        batch = max(round(batches * sold), LEAST_BATCH)
        if sold:  # a demo of another day has none
            _begin_with(product, day, left=batch - sold, actor=actor)
        launch_create(
            actor=actor,
            tenant=seller,
            product=product,
            factory=factory,
            day=day,
            season_end=day + SEASON,
            test_batch=batch,
            price=product.list_price,
            cost=product.cost,
            leftover_value=to_cents(product.cost * Decimal("0.4")),
            returned_percent=20,
        )
    drain(tenant_id=seller.pk)
    first = (
        Reorder.objects.filter(launch__in=Launch.objects.filter(tenant=seller), state=ReorderState.PROPOSED)
        .order_by("-gain", "pk")
        .first()
    )
    if first is not None:
        reorder_confirm(actor=actor, reorder=first, quantity=min(first.quantity, 600))


def _sold(product: Product, day: date) -> int:
    """Pieces that were paid from a day on."""
    sold = SalesEvent.objects.filter(sku__product=product, kind=SalesKind.PAID, business_day__gte=day)
    return sold.aggregate(all=Sum("quantity"))["all"] or 0


def _begin_with(product: Product, day: date, *, left: int, actor: Actor) -> None:
    """Clear what lay of a style before its drop, and bring in its test batch: the ledger has what is left of it."""
    for level in StockLevel.objects.filter(sku__product=product).select_related("warehouse", "sku"):
        change = left - level.available
        if change:
            stock_adjust(
                actor=actor,
                warehouse=level.warehouse,
                sku=level.sku,
                quantity=change,
                note="上新：旧款清出，首批入库（演示）",
                source="demo",
                source_key=f"drop:{level.sku.code}",
                occurred_at=day_start(day),
            )
