"""Where a demo park is: its units with their history, who they are let to, its live rooms."""

from __future__ import annotations

import random
from datetime import date, timedelta
from decimal import Decimal

from analytics.demo.built import uid
from analytics.demo.plans import ParkPlan
from core import clock
from livestreams.models import LiveRoom
from parks.choices import UnitUseKind
from parks.models import Building, Park, Unit, UnitUse
from tenants.models import Lease, LeaseUnit, Tenant

LEASE_YEARS = 6
LETTABLE_USES = (UnitUseKind.OFFICE, UnitUseKind.STALL, UnitUseKind.SHOWROOM)


def build_units(
    plan: ParkPlan, park: Park, opened: date, draw: random.Random
) -> list[tuple[Unit, str, Decimal]]:
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
    uses: list[UnitUse] = []
    present: list[tuple[Unit, str, Decimal]] = []
    converted = 0
    for unit, (use, area) in zip(units, wanted, strict=True):
        if plan.converted is not None and _is_converted(plan.converted, use, converted):
            converted += use == plan.converted[0]
            uses += _converted(unit, use, area, opened, Decimal(plan.converted[2]))
        else:
            uses.append(UnitUse(unit=unit, use=use, area_m2=area, from_day=opened))
        present.append((unit, uses[-1].use, area))
    UnitUse.objects.bulk_create(uses)
    return present


def _is_converted(converted: tuple[str, int, int], use: str, so_far: int) -> bool:
    before, number, _cost = converted
    return use == UnitUseKind.PHOTO_BASE or (use == before and so_far < number)


def _converted(unit: Unit, use: str, area: Decimal, opened: date, cost: Decimal) -> list[UnitUse]:
    """The history of a unit that became a live room after four years, at a cost in CNY."""
    closed = clock.month_of(opened + timedelta(days=365 * 4))
    ready = closed + timedelta(days=45)
    return [
        UnitUse(unit=unit, use=use, area_m2=area, from_day=opened, to_day=closed),
        UnitUse(unit=unit, use=UnitUseKind.FIT_OUT, area_m2=area, from_day=closed, to_day=ready),
        UnitUse(unit=unit, use=UnitUseKind.LIVE_ROOM, area_m2=area, from_day=ready, conversion_cost=cost),
    ]


def build_leases(
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


def build_rooms(
    plan: ParkPlan, park: Park, units: list[Unit], tenants: list[Tenant], opened: date
) -> list[LiveRoom]:
    """The live rooms of a park, each in one of its units; the first ones are dedicated to the first tenants."""
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
