"""Settlements and fund movements of platforms, by the headers of their exports."""

from __future__ import annotations

from collections.abc import Sequence

from supplychain.importing.payouts import douyin, kuaishou
from supplychain.importing.payouts.line import PayoutLine
from supplychain.importing.profiles import best_fit
from supplychain.importing.profiles.base import Profile

PAYOUT_PROFILES: dict[str, Profile[PayoutLine]] = {
    found.code: found for found in (douyin.SETTLEMENT, douyin.FUNDS, kuaishou.SETTLEMENT)
}

SETTLING = frozenset(found.source for found in PAYOUT_PROFILES.values())
"""The platforms whose settlements are read."""


def payout_profile(headers: Sequence[str]) -> Profile[PayoutLine] | None:
    """The profile of payouts whose headers these are."""
    return best_fit(PAYOUT_PROFILES.values(), headers)


__all__ = ["PAYOUT_PROFILES", "SETTLING", "PayoutLine", "payout_profile"]
