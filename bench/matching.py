"""Hosts for goods on simulated parks: one season teaches, the next is sold. Net sales by who chose the hosts.

Limit is knowing the truth, peer what people do: the host with the most followers among those who list the category.
`_matching.py` says what is simulated and why; docs/matching.md has the figures.
"""

from __future__ import annotations

import numpy as np

from bench import Row
from bench._matching import Setting, seasons

LEAST = 1.2
# name, setting, seeds; the first one has the goal.
SETTINGS = (
    ("followers tell little (r = 0.3)", Setting(), 20),
    ("followers tell nothing", Setting(followers_tell=0.0), 8),
    ("followers tell much (r = 0.7)", Setting(followers_tell=0.7), 8),
    ("no host suits a category better", Setting(fit_sd=0.0), 8),
)
MILLION = 1e6


def run() -> list[Row]:
    return [
        row
        for number, (name, setting, seeds) in enumerate(SETTINGS)
        for row in _rows(name, setting, seeds, has_goal=number == 0)
    ]


def _rows(name: str, setting: Setting, seeds: int, *, has_goal: bool) -> list[Row]:
    """The mean season, and how ours compares with followers over the seeds."""
    found = [seasons(setting, seed) for seed in range(seeds)]
    mean = {way: float(np.mean([season[way] for season in found])) / MILLION for way in found[0]}
    gains = [season["ours"] / season["followers"] for season in found]
    gain = mean["ours"] / mean["followers"]

    def row(what: str, peer: str, ours: str, goal: str = "", passed: bool = True) -> Row:
        work = f"{name}: {what}"
        return Row(work, mean["oracle"], mean[peer], mean[ours], "M CNY", goal, passed)

    return [
        row(
            f"x {gain:.2f} of followers, worst of {seeds} x {min(gains):.2f}",
            "followers",
            "ours",
            f">= {LEAST:.2f} x peer" if has_goal else "",
            not has_goal or gain >= LEAST,
        ),
        row("beside the best past mean", "past mean", "ours"),
        row("ranking alone", "followers", "ranking"),
    ]
