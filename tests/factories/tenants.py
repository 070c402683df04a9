"""One tenant of a world with one of everything: people, goods, hosts, a booking, an ended session, statements."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

from core.actors import Actor, key_actor, user_actor
from core.choices import Role
from core.clock import DAY, HOUR, day_start, month_of, today
from core.models import ToolKey, User
from core.services import KEY_SCOPES, tool_key_create
from livestreams.choices import BookingState, Delivery, PublishEnd, PublishReason, ScreenKind
from livestreams.models import (
    AdSpend,
    AudienceSample,
    Booking,
    BookingSeries,
    Certificate,
    EncoderSample,
    Enrolment,
    ExchangeOffer,
    ExchangeRequest,
    Host,
    HostStage,
    LiveRoom,
    LiveSession,
    PlannedShift,
    PlannedSlot,
    Publish,
    PublishDecision,
    SlotQuota,
    SlotRequest,
    WaitlistEntry,
)
from livestreams.services import (
    broadcast_choose,
    screen_make,
    stream_key_renew,
)
from parks.models import Unit
from supplychain.choices import ExplainKind
from supplychain.models import (
    Agreement,
    AttributionSettings,
    ExplainEvent,
    Sku,
    Statement,
    StatementLine,
    StatementOrder,
)
from supplychain.services import item_enter, statement_count
from tenants.choices import ChargeKind, Platform, TenantKind
from tenants.models import EventEntry, Lease, Store, Tenant
from tenants.services import charge_record, event_enter, lease_create
from tests.factories.goods import make_launch_of, make_parcels, make_shop, make_sku, make_stock, make_webhook
from tests.factories.live import (
    make_host,
    make_record_of,
    make_session,
    make_studio_day_of,
)
from tests.factories.places import OPENED, SYSTEM, make_tenant, make_user

if TYPE_CHECKING:
    from tests.factories.worlds import World

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


def make_tenant_world(world: World, letter: str) -> TenantWorld:
    """One tenant of a world with one of everything."""
    name, canary = f"{world.name}-{letter}", f"{world.canary}{letter}"
    index = len(world.tenants)
    tenant = make_tenant(world.park, name, canary, kind=TenantKind.MCN if letter == "b" else TenantKind.BRAND)
    mine = TenantWorld(tenant=tenant)
    for role in TENANT_USERS:
        mine.users[role] = make_user(f"{name}-{role}", role, tenant.node)
    mine.users[Role.HOST] = make_user(f"{name}-host", Role.HOST, tenant.node)
    mine.host = make_host(tenant, f"{name}-host", canary, mine.users[Role.HOST])
    mine.controller = make_host(tenant, f"{name}-controller", canary)
    make_record_of(mine.host, canary)
    make_training_of(world, mine.host, canary)
    mine.skus = [make_sku(tenant, f"{name}-SKU-{number}", canary) for number in (1, 2)]
    room = world.rooms[index]
    mine.booking = make_booking_of(mine, room, 10 + index, canary)
    make_requests_of(world, mine, canary)
    make_exchange_of(world, mine, room, mine.booking.starts_at + 2 * DAY, canary)
    mine.session = make_session(tenant, host=mine.host, room=room, canary=canary, live_id=f"{name}-live")
    make_stream_of(world, mine, canary)
    make_words_of_its_encoder(mine, canary)
    make_figures_of(mine, 100 + index, canary)
    make_studio_day_of(mine.booking, mine.owner, canary)
    screen_make(actor=mine.owner, booking=mine.booking, kind=ScreenKind.DOCK)
    AttributionSettings.objects.create(tenant=tenant)
    mine.lease = make_lease_of(world, mine, world.units[index], canary)
    mine.store = Store.objects.create(
        tenant=tenant, platform="douyin", account=f"{name}-shop", name_zh=f"{canary}店", name_en=canary
    )
    mine.key, mine.secret = tool_key_create(
        actor=SYSTEM, node=tenant.node, name=f"{canary} key", scopes=list(KEY_SCOPES)
    )
    make_webhook(tenant.node, canary)
    make_shop(tenant, canary)
    make_stock(world.warehouse, mine.skus[0], canary)
    make_parcels(world.warehouse, tenant, mine.skus[0], canary)
    make_settlement_of(world, mine, canary)
    make_launch_of(tenant, mine.skus[0], canary)
    mine.entry = event_enter(actor=SYSTEM, event=world.event, tenant=tenant)
    item_enter(
        actor=SYSTEM, entry=mine.entry, product=mine.skus[0].product, price=Decimal("79.00"), quantity=10
    )
    return mine


def make_training_of(world: World, host: Host, canary: str = "") -> None:
    """What a host has learned in its park: a course it was enrolled in, a certificate, its stage of incubation."""
    Enrolment.objects.create(run=world.course_run, host=host)
    Certificate.objects.create(host=host, title=f"{canary} certificate", issued_on=OPENED)
    HostStage.objects.create(host=host, stage=world.stage, entered_on=OPENED, cost=world.stage.cost)


def make_booking_of(mine: TenantWorld, room: LiveRoom, hour: int, canary: str) -> Booking:
    """A confirmed booking of two hours tomorrow, one of a series."""
    starts_at = day_start(today() + DAY) + hour * HOUR
    series = BookingSeries.objects.create(
        room=room,
        tenant=mine.tenant,
        host=mine.host,
        first_day=today() + DAY,
        last_day=today() + DAY,
        weekdays=list(range(7)),
        starts_at=dt.time(hour),
        minutes=120,
        purpose=canary,
    )
    return Booking.objects.create(
        series=series,
        room=room,
        tenant=mine.tenant,
        host=mine.host,
        starts_at=starts_at,
        ends_at=starts_at + 2 * HOUR,
        blocked_from=starts_at - HOUR / 4,
        blocked_until=starts_at + 2 * HOUR,
        state=BookingState.CONFIRMED,
        price=Decimal(200),
        purpose=canary,
    )


def make_requests_of(world: World, mine: TenantWorld, canary: str) -> None:
    """Around a booking: its planned shift, a place on the waitlist, a request with the slot that a plan gave it."""
    room, starts_at = mine.booking.room, mine.booking.starts_at
    PlannedShift.objects.create(
        booking=mine.booking, host=mine.host, starts_at=starts_at, ends_at=starts_at + 2 * HOUR
    )
    WaitlistEntry.objects.create(
        park=world.park,
        tenant=mine.tenant,
        room=room,
        host=mine.host,
        earliest=starts_at,
        latest=starts_at + HOUR,
        minutes=60,
        purpose=canary,
    )
    SlotQuota.objects.create(park=world.park, tenant=mine.tenant, week_hours=9000)
    request = SlotRequest.objects.create(
        park=world.park,
        tenant=mine.tenant,
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


def make_stream_of(world: World, mine: TenantWorld, canary: str) -> None:
    """The stream of a session: the booking's key and target, the publish, and the decision that let it in."""
    key = stream_key_renew(actor=SYSTEM, booking=mine.booking, platform=Platform.DOUYIN)
    broadcast_choose(
        actor=SYSTEM,
        booking=mine.booking,
        route=Delivery.NODE,
        platform=Platform.DOUYIN,
        server=f"rtmp://{mine.tenant.code}.platform.example/{canary}",
        key=f"{canary}-platform-key",
    )
    Publish.objects.create(
        node=world.media_node,
        room=mine.booking.room,
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


def make_words_of_its_encoder(mine: TenantWorld, canary: str) -> None:
    """What the encoder's program of a session said of its frames."""
    EncoderSample.objects.create(
        booking=mine.booking,
        source=canary,
        at=mine.session.started_at,
        sent=1800,
        dropped=90,
        encoded=1800,
        skipped=0,
        rendered=1800,
        missed=0,
        sent_bytes=30_000_000,
        congestion=Decimal("0.25"),
        lost_percent=Decimal(5),
        cause="network",
    )


def make_figures_of(mine: TenantWorld, concurrent: int, canary: str) -> None:
    """What was seen of a session: its audience, its advertisements, a product explained."""
    AudienceSample.objects.create(
        session=mine.session, source="test", at=mine.session.started_at, concurrent=concurrent
    )
    AdSpend.objects.create(session=mine.session, hour=mine.session.started_at, amount=Decimal("123.45"))
    ExplainEvent.objects.create(
        session=mine.session,
        at=mine.session.started_at,
        kind=ExplainKind.START,
        product=mine.skus[0].product,
        sku=mine.skus[0],
        source=canary,
    )


def make_lease_of(world: World, mine: TenantWorld, unit: Unit, canary: str) -> Lease:
    """A lease without an end, and its first rent."""
    lease = lease_create(
        actor=SYSTEM,
        tenant=mine.tenant,
        park=world.park,
        number=f"{mine.tenant.code}-lease",
        units=[(unit, Decimal(100))],
        from_day=OPENED,
        to_day=dt.date(2099, 1, 1),
        rent_per_month=Decimal("5000.00"),
    )
    charge_record(
        actor=SYSTEM,
        tenant=mine.tenant,
        park=world.park,
        kind=ChargeKind.RENT,
        source="test",
        source_id=mine.tenant.code,
        period=OPENED,
        amount=Decimal("5000.00"),
        explanation={"why": canary},
    )
    return lease


def make_settlement_of(world: World, mine: TenantWorld, canary: str = "") -> None:
    """Agreements of a tenant with its park: one long in force with an approved month, a young one on live sessions
    with an open statement that says nothing yet, and one that is only proposed.
    """

    def agree(from_day: dt.date, state: str, sales: str = "all", kind: str = "park") -> Agreement:
        return Agreement.objects.create(
            seller=mine.tenant,
            partner=world.park.node,
            host=mine.host,
            kind=kind,
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
    # Yesterday's session is last month's on the first of a month, and what it sold comes after the count.
    last_month = month_of(month_of(today()) - DAY)
    before = month_of(last_month - DAY)
    young = agree(before, "signed", sales="sessions")
    statement_count(actor=SYSTEM, agreement=young, month=before)
    agree(today(), "proposed", sales="hosts", kind="service")
