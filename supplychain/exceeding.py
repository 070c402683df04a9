"""Refunds of more than was paid: kept as they are, and marked wherever the order is read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import NamedTuple, TypeVar

from django.db import connection

from supplychain.among import select_among
from supplychain.choices import LineType, SalesKind
from supplychain.models import SalesEvent
from supplychain.samenumber import paid_under

AT_ONCE = 2_000
# As SalesEventQuerySet.current has it.
CURRENT = """NOT EXISTS (
    SELECT 1 FROM supplychain_saleseventkey later
    WHERE later.seller_id = event.seller_id AND later.source = event.source
      AND later.external_id = event.external_id AND later.version > event.version AND later.version > 1)"""
T = TypeVar("T")
Order = tuple[int, str]
"""A seller, and the number of an order: under several sources it may be of several orders."""
OrderOf = tuple[int, str, str]
"""A seller, the source that tells of an order, and its number."""
OrderLine = tuple[OrderOf, str]
"""An order as it is paid, and the line that refunds name; "" where they name none."""


class Sum(NamedTuple):
    """What one fact pays or gives back, in units of 1/10,000."""

    seller: int
    source: str
    order: str
    line: str
    line_type: str
    currency: str
    amount: int
    amount_foreign: int | None


ByLine = Mapping[str, Sequence[Sum]]


def exceeding(orders: Collection[Order]) -> dict[OrderLine, set[str]]:
    """The lines of some orders of which more was refunded than paid, by all facts that count now, whoever told them.

    Each with the sources of its refunds. A line may get back what was paid for it and the freight of its order, an
    order what was paid for all of it. Where no payment is known (its file may still come) nothing can be said, and
    nothing is.
    """
    found: dict[OrderLine, set[str]] = {}
    for some in _some(sorted({order for order in orders if order[1]})):
        asked, sellers = set(some), {seller for seller, _number in some}
        told = _refunds_of(sellers, some)
        if told:
            paid = _payments_of(sellers, [(seller, number) for seller, _source, number in told])
            back = _paid_under(told, paid)
            found |= {
                (order, line): {fact.source for fact in back[order][line]}
                for order in back.keys() & paid
                if (order[0], order[2]) in asked
                for line in _lines(paid[order], back[order])
            }
    return found


def _paid_under(told: Mapping[OrderOf, ByLine], paid: Iterable[OrderOf]) -> dict[OrderOf, ByLine]:
    """What was given back, by the orders as they are paid."""
    payers: dict[Order, set[str]] = defaultdict(set)
    for seller, source, number in paid:
        payers[seller, number].add(source)
    found: dict[OrderOf, dict[str, list[Sum]]] = defaultdict(lambda: defaultdict(list))
    for (seller, source, number), lines in told.items():
        order = found[seller, paid_under(source, payers[seller, number]), number]
        for line, facts in lines.items():
            order[line] += facts
    return dict(found)


def mark(facts: Iterable[SalesEvent]) -> None:
    """Say of each fact whether it is a refund of more than was paid: `exceeds`."""
    facts = list(facts)
    refunds = [fact for fact in facts if fact.kind == SalesKind.REFUNDED]
    found = exceeding({(fact.seller_id, fact.ref_order_no) for fact in refunds})
    told = {
        (seller, source, number, line)
        for ((seller, _payer, number), line), sources in found.items()
        for source in sources
    }
    for fact in facts:
        of_line = (fact.seller_id, fact.source, fact.ref_order_no, fact.ref_line)
        fact.exceeds = fact.kind == SalesKind.REFUNDED and of_line in told  # type: ignore[attr-defined]


def _some(many: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(many), AT_ONCE):
        yield many[start : start + AT_ONCE]


def _refunds_of(sellers: Collection[int], orders: Iterable[Order]) -> dict[OrderOf, ByLine]:
    """What counts of the refunds that name some orders: not the order they are of, but the one they take from."""
    condition = f"kind = '{SalesKind.REFUNDED.value}' AND NOT (ref_order_no = '')"
    return _by_line("supplychain_sales_refunds", condition, "ref_order_no", "ref_line", sellers, orders)


def _payments_of(sellers: Collection[int], orders: Iterable[Order]) -> dict[OrderOf, ByLine]:
    """What counts of the payments of some orders."""
    condition = f"kind = '{SalesKind.PAID.value}'"
    return _by_line("supplychain_sales_order", condition, "order_no", "line_no", sellers, orders)


def _by_line(
    index: str, condition: str, order: str, line: str, sellers: Collection[int], orders: Iterable[Order]
) -> dict[OrderOf, ByLine]:
    hint = f"INDEXED BY {index}" if connection.vendor == "sqlite" else ""
    # As in services.store.SELLER; "+ 0", as IN (SELECT ...) would be a join, whose constant the planner sees.
    places = ", ".join(["(SELECT %s) + 0"] * len(sellers))
    rows = select_among(
        f"SELECT seller_id, source, {order}, {line}, line_type, currency, amount, amount_foreign"  # noqa: S608
        f" FROM supplychain_salesevent AS event {hint} WHERE {CURRENT} AND seller_id IN ({places})"
        f" AND {condition} AND {order}",
        list(sellers),
        {number for _seller, number in orders},
    )
    found: dict[OrderOf, dict[str, list[Sum]]] = defaultdict(lambda: defaultdict(list))
    for row in map(Sum._make, rows):
        found[row.seller, row.source, row.order][row.line].append(row)
    return dict(found)


def _lines(paid: ByLine, back: ByLine) -> set[str]:
    """The lines of one order whose refunds exceed what was paid."""
    known = {line: facts for line, facts in back.items() if not line or line in paid or "" in paid}
    all_paid = list(chain.from_iterable(paid.values()))
    if _is_more(list(chain.from_iterable(known.values())), all_paid):
        return set(known)
    return {
        line
        for line, facts in known.items()
        if line
        and _is_more(
            facts,
            [one for one in all_paid if one.line in ("", line) or one.line_type == LineType.FREIGHT],
        )
    }


def _is_more(back: Sequence[Sum], paid: Sequence[Sum]) -> bool:
    """Whether some refunds are more than some payments: in the buyers' currency, where it is one."""
    foreign = len({fact.currency for fact in (*back, *paid)}) == 1
    return _sum(back, foreign=foreign) > _sum(paid, foreign=foreign)


def _sum(facts: Sequence[Sum], *, foreign: bool) -> int:
    return sum(
        fact.amount_foreign if foreign and fact.amount_foreign is not None else fact.amount for fact in facts
    )
