"""What is given back of an order as a whole, cut by the lines of the order.

Each line gives back a part by what was paid of it, whenever and through whomever, and the parts add up (largest
remainder, among equals the lower line number first). Whose the line is, its part is; and it counts where the line does.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from analytics.shares.facts import Fact, Order
from core.money import allocate
from supplychain.choices import SalesKind

PaidLines = Mapping[str, int]
"""Units paid of each line of an order, by its number."""


def paid_by_line(facts: Iterable[Fact]) -> dict[Order, PaidLines]:
    """What was paid of each line, of whole orders: `facts` has all their payments."""
    found: dict[Order, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for fact in facts:
        if fact.kind == SalesKind.PAID:
            found[fact.order][fact.line] += fact.amount
    return {order: dict(lines) for order, lines in found.items()}


def parts_of_lines(amount: int, paid: PaidLines) -> dict[str, int]:
    """The part of each line in an amount that is given back of its order; none where nothing was ever paid."""
    lines = sorted(paid)
    return dict(zip(lines, allocate(amount, [paid[line] for line in lines]), strict=True)) if lines else {}
