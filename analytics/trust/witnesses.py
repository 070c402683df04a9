"""The witnesses. Each looks at the evidence and says how much it would let pass, or nothing when it cannot tell.

A witness is a function from Evidence to findings, listed in WITNESSES: a new one is added there and nowhere else.
What a witness lets pass must never depend on what was stated, so that stating more never makes a claim better.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from analytics.choices import Origin, Witness
from analytics.trust.audience import counted, steps, watched
from analytics.trust.evidence import SECOND, Evidence
from analytics.trust.thresholds import (
    AFTER_SALES_DEVIATIONS,
    AFTER_SALES_FACTOR,
    AFTER_SALES_KNOWN,
    BACKWARDS_SHARE,
    ENTRIES_TOLERANCE,
    LEAST_COVER,
    ORDERS_TOLERANCE,
    PARCELS_KNOWN,
    PARCELS_LATE,
    PARCELS_TOLERANCE,
    WATCH_TOLERANCE,
    YARDSTICKS,
)

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Finding:
    """What one witness says: stated or shown, what it saw itself, and the most it lets pass, in one unit.

    A finding that `supports` vouches for the claim when it does not contradict. The others only know a limit: they
    are heard when it is passed, because what stays below a limit may be true or not.
    """

    witness: Witness
    origin: Origin
    stated: Decimal
    seen: Decimal
    most: Decimal
    supports: bool = True

    @property
    def contradicts(self) -> bool:
        return self.stated > self.most

    @property
    def is_heard(self) -> bool:
        return self.supports or self.contradicts

    @property
    def strain(self) -> float:
        """How much of what the witness lets pass was used up; above 1 it contradicts. For measuring, not for people."""
        return float(self.stated / self.most) if self.most else float(bool(self.stated)) * 1e9


def as_row(finding: Finding) -> dict[str, Any]:
    """A finding as the verdict keeps it, numbers as exact text."""
    return {
        "witness": finding.witness.value,
        "origin": finding.origin.value,
        "stated": f"{finding.stated.normalize():f}",
        "seen": f"{round(finding.seen, 2).normalize():f}",
        "most": f"{round(finding.most, 2).normalize():f}",
        "contradicts": finding.contradicts,
    }


def paid_orders(evidence: Evidence) -> Iterator[Finding]:
    """Sales stated beside the paid orders of the ledger."""
    stated, sold = evidence.claim.sales, evidence.sold
    if stated is not None and sold is not None:
        yield Finding(Witness.ORDERS, Origin.LEDGER, stated, sold.paid, sold.paid * ORDERS_TOLERANCE)


def after_sales(evidence: Evidence) -> Iterator[Finding]:
    """Orders given back beside the seller's usual share: bought sales come back, whole."""
    sold, elsewhere = evidence.sold, evidence.elsewhere
    if evidence.claim.sales is None or sold is None or elsewhere is None:
        return
    if not sold.orders or elsewhere.orders < AFTER_SALES_KNOWN:
        return
    # One more of each kind: nobody's share is nothing or everything for ever.
    usual = Decimal(elsewhere.refund_orders + 1) / (elsewhere.orders + 2)
    expected = usual * sold.orders
    by_chance = AFTER_SALES_DEVIATIONS * (expected * max(1 - usual, Decimal(0))).sqrt() + 1
    most = expected + max(by_chance, expected * (AFTER_SALES_FACTOR - 1))
    yield Finding(Witness.AFTER_SALES, Origin.LEDGER, Decimal(sold.refund_orders), expected, most)


def parcels(evidence: Evidence) -> Iterator[Finding]:
    """Orders that were paid and not given back, beside those whose parcel left: what was bought for show never does.

    Silent where the park packs less than half of the orders.
    """
    sent, sold = evidence.sent, evidence.sold
    if evidence.claim.sales is None or sent is None or sold is None:
        return
    if sent.due >= PARCELS_KNOWN and sent.due >= sold.orders * LEAST_COVER:
        left = Decimal(sent.left)
        most = left * PARCELS_TOLERANCE + PARCELS_LATE
        yield Finding(Witness.PARCELS, Origin.WAREHOUSE, Decimal(sent.due), left, most)


def watch_time(evidence: Evidence) -> Iterator[Finding]:
    """viewers x stay, as stated, beside acu x time on air, as sampled; the source that saw most speaks."""
    stated, on_air = evidence.claim.watched, evidence.on_air
    if stated is None or on_air is None:
        return
    seen = [
        seconds
        for track in evidence.tracks
        if (found := watched(track)) is not None and (seconds := found.seconds(on_air)) is not None
    ]
    if seen:
        most = max(seen)
        yield Finding(Witness.WATCH, Origin.AUDIENCE, Decimal(stated), most, most * WATCH_TOLERANCE)


def entries(evidence: Evidence) -> Iterator[Finding]:
    """Viewers stated beside the entries counted: one person may enter twice, never the other way round."""
    stated, on_air = evidence.claim.viewers, evidence.on_air
    if stated is None or on_air is None:
        return
    seen = [
        number
        for track in evidence.tracks
        if (number := counted(track, "entered")) is not None and _covers(track[-1].at - track[0].at, on_air)
    ]
    if seen:
        most = Decimal(max(seen))
        yield Finding(
            Witness.ENTRIES, Origin.AUDIENCE, Decimal(stated), most, most * ENTRIES_TOLERANCE, supports=False
        )


def _covers(span: timedelta, on_air: timedelta) -> bool:
    """Whether a counter was read from near the beginning to near the end."""
    return Decimal(span // SECOND) * WATCH_TOLERANCE >= on_air // SECOND


def counters(evidence: Evidence) -> Iterator[Finding]:
    """Counters that only grow, beside how often they ran backwards."""
    made = [step for track in evidence.tracks for step in steps(track)]
    if made:
        # One step back is readings that crossed on their way.
        most = max(Decimal(1), BACKWARDS_SHARE * len(made))
        yield Finding(Witness.COUNTERS, Origin.AUDIENCE, Decimal(sum(made)), Decimal(0), most, supports=False)


def air_time(evidence: Evidence) -> Iterator[Finding]:
    """Time on air, as stated or else as recorded, beside what door and encoder saw of it."""
    stated = evidence.claim.minutes
    if stated is None and evidence.length is not None:
        stated = evidence.length // MINUTE
    if stated is None:
        return
    for each in evidence.air:
        seen, most = (Decimal(length // SECOND) / 60 for length in (each.length, each.most))
        yield Finding(each.witness, each.origin, Decimal(stated), seen, most)


def physical_bound(evidence: Evidence) -> Iterator[Finding]:
    """Sales stated beside what rooms like these sold at most in as many stretches of time. Unknown rooms: no bound.

    A bound that the kept sales of the ledger have passed is none for this session.
    """
    stated, rooms, on_air = evidence.claim.sales, evidence.rooms, evidence.on_air
    if stated is None or rooms is None or on_air is None:
        return
    kept = evidence.sold.paid - evidence.sold.refunds if evidence.sold is not None else Decimal(0)
    for yardstick in YARDSTICKS:
        stretches = max(1, -(-on_air // yardstick.stretch))
        most = rooms * stretches * yardstick.cny
        if kept <= most:
            yield Finding(yardstick.witness, yardstick.origin, stated, most, most, supports=False)


WitnessFunction = Callable[[Evidence], Iterable[Finding]]
WITNESSES: tuple[WitnessFunction, ...] = (
    paid_orders,
    after_sales,
    parcels,
    watch_time,
    entries,
    counters,
    air_time,
    physical_bound,
)
