"""Goods to hosts: never worth less than what trying everything finds, nobody in two places, and proof or none."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.matching import assignment
from analytics.matching.assignment import Assignment, Gains, Left, Product, Proof, Worker, assign

H = 60


@st.composite
def problems(draw: st.DrawFn) -> tuple[list[Product], list[Worker], dict[tuple[str, str], float]]:
    goods = [
        Product(
            f"p{number}",
            draw(st.sampled_from((60, 90, 120))),
            [(start := draw(st.sampled_from((0, 60, 120))), start + draw(st.sampled_from((120, 180))))],
            draw(st.integers(1, 3)),
            draw(st.none() | st.sampled_from((100.0, 300.0))),
            draw(st.none() | st.sampled_from((50.0, 500.0))),
        )
        for number in range(draw(st.integers(1, 4)))
    ]
    hosts = [
        Worker(
            f"h{number}", [(0, draw(st.sampled_from((120, 300))))], draw(st.sampled_from((120, 240))), 200.0
        )
        for number in range(draw(st.integers(1, 3)))
    ]
    gains = {
        (one.key, host.key): draw(st.sampled_from((0.0, 100.0, 150.0, 320.0, 777.0)))
        for one in goods
        for host in hosts
    }
    return goods, hosts, gains


def every_way(goods: list[Product], hosts: list[Worker], gains: Gains, *, one_each: bool) -> Iterator[int]:
    """The worth of everything that can be done, by trying it all on half hours."""
    options: list[list[tuple[str, int, int, int] | None]] = []
    for one in goods:
        mine: list[tuple[str, int, int, int] | None] = [None]
        for host in hosts:
            worth = one.worth(gains[one.key, host.key])
            if worth <= 0 or not one.affords(host):
                continue
            for start in range(0, 400, 30):
                end = start + one.minutes
                inside = any(a <= start and end <= b for a, b in one.windows)
                if inside and any(a <= start and end <= b for a, b in host.free):
                    mine.append((host.key, start, end, worth))
        options.append(mine)
    most = {host.key: host.most for host in hosts}
    for chosen in product(*options):
        taken = sorted(one for one in chosen if one is not None)
        by_host: dict[str, list[tuple[str, int, int, int]]] = {}
        for one in taken:
            by_host.setdefault(one[0], []).append(one)
        if all(
            sum(end - start for _h, start, end, _w in own) <= most[host]
            # On the grid a session keeps the half hour in which it ends.
            and all(-(-before[2] // 30) * 30 <= after[1] for before, after in pairwise(own))
            and (not one_each or len(own) == 1)
            for host, own in by_host.items()
        ):
            yield sum(one[3] for one in taken)


@settings(max_examples=60, deadline=None)
@given(problem=problems(), one_each=st.booleans())
def test_nothing_is_worth_more(
    problem: tuple[list[Product], list[Worker], dict[tuple[str, str], float]], one_each: bool
) -> None:
    goods, hosts, gains = problem
    found = assign(goods, hosts, gains, one_each=one_each)
    best = max(every_way(goods, hosts, gains, one_each=one_each))
    assert found.value == best
    assert found.bound == best
    assert found.proof == Proof.OPTIMAL
    check(found, goods, hosts)


def check(found: Assignment, goods: list[Product], hosts: list[Worker]) -> None:
    lengths, free = {one.key: one for one in goods}, {host.key: host for host in hosts}
    assert {pair.product for pair in found.pairs} | {name for name, _why in found.left} == set(lengths)
    assert len(found.pairs) + len(found.left) == len(goods)
    by_host: dict[str, list[tuple[int, int]]] = {}
    for pair in found.pairs:
        end = pair.start + lengths[pair.product].minutes
        by_host.setdefault(pair.host, []).append((pair.start, end))
        assert any(a <= pair.start and end <= b for a, b in lengths[pair.product].windows)
        assert any(a <= pair.start and end <= b for a, b in free[pair.host].free)
    for host, spans in by_host.items():
        assert all(before[1] <= after[0] for before, after in pairwise(sorted(spans)))
        assert sum(end - start for start, end in spans) <= free[host].most


WEEK = [(day * 1440 + 9 * H, day * 1440 + 18 * H) for day in range(5)]


def many(count: int) -> tuple[list[Product], list[Worker], dict[tuple[str, str], float]]:
    goods = [Product(f"p{n:02d}", (2 + n % 3) * H, WEEK, 1 + n % 2) for n in range(count)]
    hosts = [Worker(f"h{n}", WEEK, 8 * H) for n in range(count // 4)]
    gains = {
        (one.key, host.key): 500.0 + (7 * i * j) % 97
        for i, one in enumerate(goods)
        for j, host in enumerate(hosts)
    }
    return goods, hosts, gains


def test_the_same_problem_gives_the_same_answer_whatever_its_order() -> None:
    goods, hosts, gains = many(12)
    assert assign(goods, hosts, gains) == assign(goods[::-1], hosts[::-1], gains)


def test_without_time_the_answer_is_greedy_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    goods, hosts, gains = many(12)
    monkeypatch.setattr(assignment, "MOST_CHOICES", 10)
    found = assign(goods, hosts, gains)
    assert found.proof == Proof.NONE
    assert found.bound is None
    assert found.pairs
    check(found, goods, hosts)


def test_the_bound_of_the_prices_holds_for_any_prices() -> None:
    goods, hosts, gains = many(8)
    choices = assignment._choices(goods, hosts, gains, 60, earliest_only=False)
    model = assignment._model(goods, hosts, choices, 60)
    best = assign(goods, hosts, gains).value
    for price in (0.0, 1.0, 50.0, 900.0):
        assert assignment.proven_bound(model, price * (model.limits > 0)) >= best


def test_what_gets_nobody_says_why() -> None:
    day = [(9 * H, 18 * H)]
    goods = [
        Product("busy", 2 * H, [(0, 5 * H)]),
        Product("poor", 2 * H, day, budget=100.0),
        Product("unwanted", 2 * H, day),
        Product("dear", 8 * H, day),
        Product("cheap", 8 * H, day),
    ]
    gains = {("busy", "h"): 9.0, ("poor", "h"): 9.0, ("dear", "h"): 90.0, ("cheap", "h"): 9.0}
    found = assign(goods, [Worker("h", day, 8 * H, day_rate=300.0)], gains)
    assert [pair.product for pair in found.pairs] == ["dear"]
    assert dict(found.left) == {
        "busy": Left.NO_TIME,
        "poor": Left.OVER_BUDGET,
        "unwanted": Left.NOBODY,
        "cheap": Left.OUTBID,
    }


def test_stock_and_weight_decide_what_goods_are_worth() -> None:
    assert Product("p", 2 * H, [], weight=3, stock=500.0).worth(400.0) == 3 * 500
    assert Product("p", 2 * H, [], weight=3).worth(400.0) == 3 * 800


def test_whoever_is_told_may_stop_it() -> None:
    class Stop(Exception):
        pass

    def stop(_value: int, _bound: int | None) -> None:
        raise Stop

    with pytest.raises(Stop):
        assign(*many(8), report=stop)
