"""Simulated seasons of a firm with fast re-orders: 8 weeks of 35 new styles, each tested with a small batch.

What is drawn, and where its size comes from:

- 30 to 40 styles a week: published of Humen's firms (facts: parks.yaml names small batches and fast re-orders). A test
  batch of 60 to 120 pieces, a season of 45 days from the launch: chosen.
- How well a style goes: the logarithm of its first day's demand in test batches has a standard deviation of 0.9 within
  its category and 0.4 between six categories; one style in twelve is a hit, three times as wanted. Not published.
- How long it goes: half-lives around 9 days (logarithm with a deviation of 0.45).
- Days: gamma noise with shape 2.5, and twice the demand on one day in five, on which the style is shown live; nobody
  is told which days those are.
- Price 60 to 200 CNY, making costs 35 to 60 % of it, what is left at the end brings 20 to 60 % of the cost.
- A lead time of 4, 7 or 12 days by category. The factory makes 900 pieces a day for all styles together.
- One decides on the days 1, 3, 7, 11 and 16 of a style.

The sizes were written down before the first run and not changed after it. Seeds from 1,000 on were for tuning, of the
simple rules as of ours; those that are reported are 0 to 9.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from supplychain.reorders import Choice, Prior, Seen, Situation, choose, learn, share

Ints = NDArray[np.int64]

WEEKS, STYLES_A_WEEK, SEASON = 8, 35, 45
CATEGORIES = 6
DECIDED_ON = (1, 3, 7, 11, 16)
PIECES_A_DAY = 900
LEAD_DAYS = (4, 7, 12)


@dataclass
class Style:
    """A style, its demand by day as it will come, and what happened to it so far."""

    category: int
    start: int
    batch: int
    price: float
    cost: float
    leftover: float
    lead_days: int
    demand: Ints
    stock: int = 0
    sold: int = 0
    made: int = 0
    days: list[Seen] = field(default_factory=list)
    coming: list[tuple[int, int]] = field(default_factory=list)

    def begin(self) -> None:
        """Forget what happened: the season begins again."""
        self.stock, self.sold, self.made = self.batch, 0, 0
        self.days, self.coming = [], []

    def sell(self, day: int) -> None:
        """A day of its sale: what was made comes in, demand takes what is there."""
        self.stock += sum(pieces for when, pieces in self.coming if when == day)
        self.coming = [(when, pieces) for when, pieces in self.coming if when > day]
        taken = min(self.stock, int(self.demand[day]))
        self.days.append(Seen(day, taken, 1.0, sold_out=taken == self.stock))
        self.stock, self.sold = self.stock - taken, self.sold + taken

    @property
    def earned(self) -> float:
        """Beyond the test batch, which was paid before."""
        left = self.stock + sum(pieces for _day, pieces in self.coming)
        return self.sold * self.price + left * self.leftover - self.made * self.cost


Wish = tuple[float, int]
"""How urgent it is, and how many pieces."""
Rule = Callable[[Sequence[Style], Sequence[tuple[Style, int]]], list[Wish]]
"""What to order of the styles on whose day one decides, given all that were launched."""


def season(seed: int) -> list[Style]:
    """The styles of a season by chance."""
    draw = np.random.default_rng(seed)
    level = np.log(0.09) + draw.normal(0.0, 0.4, CATEGORIES)
    lead = [LEAD_DAYS[number % len(LEAD_DAYS)] for number in range(CATEGORIES)]
    styles = []
    for number in range(WEEKS * STYLES_A_WEEK):
        category = int(draw.integers(CATEGORIES))
        batch = int(draw.integers(60, 121))
        hit = np.log(3.0) if draw.random() < 1 / 12 else 0.0
        first = batch * np.exp(level[category] + draw.normal(0.0, 0.9) + hit)
        half_life = np.exp(np.log(9.0) + draw.normal(0.0, 0.45))
        shown = np.where(draw.random(SEASON) < 0.2, 2.0, 1.0)
        mean = first * 0.5 ** (np.arange(SEASON) / half_life) * shown * draw.gamma(2.5, 1 / 2.5, SEASON)
        price = float(draw.uniform(60, 200))
        cost = price * float(draw.uniform(0.35, 0.6))
        styles.append(
            Style(
                category,
                number // STYLES_A_WEEK * 7,
                batch,
                price,
                cost,
                cost * float(draw.uniform(0.2, 0.6)),
                lead[category],
                draw.poisson(mean),
            )
        )
    return styles


def played(styles: Sequence[Style], rule: Rule) -> float:
    """What a season earns with a rule; the factory takes the most urgent wishes first until its day is full."""
    for style in styles:
        style.begin()
    for today in range((WEEKS - 1) * 7 + SEASON):
        launched = [style for style in styles if style.start <= today]
        running = [style for style in launched if today - style.start < SEASON]
        for style in running:
            style.sell(today - style.start)
        asked = [(style, day) for style in running if (day := today - style.start + 1) in DECIDED_ON]
        free = PIECES_A_DAY
        wishes = rule(launched, asked) if asked else []
        for place in sorted(range(len(wishes)), key=lambda one: -wishes[one][0]):
            style, day = asked[place]
            pieces = min(free, wishes[place][1])
            if pieces > 0 and day + style.lead_days < SEASON:
                style.coming.append((day + style.lead_days, pieces))
                style.made += pieces
                free -= pieces
    return sum(style.earned for style in styles)


# Ways


class Ours:
    """The product's: a prior learned over the launches so far, by category where one has enough of them."""

    def __init__(self) -> None:
        self.priors: dict[int, Prior] = {}
        self.learned_on = -1

    def __call__(self, launched: Sequence[Style], asked: Sequence[tuple[Style, int]]) -> list[Wish]:
        if len(launched) != self.learned_on:
            self.learned_on = len(launched)
            self._learn(launched)
        choices = [self._choice(style, day) for style, day in asked]
        return [(choice.gain, choice.quantity) for choice in share(choices, PIECES_A_DAY)]

    def _learn(self, launched: Sequence[Style]) -> None:
        everything = learn([(style.batch, style.days) for style in launched])
        for category in range(CATEGORIES):
            rows = [(style.batch, style.days) for style in launched if style.category == category]
            self.priors[category] = learn(rows, everything)

    def _choice(self, style: Style, day: int) -> Choice:
        later = [one for one in DECIDED_ON if one > day]
        return choose(
            self.priors[style.category],
            Situation(
                batch=style.batch,
                days=style.days,
                today=day,
                last_day=SEASON,
                stock=style.stock,
                lead_days=style.lead_days,
                price=style.price,
                cost=style.cost,
                leftover=style.leftover,
                most=PIECES_A_DAY,
                coming=style.coming,
                next_day=later[0] if later else None,
            ),
        )


def threshold(on: int, least: float, batches: float) -> Rule:
    """What firms do: on a day, styles of which so much of the test batch is sold get so many test batches more."""

    def rule(_launched: Sequence[Style], asked: Sequence[tuple[Style, int]]) -> list[Wish]:
        return [
            (style.sold / style.batch, round(batches * style.batch))
            if day == on and style.sold >= least * style.batch
            else (0.0, 0)
            for style, day in asked
        ]

    return rule


def run_rate(on: int, days: float, least: float) -> Rule:
    """On a day, so many days' worth of the speed so far, less what is there."""

    def rule(_launched: Sequence[Style], asked: Sequence[tuple[Style, int]]) -> list[Wish]:
        return [
            (style.sold / style.batch, max(0, round(style.sold / day * days) - style.stock))
            if day == on and style.sold >= least * style.batch
            else (0.0, 0)
            for style, day in asked
        ]

    return rule


def cover(days: float, last: int) -> Rule:
    """On each day one decides: enough for so many days at the speed of the last three days, also for the lead time."""

    def rule(_launched: Sequence[Style], asked: Sequence[tuple[Style, int]]) -> list[Wish]:
        wishes = []
        for style, day in asked:
            recent = style.days[-3:]
            speed = sum(seen.sold for seen in recent) / len(recent)
            there = style.stock + sum(pieces for _day, pieces in style.coming)
            wish = round(speed * (days + 0.5 * style.lead_days)) - there
            wishes.append((style.sold / style.batch, max(wish, 0) if day <= last else 0))
        return wishes

    return rule


SIMPLE: dict[str, list[Rule]] = {
    "threshold": [
        threshold(on, least, batches)
        for on in (1, 3, 7)
        for least in (0.15, 0.25, 0.35, 0.5, 0.7, 0.9)
        for batches in (0.5, 1.0, 1.5, 2.0, 3.0)
    ],
    "run rate": [
        run_rate(on, days, least)
        for on in (1, 3, 7)
        for days in (6, 9, 12, 16, 20, 25)
        for least in (0.0, 0.2, 0.4)
    ],
    "cover": [cover(days, last) for days in (3, 5, 7, 9, 12, 15) for last in (3, 7, 11, 16)],
}
"""Each with every setting that is tried for it."""


def foreseen(styles: Sequence[Style]) -> float:
    """What somebody earns who knows all demand to come and orders on the first day; its factory has no limit."""
    total = 0.0
    for style in styles:
        arrives = DECIDED_ON[0] + style.lead_days
        left = max(style.batch - int(style.demand[:arrives].sum()), 0)
        after = int(style.demand[arrives:].sum())
        more = max(after - left, 0)
        total += (style.batch - left + after) * style.price - more * style.cost
        if after < left:
            total += (left - after) * style.leftover
    return total
