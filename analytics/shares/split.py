"""Sharing out: whole numbers only, so that the parts add up to the whole. No database, no clock."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from core.money import allocate

NOBODY = 0
"""The party that has what was sold while nobody was on shift."""

Measures = tuple[int, int, int, int]
"""Paid, refunds, units paid, units refunded: money in units of 1/10,000 CNY."""
NOTHING: Measures = (0, 0, 0, 0)
Shares = dict[int, Measures]


@dataclass(frozen=True)
class Shift:
    """Somebody for [since, until); until None: still there."""

    person: int
    since: datetime
    until: datetime | None

    def holds(self, at: datetime) -> bool:
        return self.since <= at and (self.until is None or at < self.until)


@dataclass(frozen=True)
class LineSums:
    """What happened to one line in a session: `paid_at` is its first payment, None where that is not known.

    A line whose number is empty stands for its order as a whole when the order has others.
    """

    order: tuple[object, ...]
    line: str
    paid_at: datetime | None
    sums: Measures


def share_out(lines: Iterable[LineSums], shifts: Iterable[Shift]) -> Shares:
    """The sums of a session by who was on shift when each line was paid."""
    return add_up(shares for _line, shares in share_lines(lines, shifts))


def add_up(each: Iterable[Shares]) -> Shares:
    """The sum by party; those without anything are left out."""
    found: dict[int, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for shares in each:
        for party, parts in shares.items():
            _add(found[party], parts)
    return {party: (row[0], row[1], row[2], row[3]) for party, row in found.items() if any(row)}


def share_lines(lines: Iterable[LineSums], shifts: Iterable[Shift]) -> Iterator[tuple[LineSums, Shares]]:
    """Each line of a session with its sums by who was on shift when it was paid.

    Who shares a moment shares the line equally, its refunds as its payment. What is given back of an order as a whole
    is shared as the order was.
    """
    on_shift = list(shifts)
    paid: dict[tuple[object, ...], dict[int, int]] = defaultdict(lambda: defaultdict(int))
    whole_orders = []
    for each in lines:
        if each.paid_at is None:
            whole_orders.append(each)
            continue
        people = {shift.person for shift in on_shift if shift.holds(each.paid_at)} or {NOBODY}
        shares = _split(each.sums, dict.fromkeys(people, 1))
        for person, parts in shares.items():
            paid[each.order][person] += parts[0]
        yield each, shares
    for each in whole_orders:
        yield each, _split(each.sums, paid.get(each.order) or {NOBODY: 1})


def regroup(shares: Mapping[int, Measures], group: Mapping[int, int]) -> Shares:
    """Shares of people as shares of what they belong to; nobody stays nobody."""
    found: dict[int, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for person, parts in shares.items():
        _add(found[group.get(person, NOBODY)], parts)
    return {key: (row[0], row[1], row[2], row[3]) for key, row in found.items()}


def _split(sums: Measures, weights: Mapping[int, int]) -> dict[int, Measures]:
    """By largest remainder; among equal ones the lower key goes first."""
    if len(weights) == 1:  # as nearly every line
        return dict.fromkeys(weights, sums)
    keys = sorted(weights)
    columns = [allocate(total, [weights[key] for key in keys]) for total in sums]
    return {
        key: (parts[0], parts[1], parts[2], parts[3])
        for key, parts in zip(keys, zip(*columns, strict=True), strict=True)
    }


def _add(row: list[int], parts: Measures) -> None:
    for place, amount in enumerate(parts):
        row[place] += amount
