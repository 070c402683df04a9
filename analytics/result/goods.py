"""What the goods of a session cost that were sold and not given back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from analytics.choices import SourceKind
from analytics.result.account import Source
from analytics.shares.facts import QUERY_SIZE, Fact
from analytics.shares.split import Measures
from core.money import to_units
from core.portions import in_turn
from supplychain.choices import LineType, SalesKind, SettledSales
from supplychain.models import Agreement, Product, Sku


@dataclass
class SoldLine:
    """An order line: what was paid and given back, and the units of goods in it."""

    sku: int = 0
    owner: int = 0
    units: int = 0
    units_back: int = 0
    money: list[int] = field(default_factory=lambda: [0, 0])

    @property
    def kept(self) -> int:
        """Units that stay sold: what was given back in full came back, whatever its rows say of units."""
        paid, back = self.money
        return 0 if 0 < paid <= back else max(0, self.units - self.units_back)


def kept_lines(facts: list[Fact], sums: Mapping[int, Measures]) -> list[SoldLine]:
    """The lines of goods; those of an order that was given back as a whole are no longer sold."""
    lines: dict[tuple[object, str], SoldLine] = defaultdict(SoldLine)
    orders: dict[object, SoldLine] = defaultdict(SoldLine)
    for fact in facts:
        if fact.line_type == LineType.GOODS and fact.kind == SalesKind.PAID:
            line = lines[fact.order, fact.line]
            line.sku, line.owner = fact.sku, fact.owner
        for row in (lines[fact.order, fact.line], orders[fact.order]):
            paid, refunds, units, units_back = sums[fact.id]
            row.units += units
            row.units_back += units_back
            row.money[0] += paid
            row.money[1] += refunds
    return [line for (order, _line), line in sorted(lines.items(), key=lambda each: str(each[0]))
            if line.kept and orders[order].kept]  # fmt: skip


def skus_of(facts: Iterable[Fact]) -> dict[int, Sku]:
    """The SKUs of facts with their products."""
    wanted = sorted({fact.sku for fact in facts if fact.sku})
    found: dict[int, Sku] = {}
    for some in in_turn(wanted, QUERY_SIZE):
        rows = Sku.objects.filter(pk__in=some).select_related("product")
        found |= {sku.pk: sku for sku in rows}
    return found


def goods_sold(
    seller_id: int,
    facts: list[Fact],
    sums: Mapping[int, Measures],
    skus: Mapping[int, Sku],
    agreements: Iterable[Agreement],
) -> list[Source]:
    """By product what the kept units cost; without a cost on record that is not known.

    Goods of others cost what an agreement with their owner says of them, which stands among the shares.
    """
    kept: dict[Product, int] = defaultdict(int)
    nameless = 0
    owners: dict[int, int] = defaultdict(int)
    for line in kept_lines(facts, sums):
        if line.owner != seller_id:
            owners[line.owner] += line.kept
        elif line.sku in skus:
            kept[skus[line.sku].product] += line.kept
        else:
            nameless += line.kept
    agreed = {each.partner_id for each in agreements if each.sales == SettledSales.OWNED}
    found = [*_own(kept), *_of_others(owners, agreed)]
    if nameless:
        found.append(Source(SourceKind.NONE, _("units of which no SKU is known"), None, _units(nameless)))
    return found or [Source(SourceKind.ORDERS, _("no goods sold, or all of them given back"), 0)]


def _own(kept: Mapping[Product, int]) -> Iterator[Source]:
    for product in sorted(kept, key=lambda each: (bool(each.cost), each.code)):
        units = _units(kept[product])
        if product.cost:
            cost, note = to_units(product.cost) * kept[product], f"{units} × ¥{product.cost:,.2f}"
            yield Source(SourceKind.PRODUCT, str(product), cost, note, str(product.uid))
        else:
            note = _("%(units)s; the product has no cost on record") % {"units": units}
            yield Source(SourceKind.PRODUCT, str(product), None, note, str(product.uid))


def _of_others(owners: Mapping[int, int], agreed: set[int | None]) -> Iterator[Source]:
    settled = sum(count for owner, count in owners.items() if owner in agreed)
    unsettled = sum(owners.values()) - settled
    if settled:
        yield Source(SourceKind.AGREEMENT, _("goods of others, settled with their owner"), 0, _units(settled))
    if unsettled:
        yield Source(SourceKind.NONE, _("goods of others without an agreement"), None, _units(unsettled))


def _units(count: int) -> str:
    return ngettext("%(count)d unit", "%(count)d units", count) % {"count": count}
