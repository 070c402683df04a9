"""Whole provinces, all of it visible to their own people and to nobody else's."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal

from analytics.services import display_link_make, event_claim
from core.actors import Actor, user_actor
from core.choices import Role
from core.clock import DAY, HOUR, day_start, today
from core.models import ToolKey, User
from core.services import KEY_SCOPES, TENANT_KEY_SCOPES, tool_key_create
from livestreams.choices import (
    PlanState,
)
from livestreams.models import (
    Course,
    CourseRun,
    IncubationStage,
    LiveRoom,
    Maintenance,
    MediaNode,
    SchedulePlan,
)
from parks.choices import EventKind, ServiceKind, ServicePricing, UnitUseKind
from parks.models import Accreditation, Building, City, Event, Park, Province, ServiceOffer, Town, Unit
from parks.services import building_create, event_create, unit_create
from supplychain.models import (
    Warehouse,
    WarehouseTariff,
)
from tests.factories.goods import make_webhook
from tests.factories.live import (
    make_media_node,
    make_room,
)
from tests.factories.places import OPENED, SYSTEM, make_park, make_user
from tests.factories.tenants import TenantWorld, make_tenant_world

PARK_USERS = (Role.PARK_MANAGER, Role.PARK_STUDIO, Role.PARK_WAREHOUSE, Role.PARK_FINANCE, Role.PARK_VIEWER)


@dataclass
class World:
    """A province with one city, town and park, two tenants and everybody who works there."""

    name: str
    canary: str
    province: Province = None  # type: ignore[assignment]
    city: City = None  # type: ignore[assignment]
    town: Town = None  # type: ignore[assignment]
    park: Park = None  # type: ignore[assignment]
    users: dict[str, User] = field(default_factory=dict)
    building: Building = None  # type: ignore[assignment]
    units: list[Unit] = field(default_factory=list)
    media_node: MediaNode = None  # type: ignore[assignment]
    media_secret: str = ""
    rooms: list[LiveRoom] = field(default_factory=list)
    warehouse: Warehouse = None  # type: ignore[assignment]
    plan: SchedulePlan = None  # type: ignore[assignment]
    event: Event = None  # type: ignore[assignment]
    course_run: CourseRun = None  # type: ignore[assignment]
    stage: IncubationStage = None  # type: ignore[assignment]
    tenants: list[TenantWorld] = field(default_factory=list)
    key: ToolKey = None  # type: ignore[assignment]
    secret: str = ""

    @property
    def manager(self) -> Actor:
        return user_actor(self.users[Role.PARK_MANAGER])


def make_world(name: str) -> World:
    """A world with everything; `name` is lower-case letters. Sales are left to the test."""
    world = World(name=name, canary=f"CANARY{name.upper()}")
    canary = world.canary
    world.park = make_park(name, canary)
    world.town, world.city, world.province = (
        world.park.town,
        world.park.town.city,
        world.park.town.city.province,
    )
    for role in PARK_USERS:
        world.users[role] = make_user(f"{name}-{role}", role, world.park.node)
    world.users[Role.PROVINCE_ANALYST] = make_user(
        f"{name}-analyst", Role.PROVINCE_ANALYST, world.province.node
    )
    world.building = building_create(
        actor=SYSTEM, park=world.park, code=f"{name}-B1", name_zh=f"{canary}楼", name_en=f"{canary} Building"
    )
    world.units = [
        unit_create(
            actor=SYSTEM,
            building=world.building,
            code=f"{name}-U{number}",
            use=UnitUseKind.LIVE_ROOM if number > 1 else UnitUseKind.OFFICE,
            area_m2=Decimal(100),
            from_day=OPENED,
        )
        for number in range(4)
    ]
    world.rooms = [
        make_room(world.park, f"{name}-room-{number}", canary, world.units[2 + number]) for number in (0, 1)
    ]
    world.media_node, world.media_secret = make_media_node(world.park, f"{name}-node", canary)
    Maintenance.objects.create(
        room=world.rooms[0],
        starts_at=day_start(OPENED),
        ends_at=day_start(OPENED) + HOUR,
        reason=f"{canary} repair",
    )
    world.plan = SchedulePlan.objects.create(
        park=world.park,
        first_day=OPENED,
        last_day=OPENED,
        starts_at=day_start(OPENED),
        state=PlanState.PUBLISHED,
        inputs={"why": canary},
        changes={"why": canary},
    )
    world.warehouse = Warehouse.objects.create(
        park=world.park,
        code=f"{name}-wh",
        name_zh=f"{canary}仓",
        name_en=f"{canary} Warehouse",
        packs_orders=True,
    )
    WarehouseTariff.objects.create(
        warehouse=world.warehouse,
        from_day=OPENED,
        per_parcel=Decimal("3.50"),
        per_piece=Decimal("0.60"),
        per_return=Decimal(1),
        per_night=Decimal("0.0200"),
    )
    Accreditation.objects.create(park=world.park, platform=canary, level="A", from_day=OPENED)
    ServiceOffer.objects.create(
        park=world.park,
        kind=ServiceKind.TRAINING,
        pricing=ServicePricing.PER_USE,
        price=Decimal(300),
        provider=canary,
        name_zh=f"{canary}培训",
        name_en=f"{canary} Training",
    )
    world.event = event_create(
        actor=SYSTEM,
        park=world.park,
        kind=EventKind.FESTIVAL,
        first_day=today() - DAY,
        main_from=today(),
        last_day=today() + DAY,
        target_gmv_paid=Decimal(100_000),
        industry=canary,
        name_zh=f"{canary}节",
        name_en=f"{canary} Festival",
    )
    event_claim(actor=SYSTEM, event=world.event, said_by=canary, sales=Decimal(100_000))
    course = Course.objects.create(
        park=world.park, code=f"{name}-course", name_zh=f"{canary}课程", name_en=f"{canary} Course"
    )
    world.course_run = CourseRun.objects.create(
        course=course, first_day=OPENED, last_day=dt.date(2099, 1, 1), trainer=canary
    )
    world.stage = IncubationStage.objects.create(
        park=world.park, number=1, name_zh=f"{canary}孵化", name_en=f"{canary} Stage", cost=Decimal(1000)
    )
    for letter in ("a", "b"):
        world.tenants.append(make_tenant_world(world, letter))
    park_scopes = sorted(KEY_SCOPES.keys() - TENANT_KEY_SCOPES)
    world.key, world.secret = tool_key_create(
        actor=SYSTEM, node=world.park.node, name=f"{canary} park key", scopes=park_scopes
    )
    display_link_make(actor=SYSTEM, node=world.park.node, name=f"{canary} hall")
    make_webhook(world.park.node, canary)
    display_link_make(actor=SYSTEM, node=world.park.node, name=f"{canary} hall")
    return world
