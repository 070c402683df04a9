"""What a booking's run of show makes of its session: which goods may be shown, and what became of the plan."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, Q, QuerySet, Sum

from core.actors import Actor
from core.clock import now
from core.scoping import visible_to
from livestreams.models import Booking, Host, LiveSession
from supplychain.certificates import Asked, asks_for_certificates, certified
from supplychain.choices import SalesKind
from supplychain.models import OfferAnswer, Product, RunLine, SalesEvent, Shortage, Sku, StockLevel
from supplychain.presale import presale_room_of
from supplychain.refusals import refused_in
from tenants.models import Tenant


def run_of(actor: Actor, booking_id: int | None) -> QuerySet[RunLine]:
    """The run of show of a booking as far as the actor may see it, in its order."""
    return visible_to(RunLine.objects.on().filter(booking_id=booking_id).in_full(), actor)


def goods_of(
    actor: Actor, at: datetime, *, session: LiveSession | None = None, booking: Booking | None = None
) -> QuerySet[Product]:
    """The goods that a session may show at an instant, or a booking that has none yet.

    These are the visible goods of its tenants and those on the run of show; none by an offer withdrawn by then.
    """
    booking_id = session.booking_id if session is not None else booking.pk if booking is not None else None
    run = run_of(actor, booking_id).order_by()
    withdrawn = run.filter(offer__withdrawn_at__lte=at).values("product")
    theirs = (
        Q(tenant__shown_in__session=session)
        if session is not None
        else Q(tenant=booking.tenant_id if booking is not None else None)
    )
    own = visible_to(Product.objects.filter(theirs), actor).values("pk")
    shown = Product.objects.filter(Q(pk__in=own) | Q(pk__in=run.values("product")))
    return shown.exclude(pk__in=withdrawn)


def pieces_there(lines: Sequence[RunLine]) -> dict[int, int | None]:
    """How many pieces there are now for each line of one run, by its id: of an offer what no other show to come has
    taken, of own goods what the warehouses can give and the pre-sale limit allows. None where the goods take no stock.
    """
    ids, goods = [line.pk for line in lines], [line.product_id for line in lines]
    others = RunLine.objects.to_come().filter(
        offer__in=[line.offer_id for line in lines if line.offer_id is not None]
    )
    taken = _sums(others.exclude(pk__in=ids).order_by().values_list("offer").annotate(sum=Sum("pieces")))
    tracked = set(
        Sku.objects.filter(product__in=goods, tracked_since__isnull=False).values_list("product", flat=True)
    )
    levels = StockLevel.objects.filter(sku__product__in=tracked).order_by()
    stock = Counter(_sums(levels.values_list("sku__product").annotate(sum=Sum(F("on_hand") - F("reserved")))))
    stock.update(presale_room_of(tracked))
    there: dict[int, int | None] = {}
    for line in lines:
        if line.offer is not None:
            there[line.pk] = max(0, line.offer.pieces - taken.get(line.offer.pk, 0))
        else:
            there[line.pk] = stock.get(line.product_id, 0) if line.product_id in tracked else None
    return there


def _sums(rows: Iterable[tuple[int, int]]) -> dict[int, int]:
    return dict(rows)


@dataclass(frozen=True)
class Outcome:
    """A line of the run of show beside what there was and what was sold; None is not known."""

    line: RunLine
    there: int | None
    sold: int | None
    withdrawn: bool
    uncertified: bool
    """The park asks for certificates, and the goods have none for the days of the show."""
    refused_by: Host | Tenant | None = None
    """Who said no to the goods: the firm, or a host who came since they were planned."""

    @property
    def missing(self) -> int:
        """How many pieces the plan is short of."""
        return max(0, self.line.pieces - self.there) if self.there is not None else 0

    @property
    def unsold(self) -> int | None:
        """How many of the planned pieces were not sold."""
        return max(0, self.line.pieces - self.sold) if self.sold is not None else None


def outcomes(actor: Actor, booking: Booking, session: LiveSession | None = None) -> list[Outcome]:
    """Line by line what was planned, what there is (once the booking is over: what was logged) and, for who may see
    its order lines, what the session sold.
    """
    at = now()
    lines = list(run_of(actor, booking.pk))
    is_over = booking.ends_at <= at
    there = _logged(lines) if is_over else pieces_there(lines)
    sold = _sold(actor, session) if session is not None else None
    bare = _uncertified(booking, lines)
    noes = noes_to(lines)
    return [
        Outcome(
            line=line,
            there=there[line.pk],
            sold=sold.get(line.product_id, 0) if sold is not None else None,
            withdrawn=line.offer is not None
            and line.offer.withdrawn_at is not None
            and line.offer.withdrawn_at <= at,
            uncertified=line.product_id in bare,
            refused_by=(no.host or no.tenant) if (no := noes.get(line.pk)) else None,
        )
        for line in lines
    ]


def noes_to(lines: Collection[RunLine]) -> dict[int, OfferAnswer]:
    """By line the no that counts in its show, of the firm or of a host.

    Who says no once the show is over says it of shows to come.
    """
    at = now()
    asked = {
        line.pk: (line.booking, line.offer_id)
        for line in lines
        if line.offer_id is not None and line.booking.ends_at > at
    }
    noes = refused_in(asked.values())
    found = {pk: noes.get((booking.pk, offer)) for pk, (booking, offer) in asked.items()}
    return {pk: no for pk, no in found.items() if no is not None}


def _uncertified(booking: Booking, lines: Sequence[RunLine]) -> set[int]:
    """The goods of a run that may not be shown for want of a certificate."""
    if not lines or not asks_for_certificates(booking.room.park_id):
        return set()
    goods = {line.product_id for line in lines}
    return goods - certified(goods, Asked.of(booking.starts_at, booking.ends_at))


def _logged(lines: Sequence[RunLine]) -> dict[int, int | None]:
    """What there was for each line by the last shortage of the plan as it stands, None where none was logged."""
    there: dict[int, int | None] = {line.pk: None for line in lines}
    pieces = {line.pk: line.pieces for line in lines}
    for short in Shortage.objects.filter(line__in=lines).order_by("at", "pk"):
        there[short.line_id] = short.there if short.planned == pieces[short.line_id] else None
    return there


def _sold(actor: Actor, session: LiveSession) -> dict[int, int]:
    """Pieces paid in a session by product, on the order lines that the actor may see."""
    paid = visible_to(SalesEvent.objects.filter(kind=SalesKind.PAID), actor)
    mine = paid.current().of_session([session.pk])  # type: ignore[attr-defined]
    pieces: dict[int, int] = {}
    for sku, qty in mine.with_sku().values_list("sku_now", "quantity"):
        if sku is not None:
            pieces[sku] = pieces.get(sku, 0) + qty
    products = dict(Sku.objects.filter(pk__in=pieces).values_list("pk", "product_id"))
    sums: dict[int, int] = {}
    for sku, qty in pieces.items():
        sums[products[sku]] = sums.get(products[sku], 0) + qty
    return sums
