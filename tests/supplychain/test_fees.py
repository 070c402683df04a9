"""What a shared warehouse takes: each piece of work once, at the price of its day; all months add up to the cent."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase
from time_machine import travel

from core.clock import day_start, month_of, next_month
from core.errors import Conflict, InvalidInput
from core.money import to_cents
from supplychain.choices import FeeKind
from supplychain.fees import Tariffs, month_fees
from supplychain.models import StockMove, Warehouse, WarehouseTariff
from supplychain.services import goods_return, stock_receive, tariff_set, wave_make
from supplychain.tasks import charge_fees
from tenants.models import Charge, Tenant
from tests import factories
from tests.supplychain.ledger import SYSTEM
from tests.supplychain.stockroom import PackingShop

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

PRICES = {
    "per_parcel": Decimal("3.50"),
    "per_piece": Decimal("0.60"),
    "per_return": Decimal(1),
    "per_night": Decimal("0.0125"),
}
NOTHING = dict.fromkeys(PRICES, Decimal(0))
JUNE = dt.date(2025, 6, 1)


def at(day: dt.date, hour: int = 12) -> Any:
    return travel(day_start(day) + hour * dt.timedelta(hours=1), tick=False)


def counts(warehouse: Warehouse, month: dt.date, tenant: Tenant) -> dict[tuple[str, Decimal], int]:
    return {
        (fee.kind, fee.price): fee.count
        for fee in month_fees(warehouse, month, Tariffs([warehouse.pk]))
        if fee.tenant_id == tenant.pk
    }


@pytest.fixture
def shop() -> PackingShop:
    with at(JUNE, 1):
        shop = PackingShop()
        stock_receive(actor=SYSTEM, warehouse=shop.near, sku=shop.sku, quantity=100)
    return shop


def test_each_piece_of_work_is_paid_by_whom_it_was_done_for(shop: PackingShop) -> None:
    with at(JUNE, 1):
        tariff_set(actor=SYSTEM, warehouse=shop.near, from_day=JUNE, **PRICES)
    with at(JUNE.replace(day=10)):
        shop.sell("A", qty=2)
        wave_make(actor=SYSTEM, warehouse=shop.near)
        shop.dispatch("A")
        goods_return(actor=SYSTEM, reservation=shop.line("A"), quantity=1, condition="damaged")
    found = counts(shop.near, JUNE, shop.seller)
    assert found[FeeKind.PARCEL, PRICES["per_parcel"]] == 1
    assert found[FeeKind.PIECE, PRICES["per_piece"]] == 2
    assert found[FeeKind.RETURN, PRICES["per_return"]] == 1


def test_a_night_is_what_lies_there_at_midnight_in_shanghai(shop: PackingShop) -> None:
    quiet = factories.make_tenant(shop.near.park, "quiet")
    sku = factories.make_sku(quiet, "Q")
    with at(JUNE, 1):
        tariff_set(
            actor=SYSTEM, warehouse=shop.near, from_day=JUNE, **{**NOTHING, "per_night": Decimal("0.01")}
        )
    for day, hour, pieces in ((28, 23, 10), (29, 0, 5)):
        with at(JUNE.replace(day=day), hour):
            stock_receive(actor=SYSTEM, warehouse=shop.near, sku=sku, quantity=pieces, source_key=f"{day}")
    # 10 over the night of the 28th, 15 over those of the 29th and the 30th.
    assert counts(shop.near, JUNE, quiet) == {(FeeKind.NIGHT, Decimal("0.01")): 40}
    with at(next_month(JUNE).replace(day=2)):
        assert charge_fees() >= 1
    assert Charge.objects.get(tenant=quiet).amount == Decimal("0.40")


def test_new_prices_hold_from_their_day(shop: PackingShop) -> None:
    with at(JUNE, 1):
        tariff_set(actor=SYSTEM, warehouse=shop.near, from_day=JUNE, **{**NOTHING, "per_parcel": Decimal(3)})
        tariff_set(
            actor=SYSTEM,
            warehouse=shop.near,
            from_day=JUNE.replace(day=15),
            **{**NOTHING, "per_parcel": Decimal(4)},
        )
    for day in (14, 15):
        with at(JUNE.replace(day=day)):
            shop.sell(f"O{day}")
            wave_make(actor=SYSTEM, warehouse=shop.near)
            shop.dispatch(f"O{day}")
    assert counts(shop.near, JUNE, shop.seller) == {
        (FeeKind.PARCEL, Decimal(3)): 1,
        (FeeKind.PARCEL, Decimal(4)): 1,
    }


def test_prices_of_months_that_are_over_stay(shop: PackingShop) -> None:
    with at(JUNE.replace(day=20)):
        with pytest.raises(InvalidInput) as refused:
            tariff_set(actor=SYSTEM, warehouse=shop.near, from_day=dt.date(2025, 5, 31), **PRICES)
        assert refused.value.field == "from_day"
        tariff_set(actor=SYSTEM, warehouse=shop.near, from_day=JUNE, **PRICES)
        with pytest.raises(Conflict):
            tariff_set(actor=SYSTEM, warehouse=shop.near, from_day=JUNE, **NOTHING)


def test_a_month_is_charged_once_from_its_second_day_on(shop: PackingShop) -> None:
    with at(JUNE, 1):
        tariff_set(actor=SYSTEM, warehouse=shop.near, from_day=JUNE, **PRICES)
    july = next_month(JUNE)
    with at(july):
        assert charge_fees() == 0
    with at(july.replace(day=2)):
        assert charge_fees() > 0
        assert charge_fees() == 0
    charge = Charge.objects.get(tenant=shop.seller)
    told = charge.explanation
    assert charge.period == JUNE
    assert to_cents(sum((Decimal(row["amount"]) for row in told["work"]), Decimal(0))) == Decimal(
        told["month"]
    )
    assert Decimal(told["month"]) + Decimal(told["earlier_months"]) == charge.amount


def test_what_comes_late_waits_for_the_next_month(shop: PackingShop) -> None:
    with at(JUNE, 1):
        tariff_set(actor=SYSTEM, warehouse=shop.near, from_day=JUNE, **PRICES)
    july = next_month(JUNE)
    with at(july.replace(day=2)):
        charge_fees()
        StockMove.objects.create(
            warehouse=shop.near,
            owner=shop.seller,
            sku=shop.sku,
            kind="inbound",
            quantity=40,
            source="test",
            source_key="late",
            occurred_at=day_start(JUNE),
        )
        assert charge_fees() == 0
    with at(next_month(july).replace(day=2)):
        charge_fees()
    first, second = Charge.objects.filter(tenant=shop.seller).order_by("period")
    assert (first.period, second.period) == (JUNE, july)
    assert Decimal(second.explanation["earlier_months"]) >= 40 * 30 * PRICES["per_night"]


class Months(TestCase):  # type: ignore[misc]
    """Whatever comes late: all charges together are what one at the end would be."""

    @settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
    @given(
        moves=st.lists(
            st.tuples(st.integers(0, 91), st.integers(1, 40), st.integers(0, 60)), min_size=1, max_size=12
        ),
        price=st.sampled_from(["0.0033", "0.0125", "0.07"]),
    )
    def test_charges_add_up(self, moves: list[tuple[int, int, int]], price: str) -> None:
        """Moves of (day, pieces), each known so many days late."""
        park = factories.make_park("p")
        warehouse = Warehouse.objects.create(park=park, code="w", name_zh="仓")
        owner = factories.make_tenant(park, "t")
        sku = factories.make_sku(owner, "s")
        WarehouseTariff.objects.create(
            warehouse=warehouse, from_day=JUNE, **{**NOTHING, "per_night": Decimal(price)}
        )
        told: dict[dt.date, list[tuple[dt.date, int]]] = defaultdict(list)
        for day, pieces, late in moves:
            happened = JUNE + dt.timedelta(days=day)
            told[happened + dt.timedelta(days=late)].append((happened, pieces))
        month = JUNE
        for _month in range(7):
            for known in sorted(each for each in told if month_of(each) == month):
                for happened, pieces in told[known]:
                    StockMove.objects.create(
                        warehouse=warehouse,
                        owner=owner,
                        sku=sku,
                        kind="inbound",
                        quantity=pieces,
                        source="test",
                        source_key=f"{StockMove.objects.count()}",
                        occurred_at=day_start(happened),
                    )
            month = next_month(month)
            with at(month.replace(day=2)):
                charge_fees()
        lay, first = Decimal(0), JUNE
        while first < month:
            nights = sum(
                pieces * max(0, (next_month(first) - max(first, JUNE + dt.timedelta(days=day))).days)
                for day, pieces, _late in moves
            )
            lay += to_cents(nights * Decimal(price))
            first = next_month(first)
        charged = sum((row.amount for row in Charge.objects.filter(tenant=owner)), Decimal(0))
        assert charged == lay
