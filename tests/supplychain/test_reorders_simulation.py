"""The promise on simulated seasons, on one of them: `python -m bench reorders` takes ten."""

from __future__ import annotations

import pytest

from bench._reorders import SIMPLE, Ours, foreseen, played, season
from bench.reorders import MOST


@pytest.mark.gate
def test_less_is_lost_than_by_the_simple_rule_that_suits_the_season_best() -> None:
    """The best of all settings of all simple rules, found afterwards: nobody could have known it before."""
    styles = season(11)
    most = foreseen(styles)
    simple = max(played(styles, rule) for rules in SIMPLE.values() for rule in rules)
    ours = played(styles, Ours())
    assert simple < most
    assert most - ours <= MOST * (most - simple)
