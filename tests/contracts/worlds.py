"""Two parallel worlds for the contract tests: the same parks, people and rows, each marked so that a leak shows.

`filled_world` adds to a world what `make_world` leaves to tests, so that every scoped model has rows in both.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from analytics.choices import MatchState
from analytics.counting import drain_everything
from analytics.matching.goods import Goods
from analytics.models import (
    IndexRun,
    IndexScore,
    Indicator,
    IndicatorValue,
    MatchRun,
    ParkValue,
    PeriodClose,
    SessionReading,
)
from analytics.services import report_answer, report_expect, report_take_back, session_claim, verdict_reply
from analytics.services.reports import reports_keep, reports_load
from analytics.services.reports.drops import JOB_KIND
from core import buckets
from core.choices import JobState
from core.clock import DAY, HOUR, day_start, hour_of, local, month_of, now, today
from core.models import BucketFailure, ExchangeRate, Job, ScopeNode, Unresolved
from core.services import tool_key_create
from livestreams.choices import BookingState, PlanState
from livestreams.models import (
    Booking,
    ExchangeOffer,
    IncubationStage,
    Maintenance,
    Publish,
    SchedulePlan,
    Visit,
)
from livestreams.services import Reading, booking_create, exchange_offer_make, samples_record
from parks.choices import EventKind
from parks.models import IndustrialCluster, Park
from parks.services import event_create, venue_add
from supplychain.facts import SaleFact
from supplychain.models import (
    Attribution,
    Backorder,
    ImportProfileMap,
    Parcel,
    PayoutEntry,
    Product,
    SalesEvent,
    SkuResolution,
)
from supplychain.services import sales_record
from supplychain.services.imports import import_stage
from tenants.models import VerifiedFigure
from tenants.services import tenant_update
from tests.contracts.goods import due_today_of, make_show_of, outside_host_of, pack
from tests.factories import SYSTEM, TenantWorld, World, make_item, make_park, make_room, make_world

# Amounts that stand in no other world, as people and programs write them.
AMOUNTS = {"alpha": Decimal("31415.92"), "beta": Decimal("27182.81"), "gamma": Decimal("57721.56")}


# What their goods cost.
COSTS = {"alpha": Decimal("1414.21"), "beta": Decimal("1732.05"), "gamma": Decimal("2236.06")}


# Which tenant of a world shares its order lines with the park, and which keeps them.
KEEPS, SHARES = 0, 1


UCI_FILE = """InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country
700001,81001A,{canary} LANTERN,6,2011-06-01 09:12:00,2.55,,{canary}
"""


def filled_world(name: str) -> World:
    """A world in which every model that hangs on a node has rows."""
    world = make_world(name)
    IndustrialCluster.objects.create(province=world.province, number=1, name_zh=f"{world.canary}集群")
    Job.objects.create(kind="sales-import", node=world.park.node, message=world.canary)
    lend_from_afar(world)
    go_on(world)
    for mine in world.tenants:
        fill_tenant(world, mine)
    # Of the two neighbours one shows its order lines to the park.
    tenant_update(actor=SYSTEM, tenant=world.tenants[SHARES].tenant, shares_orders_with_park=True)
    ParkValue.objects.create(
        indicator=Indicator.objects.get_or_create(code="of-parks", name_zh="园区系列", dimension="parks")[0],
        park=world.park, period=dt.date(2022, 1, 1), published_on=dt.date(2023, 1, 1), value=AMOUNTS[world.name],
        firms=2, lines=4, lines_hash="0", counted_at=now(), withheld="few_firms",
    )  # fmt: skip
    repair = day_start(today() + 20 * DAY)
    Maintenance.objects.create(
        room=world.rooms[1], starts_at=repair, ends_at=repair + HOUR, reason=world.canary
    )
    SchedulePlan.objects.create(
        park=world.park, first_day=today(), last_day=today(), starts_at=now(), state=PlanState.PROPOSED
    )
    _assignments(world)
    drain_everything()
    for mine in world.tenants:
        verdict_reply(actor=SYSTEM, session=mine.session, text=f"{world.canary}{mine.tenant.code[-1]}")
        _close(world, mine)
    return world


def lend_from_afar(world: World) -> None:
    """A park of a province of its own offers its room to the park of the world."""
    room = make_room(make_park(f"{world.name}-far", f"far{world.name}"), f"{world.name}-far-room")
    exchange_offer_make(
        actor=SYSTEM,
        room=room,
        starts_at=now(),
        ends_at=now() + 30 * DAY,
        hourly_rate=Decimal(80),
        places=[world.park.code],
    )


def offer_from_afar(world: World) -> ExchangeOffer:
    """What others offer to the park of the world."""
    return ExchangeOffer.objects.get(room__code=f"{world.name}-far-room")


def park_afar(world: World) -> Park:
    """The park that lends to the one of the world."""
    return offer_from_afar(world).park


def line_mark(mine: TenantWorld) -> str:
    """The order number that stands in a tenant's order lines and nowhere else."""
    return f"{mine.tenant.code}-soldline"


def line_marks(mine: TenantWorld) -> list[str]:
    """What betrays a tenant's order lines: an order and the code of what was sold."""
    return [line_mark(mine), f"{mine.tenant.code}-soldsku"]


def fill_tenant(world: World, mine: TenantWorld) -> None:
    tenant, code = mine.tenant, mine.tenant.code
    canary = f"{world.canary}{code[-1]}"
    at = mine.session.started_at + HOUR
    common: dict[str, Any] = {"occurred_at": at, "qty": 1, "title": canary}
    facts = [
        SaleFact(
            kind="paid",
            order_no=f"{code}-O1",
            amount=AMOUNTS[world.name],
            sku_code=mine.skus[0].code,
            session_ref=str(mine.session.uid),
            **common,
        ),
        SaleFact(
            kind="paid",
            order_no=line_mark(mine),
            amount=AMOUNTS[world.name],
            sku_code=line_marks(mine)[1],
            **common,
        ),
        outside_sale(mine, f"{code}-O2", AMOUNTS[world.name], title=canary),
    ]
    Parcel.objects.filter(seller=tenant, state="waiting").update(order_no=facts[0].order_no)
    Product.objects.filter(tenant=tenant).update(cost=COSTS[world.name])
    make_show_of(mine, canary)
    sales_record(actor=SYSTEM, seller=tenant, source="test", facts=list(enumerate(facts)), atomic=True)
    event = SalesEvent.objects.filter(seller=tenant).earliest("id")
    SkuResolution.objects.create(event_id=event.pk, version=1, seller=tenant, sku=mine.skus[0], rule="code")
    Attribution.objects.create(
        event_id=event.pk, version=1, seller=tenant, session=mine.session, rule="manual"
    )
    Backorder.objects.create(
        owner=tenant, sku=mine.skus[0], event_id=event.pk, order_no=f"{code}-O1", quantity=1, occurred_at=at
    )
    pack(mine, event)
    due_today_of(mine.skus[0], mine.booking.room.park.warehouses.earliest("pk"), canary)
    soon = now().replace(second=0, microsecond=0) + HOUR / 3
    use_up(mine, canary)
    try_out(mine, canary)
    held = book(mine, mine.booking.starts_at + 6 * DAY, canary, hold=True)
    Booking.objects.filter(pk=held.pk).update(hold_expires_at=now() + DAY)
    book(mine, soon, canary)
    book(mine, mine.booking.starts_at + 5 * DAY, canary)
    file = UCI_FILE.format(canary=canary).encode()
    batch = import_stage(actor=SYSTEM, tenant=tenant, file_name=f"{canary}.csv", chunks=[file])
    Job.objects.create(kind="sales-import", node=tenant.node, message=canary, params={"batch": batch.pk})
    Job.objects.create(kind="sales-import", node=tenant.node, message=canary, state=JobState.PAUSED)
    for order_no in (f"{code}-O1", line_mark(mine)):
        PayoutEntry.objects.create(
            tenant=tenant, platform="douyin", external_id=f"{canary}:{order_no}", kind="settled", account=canary,
            order_no=order_no, amount=AMOUNTS[world.name], occurred_at=at, business_day=local(at).date(),
            ordered_at=at, import_batch=batch,
        )  # fmt: skip
    ImportProfileMap.objects.create(tenant=tenant, name=canary, mapping={"columns": {canary: "order_no"}})
    for kind in ("sku", "session"):
        Unresolved.objects.get_or_create(kind=kind, node=tenant.node, reference=f"{code}-missing")
    BucketFailure.objects.create(family="sales", node=tenant.node, slot=1, error=canary, retry_at=now())
    VerifiedFigure.objects.create(
        tenant=tenant,
        metric="net",
        period=dt.date(2025, 1, 1),
        version=1,
        value=AMOUNTS[world.name],
        source_hash="0",
    )
    samples_record(actor=SYSTEM, session=mine.session, source=canary, readings=[Reading(at, concurrent=7)])
    session_claim(actor=SYSTEM, session=mine.session, sales=AMOUNTS[world.name])
    read_reports(mine, canary, AMOUNTS[world.name])


def outside_sale(mine: TenantWorld, order_no: str, amount: Decimal, host: str = "", **more: Any) -> SaleFact:
    last_month = month_of(month_of(today()) - DAY)
    return SaleFact(
        kind="paid", order_no=order_no, amount=amount, qty=1, occurred_at=day_start(last_month) + HOUR,
        channel="outside_host", host_ref=host or outside_host_of(mine), **more,
    )  # fmt: skip


# The report on a session that nobody entered and on one that was none, and one that says too little to be placed.
REPORT = """直播间ID,直播标题,开播时间,直播时长,直播间观看人数,成交金额
{canary}-0,{canary},{start},120分钟,7,{amount}
{canary}-2,{canary},{before},120分钟,7,{amount}
"""


UNPLACED = """直播标题,场次id,开播时间,直播间观看次数,直播间观看人数
{canary},{canary}-1,{start},8,7
"""


def read_reports(mine: TenantWorld, canary: str, amount: Decimal) -> None:
    """A drop of two files, looked at and taken: a reading, one taken back as none of the tenant's, a question.

    The tenant's session still waits for its own.
    """
    start, before = (f"{local(mine.booking.starts_at - days * DAY):%Y-%m-%d %H:%M:%S}" for days in (9, 10))
    values = {"canary": canary, "start": start, "before": before, "amount": amount}
    batches = reports_keep(
        actor=SYSTEM,
        tenant=mine.tenant,
        files=[(f"{canary}.csv", [text.format(**values).encode()]) for text in (REPORT, UNPLACED)],
    )
    for write in (False, True):
        result = reports_load(
            actor=SYSTEM, tenant=mine.tenant, batches=batches, write=write, progress=lambda *_told: None
        )
        Job.objects.create(
            kind=JOB_KIND, node=mine.tenant.node, message=canary, state=JobState.DONE, result=result,
            params={"batches": [batch.pk for batch in batches], "write": write},
        )  # fmt: skip
    reading = SessionReading.objects.get(key=f"{canary}-2")
    report_answer(actor=SYSTEM, question=report_take_back(actor=SYSTEM, reading=reading, reason=canary))
    for expected in (False, True):
        report_expect(actor=SYSTEM, session=mine.session, expected=expected, reason=canary)


def go_on(world: World) -> None:
    """What can still be entered: a stage that asks for nothing, an event with two venues that nobody takes part in."""
    names = {"name_zh": world.canary, "name_en": world.canary}
    IncubationStage.objects.create(park=world.park, number=2, cost=AMOUNTS[world.name], **names)
    event = event_create(
        actor=SYSTEM, park=world.park, kind=EventKind.FESTIVAL, first_day=today(), main_from=today(),
        last_day=today() + DAY, industry=world.canary, **names,
    )  # fmt: skip
    venue_add(actor=SYSTEM, event=event, park_code=park_afar(world).code)


def try_out(mine: TenantWorld, canary: str) -> None:
    """A test stream that is running."""
    known = mine.booking.publishes.earliest("id")
    Publish.objects.create(
        node=known.node, room=known.room, booking=known.booking, key=known.key, is_test=True, client=f"{canary}-test",
        address=canary, started_at=now() - HOUR, last_seen_at=now(),
    )  # fmt: skip


def use_up(mine: TenantWorld, canary: str) -> None:
    """A booking of last week that is over and not cleaned after, an item in the store, visitors who are here."""
    booking = mine.booking
    times = ("starts_at", "ends_at", "blocked_from", "blocked_until")
    Booking.objects.create(
        room=booking.room,
        tenant=mine.tenant,
        purpose=canary,
        state=BookingState.COMPLETED,
        **{name: getattr(booking, name) - 7 * DAY for name in times},
    )
    make_item(booking.room.park, f"{booking.room.park.code}-stored-{booking.pk}", booking.room.park.name_zh)
    Visit.objects.create(
        park=booking.room.park, tenant=mine.tenant, day=today(), name=canary, arrived_at=now() - HOUR
    )


def book(mine: TenantWorld, starts_at: dt.datetime, purpose: str, *, hold: bool = False) -> Booking:
    return booking_create(
        actor=SYSTEM,
        room=mine.booking.room,
        tenant=mine.tenant,
        starts_at=starts_at,
        ends_at=starts_at + 2 * HOUR,
        purpose=purpose,
        hold=hold,
    )


def _assignments(world: World) -> None:
    """Hosts for goods: computed, and being computed by nobody any more."""
    goods = [Goods(world.canary, world.canary, Decimal(2)).as_dict()]
    pair = {
        "product": world.canary,
        "host": world.tenants[0].host.code,
        "start": 0,
        "worth": 1,
        "refund_rate": 0.1,
    }
    amounts = dict.fromkeys(("middle", "low", "high"), float(AMOUNTS[world.name]))
    common: dict[str, Any] = {"park": world.park, "first_day": today(), "last_day": today(), "goods": goods}
    MatchRun.objects.create(
        **common, state=MatchState.DONE, value=1, bound=1, proof="optimal", inputs_hash="0",
        results={"pairs": [pair | amounts], "left": [[world.canary, "outbid"]], "grid": 30},
    )  # fmt: skip
    MatchRun.objects.create(**common)


def _close(world: World, mine: TenantWorld) -> None:
    """A closed month as it stood, and an hour that is still to be counted."""
    close_month(world, mine)
    buckets.mark(buckets.SALES, [(mine.tenant.pk, hour_of(mine.session.started_at))])


def close_month(world: World, mine: TenantWorld, seq: int = 1) -> None:
    PeriodClose.objects.create(
        tenant=mine.tenant, month=dt.date(2025, 1, 1), seq=seq, published_on=today(), lines=1, lines_hash="0",
        figures={
            "closed_at": now().isoformat(), "adjustments": {},
            "values": {"gmv_paid": str(AMOUNTS[world.name]), "verified_net": str(AMOUNTS[world.name])},
        },
    )  # fmt: skip


def shared_reference(code: str = "series", currency: str = "USD") -> None:
    """Published rows that belong to no world."""
    series = Indicator.objects.create(
        code=code, name_zh="系列", name_en="Series", dimension="market", published_weight=Decimal("8.1")
    )
    place = ScopeNode.objects.filter(kind="province").earliest("id")
    IndicatorValue.objects.create(
        indicator=series, place=place, period=dt.date(2022, 1, 1), published_on=dt.date(2023, 1, 1), value=Decimal(1),
        source="official",
    )  # fmt: skip
    run = IndexRun.objects.create(
        made_at=now(), first_year=2022, last_year=2022, parameters={}, inputs_hash="0", weights={}, base={}
    )
    IndexScore.objects.create(run=run, place=place, year=2022, score=0.5, rank=1, contributions={})
    ExchangeRate.objects.create(
        currency=currency, day=dt.date(2025, 1, 1), cny_per_unit=Decimal(7), source="test"
    )


def dead_keys(world: World) -> Iterator[str]:
    """The secrets of a revoked and of an expired key of the first tenant."""
    node = world.tenants[0].tenant.node
    scopes = ["orders:write", "orders:read", "sessions:write", "bookings:write", "figures:read"]
    for column in ("revoked_at", "expires_at"):
        key, secret = tool_key_create(actor=SYSTEM, node=node, name=column, scopes=scopes)
        setattr(key, column, now() - DAY)
        key.save()
        yield secret
