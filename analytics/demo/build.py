"""The standing things of a demo park, made once and in bulk: units with their history, tenants, leases, rooms, goods.

Everything is invented and marked synthetic. Public ids follow from codes, so two installations with the same
seed show the same addresses.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import transaction

from analytics.demo import names
from analytics.demo.days import SKUS_PER_SELLER, sku_code, sku_price, tenant_code
from analytics.demo.equipment import equip
from analytics.demo.hosts import host_records
from analytics.demo.plans import ParkPlan
from core import audit, clock
from core.actors import Actor
from core.choices import NodeKind
from core.models import ScopeNode
from livestreams.models import Host, LiveRoom
from parks.choices import UnitUseKind
from parks.models import (
    Accreditation,
    Building,
    City,
    IndustrialCluster,
    Park,
    ServiceOffer,
    Town,
    Unit,
    UnitUse,
)
from parks.services import park_create, town_create
from supplychain.choices import MoveKind
from supplychain.models import Product, Sku, StockLevel, StockMove, Warehouse, ZoneLevel
from tenants.choices import TenantKind, WallVisibility
from tenants.models import Company, Lease, LeaseUnit, Tenancy, Tenant

NAMESPACE = uuid.UUID("0198c0de-0000-7000-8000-11fe9a4c0de0")
OPENING_STOCK = 4_000
STORED = 1_000
ZONES, STORE = "ABCD", "S-01"
LEASE_YEARS = 6
LETTABLE_USES = (UnitUseKind.OFFICE, UnitUseKind.STALL, UnitUseKind.SHOWROOM)


def uid(*parts: object) -> uuid.UUID:
    """A public id that follows from what a thing is."""
    return uuid.uuid5(NAMESPACE, ":".join(str(part) for part in parts))


@dataclass
class BuiltPark:
    """A demo park with its rows in the order of the plan's indexes."""

    plan: ParkPlan
    park: Park
    tenants: list[Tenant]
    rooms: list[LiveRoom]
    hosts: list[Host]


@transaction.atomic
def build_park(plan: ParkPlan, *, actor: Actor, seed: int, until: date) -> BuiltPark:
    """Build a demo park as it stands on the day `until`. Its code must be free; geography must be loaded."""
    draw = random.Random(f"{seed}:{plan.code}:standing")
    opened = date(plan.opened_year, 1, 1)
    park = _park(plan, actor, opened)
    units = _units(plan, park, opened, draw)
    tenants = _tenants(plan, park, opened, draw)
    _leases(plan, park, tenants, [unit for unit in units if unit[1] in LETTABLE_USES], opened, until, draw)
    studios = [unit for unit, use, _area in units if use == UnitUseKind.LIVE_ROOM]
    rooms = _rooms(plan, park, studios, tenants, opened)
    equip(plan.code, rooms)
    hosts = _hosts(plan, tenants, draw)
    agency = next((tenant for tenant in tenants if tenant.kind == TenantKind.MCN), tenants[0])
    host_records(park, plan.platform, hosts, agency, seed=seed, until=until)
    _goods(plan, park, tenants, opened)
    audit.record(
        actor=actor,
        verb="demo.build",
        obj=park,
        node_id=park.pk,
        after={"tenants": len(tenants), "seed": seed},
    )
    return BuiltPark(plan, park, tenants, rooms, hosts)


def built_park(plan: ParkPlan) -> BuiltPark | None:
    """The rows of a demo park that was built before, or None."""
    park = Park.objects.filter(code=plan.code, is_synthetic=True).first()
    if park is None:
        return None
    return BuiltPark(
        plan,
        park,
        list(
            Tenant.objects.filter(
                code__in=[tenant_code(plan, index) for index in range(plan.tenants)]
            ).order_by("code")
        ),
        list(LiveRoom.objects.filter(park=park).order_by("code")),
        list(Host.objects.filter(code__startswith=f"{plan.code}-host-").order_by("code")),
    )


def _park(plan: ParkPlan, actor: Actor, opened: date) -> Park:
    code, town_zh, town_en = plan.town
    city = City.objects.get(code=plan.city)
    town = Town.objects.filter(code=code).first() or town_create(
        actor=actor, city=city, code=code, name_zh=town_zh, name_en=town_en
    )
    park = park_create(
        actor=actor,
        town=town,
        code=plan.code,
        name_zh=plan.name_zh,
        name_en=plan.name_en,
        operating_mode=plan.mode,
        operator=plan.operator,
        opened_on=opened,
        industries=plan.industries,
        floor_area_m2=Decimal(plan.floor_area_m2),
        is_synthetic=True,
    )
    Accreditation.objects.create(park=park, platform=plan.platform, level="", from_day=opened)
    for kind, name_zh, name_en, price in (
        ("training", "主播统一培训", "Host training", 800),
        ("quality_inspection", "质检认证", "Quality inspection", 350),
        ("operation", "代运营", "Managed operation", 0),
    ):
        ServiceOffer.objects.create(
            uid=uid("offer", plan.code, kind),
            park=park,
            kind=kind,
            name_zh=name_zh,
            name_en=name_en,
            pricing="per_use" if price else "share",
            price=Decimal(price),
            share_percent=Decimal(0) if price else Decimal(10),
            provider=plan.operator,
        )
    return park


def _units(plan: ParkPlan, park: Park, opened: date, draw: random.Random) -> list[tuple[Unit, str, Decimal]]:
    """Units with their present use and area; converted ones keep the use they had before."""
    building = Building.objects.create(park=park, code=f"{plan.code}-A", name_zh="A 栋", name_en="Building A")
    wanted = [
        (use, Decimal(area) + draw.randrange(0, 10))
        for use, (number, area) in plan.units.items()
        for _n in range(number)
    ]
    if plan.star is not None:
        first = next(index for index, (use, _area) in enumerate(wanted) if use in LETTABLE_USES)
        wanted[first] = (wanted[first][0], Decimal(plan.star.area_m2))
    units = Unit.objects.bulk_create(
        Unit(
            uid=uid("unit", plan.code, index),
            park=park,
            building=building,
            code=f"{plan.code}-{index + 1:04d}",
            floor=1 + index // 40,
            is_lettable=use in LETTABLE_USES,
        )
        for index, (use, _area) in enumerate(wanted)
    )
    uses, present = [], []
    converted = 0
    converted_on = clock.month_of(opened + timedelta(days=365 * 4))
    for unit, (use, area) in zip(units, wanted, strict=True):
        now_use = use
        if plan.converted is not None and _is_converted(plan, use, converted):
            converted += use == plan.converted[0]
            fit_out = converted_on + timedelta(days=45)
            now_use = UnitUseKind.LIVE_ROOM
            uses.append(UnitUse(unit=unit, use=use, area_m2=area, from_day=opened, to_day=converted_on))
            uses.append(
                UnitUse(
                    unit=unit, use=UnitUseKind.FIT_OUT, area_m2=area, from_day=converted_on, to_day=fit_out
                )
            )
            cost = Decimal(plan.converted[2])
            uses.append(UnitUse(unit=unit, use=now_use, area_m2=area, from_day=fit_out, conversion_cost=cost))
        else:
            uses.append(UnitUse(unit=unit, use=use, area_m2=area, from_day=opened))
        present.append((unit, now_use, area))
    UnitUse.objects.bulk_create(uses)
    return present


def _is_converted(plan: ParkPlan, use: str, so_far: int) -> bool:
    if plan.converted is None:
        return False
    return use == UnitUseKind.PHOTO_BASE or (use == plan.converted[0] and so_far < plan.converted[1])


def _tenants(plan: ParkPlan, park: Park, opened: date, draw: random.Random) -> list[Tenant]:
    kinds = draw.choices(
        [kind for kind, _w in plan.kinds], [weight for _k, weight in plan.kinds], k=plan.tenants
    )
    if plan.cross_border:
        kinds = [TenantKind.CROSS_BORDER] * plan.cross_border + [
            kind if kind != TenantKind.CROSS_BORDER else TenantKind.BRAND
            for kind in kinds[plan.cross_border :]
        ]
        kinds[: plan.sellers] = [TenantKind.BRAND] * plan.sellers
        kinds[plan.sellers : plan.sellers + plan.cross_border] = [TenantKind.CROSS_BORDER] * plan.cross_border
    firms = [names.firm(draw, plan.industries[index % len(plan.industries)]) for index in range(plan.tenants)]
    companies = Company.objects.bulk_create(
        Company(
            credit_code=f"91DEMO{uid('company', plan.code, index).hex[:12].upper()}",
            name_zh=f"{zh}有限公司（演示）",
            name_en=f"{en} Ltd (demo)",
        )
        for index, (zh, en) in enumerate(firms)
    )
    nodes = ScopeNode.objects.bulk_create(
        ScopeNode(
            kind=NodeKind.TENANT, code=tenant_code(plan, index), name_zh=zh, name_en=en, parent=park.node
        )
        for index, (zh, en) in enumerate(firms)
    )
    for node in nodes:
        node.path = node.path_below_parent()
    ScopeNode.objects.bulk_update(nodes, ["path"], batch_size=200)
    clusters = list(IndustrialCluster.objects.filter(province=park.town.city.province).order_by("number"))
    visibility = (WallVisibility.AMOUNT, WallVisibility.AMOUNT, WallVisibility.RANK, WallVisibility.HIDDEN)
    tenants = Tenant.objects.bulk_create(
        Tenant(
            node=node,
            uid=uid("tenant", node.code),
            company=company,
            code=node.code,
            name_zh=zh,
            name_en=en,
            kind=kind,
            industry=plan.industries[index % len(plan.industries)],
            cluster=clusters[index % len(clusters)] if clusters and index % 3 else None,
            headcount=draw.randint(4, 60),
            has_own_brand=kind == TenantKind.BRAND,
            wall_visibility=visibility[index % len(visibility)],
            is_synthetic=True,
        )
        for index, (node, company, kind, (zh, en)) in enumerate(
            zip(nodes, companies, kinds, firms, strict=True)
        )
    )
    Tenancy.objects.bulk_create(Tenancy(tenant=tenant, park=park, from_day=opened) for tenant in tenants)
    return tenants


def _leases(
    plan: ParkPlan,
    park: Park,
    tenants: list[Tenant],
    lettable: list[tuple[Unit, str, Decimal]],
    opened: date,
    until: date,
    draw: random.Random,
) -> None:
    """Let units to the tenants until the park's occupancy by firms is reached; the first tenant is the star."""
    let = lettable[: round(len(lettable) * plan.occupancy)]
    start = max(opened, date(until.year - 2, 1, 1))
    leases, parts = [], []
    for index, (unit, _use, area) in enumerate(let):
        tenant = tenants[index % len(tenants)]
        rent = (area * draw.randint(28, 55)).quantize(Decimal("0.01"))
        end = date(start.year + LEASE_YEARS, 1 + index % 12, 1)
        lease = Lease(
            uid=uid("lease", plan.code, index),
            number=f"{plan.code.upper()}-L{index + 1:04d}",
            tenant=tenant,
            park=park,
            from_day=start,
            to_day=end,
            rent_per_month=rent,
            deposit=rent * 2,
        )
        leases.append(lease)
        parts.append((unit, area))
    Lease.objects.bulk_create(leases)
    LeaseUnit.objects.bulk_create(
        LeaseUnit(lease=lease, unit=unit, area_m2=area, from_day=lease.from_day, to_day=lease.to_day)
        for lease, (unit, area) in zip(leases, parts, strict=True)
    )


def _rooms(
    plan: ParkPlan, park: Park, units: list[Unit], tenants: list[Tenant], opened: date
) -> list[LiveRoom]:
    scenes = ("纯色背景", "生活场景", "档口场景", "绿幕", "展厅场景")
    return LiveRoom.objects.bulk_create(
        LiveRoom(
            uid=uid("room", plan.code, index),
            park=park,
            unit=units[index],
            code=f"{plan.code}-r{index + 1:03d}",
            name_zh=f"{index + 1:02d} 号直播间",
            name_en=f"Room {index + 1:02d}",
            scene=scenes[index % len(scenes)],
            equipment=["相机", "补光灯", "提词器"],
            industries=[plan.industries[index % len(plan.industries)]],
            hourly_rate=Decimal(60 + index % 5 * 20),
            setup_minutes=15,
            dedicated_to=tenants[index] if index < plan.dedicated_rooms else None,
            opened_on=opened,
        )
        for index in range(plan.rooms)
    )


def _hosts(plan: ParkPlan, tenants: list[Tenant], draw: random.Random) -> list[Host]:
    agencies = [tenant for tenant in tenants if tenant.kind == TenantKind.MCN] or tenants[:1]
    hosts = []
    for index in range(plan.hosts):
        own = index % 3 == 0
        hosts.append(
            Host(
                uid=uid("host", plan.code, index),
                tenant=tenants[index % plan.sellers] if own else agencies[index % len(agencies)],
                code=f"{plan.code}-host-{index + 1:03d}",
                name_zh=names.person(draw),
                name_en=f"Host {index + 1}",
                level=draw.choice("ABC"),
                languages=["zh"] if index % 4 else ["zh", "en"],
                markets=["CN"] if index % 4 else ["CN", "SEA"],
                categories=[plan.industries[index % len(plan.industries)]],
                day_rate=Decimal(draw.randrange(300, 3000, 100)),
            )
        )
    return Host.objects.bulk_create(hosts)


def _goods(plan: ParkPlan, park: Park, tenants: list[Tenant], opened: date) -> None:
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
