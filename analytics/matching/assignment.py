"""Many products to many hosts: each product one session with one host, no host in two places, the sum the best.

Times are minutes from the beginning of the days that are planned. Where a host takes one product at most, this is the
assignment problem and solved as such; otherwise it is an integer programme over (product, host, start), solved by
HiGHS. The bound comes from the prices of the linear relaxation, as for schedules; where HiGHS proves a lower one, that.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import ceil, floor, inf

import numpy as np
import scipy  # loads its parts when they are used
from numpy.typing import NDArray

from analytics.matching.facts import HOURS_A_DAY

Ints = NDArray[np.int64]
Spans = Sequence[tuple[int, int]]
Gains = Mapping[tuple[str, str], float]
"""(product, host) -> CNY per hour after refunds that is expected."""

GRIDS = (30, 60, 120, 240)
"""Minutes between two starts; a coarser one where the finer would make too many choices."""
MOST_CHOICES = 30_000
HOUR = 60
DAY = 24 * HOUR


class Proof(StrEnum):
    """What is known of an answer's worth; the values are those of the schedules."""

    OPTIMAL = "optimal"
    BOUNDED = "bounded"
    NONE = "none"


class Left(StrEnum):
    """Why a product got no host."""

    NO_TIME = "no_time"
    OVER_BUDGET = "over_budget"
    NOBODY = "nobody"
    OUTBID = "outbid"


@dataclass(frozen=True, slots=True)
class Product:
    """Goods to be shown for `minutes` in one go within one of the windows.

    `weight` is how often its sales count; `budget` CNY for the host; `stock` CNY that can be sold at most.
    """

    key: str
    minutes: int
    windows: Spans
    weight: int = 1
    budget: float | None = None
    stock: float | None = None

    def worth(self, per_hour: float) -> int:
        """What a host with so many CNY per hour brings, in whole CNY, weighted."""
        sales = per_hour * self.minutes / HOUR
        return self.weight * floor(sales if self.stock is None else min(sales, self.stock))

    def affords(self, host: Worker) -> bool:
        days = ceil(self.minutes / HOUR / HOURS_A_DAY)
        return self.budget is None or days * host.day_rate <= self.budget


@dataclass(frozen=True, slots=True)
class Worker:
    """A host with its free spans, the minutes it works at most, and its day rate in CNY."""

    key: str
    free: Spans
    most: int
    day_rate: float = 0.0


@dataclass(frozen=True, slots=True)
class Pair:
    """A product with its host, from `start` on; `worth` in weighted CNY."""

    product: str
    host: str
    start: int
    worth: int


@dataclass(frozen=True, slots=True)
class Assignment:
    """The answer: pairs by start, what got nobody and why, its value and what none can exceed (None: no proof).

    Both hold for starts every `grid` minutes.
    """

    pairs: tuple[Pair, ...]
    left: tuple[tuple[str, Left], ...]
    value: int
    bound: int | None
    grid: int

    @property
    def proof(self) -> Proof:
        if self.bound is None:
            return Proof.NONE
        return Proof.OPTIMAL if self.bound == self.value else Proof.BOUNDED


@dataclass(frozen=True, slots=True)
class _Choice:
    product: int
    host: int
    start: int
    worth: int


Report = Callable[[int, int | None], None]
"""Told value and bound so far; may raise to stop."""


def assign(
    products: Sequence[Product],
    hosts: Sequence[Worker],
    gains: Gains,
    *,
    seconds: float = 20.0,
    one_each: bool = False,
    report: Report = lambda _value, _bound: None,
) -> Assignment:
    """The best assignment within the time. A pair without a gain is none; with `one_each` a host takes one product."""
    products, hosts = sorted(products, key=lambda one: one.key), sorted(hosts, key=lambda one: one.key)
    for grid in GRIDS:
        choices = _choices(products, hosts, gains, grid, earliest_only=one_each)
        if len(choices) <= MOST_CHOICES:
            break
    start = _greedy(products, hosts, choices, one_each)
    report(_sum(start), None)
    if one_each:
        found, bound = _one_to_one(choices), None
        bound = _sum(found)
    elif len(choices) > MOST_CHOICES:
        found, bound = start, None
    else:
        found, bound = _programme(products, hosts, choices, start, grid, seconds, report)
    taken = {choice.product for choice in found}
    pairs = [Pair(products[one.product].key, hosts[one.host].key, one.start, one.worth) for one in found]
    left = [
        (product.key, _why_left(product, hosts, gains, any(one.product == number for one in choices)))
        for number, product in enumerate(products)
        if number not in taken
    ]
    ordered = sorted(pairs, key=lambda pair: (pair.start, pair.product))
    return Assignment(tuple(ordered), tuple(left), _sum(found), bound, grid)


def _sum(choices: Sequence[_Choice]) -> int:
    return sum(choice.worth for choice in choices)


def _choices(
    products: Sequence[Product], hosts: Sequence[Worker], gains: Gains, grid: int, *, earliest_only: bool
) -> list[_Choice]:
    """Every way to give a product a host and a start on the grid that is worth anything."""
    found = []
    for p, product in enumerate(products):
        for h, host in enumerate(hosts):
            worth = product.worth(gains.get((product.key, host.key), 0.0))
            if worth <= 0 or product.minutes > host.most or not product.affords(host):
                continue
            starts = _starts(product, host, grid)
            found += [_Choice(p, h, start, worth) for start in (starts[:1] if earliest_only else starts)]
    return found


def _starts(product: Product, host: Worker, grid: int) -> list[int]:
    return sorted(
        {
            start
            for since, until in product.windows
            for begins, ends in host.free
            for start in range(
                ceil(max(since, begins) / grid) * grid, min(until, ends) - product.minutes + 1, grid
            )
        }
    )


def _why_left(product: Product, hosts: Sequence[Worker], gains: Gains, had_choice: bool) -> Left:
    if had_choice:
        return Left.OUTBID
    useful = [host for host in hosts if product.worth(gains.get((product.key, host.key), 0.0)) > 0]
    if not useful:
        return Left.NOBODY
    return Left.NO_TIME if any(product.affords(host) for host in useful) else Left.OVER_BUDGET


def _greedy(
    products: Sequence[Product], hosts: Sequence[Worker], choices: Sequence[_Choice], one_each: bool
) -> list[_Choice]:
    """The dearest first, wherever it still fits. It proves nothing."""
    done: set[int] = set()
    busy: dict[int, list[_Choice]] = defaultdict(list)
    for choice in sorted(choices, key=lambda one: (-one.worth, one.product, one.host, one.start)):
        others = busy[choice.host]
        length = products[choice.product].minutes
        worked = sum(products[other.product].minutes for other in others)
        if choice.product in done or (one_each and others) or worked + length > hosts[choice.host].most:
            continue
        if all(
            choice.start >= other.start + products[other.product].minutes
            or other.start >= choice.start + length
            for other in others
        ):
            done.add(choice.product)
            others.append(choice)
    return [choice for others in busy.values() for choice in others]


def _one_to_one(choices: Sequence[_Choice]) -> list[_Choice]:
    """Each host for one product at most: exact in polynomial time."""
    if not choices:
        return []
    size = max(one.product for one in choices) + 1, max(one.host for one in choices) + 1
    worth, at = np.zeros(size), {}
    for choice in choices:
        worth[choice.product, choice.host] = choice.worth
        at[choice.product, choice.host] = choice
    rows, columns = scipy.optimize.linear_sum_assignment(worth, maximize=True)
    pairs = zip(rows.tolist(), columns.tolist(), strict=True)
    return [at[pair] for pair in pairs if pair in at]


@dataclass(frozen=True, slots=True)
class _Model:
    """Rows: each product once, each host once at any time of the grid, and for so many minutes at most."""

    matrix: scipy.sparse.csr_matrix
    limits: Ints
    worth: Ints
    product: Ints
    own_rows: int


def _model(
    products: Sequence[Product], hosts: Sequence[Worker], choices: Sequence[_Choice], grid: int
) -> _Model:
    rows: dict[tuple[int, int], int] = {}
    entries: list[tuple[int, int, int]] = []
    for column, choice in enumerate(choices):
        minutes = products[choice.product].minutes
        entries.append((choice.product, column, 1))
        cells = range(choice.start // grid, ceil((choice.start + minutes) / grid))
        for cell in cells:
            row = rows.setdefault((choice.host, cell), len(products) + len(hosts) + len(rows))
            entries.append((row, column, 1))
        entries.append((len(products) + choice.host, column, minutes))
    limits = [1] * len(products) + [host.most for host in hosts] + [1] * len(rows)
    places = np.array(entries, dtype=np.int64)
    return _Model(
        scipy.sparse.csr_matrix(
            (places[:, 2], (places[:, 0], places[:, 1])), shape=(len(limits), len(choices))
        ),
        np.array(limits, dtype=np.int64),
        np.array([choice.worth for choice in choices], dtype=np.int64),
        np.array([choice.product for choice in choices], dtype=np.int64),
        len(products),
    )


def _programme(
    products: Sequence[Product],
    hosts: Sequence[Worker],
    choices: Sequence[_Choice],
    start: list[_Choice],
    grid: int,
    seconds: float,
    report: Report,
) -> tuple[list[_Choice], int | None]:
    """The best whole solution that the time allows, never below the greedy one, and what the prices prove."""
    if not choices:
        return [], 0
    model = _model(products, hosts, choices, grid)
    relaxed = scipy.optimize.linprog(
        -model.worth.astype(np.float64),
        A_ub=model.matrix.astype(np.float64),
        b_ub=model.limits.astype(np.float64),
        bounds=(0.0, 1.0),
        method="highs",
        options={"time_limit": max(seconds / 2, 0.01)},
    )
    bound = inf if relaxed.status != 0 else proven_bound(model, np.maximum(-relaxed.ineqlin.marginals, 0.0))
    report(_sum(start), None if bound == inf else int(bound))
    found = start
    if _sum(start) < bound:
        solved = scipy.optimize.milp(
            -model.worth.astype(np.float64),
            constraints=scipy.optimize.LinearConstraint(
                model.matrix.astype(np.float64), -np.inf, model.limits.astype(np.float64)
            ),
            bounds=scipy.optimize.Bounds(0.0, 1.0),
            integrality=np.ones(len(choices)),
            options={"time_limit": max(seconds / 2, 0.01), "mip_rel_gap": 0.0},
        )
        if solved.x is not None:
            better = [choices[number] for number in np.flatnonzero(np.rint(solved.x) > 0).tolist()]
            found = better if _sum(better) > _sum(start) else start
        if solved.mip_dual_bound is not None and np.isfinite(solved.mip_dual_bound):
            # Worths are whole: a bound within the solver's tolerance of a whole number is that number.
            bound = min(bound, max(floor(-solved.mip_dual_bound + 1e-4), _sum(found)))
    return found, None if bound == inf else int(bound)


def proven_bound(model: _Model, prices: NDArray[np.float64]) -> float:
    """No solution is worth more, whatever the prices: each product takes its best choice as if nothing else existed.

    A product's own row has no price here. Worths are whole, so the bound is rounded down.
    """
    shared = prices.copy()
    shared[: model.own_rows] = 0.0
    profit = model.worth - model.matrix.T @ shared
    best = np.zeros(model.own_rows)
    np.maximum.at(best, model.product, profit)
    return float(floor(shared @ model.limits + best.sum() + 1e-6))
