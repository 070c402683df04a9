"""What the sellers of a demo park sell, and what lies in its shared warehouse."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

from analytics.demo.built import uid
from analytics.demo.days import SKUS_PER_SELLER, sku_code, sku_price
from analytics.demo.plans import ParkPlan
from core import clock
from parks.models import Park
from supplychain.choices import MoveKind
from supplychain.models import Product, Sku, StockLevel, StockMove, Warehouse, ZoneLevel
from tenants.models import Tenant

OPENING_STOCK = 4_000
STORED = 1_000
ZONES, STORE = "ABCD", "S-01"


def build_goods(plan: ParkPlan, park: Park, tenants: list[Tenant], opened: date) -> None:
    """Products with one SKU each for every seller; in a shared warehouse they take stock from the beginning."""
    sellers = tenants[: plan.sellers]
    pairs = [
        (tenant, seller, number) for seller, tenant in enumerate(sellers) for number in range(SKUS_PER_SELLER)
    ]
    products = Product.objects.bulk_create(
        Product(
            uid=uid("product", sku_code(plan, seller, number)),
            tenant=tenant,
            code=f"P-{sku_code(plan, seller, number)}",
            name_zh=f"{tenant.industry}{number + 1:02d} 款",
            name_en=f"Style {number + 1:02d}",
            category=tenant.industry,
            list_price=sku_price(plan, seller, number),
            cost=(sku_price(plan, seller, number) * Decimal("0.45")).quantize(Decimal("0.01")),
        )
        for tenant, seller, number in pairs
    )
    since = clock.day_start(opened) if plan.shared_warehouse else None
    skus = Sku.objects.bulk_create(
        Sku(
            uid=uid("sku", sku_code(plan, seller, number)),
            tenant=tenant,
            product=product,
            code=sku_code(plan, seller, number),
            tracked_since=since,
        )
        for product, (tenant, seller, number) in zip(products, pairs, strict=True)
    )
    if since is None:
        return
    warehouse = Warehouse.objects.create(
        uid=uid("warehouse", plan.code),
        park=park,
        code=f"{plan.code}-wh",
        name_zh="共享云仓",
        name_en="Shared warehouse",
    )
    _opening_stock(warehouse, skus, since)


def _opening_stock(warehouse: Warehouse, skus: Sequence[Sku], since: datetime) -> None:
    """Every SKU on its shelf, and of each fourth a part in the store behind."""
    levels = [
        StockLevel(
            warehouse=warehouse,
            owner_id=sku.tenant_id,
            sku=sku,
            on_hand=OPENING_STOCK,
            zone=f"{ZONES[number % len(ZONES)]}-{number // len(ZONES) + 1:02d}",
            elsewhere=STORED if number % 4 == 3 else 0,
        )
        for number, sku in enumerate(skus)
    ]
    StockLevel.objects.bulk_create(levels)
    stored = [
        ZoneLevel(level=level, zone=STORE, on_hand=level.elsewhere) for level in levels if level.elsewhere
    ]
    ZoneLevel.objects.bulk_create(stored)
    StockMove.objects.bulk_create(
        StockMove(
            warehouse=warehouse,
            owner_id=level.owner_id,
            sku=level.sku,
            kind=MoveKind.INBOUND,
            quantity=quantity,
            zone=zone,
            source="demo",
            source_key=f"opening:{level.sku.code}",
            occurred_at=since,
        )
        for level in levels
        for zone, quantity in ((level.zone, level.on_hand - level.elsewhere), (STORE, level.elsewhere))
        if quantity
    )
