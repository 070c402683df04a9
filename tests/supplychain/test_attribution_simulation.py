"""The rule on a simulated park: the goals of bench/attribution.py on one seed, and what is done by hand falls short."""

from __future__ import annotations

import pytest

from bench._attribution import park
from bench.attribution import rows


@pytest.mark.gate
def test_most_lines_are_classed_and_rightly() -> None:
    sellers = park(seed=7)
    lines = [sold for seller in sellers for sold in seller.lines]
    outside = sum(sold.session is None for sold in lines) / len(lines)
    assert 0.37 < outside < 0.43
    measured = rows(sellers)
    assert [row.work for row in measured if not row.passed] == []
    by_date, join = measured[:3], measured[3:]
    assert by_date[1].peer < 50  # everything of the day is the session's, outside hosts and cards as well
    assert join[0].peer < 60  # what lies outside and what came after midnight has vanished
    assert join[2].peer > 10 * join[2].ours  # and nobody took the later refunds off
