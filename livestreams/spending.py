"""What counts of ad spend: the highest version of each hour."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from livestreams.models import AdSpend


def spend_by_hour(facts: Iterable[AdSpend]) -> dict[datetime, Decimal]:
    """The amount that counts for each hour of one session, by hour."""
    counted = {fact.hour: fact.amount for fact in sorted(facts, key=lambda fact: fact.version)}
    return dict(sorted(counted.items()))
