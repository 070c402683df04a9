"""Goods of a tenant: SKUs, stock, parcels, launches; and the shop and the receiver that hear of them."""

from __future__ import annotations

from decimal import Decimal

from core.choices import WEBHOOK_EVENTS, WebhookEvent
from core.clock import DAY, day_start, now, today
from core.models import ScopeNode
from core.webhooks.endpoints import webhook_create
from core.webhooks.outbox import put
from supplychain.choices import ShopFault, ShopKind, ShopMessageState
from supplychain.models import (
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
    StockLevel,
    StockMove,
    Warehouse,
    Wave,
    ZoneLevel,
)
from supplychain.services import shop_hook_create
from tenants.models import Tenant
from tests.factories.places import OPENED, SYSTEM


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


def make_stock(warehouse: Warehouse, sku: Sku, canary: str) -> None:
    """Fifty pieces of a SKU that came in once, two of them reserved."""
    StockMove.objects.create(
        warehouse=warehouse,
        owner=sku.tenant,
        sku=sku,
        kind="inbound",
        quantity=50,
        zone=canary[:32],
        source="test",
        source_key=sku.code,
        occurred_at=day_start(OPENED),
        note=canary,
    )
    level = StockLevel.objects.create(
        warehouse=warehouse, owner=sku.tenant, sku=sku, on_hand=50, reserved=2, zone=canary[:32]
    )
    # A shelf in the store behind that is empty by now.
    ZoneLevel.objects.create(level=level, zone=f"S {canary}"[:32], on_hand=0)


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
