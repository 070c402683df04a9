"""What is due of each month, down to the orders, and by how much that differs from what was stated before.

A month's dues follow from the facts of the month alone, whenever they came in. A statement says the difference
between what is due of its month and of all before, and what earlier statements said of them: so all statements
together always say what a single one at the end would.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Any, NamedTuple, TypeVar

from supplychain.choices import DueKind, SettledBase, SlotFeePer
from supplychain.settlement.apportion import apportion, to_cents
from supplychain.settlement.terms import Terms

Order = tuple[str, str]
"""Source and order number."""
Named = TypeVar("Named", bound=Any)


@dataclass(frozen=True)
class Sale:
    """What happened to an order in a month, as far as the agreement is about it; session 0 is none.

    `paid_in` is the month in which that was paid first; None: the same. `earned` is the commission that the agency
    has of it, where its own host shares in that.
    """

    month: date
    session: int
    order: Order
    paid: int
    refunds: int
    paid_in: date | None = None
    earned: int = 0


@dataclass(frozen=True)
class Slot:
    """A session for which a slot fee may be due, and how many products were explained in it."""

    month: date
    session: int
    products: int


@dataclass(frozen=True)
class Kept:
    """Samples charged in a month: pieces, and what the payer owes for them (below zero: the payee), in units."""

    month: date
    pieces: int
    amount: int


class Key(NamedTuple):
    """Which line: of which month, for what, of which session (0 for those that are of none)."""

    month: date
    kind: str
    session: int = 0


@dataclass(frozen=True)
class Part:
    """An order's part of a line; `earned` where the share is of the commission."""

    paid: int = 0
    refunds: int = 0
    amount: int = 0
    earned: int = 0

    def less(self, other: Part) -> Part:
        return Part(
            self.paid - other.paid,
            self.refunds - other.refunds,
            self.amount - other.amount,
            self.earned - other.earned,
        )


@dataclass(frozen=True)
class Due:
    """A line: `amount` in whole cents, `count` of orders, sessions or products; its parts add up to base and amount."""

    count: int = 0
    base: int = 0
    amount: int = 0
    parts: Mapping[Order, Part] = field(default_factory=dict)

    def less(self, other: Due) -> Due:
        orders = {*self.parts, *other.parts}
        changed = {
            order: self.parts.get(order, Part()).less(other.parts.get(order, Part())) for order in orders
        }
        parts = {order: changed[order] for order in sorted(changed) if changed[order] != Part()}
        count = len(parts) if orders else self.count - other.count
        return Due(count, self.base - other.base, self.amount - other.amount, parts)


def dues_of(
    terms: Terms,
    sales: Iterable[Sale],
    slots: Iterable[Slot],
    months: Iterable[date],
    kept: Iterable[Kept] = (),
) -> dict[Key, Due]:
    """What is due of every month by its sales; `months` are those in which the agreement is in force."""
    sold: dict[date, list[Sale]] = defaultdict(list)
    held: dict[date, list[Slot]] = defaultdict(list)
    for sale in sales:
        sold[sale.month].append(sale)
    for slot in slots:
        held[slot.month].append(slot)
    in_force = set(months)
    found: dict[Key, Due] = {}
    for month in sorted({*sold, *held, *in_force}):
        shares = _shares(terms, month, sold[month])
        found |= shares
        if month in in_force:
            found |= _fixed(terms, month, total(shares), held[month])
    found |= _slot_fees_back(terms, found, sold)
    found |= _kept(kept)
    return {key: due for key, due in found.items() if due != Due()}


def _shares(terms: Terms, month: date, sales: list[Sale]) -> dict[Key, Due]:
    """One line a session; the month's share is rounded once, then cut by session and by order."""
    orders: dict[int, dict[Order, list[int]]] = defaultdict(lambda: defaultdict(lambda: [0, 0, 0]))
    for sale in sales:
        row = orders[sale.session][sale.order]
        row[0] += sale.paid
        row[1] += sale.refunds
        row[2] += sale.earned if terms.base == SettledBase.COMMISSION else 0
    sessions = sorted(orders)
    bases = [sum(terms.base_of(*sums) for sums in orders[each].values()) for each in sessions]
    rate = terms.rate_of(sum(bases))
    amounts = [
        cents * 100
        for cents in apportion(
            to_cents(terms.share_of(sum(bases))) // 100, [base * rate / 100 for base in bases]
        )
    ]
    return {
        Key(month, DueKind.SHARE, session): Due(
            len(orders[session]), base, amount, cut(terms, orders[session], base, amount, rate)
        )
        for session, base, amount in zip(sessions, bases, amounts, strict=True)
    }


def cut(
    terms: Terms, pieces: Mapping[Named, Sequence[int]], base: int, amount: int, rate: Fraction
) -> dict[Named, Part]:
    """An amount along the pieces of its base, each (paid, refunds, earned): of a line orders, of an order who sold it.

    Each has its share at the month's rate; what rounding added or took is spread over all of them.
    """
    names = sorted(pieces)
    bases = [terms.base_of(*pieces[name]) for name in names]
    rounded = (amount - base * rate) / (sum(map(abs, bases)) or 1)
    shares = apportion(amount, [each * rate + abs(each) * rounded for each in bases])
    found = {}
    for name, share in zip(names, shares, strict=True):
        paid, refunds, *earned = pieces[name]
        found[name] = Part(paid, refunds, share, *earned)
    return found


def _fixed(terms: Terms, month: date, share: int, slots: list[Slot]) -> dict[Key, Due]:
    """What is due whatever is sold: up to the guarantee, slot fees, less the month's deduction."""
    missing = to_cents(Fraction(terms.guarantee)) - share
    found = {}
    if terms.guarantee and missing > 0:
        found[Key(month, DueKind.GUARANTEE)] = Due(1, 0, missing)
    for session, count in _slot_counts(terms, slots).items():
        found[Key(month, DueKind.SLOT_FEE, session)] = Due(
            count, 0, count * to_cents(Fraction(terms.slot_fee))
        )
    if terms.deduction:
        found[Key(month, DueKind.DEDUCTION)] = Due(1, 0, -to_cents(Fraction(terms.deduction)))
    return {key: due for key, due in found.items() if due.amount}


def _slot_fees_back(
    terms: Terms, found: Mapping[Key, Due], sold: Mapping[date, list[Sale]]
) -> dict[Key, Due]:
    """What comes back of the slot fees of each month whose sales net less than was guaranteed.

    A line stands in the month of the judgement: `base` is what the sales net, `count` how many months were judged.
    """
    if not terms.guaranteed_sales:
        return {}
    fees: dict[date, int] = defaultdict(int)
    net: dict[date, int] = defaultdict(int)
    for key, due in found.items():
        if key.kind == DueKind.SLOT_FEE:
            fees[key.month] += due.amount
    for sale in (sale for sales in sold.values() for sale in sales):
        net[sale.paid_in or sale.month] += sale.paid - sale.refunds
    back: dict[Key, Due] = {}
    for month in sorted(fees):
        amount = to_cents(terms.back_of(fees[month], net[month]))
        if amount:
            key = Key(terms.judged_in(month), DueKind.SLOT_FEE_BACK)
            known = back.get(key, Due())
            back[key] = Due(known.count + 1, known.base + net[month], known.amount - amount)
    return back


def _kept(kept: Iterable[Kept]) -> dict[Key, Due]:
    """One line a month for all samples that were charged in it."""
    found: dict[Key, Due] = {}
    for each in kept:
        key = Key(each.month, DueKind.SAMPLE)
        known = found.get(key, Due())
        found[key] = Due(known.count + each.pieces, 0, known.amount + each.amount)
    return found


def _slot_counts(terms: Terms, slots: list[Slot]) -> dict[int, int]:
    """How many slot fees a month has, by session; 0: the month's own."""
    if terms.slot_fee_per == SlotFeePer.MONTH:
        return {0: 1}
    per_product = terms.slot_fee_per == SlotFeePer.PRODUCT
    return {slot.session: slot.products if per_product else 1 for slot in slots}


def difference(now: Mapping[Key, Due], stated: Mapping[Key, Due]) -> dict[Key, Due]:
    """The lines of a statement: what is due now, less what was stated of it before."""
    found = {key: now.get(key, Due()).less(stated.get(key, Due())) for key in sorted({*now, *stated})}
    return {key: due for key, due in found.items() if due.amount or due.base or due.parts}


def total(dues: Mapping[Key, Due]) -> int:
    """The sum of the lines, in units."""
    return sum(due.amount for due in dues.values())
