"""An assignment from its inputs to its answer, as it is stored and repeated. No database, no clock."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from typing import Any

import msgspec

from analytics.matching.assignment import HOUR, Assignment, Product, Report, Worker, assign
from analytics.matching.facts import Candidate, Observation, Wanted
from analytics.matching.fitting import Fitted, fit
from analytics.matching.goods import Goods, goods_from


@dataclass(frozen=True)
class Inputs:
    """Everything an assignment depends on: free spans of hosts are minutes from the beginning of the first day."""

    observations: tuple[Observation, ...]
    candidates: tuple[Candidate, ...]
    free: dict[str, tuple[tuple[int, int], ...]]
    goods: tuple[dict[str, Any], ...]
    days: int
    most_hours: int
    one_each: bool


def as_json(inputs: Inputs) -> str:
    """The inputs as they are stored, in one order."""
    return msgspec.json.encode(inputs, order="deterministic").decode()


def from_json(text: str) -> Inputs:
    return msgspec.json.decode(text, type=Inputs)


def hash_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True)
class Run:
    """The model, the assignment on it, and both as they are stored."""

    fitted: Fitted
    assignment: Assignment
    figures: dict[str, Any]
    results: dict[str, Any]


def run(inputs: Inputs, *, seconds: float, report: Report = lambda _value, _bound: None) -> Run:
    """Fit the model and assign. The same inputs give the same numbers, unless the time runs out."""
    fitted = fit(inputs.observations)
    goods = [goods_from(row) for row in inputs.goods]
    wanted = {one.name: Wanted(one.category, float(one.hours)) for one in goods}
    estimates = {
        (name, one.host): fitted.estimate(want.case(one))
        for name, want in wanted.items()
        for one in inputs.candidates
    }
    found = assign(
        [_product(one, inputs.days) for one in goods],
        [
            Worker(one.host, inputs.free[one.host], inputs.most_hours * HOUR, one.day_rate)
            for one in inputs.candidates
        ],
        {pair: estimate.middle for pair, estimate in estimates.items()},
        seconds=seconds,
        one_each=inputs.one_each,
        report=report,
    )
    pairs = []
    for pair in found.pairs:
        estimate, hours = estimates[pair.product, pair.host], wanted[pair.product].hours
        levels = {name: round(getattr(estimate, name) * hours, 2) for name in ("middle", "low", "high")}
        pairs.append(asdict(pair) | levels | {"refund_rate": round(estimate.refund_rate, 4)})
    left = [[name, why.value] for name, why in found.left]
    return Run(fitted, found, _figures(fitted), {"pairs": pairs, "left": left, "grid": found.grid})


def _product(goods: Goods, days: int) -> Product:
    """Goods as the assignment takes them: amounts as floats, windows in minutes of its days."""
    return Product(
        goods.name,
        goods.minutes,
        goods.windows(days),
        goods.weight,
        None if goods.budget is None else float(goods.budget),
        None if goods.stock is None else float(goods.stock),
    )


def _figures(fitted: Fitted) -> dict[str, Any]:
    """What is stored of the model."""
    return {
        "sessions": fitted.sessions,
        "factor": round(fitted.factor, 6),
        "variances": {name: round(value, 6) for name, value in sorted(fitted.variances.items())},
    }
