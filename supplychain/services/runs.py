"""The run of show of a booking: which goods are shown in which order, for how much, and how many there should be."""

from __future__ import annotations

from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from core import audit
from core.actors import Actor
from core.clock import now
from core.errors import Conflict, InvalidInput
from core.locking import lock_row, retried
from core.policy import ADD, CHANGE
from core.records import save_clean
from core.scoping import get_visible, require, visible_to
from livestreams.choices import BOOKING_BLOCKING
from livestreams.errors import WrongState
from livestreams.models import Booking
from livestreams.services.locks import check_key_allows
from supplychain.certificates import Asked, check_certified
from supplychain.choices import ShortOf
from supplychain.models import GoodsOffer, Product, RunLine, Shortage
from supplychain.services.answers import check_not_refused
from supplychain.services.pool import check_pieces
from supplychain.showcase import pieces_there

MOST_LINES = 300
PLANNED = ("booking_id", "product_id", "offer_id", "position", "minute", "price", "pieces")


@retried
def run_line_put(
    *,
    actor: Actor,
    booking: Booking,
    price: Decimal,
    pieces: int,
    product: Product | None = None,
    offer: GoodsOffer | None = None,
    minute: int | None = None,
) -> RunLine:
    """Put own goods or goods of the pool at the end of a run of show; goods that are on it get the new values.

    InvalidInput for a price (CNY) below the offer's floor, goods that may not be shown, also for want of a certificate,
    or a minute after the end; WrongState when the booking is over. More pieces than there are is a shortage: it is
    logged and stops nobody.
    """
    require(actor, ADD, RunLine, booking.tenant_id)
    if (product is None) == (offer is None):
        raise InvalidInput(_("Choose own goods or goods of the pool."), code="goods", field="product")
    check_pieces(pieces)
    with transaction.atomic():
        held = _held(actor, booking)
        taken = _standing(actor, held, offer) if offer is not None else None
        shown = taken.product if taken is not None else _own(held, product)
        check_certified(held.room.park_id, shown, Asked.of(held.starts_at, held.ends_at))
        if taken is not None:
            check_not_refused(taken, held)
        _check_price(price, taken)
        _check_minute(held, minute)
        lines = list(RunLine.objects.on().filter(booking=held))
        line = next((each for each in lines if each.product_id == shown.pk), None)
        if line is None and len(lines) >= MOST_LINES:
            raise InvalidInput(
                _("A run of show has at most %(n)d lines.") % {"n": MOST_LINES},
                code="too_many",
                field="product",
            )
        before = audit.snapshot(line, PLANNED) if line is not None else None
        if line is None:
            line = RunLine(
                booking=held, product=shown, position=max((e.position for e in lines), default=0) + 1
            )
        line.offer, line.floor_price = taken, taken.floor_price if taken is not None else None
        line.price, line.pieces, line.minute = price, pieces, minute
        save_clean(line)
        _log_shortage(line)
        audit.record(
            actor=actor,
            verb="runline.put",
            obj=line,
            node_id=held.tenant_id,
            before=before,
            after=audit.snapshot(line, PLANNED),
        )
    return line


@retried
def run_line_move(*, actor: Actor, line: RunLine, up: bool) -> RunLine:
    """Change places with the line before it or after it; the first and the last stay where they are."""
    with transaction.atomic():
        lines = _lines_with(actor, line)
        here = next(index for index, each in enumerate(lines) if each.pk == line.pk)
        there = here - 1 if up else here + 1
        if 0 <= there < len(lines):
            lines[here], lines[there] = lines[there], lines[here]
            for position, each in enumerate(lines, start=1):
                each.position = position
            RunLine.objects.bulk_update(lines, ["position"])
            moved = lines[there]
            after = {"position": moved.position}
            audit.record(
                actor=actor, verb="runline.move", obj=moved, node_id=moved.booking.tenant_id, after=after
            )
            return moved
        return lines[here]


@retried
def run_line_drop(*, actor: Actor, line: RunLine) -> RunLine:
    """Take a line off the run of show."""
    with transaction.atomic():
        held = next(each for each in _lines_with(actor, line) if each.pk == line.pk)
        held.dropped_at = now()
        held.save(update_fields=["dropped_at", "updated_at"])
        audit.record(actor=actor, verb="runline.drop", obj=held, node_id=held.booking.tenant_id)
    return held


def _held(actor: Actor, booking: Booking) -> Booking:
    """The booking, locked, while its show can still be planned."""
    get_visible(Booking, actor, pk=booking.pk)
    check_key_allows(actor, booking.room)
    held = lock_row(Booking, booking.pk)
    if held.state not in BOOKING_BLOCKING or held.ends_at <= now():
        raise WrongState(_("The booking is over."), code="over")
    return held


def _lines_with(actor: Actor, line: RunLine) -> list[RunLine]:
    """The lines of the run on which a line stands, in order, their booking locked; Conflict when it was taken off."""
    require(actor, CHANGE, RunLine, line.booking.tenant_id)
    held = _held(actor, line.booking)
    lines = list(RunLine.objects.on().filter(booking=held).select_related("booking"))
    if all(each.pk != line.pk for each in lines):
        raise Conflict(_("These goods were taken off the run of show."), code="dropped")
    return lines


def _standing(actor: Actor, booking: Booking, offer: GoodsOffer) -> GoodsOffer:
    """The offer to the park that the booking's firm is in, locked, while it stands; foreign and absent offers sound
    alike, also for somebody who sees several parks.
    """
    pool = GoodsOffer.objects.filter(pk=offer.pk, park=booking.tenant.node.parent_id)
    seen = visible_to(pool, actor)
    if not seen.exists():
        raise InvalidInput(_("There is no such object."), code="not_found", field="offer")
    lock_row(GoodsOffer, offer.pk)
    held = GoodsOffer.objects.standing().in_full().filter(pk=offer.pk).first()
    if held is None:
        raise InvalidInput(_("This offer is withdrawn."), code="withdrawn", field="offer")
    return held


def _own(booking: Booking, product: Product | None) -> Product:
    """Goods of the firm whose booking it is, while they are sold."""
    if product is None or product.tenant_id != booking.tenant_id or product.is_closed:
        raise InvalidInput(_("There is no such object."), code="not_found", field="product")
    return product


def _check_price(price: Decimal, offer: GoodsOffer | None) -> None:
    if offer is not None and price < offer.floor_price:
        raise InvalidInput(
            _("The price is below the floor of %(floor)s that the offer asks for.")
            % {"floor": f"{offer.floor_price:,.2f}"},
            code="below_floor",
            field="price",
        )


def _check_minute(booking: Booking, minute: int | None) -> None:
    length = (booking.ends_at - booking.starts_at).total_seconds() / 60
    if minute is not None and minute >= length:
        raise InvalidInput(
            _("The booking lasts %(n)d minutes.") % {"n": length}, code="minute", field="minute"
        )


def _log_shortage(line: RunLine) -> None:
    """Keep that a line is short at this moment; what is not counted is not short."""
    there = pieces_there([line])[line.pk]
    if there is None or there >= line.pieces:
        return
    short_of = ShortOf.OFFER if line.offer_id is not None else ShortOf.STOCK
    Shortage.objects.create(line=line, at=now(), short_of=short_of, planned=line.pieces, there=there)
