"""The standing things of a demo park, made once and in bulk: units with their history, tenants, leases, rooms, goods.

Everything is invented and marked synthetic. Public ids follow from codes, so two installations with the same
seed show the same addresses.
"""

from __future__ import annotations

import random
from datetime import date
from decimal import Decimal

from django.db import transaction

from analytics.demo.built import BuiltPark, uid
from analytics.demo.equipment import equip
from analytics.demo.firms import build_hosts, build_tenants
from analytics.demo.goods import build_goods
from analytics.demo.hosts import host_records
from analytics.demo.plans import ParkPlan
from analytics.demo.premises import LETTABLE_USES, build_leases, build_rooms, build_units
from core import audit
from core.actors import Actor
from core.records import record_update
from parks.choices import UnitUseKind
from parks.models import Accreditation, City, Park, ServiceOffer, Town
from parks.services import park_create, town_create
from tenants.choices import TenantKind

TERMS = {"cancel_free_hours": 24, "late_cancel_percent": Decimal(50), "no_show_percent": Decimal(100)}
"""What the demo's parks ask for rooms that are given back late, or that nobody comes to."""


@transaction.atomic
def build_park(plan: ParkPlan, *, actor: Actor, seed: int, until: date) -> BuiltPark:
    """Build a demo park as it stands on the day `until`. Its code must be free; geography must be loaded."""
    draw = random.Random(f"{seed}:{plan.code}:standing")
    opened = date(plan.opened_year, 1, 1)
    park = _park(plan, actor, opened)
    units = build_units(plan, park, opened, draw)
    tenants = build_tenants(plan, park, opened, draw)
    build_leases(
        plan, park, tenants, [unit for unit in units if unit[1] in LETTABLE_USES], opened, until, draw
    )
    studios = [unit for unit, use, _area in units if use == UnitUseKind.LIVE_ROOM]
    rooms = build_rooms(plan, park, studios, tenants, opened)
    equip(plan.code, rooms)
    hosts = build_hosts(plan, tenants, draw)
    agency = next((tenant for tenant in tenants if tenant.kind == TenantKind.MCN), tenants[0])
    host_records(park, plan.platform, hosts, agency, seed=seed, until=until)
    build_goods(plan, park, tenants, opened)
    audit.record(
        actor=actor,
        verb="demo.build",
        obj=park,
        node_id=park.pk,
        after={"tenants": len(tenants), "seed": seed},
    )
    return BuiltPark(plan, park, tenants, rooms, hosts)


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
    record_update(actor=actor, row=park.settings, **TERMS)
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
