"""Goods of a world on their way: parcels, what is due, runs of show, certificates, the pool, samples."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.db.models import F

from core.clock import DAY, HOUR, business_day, day_bounds, now, today
from supplychain.choices import ShortOf
from supplychain.models import (
    GoodsOffer,
    OfferAnswer,
    Parcel,
    Product,
    Reservation,
    SalesEvent,
    Shortage,
    Sku,
    StockLevel,
    Warehouse,
)
from supplychain.services import (
    certificate_add,
    certificate_refuse,
    goods_offer,
    inbound_announce,
    inbound_receive,
    offer_answer,
    run_line_put,
    sample_agree,
    sample_ask,
    sample_hand_out,
)
from tests.factories import SYSTEM, TenantWorld, make_sku, make_tenant


def outside_host_of(mine: TenantWorld) -> str:
    """The account of an outside host who sold for the tenant last month."""
    return f"daren/{mine.tenant.code}"


def pack(mine: TenantWorld, event: SalesEvent) -> None:
    """A packed parcel, and a line of which one piece is still with the buyer: all of a sale that is the firm's own."""
    tenant = mine.tenant
    lines = Reservation.objects.filter(owner=tenant)
    sent = lines.filter(state="dispatched").latest("pk")
    Reservation.objects.filter(pk=sent.pk).update(quantity=2, packed=2)
    house = sent.warehouse
    Warehouse.objects.get_or_create(
        park=house.park, code=f"{house.code}-2", defaults={"name_zh": house.name_zh}
    )
    parcel = Parcel.objects.create(
        warehouse=sent.warehouse,
        wave=sent.parcel.wave,
        seller=tenant,
        order_no=f"{sent.order_no}P",
        state="packed",
    )
    Reservation.objects.create(
        warehouse=sent.warehouse,
        seller=tenant,
        owner=tenant,
        sku=sent.sku,
        event_id=event.pk,
        line=f"{sent.line}P",
        source_key=f"{sent.source_key}P",
        order_no=parcel.order_no,
        quantity=1,
        packed=1,
        state="in_wave",
        parcel=parcel,
        paid_at=sent.paid_at,
    )
    StockLevel.objects.filter(sku=sent.sku, warehouse=sent.warehouse).update(reserved=F("reserved") + 1)
    lines.update(event_id=event.pk)


def due_today_of(sku: Sku, warehouse: Warehouse, canary: str) -> None:
    """A paid line that has to leave today."""
    midnight = day_bounds(business_day(now()))[1]
    Reservation.objects.create(
        warehouse=warehouse,
        seller=sku.tenant,
        owner=sku.tenant,
        sku=sku,
        event_id=sku.pk,
        line=f"{canary}:due",
        source_key=f"{canary}-due-{sku.pk}",
        order_no=f"{canary}-due-{sku.pk}",
        quantity=1,
        paid_at=midnight - warehouse.ship_within_hours * HOUR - HOUR / 60,
    )


def make_show_of(mine: TenantWorld, canary: str) -> None:
    """Goods that are announced, goods in the pool with samples that are asked for, and a run of show that has more of
    them than there are."""
    warehouse = mine.booking.room.park.warehouses.earliest("pk")
    come = {
        "actor": SYSTEM,
        "warehouse": warehouse,
        "sku": mine.skus[0],
        "day": today() + DAY,
        "note": canary,
    }
    inbound_receive(actor=SYSTEM, notice=inbound_announce(pieces=9, **come), received=8, difference=canary)
    inbound_announce(pieces=9, **come)
    hand_in(mine, canary)
    offer = put_in_pool(mine.skus[0].product, canary)
    lend_samples(mine, offer, canary)
    line = run_line_put(
        actor=SYSTEM, booking=mine.booking, product=mine.skus[0].product, price=Decimal("69.00"), pieces=60
    )
    Shortage.objects.create(line=line, at=now(), short_of=ShortOf.STOCK, planned=60, there=48)


def hand_in(mine: TenantWorld, canary: str) -> None:
    """A certificate that is to be checked, with its file, and one that the park refused."""
    paper = {
        "actor": SYSTEM,
        "product": mine.skus[0].product,
        "kind": "inspection",
        "issuer": canary,
        "valid_from": today(),
        "valid_until": today() + DAY,
    }
    certificate_add(
        number=f"{canary}-1", file_name=f"{canary}.pdf", chunks=[b"%PDF-" + canary.encode()], **paper
    )
    refused = certificate_add(number=f"{canary}-2", sku=mine.skus[0], **paper)
    certificate_refuse(actor=SYSTEM, certificate=refused, reason=canary)


def put_in_pool(product: Product, canary: str) -> GoodsOffer:
    return goods_offer(
        actor=SYSTEM,
        product=product,
        floor_price=Decimal("59.00"),
        commission_rate=Decimal(20),
        pieces=100,
        samples=9,
        certificates=canary,
    )


def lender_of(mine: TenantWorld, canary: str) -> GoodsOffer:
    """What a firm of the tenant's park, of which nobody works here, has in the pool."""
    park = mine.booking.room.park
    offer = GoodsOffer.objects.filter(tenant__code=f"{park.code}-lender").first()
    if offer is None:
        lender = make_tenant(park, f"{park.code}-lender", canary)
        offer = put_in_pool(make_sku(lender, f"{park.code}-lent", canary).product, canary)
    return offer


def lend_samples(mine: TenantWorld, offer: GoodsOffer, canary: str) -> None:
    """Samples of the tenant's goods that are asked for, agreed and out, also with an outside host, and others that it
    asks for itself."""
    lender = lender_of(mine, canary[:-1])
    wish: dict[str, Any] = {"actor": SYSTEM, "pieces": 1, "until": today() + DAY, "note": canary}
    sample_ask(tenant=mine.tenant, offer=lender, host=mine.host, **wish)
    offer_answer(actor=SYSTEM, tenant=mine.tenant, offer=lender, sells=False, reason=canary, host=mine.host)
    offer_answer(actor=SYSTEM, tenant=lender.tenant, offer=offer, sells=False, reason=canary)
    OfferAnswer.objects.create(offer=lender, tenant=mine.tenant, sells=True, reason=canary, at=now())
    asked = [sample_ask(tenant=lender.tenant, offer=offer, **wish) for _number in range(3)]
    for request in asked[1:]:
        sample_agree(actor=SYSTEM, request=request, price=Decimal("45.00"), answer=canary)
    warehouse = mine.booking.room.park.warehouses.earliest("pk")
    account = {"platform": "douyin", "outside_ref": outside_host_of(mine)}
    outside = sample_ask(tenant=mine.tenant, offer=offer, **account, **wish)
    sample_agree(actor=SYSTEM, request=outside, price=Decimal("45.00"), answer=canary)
    for request in (asked[2], outside):
        sample_hand_out(actor=SYSTEM, request=request, sku=mine.skus[0], warehouse=warehouse)
