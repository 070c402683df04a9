"""How many to make now: what more would earn until the season ends, when one may order once more later.

Ways in which demand may go on are drawn (demand.paths). For each number that may be ordered now, the best later order
is found for what will be known then, in groups of ways that look alike by then; so nobody orders today for a doubt that
tomorrow removes, and nobody waits when waiting costs more than it tells.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from supplychain.reorders.demand import Floats, Ints, Prior, Seen, estimate, paths

WAYS = 400
GROUPS = 8
NUMBERS = 21
MOST_OF_DEMAND = 0.98


@dataclass(frozen=True)
class Situation:
    """A style on a day of its sale. Days count from the first of the sale, money is in CNY a piece.

    `coming` are (day, pieces) that are being made already. `next_day` is when one decides again, None: not again.
    `returned` is the part of what is bought that comes back unsold.
    """

    batch: int
    days: Sequence[Seen]
    today: int
    last_day: int
    stock: int
    lead_days: int
    price: float
    cost: float
    leftover: float
    most: int
    coming: Sequence[tuple[int, int]] = ()
    next_day: int | None = None
    returned: float = 0.0


@dataclass(frozen=True)
class Choice:
    """What to order, and what that is expected to earn beyond not ordering now (CNY).

    `curve` holds what each number that was looked at is expected to earn, from (0, 0) on.
    """

    quantity: int
    gain: float
    curve: Sequence[tuple[int, float]] = ((0, 0.0),)


def choose(prior: Prior, seen: Situation) -> Choice:
    """The number to order now that is expected to earn most; 0 where waiting or nothing is as good."""
    arrives = seen.today + seen.lead_days
    if arrives >= seen.last_day or seen.most <= 0 or seen.price <= seen.cost:
        return Choice(0, 0.0)
    weights = estimate(prior, seen.batch, seen.days)
    draw = np.random.default_rng(11)
    ways = paths(prior, seen.batch, weights, seen.today, seen.last_day, WAYS, draw)
    if seen.returned:
        ways = draw.binomial(ways, 1.0 - seen.returned)
    numbers = _numbers(ways, seen)
    earned = _earned(ways, seen, numbers)
    best = int(np.argmax(earned))
    gains = (earned - earned[0]).tolist()
    return Choice(int(numbers[best]), gains[best], tuple(zip(numbers.tolist(), gains, strict=True)))


def _numbers(ways: Ints, seen: Situation) -> Ints:
    """Numbers worth a thought: from none to what hardly any way would sell."""
    coming = sum(pieces for _day, pieces in seen.coming)
    lacking = float(np.quantile(ways.sum(axis=1), MOST_OF_DEMAND)) - seen.stock - coming
    top = int(min(max(lacking, 0.0), seen.most))
    return np.unique(np.round(np.linspace(0.0, 1.0, NUMBERS) ** 1.5 * top).astype(np.int64))


def _earned(ways: Ints, seen: Situation, numbers: Ints) -> Floats:
    """What each number ordered now earns on the mean of the ways, with the best order later."""
    arrives = seen.today + seen.lead_days
    later = seen.next_day
    if later is None or later + seen.lead_days >= seen.last_day or later <= seen.today:
        return _sold(ways, seen, [(arrives, numbers[None, :])]).mean(axis=0)
    groups = _groups(ways[:, : later - seen.today].sum(axis=1))
    both = _sold(
        ways, seen, [(arrives, numbers[None, :, None]), (later + seen.lead_days, numbers[None, None, :])]
    )
    best = [both[group].sum(axis=0).max(axis=1) for group in groups]
    return np.sum(best, axis=0) / len(ways)


def _groups(known: Ints) -> list[NDArray[np.int64]]:
    """The ways in groups of about the same size that are alike in what will be known."""
    return [group for group in np.array_split(np.argsort(known, kind="stable"), GROUPS) if len(group)]


def _sold(ways: Ints, seen: Situation, orders: Sequence[tuple[int, Ints]]) -> Floats:
    """What each way earns with some orders: sales and what is left, less what the orders cost."""
    dims = orders[0][1].ndim
    arrivals: dict[int, list[Ints | int]] = {}
    arriving: list[tuple[int, Ints | int]] = [*seen.coming, *orders]
    for day, pieces in arriving:
        arrivals.setdefault(min(max(day, seen.today), seen.last_day), []).append(pieces)
    days = sorted({seen.today, seen.last_day, *arrivals})
    stock: Floats = np.full((len(ways), *[1] * (dims - 1)), float(seen.stock))
    sold: Floats = np.zeros_like(stock)
    for start, end in pairwise(days):
        for pieces in arrivals.get(start, ()):
            stock = stock + pieces
        wanted = ways[:, start - seen.today : end - seen.today].sum(axis=1, dtype=float)
        part = np.minimum(stock, wanted.reshape(-1, *[1] * (dims - 1)))
        stock, sold = stock - part, sold + part
    for pieces in arrivals.get(seen.last_day, ()):
        stock = stock + pieces
    earned = sold * seen.price + stock * seen.leftover
    for _day, number in orders:
        earned = earned - number * seen.cost
    return earned
