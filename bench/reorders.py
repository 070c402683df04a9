"""Re-orders on simulated seasons: what is lost beside somebody who knows all demand to come.

Limit is foresight, peer the best of simple rules: each kind of rule is tuned on other seasons, then of the tuned ones
the best on the very season is taken. `_reorders.py` says what is simulated and why; docs/reorders.md has the figures.
"""

from __future__ import annotations

from bench import Row
from bench._reorders import SIMPLE, Ours, Rule, foreseen, played, season

MOST = 0.70
SEEDS = range(10)
TUNED_ON = range(1_000, 1_003)
THOUSAND = 1e3


def tuned() -> dict[str, Rule]:
    """Of each kind of simple rule the setting that earns most on the seasons for tuning."""
    seasons = [season(seed) for seed in TUNED_ON]
    return {
        name: max(rules, key=lambda rule: sum(played(styles, rule) for styles in seasons))
        for name, rules in SIMPLE.items()
    }


def run() -> list[Row]:
    rules = tuned()
    return [_row(seed, rules) for seed in SEEDS]


def _row(seed: int, rules: dict[str, Rule]) -> Row:
    styles = season(seed)
    best = foreseen(styles)
    name, peer = max(((name, played(styles, rule)) for name, rule in rules.items()), key=lambda one: one[1])
    ours = played(styles, Ours())
    ratio = (best - ours) / (best - peer)
    return Row(
        f"season {seed}: regret x {ratio:.2f} of {name}",
        best / THOUSAND,
        peer / THOUSAND,
        ours / THOUSAND,
        "k CNY",
        f"regret <= {MOST:.2f} x peer's",
        ratio <= MOST,
    )
