"""New styles of the demo's first seller: a factory with its steps, a drop whose sales are known, and a re-order of it."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from analytics.demo.build import BuiltPark
from core.actors import Actor
from core.clock import DAY, today
from core.money import to_cents
from supplychain.choices import ReorderState
from supplychain.models import Factory, Launch, Product, Reorder
from supplychain.services import factory_create, launch_create, reorder_confirm
from supplychain.services.launches import drain

STYLES = 6
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
    products = list(Product.objects.filter(tenant=seller, closed_on__isnull=True).order_by("code")[:STYLES])
    for number, product in enumerate(products):
        day = today() - (3 + 2 * number) * DAY
        launch_create(
            actor=actor,
            tenant=seller,
            product=product,
            factory=factory,
            day=day,
            season_end=day + SEASON,
            test_batch=120 + 40 * number,
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
