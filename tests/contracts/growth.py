"""More of everything in a world: what a list page must not ask more statements for."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from analytics.choices import ReadBy
from analytics.models import SessionReading
from analytics.services import report_expect, session_claim
from analytics.services.reports.drops import JOB_KIND
from core.choices import Role, WebhookEvent
from core.clock import DAY, HOUR, local, now
from core.models import Job, Unresolved
from core.services import membership_grant, tool_key_create
from core.webhooks.outbox import put
from livestreams.services import booking_create, series_create, shift_plan, slot_request_make, waitlist_join
from supplychain.facts import SaleFact
from supplychain.models import Backorder, PayoutEntry, ShopMessage
from supplychain.services import (
    certificate_add,
    inbound_announce,
    inbound_withdraw,
    offer_answer,
    sales_record,
    sample_ask,
)
from supplychain.services.imports import import_stage
from tenants.choices import ChargeKind
from tenants.services import charge_record
from tests.contracts.goods import due_today_of, lender_of
from tests.contracts.worlds import (
    UCI_FILE,
    close_month,
    fill_tenant,
    filled_world,
    outside_sale,
    shared_reference,
)
from tests.factories import (
    SYSTEM,
    TenantWorld,
    World,
    make_exchange_of,
    make_host,
    make_launch_of,
    make_parcels,
    make_record_of,
    make_room,
    make_session,
    make_settlement_of,
    make_shop,
    make_sku,
    make_stock,
    make_studio_day_of,
    make_tenant_world,
    make_training_of,
    make_user,
    make_webhook,
)

MORE = 3


def grow(world: World) -> None:
    """Another world, two more firms in this one, and more rows of what the first firm's pages list."""
    filled_world("gamma")
    shared_reference("series-2", "EUR")
    world = replace(world, rooms=[*world.rooms], tenants=[*world.tenants])
    for number, letter in enumerate("cd", len(world.rooms)):
        world.rooms.append(
            make_room(world.park, f"{world.name}-room-{number}", world.canary, world.units[number])
        )
        world.tenants.append(make_tenant_world(world, letter))
        fill_tenant(world, world.tenants[-1])
    first = world.tenants[0]
    for number in range(MORE):
        _more_of(world, first, number)


def _more_of(world: World, mine: TenantWorld, number: int) -> None:
    tenant, name = mine.tenant, f"{mine.tenant.code}-more-{number}"
    starts_at = mine.booking.starts_at + (20 + number) * DAY
    sku = make_sku(tenant, f"{name}-sku")
    host = make_host(tenant, f"{name}-host", world.canary, make_user(f"{name}-host", Role.HOST, tenant.node))
    make_record_of(host, name)
    make_training_of(world, host, name)
    booking = booking_create(
        actor=SYSTEM,
        room=mine.booking.room,
        tenant=tenant,
        host=host,
        starts_at=starts_at,
        ends_at=starts_at + HOUR,
    )
    make_studio_day_of(booking, mine.owner, name)
    shift_plan(actor=SYSTEM, booking=booking, host=host, starts_at=starts_at, ends_at=starts_at + HOUR)
    series_create(
        actor=SYSTEM,
        room=mine.booking.room,
        tenant=tenant,
        host=host,
        first_day=(starts_at + 40 * DAY).date(),
        last_day=(starts_at + 44 * DAY).date(),
        weekdays=range(7),
        start=(now() + timedelta(hours=number)).time().replace(minute=0, second=0, microsecond=0),
        minutes=20,
        skip_taken=True,
    )
    waitlist_join(
        actor=SYSTEM,
        tenant=tenant,
        room=mine.booking.room,
        host=host,
        earliest=starts_at,
        latest=starts_at + HOUR,
        minutes=60,
    )
    slot_request_make(actor=SYSTEM, tenant=tenant, minutes=60, windows=[(starts_at, starts_at + HOUR)])
    make_exchange_of(world, mine, mine.booking.room, starts_at, name)
    make_settlement_of(world, mine, name)
    close_month(world, mine, seq=number + 2)
    make_launch_of(tenant, sku, name)
    make_stock(world.warehouse, sku, name)
    make_parcels(world.warehouse, tenant, sku, name)
    due_today_of(sku, world.warehouse, name)
    Backorder.objects.create(
        owner=tenant, sku=sku, event_id=10**9 + sku.pk, order_no=name, quantity=2, occurred_at=starts_at
    )
    charge_record(
        actor=SYSTEM, tenant=tenant, park=world.park, kind=ChargeKind.SERVICE, source="test", source_id=name,
        period=starts_at.date(), amount=Decimal(80), explanation={"reason": name},
    )  # fmt: skip
    session = make_session(
        tenant, host=host, room=mine.booking.room, starts_at=starts_at - 60 * DAY, live_id=f"{name}-live"
    )
    fact = SaleFact(
        kind="paid",
        order_no=f"{name}-order",
        amount=Decimal("10.00"),
        qty=1,
        occurred_at=session.started_at,
        sku_code=sku.code,
        session_ref=str(session.uid),
    )
    outside = (outside_sale(mine, f"{name}-{host}", Decimal(10), host) for host in ("", f"{name}-daren"))
    sales_record(
        actor=SYSTEM, seller=tenant, source="test", facts=list(enumerate([fact, *outside])), atomic=True
    )
    import_stage(
        actor=SYSTEM,
        tenant=tenant,
        file_name=f"{name}.csv",
        chunks=[UCI_FILE.format(canary=name).replace("700001", f"70010{number}").encode()],
    )
    certificate_add(
        actor=SYSTEM, product=sku.product, kind="ccc", number=name, issuer=name, valid_from=starts_at.date()
    )
    inbound_withdraw(
        actor=SYSTEM,
        notice=inbound_announce(
            actor=SYSTEM, warehouse=world.warehouse, sku=sku, pieces=5, day=starts_at.date()
        ),
    )
    lender = lender_of(mine, world.canary)
    wish = {"actor": SYSTEM, "pieces": 1, "until": starts_at.date()}
    sample_ask(tenant=lender.tenant, offer=tenant.goods_offers.get(withdrawn_at=None), **wish)
    sample_ask(tenant=tenant, offer=lender, host=host, **wish)
    offer_answer(actor=SYSTEM, tenant=tenant, offer=lender, sells=False, reason=name, host=host)
    for firm in (lender.tenant, world.tenants[number + 1].tenant):
        offer_answer(
            actor=SYSTEM,
            tenant=firm,
            offer=tenant.goods_offers.get(withdrawn_at=None),
            sells=False,
            reason=name,
        )
    PayoutEntry.objects.create(
        tenant=tenant,
        platform="douyin",
        external_id=name,
        kind="settled",
        order_no=f"{name}-order",
        amount=Decimal("9.50"),
        occurred_at=session.started_at,
        business_day=local(session.started_at).date(),
        import_batch=tenant.import_batches.latest("pk"),
    )
    reported = make_session(tenant, starts_at=starts_at - 61 * DAY)
    SessionReading.objects.create(
        session=reported,
        claim=session_claim(actor=SYSTEM, session=reported, sales=Decimal("10.00")),
        batch=tenant.import_batches.latest("pk"),
        line_no=1,
        key=name,
        how=ReadBy.TIME,
        read_at=now(),
    )
    report_expect(actor=SYSTEM, session=reported, expected=False, reason=name)
    drop = Job.objects.get(node=tenant.node, kind=JOB_KIND, params__write=True)
    drop.result["rows"] += drop.result["rows"][:1]
    drop.save()
    Unresolved.objects.create(kind="sku", node=tenant.node, reference=f"{name}-unknown")
    make_webhook(tenant.node, name)
    make_shop(tenant, name)
    ShopMessage.objects.create(hook=tenant.shop_hooks.earliest("id"), message_id=name)
    put(WebhookEvent.TRIED, [(tenant.node.webhooks.earliest("id"), name, {})])
    tool_key_create(actor=SYSTEM, node=tenant.node, name=name, scopes=["orders:write"])
    membership_grant(actor=SYSTEM, user=make_user(name), role=Role.TENANT_STAFF, node=tenant.node)
