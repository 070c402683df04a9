"""Worlds to test in. `make_world("alpha")` builds a whole province with everything a park has, all of it visible
to its own people and to nobody else's. Every name carries the world's canary, every number its own offset.
"""

from __future__ import annotations

import datetime as dt
import itertools
from dataclasses import dataclass, field
from decimal import Decimal

from analytics.services import display_link_make, event_claim
from core.actors import Actor, key_actor, system_actor, user_actor
from core.choices import WEBHOOK_EVENTS, NodeKind, Role, WebhookEvent
from core.clock import DAY, HOUR, day_start, month_of, now, today
from core.models import ScopeNode, ToolKey, User
from core.services import KEY_SCOPES, TENANT_KEY_SCOPES, membership_grant, tool_key_create, user_create
from core.webhooks.endpoints import webhook_create
from core.webhooks.outbox import put
from livestreams.choices import (
    AbsenceKind,
    BookingState,
    Delivery,
    EngagementKind,
    EquipmentKind,
    FaultKind,
    PlanState,
    Platform,
    PublishEnd,
    PublishReason,
    RoomCheckItem,
    ScreenKind,
    SessionState,
    ShiftRole,
)
from livestreams.models import (
    AdSpend,
    AudienceSample,
    Booking,
    BookingSeries,
    Certificate,
    Cleaning,
    Course,
    CourseRun,
    Engagement,
    Enrolment,
    Equipment,
    EquipmentLoan,
    ExchangeOffer,
    ExchangeRequest,
    FollowerReading,
    Host,
    HostAbsence,
    HostAccount,
    HostShift,
    HostStage,
    IncubationStage,
    LiveRoom,
    LiveSession,
    Maintenance,
    MediaNode,
    PlannedShift,
    PlannedSlot,
    Publish,
    PublishDecision,
    RoomCheck,
    SchedulePlan,
    SessionTenant,
    SlotRequest,
    Visit,
    WaitlistEntry,
)
from livestreams.services import (
    broadcast_choose,
    fault_report,
    node_create,
    screen_make,
    stream_key_renew,
)
from parks.choices import EventKind, OperatingMode, ServiceKind, ServicePricing, UnitUseKind
from parks.geography import nation
from parks.models import Accreditation, Building, City, Event, Park, Province, ServiceOffer, Town, Unit
from parks.services import building_create, event_create, park_create, town_create, unit_create
from supplychain.choices import ExplainKind, ShopFault, ShopKind, ShopMessageState
from supplychain.models import (
    Agreement,
    AttributionSettings,
    ExplainEvent,
    Factory,
    FactoryDay,
    FactoryStep,
    Launch,
    LaunchDay,
    Parcel,
    Product,
    Reorder,
    ReorderLine,
    ReorderWork,
    Reservation,
    ReturnedGoods,
    ShopHook,
    ShopMessage,
    Sku,
    Statement,
    StatementLine,
    StatementOrder,
    StockLevel,
    StockMove,
    Warehouse,
    WarehouseTariff,
    Wave,
)
from supplychain.services import item_enter, shop_hook_create, statement_count
from tenants.choices import ChargeKind, TenantKind, WallVisibility
from tenants.models import EventEntry, Lease, Store, Tenant
from tenants.services import charge_record, company_get_or_create, event_enter, lease_create, tenant_create

SYSTEM = system_actor("test")
PASSWORD = "correct horse battery"
# The worlds begin well before any test looks at them.
OPENED = dt.date(2010, 1, 1)

PARK_USERS = (Role.PARK_MANAGER, Role.PARK_STUDIO, Role.PARK_WAREHOUSE, Role.PARK_FINANCE, Role.PARK_VIEWER)
TENANT_USERS = (Role.TENANT_OWNER, Role.TENANT_STAFF, Role.TENANT_FINANCE)


@dataclass
class TenantWorld:
    """A tenant with people, goods, hosts, a booking, an ended session and a key."""

    tenant: Tenant
    users: dict[str, User] = field(default_factory=dict)
    host: Host = None  # type: ignore[assignment]
    controller: Host = None  # type: ignore[assignment]
    skus: list[Sku] = field(default_factory=list)
    booking: Booking = None  # type: ignore[assignment]
    session: LiveSession = None  # type: ignore[assignment]
    lease: Lease = None  # type: ignore[assignment]
    store: Store = None  # type: ignore[assignment]
    entry: EventEntry = None  # type: ignore[assignment]
    key: ToolKey = None  # type: ignore[assignment]
    secret: str = ""

    @property
    def owner(self) -> Actor:
        return user_actor(self.users[Role.TENANT_OWNER])

    @property
    def tool(self) -> Actor:
        return key_actor(self.key)


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


_numbers = itertools.count(1)


def make_user(username: str, role: str | None = None, node: ScopeNode | None = None) -> User:
    """A log-in with the common password, with a role if one is given."""
    user = user_create(actor=SYSTEM, username=username, password=PASSWORD, display_name=username)
    if role is not None:
        assert node is not None
        membership_grant(actor=SYSTEM, user=user, role=role, node=node)
    return user


def make_province(name: str, canary: str) -> Province:
    """A province of its own; its code is not one of GB/T 2260, so it never meets the real ones."""
    code = _two_letters(next(_numbers))
    node = ScopeNode.objects.create(
        kind=NodeKind.PROVINCE,
        code=f"cn-{code}-{name}",
        name_zh=f"{canary}省",
        name_en=f"{canary} Province",
        parent=nation(),
    )
    return Province.objects.create(
        node=node, code=code, name_zh=node.name_zh, name_en=node.name_en, region="east"
    )


def _two_letters(number: int) -> str:
    return chr(ord("a") + number // 26 % 26) + chr(ord("a") + number % 26)


def make_town(province: Province, name: str, canary: str = "") -> Town:
    """A town in a city of its own."""
    canary = canary or name
    node = ScopeNode.objects.create(
        kind=NodeKind.CITY, code=f"{name}-city", name_zh=f"{canary}市", parent=province.node
    )
    city = City.objects.create(
        node=node,
        province=province,
        code=f"{province.code}{City.objects.filter(province=province).count() + 1:02d}",
        name_zh=node.name_zh,
        name_en=f"{canary} City",
    )
    return town_create(
        actor=SYSTEM, city=city, code=f"{name}-town", name_zh=f"{canary}镇", name_en=f"{canary} Town"
    )


def make_park(name: str, canary: str = "", town: Town | None = None) -> Park:
    """A bare park, in a province of its own unless a town is given."""
    canary = canary or name
    return park_create(
        actor=SYSTEM,
        town=town or make_town(make_province(name, canary), name, canary),
        code=name,
        name_zh=f"{canary}园区",
        name_en=f"{canary} Park",
        operating_mode=OperatingMode.SELF_RUN,
        operator=f"{canary} Operator",
        opened_on=OPENED,
        industries=[canary],
    )


def make_tenant(park: Park, code: str, canary: str = "", *, kind: str = TenantKind.BRAND) -> Tenant:
    """A bare tenant of a park since it opened."""
    company = company_get_or_create(
        actor=SYSTEM,
        credit_code=f"C{next(_numbers):017d}",
        name_zh=f"{canary or code}公司",
        name_en=f"{canary or code} Ltd",
    )
    return tenant_create(
        actor=SYSTEM,
        park=park,
        company=company,
        code=code,
        name_zh=f"{canary or code}商户",
        name_en=f"{canary or code} Tenant",
        kind=kind,
        from_day=OPENED,
        industry=canary,
        wall_visibility=WallVisibility.AMOUNT,
    )


def make_room(park: Park, code: str, canary: str = "", unit: Unit | None = None) -> LiveRoom:
    """A shared live room at 100 CNY an hour with 15 minutes of set-up, open around the clock."""
    return LiveRoom.objects.create(
        park=park,
        unit=unit,
        code=code,
        name_zh=f"{canary or code}直播间",
        name_en=f"{canary or code} Room",
        hourly_rate=Decimal(100),
    )


def make_media_node(park: Park, code: str, canary: str = "", **values: str) -> tuple[MediaNode, str]:
    """A media node of a park, nginx-rtmp unless another is given, with its secret."""
    return node_create(
        actor=SYSTEM,
        park=park,
        code=code,
        name_zh=f"{canary or code}推流节点",
        name_en=f"{canary or code} Node",
        **{"address": f"rtmp://{code}.example/live", **values},
    )


def make_host(tenant: Tenant, code: str, canary: str = "", user: User | None = None) -> Host:
    return Host.objects.create(
        tenant=tenant,
        user=user,
        code=code,
        name_zh=f"{canary or code}主播",
        name_en=f"{canary or code} Host",
        day_rate=Decimal(500),
    )


def make_record_of(host: Host, canary: str = "") -> None:
    """What is known of a host besides its name: its contract, an account with followers, an absence long ago."""
    Engagement.objects.create(host=host, kind=EngagementKind.EMPLOYEE, from_day=OPENED, monthly_sessions=20)
    account = HostAccount.objects.create(host=host, platform=Platform.DOUYIN, account=f"{canary}-{host.code}")
    FollowerReading.objects.create(account=account, day=OPENED, followers=1000, source=canary)
    HostAbsence.objects.create(
        host=host, kind=AbsenceKind.LEAVE, starts_at=day_start(OPENED), ends_at=day_start(OPENED + DAY)
    )


def make_training_of(world: World, host: Host, canary: str = "") -> None:
    """What a host has learned in its park: a course it was enrolled in, a certificate, its stage of incubation."""
    Enrolment.objects.create(run=world.course_run, host=host)
    Certificate.objects.create(host=host, title=f"{canary} certificate", issued_on=OPENED)
    HostStage.objects.create(host=host, stage=world.stage, entered_on=OPENED, cost=world.stage.cost)


def make_exchange_of(
    world: World, mine: TenantWorld, room: LiveRoom, starts_at: dt.datetime, canary: str = ""
) -> None:
    """A host whom a tenant lends, and somebody who asks for it: for want of other parks in a world, itself."""
    offer = ExchangeOffer.objects.create(
        giver=mine.tenant.node,
        park=world.park,
        host=mine.controller,
        starts_at=starts_at - DAY,
        ends_at=starts_at + 30 * DAY,
        hourly_rate=Decimal(80),
        note=canary,
    )
    offer.places.set([mine.tenant.node])
    ExchangeRequest.objects.create(
        offer=offer,
        park=world.park,
        tenant=mine.tenant,
        room=room,
        starts_at=starts_at,
        ends_at=starts_at + HOUR,
        hourly_rate=Decimal(80),
        price=Decimal(80),
        note=canary,
        expires_at=starts_at,
    )


def make_item(
    park: Park, code: str, canary: str = "", *, kind: str = EquipmentKind.CAMERA, room: LiveRoom | None = None
) -> Equipment:
    """An item of equipment, in the store unless a room is given."""
    return Equipment.objects.create(
        park=park,
        code=code,
        kind=kind,
        room=room,
        name_zh=f"{canary or code}设备",
        name_en=f"{canary or code} Item",
    )


def make_studio_day_of(booking: Booking, owner: Actor, canary: str = "") -> None:
    """What a studio has to do with a booking: an item lent, a fault reported, a tick, a cleaning, visitors."""
    tenant, park = booking.tenant, booking.room.park
    # Items are the park's, and shown to all its firms.
    lent, broken = (
        make_item(park, f"{park.code}-{word}-{booking.pk}", park.name_zh) for word in ("lent", "broken")
    )
    EquipmentLoan.objects.create(
        item=lent,
        tenant=tenant,
        booking=booking,
        out_at=booking.starts_at,
        due_at=booking.ends_at,
        note=canary,
    )
    fault_report(
        actor=owner,
        kind=FaultKind.LIGHT,
        room=booking.room,
        item=broken,
        tenant=tenant,
        text=canary,
    )
    Cleaning.objects.create(booking=booking, at=booking.ends_at)
    RoomCheck.objects.create(
        booking=booking, room=booking.room, point=RoomCheckItem.SCENE, at=booking.starts_at
    )
    Visit.objects.create(
        park=park, tenant=tenant, booking=booking, day=today(), name=canary or "Visitor", company=canary
    )


def make_sku(tenant: Tenant, code: str, canary: str = "") -> Sku:
    product = Product.objects.create(
        tenant=tenant,
        code=f"P-{code}",
        name_zh=f"{canary or code}商品",
        name_en=f"{canary or code} Product",
        category=canary,
        list_price=Decimal("99.00"),
        cost=Decimal("40.00"),
    )
    return Sku.objects.create(tenant=tenant, product=product, code=code, specification=canary)


def make_session(
    tenant: Tenant,
    *,
    host: Host | None = None,
    room: LiveRoom | None = None,
    booking: Booking | None = None,
    starts_at: dt.datetime | None = None,
    hours: int = 2,
    canary: str = "",
    live_id: str = "",
    state: str = SessionState.ENDED,
) -> LiveSession:
    """A session of a tenant, ended unless another state is given, with its seller shown and its host on shift."""
    starts_at = starts_at or day_start(today() - DAY) + 12 * HOUR
    park_id = tenant.node.parent_id
    session = LiveSession.objects.create(
        tenant=tenant,
        park_id=park_id,
        room=room,
        booking=booking,
        host=host,
        title=f"{canary or tenant.code} session",
        platform=Platform.DOUYIN,
        platform_live_id=live_id,
        delivery=Delivery.DIRECT,
        state=state,
        started_at=starts_at,
        ended_at=starts_at + hours * HOUR if state == SessionState.ENDED else None,
    )
    SessionTenant.objects.create(session=session, tenant=tenant)
    if host is not None:
        HostShift.objects.create(
            session=session, host=host, role=ShiftRole.HOST, starts_at=starts_at, ends_at=session.ended_at
        )
    return session


def make_settlement_of(world: World, mine: TenantWorld, canary: str = "") -> None:
    """Agreements of a tenant with its park: one long in force with an approved month, a young one on live sessions
    with an open statement that says nothing yet, and one that is only proposed.
    """

    def agree(from_day: dt.date, state: str, sales: str = "all") -> Agreement:
        return Agreement.objects.create(
            seller=mine.tenant,
            partner=world.park.node,
            host=mine.host,
            kind="park",
            title=f"{canary} agreement",
            from_day=from_day,
            sales=sales,
            tiers=[{"above": "0.00", "rate": "3.00"}],
            state=state,
            proposed_by=mine.tenant.node,
        )

    statement = Statement.objects.create(
        agreement=agree(OPENED, "signed"),
        month=OPENED,
        version=1,
        state="approved",
        total=Decimal("3.00"),
        counted_at=day_start(OPENED),
        approved_at=day_start(OPENED),
        due_on=OPENED,
    )
    line = StatementLine.objects.create(
        statement=statement,
        version=1,
        month=OPENED,
        kind="share",
        session=mine.session,
        count=1,
        base=Decimal(100),
        amount=Decimal(3),
    )
    StatementOrder.objects.create(
        line=line,
        source=canary,
        order_no=f"{canary}-settled",
        paid=Decimal(100),
        refunds=0,
        amount=Decimal(3),
    )
    last_month = month_of(month_of(today()) - DAY)
    young = agree(last_month, "signed", sales="sessions")
    statement_count(actor=SYSTEM, agreement=young, month=last_month)
    agree(today(), "proposed")


def make_launch_of(tenant: Tenant, sku: Sku, canary: str = "") -> Launch:
    """A factory, and a launch with a re-order that is proposed, one that is being made, and one that is made."""
    factory = Factory.objects.create(
        tenant=tenant, name=f"{canary} factory", contact=canary, terms=f"{canary} terms"
    )
    step = FactoryStep.objects.create(factory=factory, kind="sewing", place=4, pieces_per_day=100)
    FactoryDay.objects.create(step=step, day=today() + DAY, capacity=100, taken=10)
    launch = Launch.objects.create(
        tenant=tenant,
        product=sku.product,
        factory=factory,
        # A season that is over: what is sold in a test does not move it.
        day=today() - 400 * DAY,
        season_end=today() - 370 * DAY,
        test_batch=100,
        price=Decimal(99),
        cost=Decimal(40),
    )
    LaunchDay.objects.create(launch=launch, day=launch.day, sold=20)
    for state in ("proposed", "confirmed", "produced"):
        reorder = Reorder.objects.create(
            launch=launch,
            factory=factory,
            state=state,
            quantity=10,
            proposed=10,
            price=Decimal(40),
            low=5,
            expected=9,
            high=15,
            gain=Decimal(100),
            day_then=1,
            sold_then=20,
            stock_then=80,
            lead_days=1,
            signalled_at=now(),
            due_on=None if state == "proposed" else today() + DAY,
        )
        if state != "proposed":
            ReorderLine.objects.create(reorder=reorder, sku=sku, quantity=10)
            ReorderWork.objects.create(reorder=reorder, step=step, day=today() + DAY, pieces=5)
    return launch


def make_parcels(warehouse: Warehouse, tenant: Tenant, sku: Sku, canary: str) -> None:
    """Orders of a tenant in every state: one that waits, one at the packing table, one that left and came back."""
    wave = Wave.objects.create(
        warehouse=warehouse, number=Wave.objects.filter(warehouse=warehouse).count() + 1
    )
    common = {"warehouse": warehouse, "seller": tenant}
    waiting = Parcel.objects.create(wave=wave, order_no=f"{canary}-W", **common)
    gone = Parcel.objects.create(
        wave=wave,
        order_no=f"{canary}-D",
        state="dispatched",
        carrier="sf",
        tracking_no=f"{canary}-SF",
        dispatched_at=now() - DAY,
        **common,
    )
    for number, (state, parcel) in enumerate(
        (("reserved", None), ("in_wave", waiting), ("dispatched", gone))
    ):
        line = Reservation.objects.create(
            owner=tenant,
            sku=sku,
            event_id=number + 1,
            line=f"{canary}:{number}",
            source_key=f"{canary}-{number}",
            order_no=parcel.order_no if parcel else f"{canary}-R",
            quantity=1,
            state=state,
            parcel=parcel,
            paid_at=now() - 2 * DAY,
            **common,
        )
    ReturnedGoods.objects.create(reservation=line, quantity=1, condition="damaged", note=canary)


def make_tenant_world(world: World, letter: str) -> TenantWorld:
    """One tenant of a world with one of everything."""
    name, canary = f"{world.name}-{letter}", f"{world.canary}{letter}"
    tenant = make_tenant(world.park, name, canary, kind=TenantKind.MCN if letter == "b" else TenantKind.BRAND)
    mine = TenantWorld(tenant=tenant)
    for role in TENANT_USERS:
        mine.users[role] = make_user(f"{name}-{role}", role, tenant.node)
    mine.users[Role.HOST] = make_user(f"{name}-host", Role.HOST, tenant.node)
    mine.host = make_host(tenant, f"{name}-host", canary, mine.users[Role.HOST])
    mine.controller = make_host(tenant, f"{name}-controller", canary)
    make_record_of(mine.host, canary)
    mine.skus = [make_sku(tenant, f"{name}-SKU-{number}", canary) for number in (1, 2)]
    index = len(world.tenants)
    room = world.rooms[index]
    starts_at = day_start(today() + DAY) + (10 + index) * HOUR
    series = BookingSeries.objects.create(
        room=room,
        tenant=tenant,
        host=mine.host,
        first_day=today() + DAY,
        last_day=today() + DAY,
        weekdays=list(range(7)),
        starts_at=dt.time(10 + index),
        minutes=120,
        purpose=canary,
    )
    mine.booking = Booking.objects.create(
        series=series,
        room=room,
        tenant=tenant,
        host=mine.host,
        starts_at=starts_at,
        ends_at=starts_at + 2 * HOUR,
        blocked_from=starts_at - HOUR / 4,
        blocked_until=starts_at + 2 * HOUR,
        state=BookingState.CONFIRMED,
        price=Decimal(200),
        purpose=canary,
    )
    make_training_of(world, mine.host, canary)
    PlannedShift.objects.create(
        booking=mine.booking, host=mine.host, starts_at=starts_at, ends_at=starts_at + 2 * HOUR
    )
    WaitlistEntry.objects.create(
        park=world.park,
        tenant=tenant,
        room=room,
        host=mine.host,
        earliest=starts_at,
        latest=starts_at + HOUR,
        minutes=60,
        purpose=canary,
    )
    request = SlotRequest.objects.create(
        park=world.park,
        tenant=tenant,
        minutes=60,
        windows=[[starts_at.isoformat(), (starts_at + 2 * HOUR).isoformat()]],
        earliest=starts_at,
        latest=starts_at + 2 * HOUR,
        host=mine.host,
        purpose=canary,
    )
    PlannedSlot.objects.create(
        plan=world.plan,
        request=request,
        room=room,
        host=mine.host,
        starts_at=starts_at,
        ends_at=starts_at + HOUR,
        reasons={"why": canary},
    )
    make_exchange_of(world, mine, room, starts_at + 2 * DAY, canary)
    mine.session = make_session(tenant, host=mine.host, room=room, canary=canary, live_id=f"{name}-live")
    key = stream_key_renew(actor=SYSTEM, booking=mine.booking, platform=Platform.DOUYIN)
    broadcast_choose(
        actor=SYSTEM,
        booking=mine.booking,
        route=Delivery.NODE,
        platform=Platform.DOUYIN,
        server=f"rtmp://{name}.platform.example/{canary}",
        key=f"{canary}-platform-key",
    )
    Publish.objects.create(
        node=world.media_node,
        room=room,
        booking=mine.booking,
        key=key,
        session=mine.session,
        client=f"{canary}-1",
        address=canary,
        started_at=mine.session.started_at,
        last_seen_at=mine.session.ended_at,
        ended_at=mine.session.ended_at,
        end=PublishEnd.STOPPED,
    )
    PublishDecision.objects.create(
        node=world.media_node,
        at=mine.session.started_at,
        booking=mine.booking,
        call="publish",
        address=canary,
        accepted=True,
        reason=PublishReason.ACCEPTED,
    )
    AudienceSample.objects.create(
        session=mine.session, source="test", at=mine.session.started_at, concurrent=100 + index
    )
    make_studio_day_of(mine.booking, mine.owner, canary)
    screen_make(actor=mine.owner, booking=mine.booking, kind=ScreenKind.DOCK)
    AdSpend.objects.create(session=mine.session, hour=mine.session.started_at, amount=Decimal("123.45"))
    AttributionSettings.objects.create(tenant=tenant)
    ExplainEvent.objects.create(
        session=mine.session,
        at=mine.session.started_at,
        kind=ExplainKind.START,
        product=mine.skus[0].product,
        sku=mine.skus[0],
        source=canary,
    )
    mine.lease = lease_create(
        actor=SYSTEM,
        tenant=tenant,
        park=world.park,
        number=f"{name}-lease",
        units=[(world.units[index], Decimal(100))],
        from_day=OPENED,
        to_day=dt.date(2099, 1, 1),
        rent_per_month=Decimal("5000.00"),
    )
    charge_record(
        actor=SYSTEM,
        tenant=tenant,
        park=world.park,
        kind=ChargeKind.RENT,
        source="test",
        source_id=name,
        period=OPENED,
        amount=Decimal("5000.00"),
        explanation={"why": canary},
    )
    mine.store = Store.objects.create(
        tenant=tenant, platform="douyin", account=f"{name}-shop", name_zh=f"{canary}店", name_en=canary
    )
    mine.key, mine.secret = tool_key_create(
        actor=SYSTEM, node=tenant.node, name=f"{canary} key", scopes=list(KEY_SCOPES)
    )
    make_webhook(tenant.node, canary)
    make_shop(tenant, canary)
    sku = mine.skus[0]
    StockMove.objects.create(
        warehouse=world.warehouse,
        owner=tenant,
        sku=sku,
        kind="inbound",
        quantity=50,
        source="test",
        source_key=name,
        occurred_at=day_start(OPENED),
        note=canary,
    )
    StockLevel.objects.create(
        warehouse=world.warehouse, owner=tenant, sku=sku, on_hand=50, reserved=2, zone=canary[:32]
    )
    make_parcels(world.warehouse, tenant, sku, canary)
    make_settlement_of(world, mine, canary)
    make_launch_of(tenant, mine.skus[0], canary)
    mine.entry = event_enter(actor=SYSTEM, event=world.event, tenant=tenant)
    item_enter(actor=SYSTEM, entry=mine.entry, product=sku.product, price=Decimal("79.00"), quantity=10)
    return mine


def make_webhook(node: ScopeNode, canary: str) -> None:
    """A receiver of a firm or park, and a message for it that is on its way."""
    endpoint, _secret = webhook_create(
        actor=SYSTEM,
        node=node,
        name=canary,
        url=f"https://{canary.lower()}.example/hook",
        events=[event for event, _label in WEBHOOK_EVENTS],
    )
    put(WebhookEvent.TRIED, [(endpoint, canary, {"text": canary})])


def make_shop(tenant: Tenant, canary: str) -> ShopHook:
    """A shop that tells a firm of its orders, with a message that was not understood."""
    hook, _secret = shop_hook_create(
        actor=SYSTEM,
        tenant=tenant,
        name=f"{canary} shop",
        kind=ShopKind.TIKTOK,
        app_key=canary,
        secret=canary,
        shop_id=canary,
    )
    ShopMessage.objects.create(
        hook=hook,
        message_id=canary,
        event=canary,
        body={"text": canary},
        state=ShopMessageState.DEAD,
        fault=ShopFault.EVENT,
        detail=canary,
        order_no=canary,
    )
    return hook


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
