"""What an outside host sold, by product."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from analytics.result.goods import skus_of
from analytics.shares.facts import Fact, LineKey
from analytics.shares.split import Measures
from supplychain.models import Product
from tenants.models import Tenant

Goods = tuple[int, int]
"""Owner and product; 0: not known, or of no concern to the seller."""
NO_GOODS = (0, 0)


@dataclass(frozen=True)
class ProductRow:
    """A product of the firm, or the goods of another `owner`, in units and pieces; neither: it names no goods."""

    product: Product | None
    owner: Tenant | None
    paid: int
    refunds: int
    units_paid: int
    units_refunded: int

    @property
    def net(self) -> int:
        return self.paid - self.refunds


def rows_by_product(
    tenant: Tenant, parts: Iterable[tuple[LineKey, int, Measures]], lines: Mapping[LineKey, Fact]
) -> list[ProductRow]:
    """Which goods were sold, by net sales: what is told of each of the lines, which name their goods.

    Goods of others are told by their owner alone: what they are called is the owner's.
    """
    skus = skus_of(lines.values())

    def goods_of(first: Fact, owner: int) -> Goods:
        if owner != tenant.pk:
            return owner, 0
        is_own = first.owner == tenant.pk and first.sku in skus
        return (owner, skus[first.sku].product_id) if is_own else NO_GOODS

    rows: dict[Goods, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for line, owner, part in parts:
        row = rows[goods_of(lines[line], owner)]
        for place, amount in enumerate(part):
            row[place] += amount
    products = Product.objects.in_bulk({product for _owner, product in rows if product})
    owners = Tenant.objects.in_bulk({owner for owner, product in rows if owner and not product})
    told = [
        ProductRow(products.get(product), owners.get(owner), *row) for (owner, product), row in rows.items()
    ]
    return sorted(
        told, key=lambda row: (-row.net, row.product.code if row.product else str(row.owner or "~"))
    )
