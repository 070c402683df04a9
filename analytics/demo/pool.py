"""The demo's goods pool, a yes and a no to what it offers, samples that are lent, one of them to an outside host, and
runs of show for the bookings that come next: one wants more than there is."""

from __future__ import annotations

from decimal import Decimal

from django.db.models import F

from analytics.demo.built import BuiltPark
from analytics.demo.days import outside_host
from core.actors import Actor
from core.clock import DAY, day_start, now, today
from core.days import open_on
from core.money import to_cents
from livestreams.choices import BOOKING_BLOCKING
from livestreams.models import Booking
from supplychain.models import GoodsOffer, Product, SampleRequest, StockLevel
from supplychain.services import (
    goods_offer,
    offer_answer,
    run_line_put,
    sample_agree,
    sample_ask,
    sample_charge,
    sample_hand_out,
    sample_take_back,
)
from tenants.models import Tenant

FIRMS = 3
OFFERED = 4
SHOWS = 2
FLOOR = Decimal("0.8")
COMMISSIONS = (Decimal(20), Decimal("17.5"), Decimal(25))
PIECES = 120
# Of the samples: so many go out, which comes back and which is charged.
LENT, BACK, CHARGED = 4, 2, 3
SAMPLE_NOTE = "试播用（演示）"
TOO_LITTLE = "佣金低于同类商品（演示）"
CERTIFICATES = "检测报告（演示）：SGS，有效期至 2027-06"


def build_pool(built: BuiltPark, *, actor: Actor) -> None:
    """Offers of the park's first firms, made once, and the next shows of each, as far as they are not planned."""
    firms = built.tenants[: FIRMS + 1]
    if not GoodsOffer.objects.filter(park=built.park).exists():
        for number, firm in enumerate(firms[:FIRMS]):
            _offer(firm, COMMISSIONS[number % len(COMMISSIONS)], actor)
        _answer(firms, actor)
    if not SampleRequest.objects.filter(offer__park=built.park).exists():
        for offer in GoodsOffer.objects.standing().filter(park=built.park, samples__gt=0).order_by("pk"):
            _lend(offer, next(firm for firm in reversed(firms) if firm.pk != offer.tenant_id), actor)
        _lend_outside(built, actor)
    for firm in firms:
        ahead = Booking.objects.filter(
            tenant=firm, state__in=BOOKING_BLOCKING, starts_at__gt=now(), run_lines=None
        )
        for booking in ahead.order_by("starts_at")[:SHOWS]:
            _plan(booking, firm, actor)


def _goods(firm: Tenant) -> list[Product]:
    return list(Product.objects.filter(open_on(today()), tenant=firm).order_by("code")[:OFFERED])


def _offer(firm: Tenant, commission: Decimal, actor: Actor) -> None:
    for index, product in enumerate(_goods(firm)):
        goods_offer(
            actor=actor,
            product=product,
            floor_price=to_cents(product.list_price * FLOOR),
            commission_rate=commission,
            pieces=PIECES,
            samples=index % 3,
            certificates=CERTIFICATES if index % 2 else "",
        )


def _plan(booking: Booking, firm: Tenant, actor: Actor) -> None:
    """Two of the firm's own goods, then two of the pool; of the last one more than is offered."""
    for index, product in enumerate(_goods(firm)[:2]):
        run_line_put(
            actor=actor,
            booking=booking,
            product=product,
            price=product.list_price,
            pieces=40,
            minute=index * 10,
        )
    pool = GoodsOffer.objects.standing().filter(park=firm.node.parent_id).exclude(tenant=firm)
    for index, offer in enumerate(pool.order_by("pk")[:2]):
        price = to_cents(offer.product.list_price * Decimal("0.9"))
        pieces = PIECES + 30 if index else 30
        run_line_put(
            actor=actor, booking=booking, offer=offer, price=price, pieces=pieces, minute=20 + index * 10
        )


def _answer(firms: list[Tenant], actor: Actor) -> None:
    """Of the first firm's goods the last sells one and another not; the first sells one of the second's goods."""
    first, second, *_others, last = firms
    standing = GoodsOffer.objects.standing().order_by("pk")
    sold, _planned, refused, *_rest = standing.filter(tenant=first)
    offer_answer(actor=actor, offer=sold, tenant=last, sells=True)
    offer_answer(actor=actor, offer=refused, tenant=last, sells=False, reason=TOO_LITTLE)
    offer_answer(actor=actor, offer=standing.filter(tenant=second).earliest("pk"), tenant=first, sells=True)


def _lend(offer: GoodsOffer, asker: Tenant, actor: Actor) -> None:
    """One sample of each offer that lends some: the first ones in every state, the later ones asked for."""
    host = asker.hosts.filter(open_on(today())).order_by("code").first()
    request = sample_ask(
        actor=actor,
        offer=offer,
        tenant=asker,
        host=host,
        pieces=1,
        until=today() + 14 * DAY,
        note=SAMPLE_NOTE,
    )
    step = SampleRequest.objects.filter(offer__park=offer.park).count()
    if step > LENT or not _hand_out(request, actor):
        return
    if step == BACK:
        sample_take_back(actor=actor, request=request, whole=1, at=day_start(today()))
    elif step == CHARGED:
        sample_charge(actor=actor, request=request)


def _lend_outside(built: BuiltPark, actor: Actor) -> None:
    """One sample of own goods for the outside host with whom a firm deals: it is still out."""
    offer = GoodsOffer.objects.standing().filter(park=built.park, samples__gt=1).order_by("pk").first()
    if offer is None:
        return
    request = sample_ask(
        actor=actor,
        offer=offer,
        tenant=offer.tenant,
        platform=built.plan.platform,
        outside_ref=outside_host(offer.tenant.code),
        pieces=1,
        until=today() + 14 * DAY,
        note=SAMPLE_NOTE,
    )
    _hand_out(request, actor)


def _hand_out(request: SampleRequest, actor: Actor) -> bool:
    """Say yes and hand out what is asked for, if there is stock of it."""
    offer = request.offer
    level = StockLevel.objects.filter(sku__product=offer.product, on_hand__gt=F("reserved")).first()
    if level is None:
        return False
    sample_agree(actor=actor, request=request, price=to_cents(offer.floor_price / 2))
    sample_hand_out(
        actor=actor, request=request, sku=level.sku, warehouse=level.warehouse, at=day_start(today())
    )
    return True
