"""Order lines of a simulated park: how many the rule classes, and how many of those rightly.

Limit is telling every one right. Peers are what operators do by hand: the session of the same day, and the join of an
order export with a table of shifts, in which both ends count, a night ends at midnight, what was sold outside vanishes
and later refunds are missed. bench/_attribution.py says what is assumed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bench import Row
from bench._attribution import Seller, Sold, park
from core.clock import HOUR, local
from supplychain.attribution import Placed, Unclear, decide

SEED = 1
WINDOW = 12 * HOUR
LEAST_CLASSED, LEAST_RIGHT = 97.0, 99.0

Told = tuple[bool, int | None]
"""Whether a line was classed, and its session."""
Way = Callable[[Seller, Sold], Told]


def run() -> list[Row]:
    return rows(park(SEED))


def rows(sellers: Sequence[Seller]) -> list[Row]:
    """What each way makes of the same lines."""
    ours, right, off = _measure(sellers, by_rule)
    found = []
    for name, way in (("by date only", by_date), ("hand-made join", by_join)):
        classed, told_right, far = _measure(sellers, way)
        found += [
            Row(
                f"lines classed, beside {name}",
                100.0,
                classed,
                ours,
                "%",
                f">= {LEAST_CLASSED:g} %",
                ours >= LEAST_CLASSED,
            ),
            Row(
                f"of those right, beside {name}",
                100.0,
                told_right,
                right,
                "%",
                f">= {LEAST_RIGHT:g} %",
                right >= LEAST_RIGHT,
            ),
            Row(f"net of the sessions off by, beside {name}", 0.0, far, off, "%", "", True),
        ]
    return found


def _measure(sellers: Sequence[Seller], way: Way) -> tuple[float, float, float]:
    """Percent of lines classed, percent of those right, and by how much the net of all sessions is wrong."""
    lines = [(seller, sold, way(seller, sold)) for seller in sellers for sold in seller.lines]
    classed = [(sold, session) for _seller, sold, (known, session) in lines if known]
    right = sum(session == sold.session for sold, session in classed)
    true = sum(sold.amount - sold.refunded for _seller, sold, _told in lines if sold.session is not None)
    misses_refunds = way is by_join
    net = sum(
        sold.amount - (0 if misses_refunds else sold.refunded)
        for sold, session in classed
        if session is not None
    )
    return 100 * len(classed) / len(lines), 100 * right / max(len(classed), 1), 100 * abs(net - true) / true


def by_rule(seller: Seller, sold: Sold) -> Told:
    near = [stage for stage in seller.stages if abs(stage.start - sold.line.paid_at) < 40 * HOUR]
    answer = decide(sold.line, near, seller.ours, WINDOW)
    return not isinstance(answer, Unclear), answer.session if isinstance(answer, Placed) else None


def by_date(seller: Seller, sold: Sold) -> Told:
    """The first session that began on the day."""
    day = local(sold.line.paid_at).date()
    return True, next((stage.key for stage in seller.stages if local(stage.start).date() == day), None)


def by_join(seller: Seller, sold: Sold) -> Told:
    """Of the account, from begin to end with both, on the day of the begin; who is in two is in the last."""
    at = sold.line.paid_at
    found = [
        stage.key
        for stage in seller.stages
        if sold.line.account in stage.accounts
        and stage.start <= at <= (stage.end or at)
        and local(stage.start).date() == local(at).date()
    ]
    return bool(found), found[-1] if found else None
