"""A demo park asks which hosts are best for some of its goods in the days to come."""

from __future__ import annotations

from decimal import Decimal

from analytics.demo.built import BuiltPark
from analytics.matching.goods import Goods
from analytics.models import MatchRun
from analytics.services import match_run_start
from core.actors import Actor
from core.clock import DAY, today
from supplychain.models import Product

GOODS = 8
STOCK = 300
BUDGET = Decimal(2500)
TIMES = ("", "18:00-23:00", "09:00-18:00")


def assign_goods(built: BuiltPark, *, actor: Actor) -> None:
    """Start an assignment of the goods of the park's first sellers, once: one of each seller until there are enough."""
    if MatchRun.objects.filter(park=built.park).exists():
        return
    products = (
        Product.objects.filter(tenant__in=built.tenants[:GOODS]).select_related("tenant").order_by("code")
    )
    first = {product.tenant_id: product for product in reversed(products)}
    goods = [
        Goods(
            name=f"{product.tenant.name_zh} {product.name_zh}",
            category=product.category,
            hours=Decimal(2 + number % 3),
            weight=1 + number % 2,
            budget=BUDGET if number % 3 else None,
            stock=product.list_price * STOCK,
            times=TIMES[number % len(TIMES)],
        )
        for number, product in enumerate(sorted(first.values(), key=lambda product: product.code))
    ]
    match_run_start(
        actor=actor,
        park=built.park,
        first_day=today() + DAY,
        last_day=today() + 7 * DAY,
        goods=goods,
        seconds=10,
    )
