"""What tests of outside hosts share: a firm that sells through one in May, seen from June."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
import time_machine

from analytics.choices import PeriodKind
from analytics.outsidehosts import HostAccount, outside_host
from analytics.periods import Period
from core.clock import today
from supplychain.models import Agreement, GoodsOffer, ImportBatch, PayoutEntry, SampleRequest
from supplychain.services import (
    agreement_propose,
    agreement_sign,
    goods_offer,
    placing,
    sample_agree,
    sample_ask,
    sample_hand_out,
)
from tenants.choices import Platform
from tests.factories import SYSTEM, TenantWorld, World
from tests.supplychain.ledger import fact, record

MAY = Period(PeriodKind.MONTH, dt.date(2025, 5, 1))
JUNE = Period(PeriodKind.MONTH, dt.date(2025, 6, 1))
NOW = dt.datetime(2025, 6, 20, 2, 0, tzinfo=dt.UTC)  # ten in the morning
NUMBERS = iter(range(10**9))


@pytest.fixture(scope="module", autouse=True)
def _in_the_morning() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def firm(world: World) -> TenantWorld:
    return world.tenants[0]


def sell(firm: TenantWorld, order: str, day: int, amount: str, host: str = "daren-1", **more: Any) -> None:
    values: dict[str, Any] = {"channel": "outside_host", "host_ref": host, "sku_code": firm.skus[0].code}
    at = dt.datetime(2025, 5, day, 4, tzinfo=dt.UTC)
    record(firm.tenant, fact(order, amount=amount, **{"occurred_at": at, **values, **more}))


def at_noon(period: Period, day: int) -> dt.datetime:
    return dt.datetime(2025, period.first.month, day, 4, tzinfo=dt.UTC)


def give_back(firm: TenantWorld, order: str, line: str, amount: str, month: int = 6) -> None:
    at = dt.datetime(2025, month, 15, 4, tzinfo=dt.UTC)
    values = {"ref_order_no": order, "ref_line": line, "line_no": "", "occurred_at": at}
    record(firm.tenant, fact(f"R{next(NUMBERS)}", "refunded", amount, **values))


def agree(firm: TenantWorld, host: str = "daren-1", **terms: Any) -> Agreement:
    """18 % and 200 a month."""
    agreed: dict[str, Any] = {
        "kind": "outside_host",
        "title": "live",
        "outside_name": "Xiaoman",
        "outside_ref": host,
        "from_day": dt.date(2025, 5, 1),
        "sales": "outside",
        "tiers": [(Decimal(0), Decimal(18))],
        "slot_fee": Decimal(200),
        "slot_fee_per": "month",
        **terms,
    }
    proposed = agreement_propose(actor=SYSTEM, seller=firm.tenant, **agreed)
    return agreement_sign(actor=SYSTEM, agreement=proposed)


def settle(firm: TenantWorld, order: str, line: str, commission: str, kind: str = "commission") -> None:
    """A platform says what it kept (below zero) of an order, or of a line of it, when it settled it."""
    batch, _new = ImportBatch.objects.get_or_create(tenant=firm.tenant, source="douyin", file_name="s.csv")
    for what, amount in ((kind, commission), ("goods", "1")):
        PayoutEntry.objects.create(
            tenant=firm.tenant, platform=Platform.DOUYIN, external_id=f"{next(NUMBERS)}", kind=what,
            order_no=order, line_no=line, amount=Decimal(amount), occurred_at=NOW, business_day=NOW.date(),
            import_batch=batch,
        )  # fmt: skip


def told(firm: TenantWorld, host: str = "daren-1", period: Period = MAY) -> HostAccount:
    placing.drain()
    return outside_host(SYSTEM, firm.tenant, host, period)


def yuan(units: int) -> Decimal:
    return Decimal(units) / 10_000


def lend(
    world: World, firm: TenantWorld, pieces: int, host: str = "daren-1", of: TenantWorld | None = None
) -> SampleRequest:
    """Samples at 45.50 a piece, handed out to an outside host."""
    owner = of or firm
    offer = GoodsOffer.objects.filter(tenant=owner.tenant).first() or goods_offer(
        actor=SYSTEM,
        product=owner.skus[0].product,
        floor_price=Decimal(59),
        commission_rate=Decimal(20),
        pieces=100,
        samples=20,
    )
    request = sample_ask(
        actor=SYSTEM,
        offer=offer,
        tenant=firm.tenant,
        platform=Platform.DOUYIN,
        outside_ref=host,
        pieces=pieces,
        until=today(),
    )
    sample_agree(actor=SYSTEM, request=request, price=Decimal("45.50"))
    return sample_hand_out(actor=SYSTEM, request=request, sku=owner.skus[0], warehouse=world.warehouse)
