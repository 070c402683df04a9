"""The goods pool: what tenants of a park let each other sell."""

from __future__ import annotations

from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from core import audit
from core.actors import Actor
from core.clock import now
from core.errors import Conflict, InvalidInput
from core.locking import lock_row, lock_rows, retried
from core.policy import ADD, CHANGE
from core.records import save_clean
from core.scoping import get_visible, require
from core.strict import MAX_QUANTITY
from supplychain.models import GoodsOffer, Product

TERMS = ("product_id", "park_id", "floor_price", "commission_rate", "pieces", "samples", "certificates")


@retried
def goods_offer(
    *,
    actor: Actor,
    product: Product,
    floor_price: Decimal,
    commission_rate: Decimal,
    pieces: int,
    samples: int = 0,
    certificates: str = "",
) -> GoodsOffer:
    """Offer a product to the park that its tenant is in: price floor in CNY, commission in percent of the sales.

    Conflict while another offer of it stands; InvalidInput for goods no longer sold, as those of a firm
    that left are, and impossible terms. An offer to a park that the tenant has left stands no longer: it is withdrawn.
    """
    require(actor, ADD, GoodsOffer, product.tenant_id)
    check_pieces(pieces)
    get_visible(Product, actor, pk=product.pk)
    with transaction.atomic():
        held = lock_row(Product, product.pk)
        if held.is_closed or held.tenant.is_closed:
            raise InvalidInput(_("These goods are no longer sold."), code="closed", field="product")
        park_id = held.tenant.node.parent_id
        for other in lock_rows(GoodsOffer.objects.filter(product=held, withdrawn_at__isnull=True)):
            if other.park_id == park_id:
                raise Conflict(
                    _("These goods are offered already. Withdraw that offer first."),
                    code="offered",
                    field="product",
                )
            _withdraw(actor, other)
        offer = GoodsOffer(
            tenant_id=held.tenant_id,
            park_id=park_id,
            product=held,
            floor_price=floor_price,
            commission_rate=commission_rate,
            pieces=pieces,
            samples=samples,
            certificates=certificates,
        )
        save_clean(offer)
        after = audit.snapshot(offer, TERMS)
        audit.record(actor=actor, verb="goodsoffer.make", obj=offer, node_id=offer.tenant_id, after=after)
    return offer


def check_pieces(pieces: int) -> None:
    """InvalidInput unless it is a number of pieces that is planned or offered."""
    if not 0 < pieces <= MAX_QUANTITY:
        raise InvalidInput(_("A quantity is a whole number from 1."), code="range", field="pieces")


@retried
def goods_offer_withdraw(*, actor: Actor, offer: GoodsOffer) -> GoodsOffer:
    """Withdraw an offer: from now on no run of show shows its goods. Withdrawn once, it stays as it is."""
    require(actor, CHANGE, GoodsOffer, offer.tenant_id)
    with transaction.atomic():
        held = lock_row(GoodsOffer, offer.pk)
        if held.withdrawn_at is None:
            _withdraw(actor, held)
    return held


def _withdraw(actor: Actor, held: GoodsOffer) -> None:
    held.withdrawn_at = now()
    held.save(update_fields=["withdrawn_at", "updated_at"])
    audit.record(actor=actor, verb="goodsoffer.withdraw", obj=held, node_id=held.tenant_id)
