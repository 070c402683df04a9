"""Whatever is sent in whatever batches: each line gets the verdict that a dictionary would give it."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from supplychain.facts import SaleFact
from supplychain.models import SalesEvent, StockLevel
from tests import factories
from tests.supplychain.ledger import NOON, SYSTEM, fact, record, statuses
from tests.supplychain.stockroom import Shop, levels_equal_moves

pytestmark = [pytest.mark.both_databases]


def line(order: int, version: int, amount: int, currency: str) -> SaleFact:
    if currency == "CNY":
        return fact(f"A{order}", amount=f"{amount}.00", version=version)
    return fact(f"A{order}", amount=None, currency=currency, amount_foreign=Decimal(amount), version=version)


LINES = st.builds(
    line,
    st.integers(1, 6),
    st.integers(1, 3),
    st.integers(1, 3),
    st.sampled_from(["CNY", "CNY", "CNY", "XXX"]),
)
BATCHES = st.lists(st.lists(LINES, max_size=30), max_size=6)


class AnyBatches(TestCase):
    def setUp(self) -> None:
        self.seller = factories.make_tenant(factories.make_park("alpha"), "alpha-a")

    @settings(max_examples=80)
    @given(BATCHES)
    def test_verdicts_and_what_is_stored(self, batches: list[list[SaleFact]]) -> None:
        known: dict[tuple[str, int], Decimal | None] = {}
        for batch in batches:
            result = record(self.seller, *batch)
            expected = []
            for each in batch:
                if each.currency == "XXX":
                    expected.append("rejected")
                elif each.key not in known:
                    known[each.key] = each.amount
                    expected.append("stored")
                else:
                    expected.append("duplicate" if known[each.key] == each.amount else "conflict")
            assert statuses(result) == expected
            assert [verdict.index for verdict in result.lines] == list(range(len(batch)))
            assert Counter(expected) == Counter({name: n for name, n in result.counts.items() if n})
        stored = {(event.external_id, event.version): event.amount for event in SalesEvent.objects.all()}
        assert stored == known
        highest = {
            name: max(version for other, version in known if other == name) for name, _version in known
        }
        assert {(event.external_id, event.version) for event in SalesEvent.objects.current()} == set(
            highest.items()
        )


SALES = st.lists(
    st.tuples(st.integers(1, 3), st.integers(1, 4), st.integers(0, 4), st.sampled_from(["S1", "S2", "none"])),
    min_size=1,
    max_size=12,
    unique_by=lambda each: each[:2],
)


class AnyOrder(TestCase):
    """Facts in any order and any batches: the current versions hold all the stock that is held."""

    @settings(max_examples=60)
    @given(SALES, st.randoms(use_true_random=False), st.integers(1, 5))
    def test_current_versions_alone_hold_stock(
        self, sales: list[tuple[int, int, int, str]], chance: object, size: int
    ) -> None:
        shop = Shop()
        skus = {"S1": shop.sku, "S2": shop.tracked("S2")}
        for sku in skus.values():
            shop.receive(100, sku=sku)
        facts = [
            fact(f"A{order}", version=version, qty=quantity, sku_code=code, occurred_at=NOON)
            for order, version, quantity, code in sales
        ]
        chance.shuffle(facts)  # type: ignore[attr-defined]
        for start in range(0, len(facts), size):
            record(shop.seller, *facts[start : start + size], actor=SYSTEM)
        current = {order: max(each for each in sales if each[0] == order) for order, *_rest in sales}
        for code, sku in skus.items():
            sold = sum(quantity for _order, _version, quantity, each in current.values() if each == code)
            assert StockLevel.objects.get(sku=sku).on_hand == 100 - sold
        assert levels_equal_moves()
