"""A result by the pure rule: sources add up to lines, lines to the result, and what is unknown is never 0."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from analytics.choices import ResultPart, SourceKind
from analytics.result import Account, Source, line_of
from analytics.result.account import NEEDED
from analytics.result.metrics import RESULT_REGISTRY
from core.money import to_units

CENT = 100
UNITS = st.integers(-(10**12), 10**12)
COSTS = [part for part in ResultPart if part != ResultPart.NET]


def sources(*units: int | None) -> list[Source]:
    return [Source(SourceKind.ORDERS, "x", each) for each in units]


def account(**parts: Any) -> Account:
    """An account in CNY: net sales as (paid, refunds), everything else as one amount, 0 unless given."""
    paid, refunds = parts.pop("net_sales", (0, 0))
    lines = {ResultPart.NET: line_of(ResultPart.NET, sources(paid * 10_000, -refunds * 10_000))}
    for part in COSTS:
        value = parts.get(part, 0)
        units = None if value is None else to_units(Decimal(value))
        lines[part] = line_of(part, sources(units))
    return Account(lines)


@given(st.dictionaries(st.sampled_from(COSTS), st.lists(st.none() | UNITS, max_size=6)), UNITS, UNITS)
def test_sources_add_up_to_lines_and_lines_to_the_result(
    given_costs: dict[ResultPart, list[int | None]], paid: int, refunds: int
) -> None:
    lines = {ResultPart.NET: line_of(ResultPart.NET, sources(paid, -refunds))}
    lines |= {part: line_of(part, sources(*given_costs.get(part, [0]))) for part in COSTS}
    found = Account(lines)
    for part, line in lines.items():
        exact = given_costs.get(part, [0]) if part in COSTS else [paid, -refunds]
        known = [each for each in exact if each is not None]
        assert line.known == sum(each.units for each in line.sources if each.units is not None)
        assert line.known % CENT == 0
        assert abs(line.known - sum(known)) * 2 <= CENT
        assert (line.units is None) == (not exact or None in exact)
        pairs = zip(exact, line.sources, strict=True)
        assert all(was is None or abs(was - (now.units or 0)) < CENT for was, now in pairs)
    assert found.left == found.net - sum(line.known for line in found.costs)
    unknown = [part for part in NEEDED if lines[part].units is None]
    assert [line.part for line in found.missing] == unknown
    assert found.units == (None if unknown else found.left)


def test_every_variant_of_the_return_on_ads() -> None:
    found = account(
        net_sales=(1000, 200), goods="300", platform="40", commission="100", slot_fee="60", room="50", ad_spend="100"
    )  # fmt: skip
    assert found.amount == Decimal(150)
    assert found.metrics == {
        "session_result": Decimal(150),
        "roi_gmv": Decimal(10),
        "roi_net": Decimal(8),
        "roi_full": Decimal("0.230769"),  # 150 / 650
        "roi_break_even": Decimal(2),  # 1 / ((800 - 300) / 800 * 0.8)
    }
    assert set(found.metrics) == set(RESULT_REGISTRY)


def test_what_nobody_recorded_makes_the_result_unknown_and_not_smaller() -> None:
    found = account(net_sales=(1000, 0), goods=None, ad_spend="100")
    assert (found.amount, found.left_amount) == (None, Decimal(900))
    assert [line.part for line in found.missing] == [ResultPart.GOODS]
    assert found.metrics["roi_gmv"] == Decimal(10)
    assert {found.metrics[code] for code in ("session_result", "roi_full", "roi_break_even")} == {None}


def test_parcels_count_where_they_are_known_and_are_not_waited_for() -> None:
    assert account(net_sales=(100, 0), parcels="7").amount == Decimal(93)
    assert account(net_sales=(100, 0), parcels=None).amount == Decimal(100)


def test_nothing_is_divided_by_nothing() -> None:
    assert set(account(net_sales=(0, 0)).metrics.values()) == {None, Decimal(0)}
    # Goods that cost more than they bring have no break-even at any spend.
    assert account(net_sales=(100, 0), goods="100", ad_spend="1").metrics["roi_break_even"] is None
