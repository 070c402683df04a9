"""A simulated park whose order lines know in secret where they were sold.

What is assumed: eight sellers for 28 days. Each evening a seller's main account is on air from about seven in the
evening to half past one; on three days of five a second account of it runs beside for two hours. Of all lines 60 % are
sold by these sessions: nine of ten while on air, more towards the end, the others within two hours after it. 40 % are
not: product card, short video, the shop, and hosts of other places, who sell most in the same evening hours; one in
a hundred is sold by a host of the house at home. Exports name the live id of one line in four of the sessions. One
line in fifty names no account, one in twenty no channel. What a session explains is told for half of the sessions,
and both sell from the same hundred products. A quarter of the lines is given back, one to twenty days later.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from core.clock import DAY, HOUR, MINUTE, SHANGHAI
from supplychain.attribution import OrderLine, Shown, Stage

FIRST = datetime(2025, 6, 1, tzinfo=SHANGHAI)
SELLERS, DAYS, LINES_A_DAY = 8, 28, 60
OUTSIDE = {"product_card": 0.38, "short_video": 0.2, "shop": 0.1, "outside_host": 0.29, "at_home": 0.03}


@dataclass(frozen=True)
class Sold:
    """A line as the export tells it, and where it was sold: None for outside of the park's sessions."""

    line: OrderLine
    session: int | None
    amount: int
    refunded: int
    refunded_at: datetime | None


@dataclass
class Seller:
    """A firm: its accounts, its sessions, its lines."""

    ours: frozenset[str]
    stages: list[Stage] = field(default_factory=list)
    lines: list[Sold] = field(default_factory=list)


def park(seed: int) -> list[Seller]:
    """The sellers of a park."""
    dice = random.Random(seed)
    return [_seller(dice, number) for number in range(SELLERS)]


def _seller(dice: random.Random, number: int) -> Seller:
    main, second = f"{number}-main", f"{number}-second"
    seller = Seller(frozenset({main, second}))
    for day in range(DAYS):
        midnight = FIRST + day * DAY
        key = (number * DAYS + day) * 10
        tonight = [_stage(dice, key + 1, main, midnight + 19 * HOUR, 6.5 * HOUR)]
        if dice.random() < 0.6:
            tonight.append(_stage(dice, key + 2, second, midnight + 20 * HOUR, 2 * HOUR))
        seller.stages += tonight
        seller.lines += _lines(dice, tonight, midnight)
    return seller


def _stage(dice: random.Random, key: int, account: str, start: datetime, length: timedelta) -> Stage:
    start += dice.randint(-30, 30) * MINUTE
    end = start + length + dice.randint(-20, 20) * MINUTE
    told = sorted(dice.sample(range(100), 20)) if dice.random() < 0.5 else []
    shown = [Shown(product, None, start + place * 5 * MINUTE, end) for place, product in enumerate(told)]
    return Stage(key=key, platform="douyin", start=start, end=end, accounts=frozenset({account}), shown=shown)


def _lines(dice: random.Random, stages: list[Stage], midnight: datetime) -> Iterator[Sold]:
    for _number in range(LINES_A_DAY):
        if dice.random() < 0.6:
            stage = dice.choice(stages)
            ends_at = stage.end or stage.start
            length = ends_at - stage.start
            late = dice.random() < 0.1
            paid_at = (
                ends_at + dice.random() * 2 * HOUR if late else stage.start + dice.random() ** 0.7 * length
            )
            yield _sold(dice, "live", paid_at, next(iter(stage.accounts)), stage)
        else:
            yield _outside(dice, stages, midnight)


def _outside(dice: random.Random, stages: list[Stage], midnight: datetime) -> Sold:
    kind = dice.choices(list(OUTSIDE), list(OUTSIDE.values()))[0]
    evening = kind in ("outside_host", "short_video") and dice.random() < 0.7
    paid_at = midnight + (dice.uniform(19, 24) if evening else dice.uniform(0, 24)) * HOUR
    if kind == "at_home":
        paid_at = midnight + dice.uniform(9, 18) * HOUR
        return _sold(dice, "live", paid_at, next(iter(stages[0].accounts)), None)
    if kind == "outside_host":
        return _sold(dice, dice.choice(["live", "outside_host"]), paid_at, f"guest{dice.randrange(40)}", None)
    return _sold(dice, kind, paid_at, "", None)


def _sold(dice: random.Random, channel: str, paid_at: datetime, account: str, stage: Stage | None) -> Sold:
    amount = dice.randint(1_000, 50_000)
    back = amount if dice.random() < 0.25 else 0
    line = OrderLine(
        paid_at=paid_at.replace(microsecond=0),
        channel="other" if dice.random() < 0.05 else channel,
        platform="douyin",
        account="" if dice.random() < 0.02 else account,
        product=dice.randrange(100),
        named=stage.key if stage is not None and dice.random() < 0.25 else None,
    )
    when = paid_at + dice.randint(1, 20) * DAY if back else None
    return Sold(line, stage.key if stage else None, amount, back, when)
