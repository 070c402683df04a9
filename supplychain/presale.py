"""Pre-sale: how many pieces of a SKU its owner lets be promised beyond what is there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection

from django.db.models import Sum

from core.clock import today
from core.days import open_on
from core.locking import lock_rows
from supplychain.choices import BackorderState
from supplychain.models import Backorder, Sku


def lock_presale(sku_ids: Collection[int]) -> Counter[int]:
    """Lock those SKUs that may be pre-sold, and say how many pieces each may still be promised."""
    held = lock_rows(Sku.objects.filter(pk__in=sku_ids, presale_limit__gt=0)) if sku_ids else []
    return _room(held)


def presale_room_of(product_ids: Collection[int]) -> Counter[int]:
    """How many pieces of products that take stock may be promised now beyond what is there."""
    skus = list(
        Sku.objects.filter(
            open_on(today()), product__in=product_ids, presale_limit__gt=0, tracked_since__isnull=False
        )
    )
    room, found = _room(skus), Counter[int]()
    for sku in skus:
        found[sku.product_id] += room[sku.pk]
    return found


def _room(skus: Collection[Sku]) -> Counter[int]:
    """The limit of each SKU less what is promised; a limit that was lowered below that leaves none."""
    room = Counter({sku.pk: sku.presale_limit for sku in skus})
    if room:
        open_ones = Backorder.objects.filter(sku__in=room, state=BackorderState.OPEN).order_by()
        for sku, promised in open_ones.values_list("sku").annotate(Sum("presold")):
            room[sku] = max(room[sku] - promised, 0)
    return room
