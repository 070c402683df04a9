"""Who gets a factory's room when there is not enough: each piece goes where it earns most."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from supplychain.reorders.quantity import Choice

Point = tuple[int, float]


def share(choices: Sequence[Choice], room: int) -> list[Choice]:
    """The choices made smaller until they fit into so many pieces, so that together they earn most."""
    if sum(choice.quantity for choice in choices) <= room:
        return list(choices)
    bids = sorted(
        (
            (-(after[1] - before[1]) / (after[0] - before[0]), place, before, after)
            for place, choice in enumerate(choices)
            for before, after in _steps(choice)
        )
    )
    given: list[Point] = [(0, 0.0)] * len(choices)
    for worth, place, before, after in bids:
        pieces = min(after[0] - before[0], room)
        room -= pieces
        given[place] = (given[place][0] + pieces, given[place][1] - worth * pieces)
    return [Choice(number, gain, choice.curve) for (number, gain), choice in zip(given, choices, strict=True)]


def _steps(choice: Choice) -> list[tuple[Point, Point]]:
    """The steps of a curve's upper hull up to the chosen number: each earns less by the piece than the one before."""
    hull: list[Point] = []
    for point in choice.curve:
        if point[0] > choice.quantity:
            break
        while len(hull) > 1 and _below(hull[-2], hull[-1], point):
            hull.pop()
        hull.append(point)
    return [(before, after) for before, after in pairwise(hull) if after[1] > before[1]]


def _below(first: Point, middle: Point, last: Point) -> bool:
    return (middle[1] - first[1]) * (last[0] - first[0]) <= (last[1] - first[1]) * (middle[0] - first[0])
