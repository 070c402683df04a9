"""Of which goods a fact is: of which line of its order, and whose.

What is given back without saying so is of the goods that were paid: of its line, or of its order where it names none
that is known. It is cut by what is left of them once that is taken off which says more: what names another owner first,
then what names a line. So nobody loses more than its goods; what is given back beyond them is freight, which is the
seller's.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from analytics.shares.facts import QUERY_SIZE, Fact, Order, read_facts, sums_of
from analytics.shares.split import NOTHING, Measures, Shares, add_up
from core.money import allocate
from core.portions import in_turn
from supplychain.choices import LineType, SalesKind
from supplychain.models import SalesEvent, SkuResolution

Cut = dict[tuple[str, int], Measures]
"""What is given back, by the number of the line and the owner of its goods."""


def owners_of(facts: Sequence[Fact], sums: Mapping[int, Measures]) -> dict[int, Shares]:
    """What each of some facts adds, by the owner of the goods; `sums` is what it adds in all."""
    found: dict[int, Shares] = {fact.id: {fact.owner: sums[fact.id]} for fact in facts}
    unsaid_of = {fact.id for fact in facts if _is_unsaid(fact)}
    for order in orders_of((fact.order for fact in facts if fact.id in unsaid_of), _paid_of_others()):
        cuts = cuts_of(order, sums_of(order))
        for fact in unsaid_of & cuts.keys():
            found[fact] = add_up({owner: part} for (_line, owner), part in cuts[fact].items())
    return found


def unsaid(events: QuerySet[SalesEvent]) -> QuerySet[SalesEvent]:
    """The events that may give back without saying whose: of numbers under which goods of others were paid."""
    paid = _paid_of_others().filter(seller=OuterRef("seller"))
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


def orders_of(orders: Iterable[Order], paid: QuerySet[SalesEvent] | None = None) -> Iterator[list[Fact]]:
    """All current facts of each of some orders, order by order; with `paid` of those that have such a payment."""
    wanted = set(orders)
    for seller in sorted({order[0] for order in wanted}):
        numbers = sorted({number for each, _source, number in wanted if each == seller})
        for asked in in_turn(numbers, QUERY_SIZE):
            some = set(asked)
            if paid is not None:
                having = paid.filter(seller=seller, order_no__in=some)
                some = set(having.order_by().values_list("order_no", flat=True))
            facts: dict[Order, list[Fact]] = defaultdict(list)
            if some:
                for fact in read_facts(SalesEvent.objects.of_orders(seller, some)):
                    facts[fact.order].append(fact)
            yield from (facts[order] for order in sorted(wanted & facts.keys()))


def cuts_of(order: Sequence[Fact], sums: Mapping[int, Measures]) -> dict[int, Cut]:
    """What each fact of a whole order gives back, by line and owner."""
    paid: dict[str, int] = defaultdict(int)
    freight: dict[str, int] = defaultdict(int)
    left: dict[str, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for fact in order:
        if fact.kind == SalesKind.PAID:
            paid[fact.line] += fact.amount
            if fact.line_type == LineType.GOODS:
                left[fact.line][fact.owner] += fact.amount
            elif fact.line_type == LineType.FREIGHT:
                freight[fact.line] += fact.amount
    back = [fact for fact in order if any(sums[fact.id][1::2])]
    found = {}
    for fact in sorted(back, key=lambda fact: (_is_unsaid(fact), fact.line not in paid, fact.id)):
        _paid, refunds, _units, units = sums[fact.id]
        goods = [
            (line, owner)
            for line in sorted({fact.line} if fact.line in paid else paid)
            for owner in sorted(left[line])
            if fact.line_type == LineType.GOODS
            and left[line][owner]
            and (_is_unsaid(fact) or owner == fact.owner)
        ]
        weights = [left[line][owner] for line, owner in goods]
        parts = allocate(min(refunds, sum(weights)), weights) if goods else []
        for (line, owner), part in zip(goods, parts, strict=True):
            left[line][owner] -= part
        pieces = allocate(units, weights) if goods else []
        cut = {place: (0, part, 0, count) for place, part, count in zip(goods, parts, pieces, strict=True)}
        rest, pieces_left = refunds - sum(parts), units - sum(pieces)
        if rest or pieces_left:
            lines = {fact.line: 1} if fact.line in paid else freight if any(freight.values()) else paid
            _add_rest(cut, fact, rest, pieces_left, lines)
        found[fact.id] = cut
    return found


def _add_rest(cut: Cut, fact: Fact, rest: int, pieces: int, lines: Mapping[str, int]) -> None:
    """What is of no goods is of the line that was named, else of the freight, else of all lines by what was paid."""
    places = sorted(lines) or [fact.line]
    weights = [lines.get(line, 0) for line in places]
    for line, part, count in zip(places, allocate(rest, weights), allocate(pieces, weights), strict=True):
        _paid, known, _units, counted = cut.get((line, fact.owner), NOTHING)
        cut[line, fact.owner] = (0, known + part, 0, counted + count)
