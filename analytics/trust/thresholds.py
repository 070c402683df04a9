"""Every threshold of the verdicts, with where it comes from. docs/trust.md says what they cost and what they find.

"Published" are figures reported of the bases this system is modelled on; "chosen" are ours, as small as keeps false
alarms on clean simulated parks below 1 % (`python -m bench trust`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from analytics.choices import Origin, Witness

# Chosen: less than two sources that do not draw on each other are one person's word.
INDEPENDENT = 2

# Chosen. A report counts coupons, freight and the tail after the end, which the paid orders leave out, and now and then
# some order lines are not in yet.
ORDERS_TOLERANCE = Decimal("1.3")
# Chosen. Platforms count a viewer after different seconds, and samples are taken every few minutes.
WATCH_TOLERANCE = Decimal("1.25")
# Chosen. Somebody checks in some minutes before or after going live, and a session may overrun its slot.
AIR_TOLERANCE = Decimal("1.2")
# Chosen. People are never more than entries; counters of tools are read some seconds apart.
ENTRIES_TOLERANCE = Decimal("1.05")

# Chosen. Sales that are taken back are suspect above twice the seller's usual share of orders and beyond chance:
# 3.3 standard deviations are exceeded by one honest session in two thousand.
AFTER_SALES_FACTOR = Decimal(2)
AFTER_SALES_DEVIATIONS = Decimal("3.3")
# Chosen. Of fewer orders nobody knows what is usual.
AFTER_SALES_KNOWN = 30

# Chosen. So long after it was paid an order has left, if anything is going to: platforms ask for two days, for goods
# made to order for up to a week; a warehouse that has longer has that. One in six may be late, and two by chance.
PARCEL_DAYS = 7
PARCELS_TOLERANCE, PARCELS_LATE = Decimal("1.2"), 2
# Chosen. Of fewer orders one parcel that is late says nothing, nor do the parcels of less than half of the orders.
PARCELS_KNOWN = 10

# Chosen. Between samples further apart nobody knows how many watched; of a session less than half covered neither.
LONGEST_GAP = timedelta(minutes=30)
LEAST_COVER = Decimal("0.5")

# Chosen. A counter that falls to at most a half and does not come back in one step was restarted: between two readings,
# minutes apart, fewer came than all the time before. Another fall of more than a hundredth ran backwards, which
# readings that crossed on their way do once, and not in more than one step of twenty.
RESTART_SHARE = Decimal("0.5")
COUNTER_SLACK = Decimal("0.01")
BACKWARDS_SHARE = Decimal("0.05")


@dataclass(frozen=True)
class Yardstick:
    """What one room sold at most in one stretch of time, and who says so."""

    witness: Witness
    origin: Origin
    cny: Decimal
    stretch: timedelta


YARDSTICKS = (
    # Published of the Shaxi base, June 2020: a session of 6 to 8 hours sells for 150,000 to 250,000 CNY.
    Yardstick(Witness.ROOM_SESSIONS, Origin.HOST_RECORD, Decimal(250_000), timedelta(hours=6)),
    # Published of the home appliance festival of Zhongshan, May 2020: all of it sold for less than 1,500,000 CNY on
    # its whole day, so no room did more.
    Yardstick(Witness.ROOM_DAYS, Origin.FESTIVAL_RECORD, Decimal(1_500_000), timedelta(days=1)),
)

# Chosen. What is usual for a seller: its orders of so many days before the session.
USUAL_DAYS = 90
# Chosen. A check-in so shortly before the session was opened was made by opening it, and is no witness of its own.
CHECK_IN_APART = timedelta(minutes=1)
