"""Whose goods a fact is about.

What is given back without saying whose is of the goods that were paid: of its line, or of its order where it names none
that is known. It is cut by what is left of them once that is taken off which says more: what names another owner first,
then what names a line. So nobody loses more than its goods; what is given back beyond them is freight, which is the
seller's.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from analytics.shares.facts import QUERY_SIZE, Fact, Order, read_facts, sums_of
from analytics.shares.split import Measures, Shares
from core.money import allocate
from supplychain.choices import LineType, SalesKind
from supplychain.models import SalesEvent, SkuResolution


def owners_of(facts: Sequence[Fact], sums: Mapping[int, Measures]) -> dict[int, Shares]:
    """What each of some facts adds, by the owner of the goods; `sums` is what it adds in all."""
    found: dict[int, Shares] = {fact.id: {fact.owner: sums[fact.id]} for fact in facts}
    for order in _orders_of_several(fact.order for fact in facts if _is_unsaid(fact)):
        parts = _shared_out(order, sums_of(order))
        found.update((fact, parts[fact]) for fact in parts.keys() & found.keys())
    return found


def unsaid(events: QuerySet[SalesEvent]) -> QuerySet[SalesEvent]:
    """The events that may give back without saying whose: of orders in which goods of others were paid."""
    paid = _paid_of_others().filter(seller=OuterRef("seller"), source=OuterRef("source"))
    refunded = Q(kind=SalesKind.REFUNDED) & Exists(paid.filter(order_no=OuterRef("ref_order_no")))
    cancelled = Q(kind=SalesKind.CANCELLED) & Exists(paid.filter(order_no=OuterRef("order_no")))
    return events.filter(refunded | cancelled, line_type=LineType.GOODS)


def _is_unsaid(fact: Fact) -> bool:
    """Whether a fact gives back goods and names neither their owner nor a SKU of the seller's own."""
    return (
        fact.kind in (SalesKind.REFUNDED, SalesKind.CANCELLED)
        and fact.line_type == LineType.GOODS
        and fact.owner == fact.seller_id
        and not fact.sku
    )


def _paid_of_others() -> QuerySet[SalesEvent]:
    """Payments of goods that were somebody else's than the seller's, or that were found out to be."""
    resolved = SkuResolution.objects.filter(event_id=OuterRef("pk"))
    return SalesEvent.objects.filter(~Q(owner=F("seller")) | Exists(resolved), kind=SalesKind.PAID)


def _orders_of_several(orders: Iterable[Order]) -> Iterator[list[Fact]]:
    """All current facts of those of some orders in which goods of others were paid, order by order."""
    wanted = set(orders)
    for seller in sorted({order[0] for order in wanted}):
        numbers = sorted({number for each, _source, number in wanted if each == seller})
        for start in range(0, len(numbers), QUERY_SIZE):
            paid = _paid_of_others().filter(seller=seller, order_no__in=numbers[start : start + QUERY_SIZE])
            several = set(paid.order_by().values_list("order_no", flat=True))
            facts: dict[Order, list[Fact]] = defaultdict(list)
            if several:
                for fact in read_facts(SalesEvent.objects.of_orders(seller, several)):
                    facts[fact.order].append(fact)
            yield from (facts[order] for order in sorted(wanted & facts.keys()))


def _shared_out(order: Sequence[Fact], sums: Mapping[int, Measures]) -> dict[int, Shares]:
    """What is given back of an order without saying whose, by owner."""
    lines = {fact.line for fact in order if fact.kind == SalesKind.PAID}
    left: dict[str, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for fact in order:
        if fact.kind == SalesKind.PAID and fact.line_type == LineType.GOODS:
            left[fact.line][fact.owner] += fact.amount
    back = [fact for fact in order if fact.line_type == LineType.GOODS and any(sums[fact.id][1::2])]
    found = {}
    for fact in sorted(back, key=lambda fact: (_is_unsaid(fact), fact.line not in lines, fact.id)):
        _paid, refunds, _units, units = sums[fact.id]
        goods = [
            (line, owner)
            for line in sorted({fact.line} if fact.line in lines else lines)
            for owner in sorted(left[line])
            if left[line][owner] and (_is_unsaid(fact) or owner == fact.owner)
        ]
        weights = [left[line][owner] for line, owner in goods]
        parts = allocate(min(refunds, sum(weights)), weights) if goods else []
        for (line, owner), part in zip(goods, parts, strict=True):
            left[line][owner] -= part
        if _is_unsaid(fact):
            found[fact.id] = _rows(fact.owner, refunds, units, goods, parts, weights)
    return found


def _rows(
    seller: int,
    refunds: int,
    units: int,
    goods: Sequence[tuple[str, int]],
    parts: Sequence[int],
    weights: Sequence[int],
) -> Shares:
    """Amounts and pieces by owner; what is of no goods is the seller's."""
    amounts: dict[int, int] = defaultdict(int)
    pieces: dict[int, int] = defaultdict(int)
    amounts[seller] = refunds - sum(parts)
    for (_line, owner), part, count in zip(
        goods, parts, allocate(units, weights) if goods else (), strict=True
    ):
        amounts[owner] += part
        pieces[owner] += count
    if not goods:
        pieces[seller] = units
    return {owner: (0, amounts[owner], 0, pieces[owner]) for owner in sorted({*amounts, *pieces})}
