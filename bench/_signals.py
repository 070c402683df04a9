"""From sales to proposals in a firm with many styles. Run by `_sites.measured` on an empty site: prints seconds."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import numpy as np
from django.core.cache import cache
from django.db.models import Sum

from bench._ledger import seller
from core import clock
from core.actors import system_actor
from supplychain.facts import SaleFact
from supplychain.models import Factory, Launch, LaunchDay, Product, Reorder, SalesEvent, Sku
from supplychain.services import factory_create, sales_record
from supplychain.services.launches import drain, sweep
from tenants.models import Tenant

ACTOR = system_actor("bench")
STYLES_A_WEEK, WEEKS, SEASON = 35, 12, 45
SOLD_STYLES, LINES = 40, 2_000
STEPS = {"fabric": (4_000, 1), "trims": (6_000, 0), "printing": (3_000, 0), "sewing": (2_500, 0)}


def build(tenant: Tenant, factory: Factory) -> list[Sku]:
    """Twelve weeks of launches, more than half of them still on sale; returns the SKUs, the newest first."""
    draw, today = np.random.default_rng(5), clock.today()
    number = STYLES_A_WEEK * WEEKS
    products = Product.objects.bulk_create(
        Product(tenant=tenant, code=f"P{place}", name_zh=f"{place} 款", category=f"C{place % 6}")
        for place in range(number)
    )
    skus = Sku.objects.bulk_create(
        Sku(tenant=tenant, product=product, code=f"S{place}") for place, product in enumerate(products)
    )
    launches = Launch.objects.bulk_create(
        Launch(
            tenant=tenant,
            product=product,
            factory=factory,
            day=(day := today - (2 + place // STYLES_A_WEEK * 7) * clock.DAY),
            season_end=day + SEASON * clock.DAY,
            test_batch=100,
            price=Decimal(120),
            cost=Decimal(50),
            leftover_value=Decimal(20),
            sold=1,
            counted_at=clock.now(),
        )
        for place, product in enumerate(products)
    )
    LaunchDay.objects.bulk_create(
        LaunchDay(launch=launch, day=day, sold=int(draw.poisson(first * 0.5 ** (place / 9))))
        for launch in launches
        for first in [100 * np.exp(draw.normal(-2.4, 0.9))]
        for place in range(SEASON)
        if (day := launch.day + place * clock.DAY) < min(today, launch.season_end)
    )
    return skus


def sell(tenant: Tenant, skus: list[Sku]) -> None:
    at = clock.now() - timedelta(seconds=30)
    facts = [
        SaleFact(
            kind="paid",
            order_no=f"O{number}",
            external_id=f"O{number}",
            amount=Decimal(120),
            qty=1,
            sku_code=skus[number % SOLD_STYLES].code,
            occurred_at=at,
        )
        for number in range(LINES)
    ]
    sales_record(actor=ACTOR, seller=tenant, source="bench", facts=list(enumerate(facts)))


def took(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def main() -> None:
    tenant = seller()
    factory = factory_create(actor=ACTOR, tenant=tenant, name="factory", steps=STEPS)
    skus = build(tenant, factory)
    sell(tenant, skus)
    least = took(lambda: list(SalesEvent.objects.values("sku", "business_day").annotate(Sum("quantity"))))
    ours = took(drain)
    proposals = Reorder.objects.count()
    # Every style is looked at, as whoever keeps no track of what changed has to do.
    cache.clear()
    Launch.objects.update(counted_at=None)
    sweep()
    found = {"limit": least, "ours": ours, "peer": took(drain), "proposals": proposals, "lines": LINES}
    print(json.dumps(found))


if __name__ == "__main__":
    main()
