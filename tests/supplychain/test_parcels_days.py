"""Random days of a warehouse: whatever is done in whatever order, everything adds up."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from core.errors import DomainError
from supplychain.models import Backorder, Reservation, StockLevel, StockMove, Wave
from supplychain.services import (
    backorder_fill,
    goods_return,
    line_missing,
    pick_list,
    stock_place,
    stock_transfer,
    wave_make,
)
from supplychain.tasks import release_refunded
from tests.supplychain.ledger import SYSTEM
from tests.supplychain.stockroom import PackingShop, everything_adds_up

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


class Acts:
    """What people do in a warehouse, in whatever order; what is refused changes nothing."""

    def __init__(self) -> None:
        self.shop = PackingShop()
        self.versions = dict.fromkeys(range(6), 0)

    def receive(self, number: int, quantity: int) -> None:
        self.shop.receive(quantity, zone=SHELVES[number])

    def shift(self, number: int, quantity: int) -> None:
        stock_transfer(
            actor=SYSTEM,
            origin=self.shop.near,
            target=self.shop.near,
            sku=self.shop.sku,
            quantity=quantity,
            from_zone=SHELVES[number],
            to_zone=SHELVES[-1 - number],
        )

    def place(self, number: int, _quantity: int) -> None:
        for level in StockLevel.objects.all():
            stock_place(actor=SYSTEM, level=level, zone=SHELVES[number])

    def sell(self, number: int, quantity: int) -> None:
        """The order, or a correction of it."""
        self.versions[number] += 1
        self.shop.sell(f"O-{number}", quantity, external_id=f"O-{number}", version=self.versions[number])

    def refund(self, number: int, quantity: int) -> None:
        self.shop.refund(f"O-{number}", 10 * quantity, external_id=f"R{number}-{quantity}")
        release_refunded()

    def wave(self, _number: int, quantity: int) -> None:
        wave_make(actor=SYSTEM, warehouse=self.shop.near, orders=quantity)

    def dispatch(self, number: int, _quantity: int) -> None:
        """It leaves from the zones where the pick list of its wave sends people."""
        parcel = self.shop.packed(f"O-{number}")
        before, last = self._to_fetch(parcel.wave), StockMove.objects.count()
        self.shop.dispatch(f"O-{number}", f"SF{last}")
        left = StockMove.objects.filter(source="parcel").order_by("-pk")
        gone = Counter({move.zone: -move.quantity for move in left[: StockMove.objects.count() - last]})
        assert gone + self._to_fetch(parcel.wave) == before

    def _to_fetch(self, wave: Wave) -> Counter[str]:
        return Counter({pick.zone: pick.quantity for pick in pick_list(wave)})

    def come_back(self, number: int, quantity: int) -> None:
        for line in self._lines(number, "dispatched"):
            goods_return(actor=SYSTEM, reservation=line, quantity=quantity, condition="good")

    def miss(self, number: int, _quantity: int) -> None:
        for line in self._lines(number, "in_wave"):
            line_missing(actor=SYSTEM, reservation=line)

    def fill(self, number: int, _quantity: int) -> None:
        for owed in Backorder.objects.filter(order_no=f"O-{number}", state="open"):
            backorder_fill(actor=SYSTEM, backorder=owed, warehouse=self.shop.near)

    def _lines(self, number: int, state: str) -> list[Reservation]:
        return list(Reservation.objects.filter(order_no=f"O-{number}", state=state)[:1])


SHELVES = ("", "A", "B", "A", "B", "")


KINDS = ("receive", "shift", "place", "sell", "refund", "wave", "dispatch", "come_back", "miss", "fill")


ACTS = st.lists(st.tuples(st.sampled_from(KINDS), st.integers(0, 5), st.integers(1, 3)), max_size=25)


class EverythingAddsUp(TestCase):
    @given(ACTS)
    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
    def test_whatever_is_done_in_whatever_order(self, acts: list[tuple[str, int, int]]) -> None:
        warehouse = Acts()
        for kind, number, quantity in acts:
            with suppress(DomainError):
                getattr(warehouse, kind)(number, quantity)
            assert everything_adds_up(), (kind, number, quantity)
