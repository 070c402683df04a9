"""What the parcels of a session cost its firm, at the tariff of the warehouse that packed them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from analytics.choices import ResultPart
from analytics.result import accounts_of
from analytics.result.account import Line
from core.actors import user_actor
from core.choices import Role
from livestreams.models import LiveSession
from supplychain.models import WarehouseTariff
from supplychain.services import goods_return, stock_receive, wave_make
from tenants.models import Store
from tests import factories
from tests.supplychain.ledger import NOON, SYSTEM
from tests.supplychain.stockroom import PackingShop

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


class Studio(PackingShop):
    """A seller with two sessions, in whose orders goods of another firm may lie."""

    def __init__(self) -> None:
        super().__init__()
        self.sessions = [factories.make_session(self.seller, starts_at=NOON, live_id=live) for live in "12"]
        self.other = factories.make_tenant(self.park, "other")
        self.theirs = factories.make_sku(self.other, "T1")
        self.theirs.tracked_since = self.sku.tracked_since
        self.theirs.save()
        store = Store.objects.create(tenant=self.seller, platform="jd", account="x", name_zh="集合店")
        store.members.add(self.other)
        for sku in (self.sku, self.theirs):
            stock_receive(actor=SYSTEM, warehouse=self.near, sku=sku, quantity=100)
        self.owner = user_actor(factories.make_user("boss", Role.TENANT_OWNER, self.seller.node))

    def price(self, **prices: str) -> None:
        values = dict.fromkeys(("per_parcel", "per_piece", "per_return", "per_night"), Decimal(0))
        values |= {name: Decimal(price) for name, price in prices.items()}
        WarehouseTariff.objects.create(warehouse=self.near, from_day=NOON.date(), **values)

    def sold(self, order: str, session: int = 0, **values: Any) -> None:
        self.sell(order, session_ref=str(self.sessions[session].uid), **values)

    def parcels(self) -> list[Line]:
        sessions = LiveSession.objects.select_related("booking__room").order_by("pk")
        accounts = accounts_of(self.owner, self.seller.pk, list(sessions))
        return [accounts[session.pk].lines[ResultPart.PARCELS] for session in self.sessions]


@pytest.fixture
def studio() -> Studio:
    return Studio()


def test_a_parcel_costs_its_price_and_that_of_its_pieces(studio: Studio) -> None:
    studio.price(per_parcel="3.5", per_piece="0.6", per_return="1")
    studio.sold("A", qty=2)
    (waits, nothing) = studio.parcels()
    assert (waits.amount, waits.provisional, nothing.amount) == (Decimal("4.70"), True, Decimal(0))
    wave_make(actor=SYSTEM, warehouse=studio.near)
    studio.dispatch("A")
    (sent, _nothing) = studio.parcels()
    assert (sent.amount, sent.provisional) == (Decimal("4.70"), False)
    goods_return(actor=SYSTEM, reservation=studio.line("A"), quantity=1, condition="good")
    assert studio.parcels()[0].amount == Decimal("5.70")


def test_a_parcel_of_two_sessions_is_shared_by_its_pieces(studio: Studio) -> None:
    studio.price(per_parcel="4")
    studio.sold("A", qty=1, line_no="1")
    studio.sold("A", session=1, qty=3, line_no="2")
    wave_make(actor=SYSTEM, warehouse=studio.near)
    studio.dispatch("A")
    assert [line.amount for line in studio.parcels()] == [Decimal(1), Decimal(3)]


def test_orders_of_two_shops_with_one_number_are_two_parcels(studio: Studio) -> None:
    studio.price(per_parcel="4")
    for source in ("one", "other"):
        studio.sold("A", source=source)
    assert studio.parcels()[0].amount == Decimal(8)
    wave_make(actor=SYSTEM, warehouse=studio.near)
    assert studio.parcels()[0].amount == Decimal(8)


def test_pieces_of_others_are_paid_by_their_owners(studio: Studio) -> None:
    studio.price(per_parcel="4", per_piece="1")
    studio.sold("A", qty=1, line_no="1")
    studio.sold("A", qty=1, line_no="2", sku_code="T1", owner="other")
    wave_make(actor=SYSTEM, warehouse=studio.near)
    studio.dispatch("A")
    assert studio.parcels()[0].amount == Decimal(5)


def test_without_prices_or_a_packing_warehouse_it_is_not_known(studio: Studio) -> None:
    studio.sold("A")
    assert studio.parcels()[0].amount is None
    studio.price(per_parcel="4")
    assert studio.parcels()[0].amount == Decimal(4)
    studio.near.packs_orders = False
    studio.near.save()
    studio.sold("B")
    (line, _other) = studio.parcels()
    assert (line.amount, line.known_amount) == (None, Decimal(4))
