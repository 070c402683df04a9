"""Tells the reference's facts to the real ledger, and reads the counted tables in the reference's terms."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable, Hashable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.db import models

from analytics.models import DaySales, HourSales, MonthSales, SessionFigures, SpreadOrder
from livestreams.models import LiveSession
from supplychain.facts import SaleFact
from supplychain.models import SalesEvent
from supplychain.services import BatchResult, attribution_set, sales_record
from tenants.models import Tenant
from tests.analytics.reference import Book, Fact
from tests.factories import SYSTEM

NOON = dt.datetime(2025, 6, 1, 4, 0, tzinfo=dt.UTC)
Sell = Callable[..., Fact]
Again = Callable[[Fact], Fact]
MEASURES = (
    "gmv_created", "gmv_paid", "refunds", "cancellations", "adjustments",
    "units_paid", "units_refunded", "lines", "orders", "refund_orders", "cross_border_paid", "cross_border_refunds",
)  # fmt: skip


def sale_fact(fact: Fact, session: LiveSession | None = None) -> SaleFact:
    return SaleFact(
        kind=fact.kind,
        order_no=fact.order_no,
        qty=fact.qty,
        occurred_at=fact.at,
        amount=fact.amount,
        external_id=fact.external_id,
        version=fact.version,
        line_no=fact.line_no,
        line_type=fact.line_type,
        ref_order_no=fact.ref_order_no,
        ref_line=fact.ref_line,
        channel=fact.channel,
        customs_mode=fact.customs_mode,
        session_ref=str(session.uid) if session else "",
    )


def tell(
    seller: Tenant, facts: Sequence[Fact], sessions: Mapping[int, LiveSession] | None = None
) -> BatchResult:
    """Record facts of one seller and source."""
    lines = [(index, sale_fact(fact, (sessions or {}).get(fact.session))) for index, fact in enumerate(facts)]
    return sales_record(actor=SYSTEM, seller=seller, source=facts[0].source, facts=lines)


def attribute(seller: Tenant, fact: Fact, session: LiveSession | None) -> None:
    """Say afterwards to which session a fact belongs."""
    events = SalesEvent.objects.filter(
        seller=seller, source=fact.source, external_id=fact.external_id, version=fact.version
    )
    ids = list(events.values_list("pk", flat=True))
    attribution_set(actor=SYSTEM, seller=seller, event_ids=ids, session=session, rule="manual")


def counted(model: type[models.Model], *keys: str) -> dict[Hashable, tuple[object, ...]]:
    """A counted table as the reference gives it: the measures by key, days as text."""
    rows: dict[Hashable, tuple[object, ...]] = {}
    for row in model._default_manager.values_list(*keys, *MEASURES):
        key: list[Any] = [
            value.isoformat() if hasattr(value, "isoformat") else value for value in row[: len(keys)]
        ]
        rows[tuple(key)] = row[len(keys) :]
    return rows


def assert_counted(book: Book) -> None:
    """Every level says what the reference says."""
    hours = counted(HourSales, "tenant_id", "slot", "channel", "session_key")
    assert hours == book.count(lambda fact: (fact.tenant, fact.hour, fact.channel, book.session_of(fact))), (
        "hours"
    )
    assert counted(DaySales, "tenant_id", "day") == book.count(lambda fact: (fact.tenant, fact.day)), "days"
    assert counted(MonthSales, "tenant_id", "month") == book.count(lambda fact: (fact.tenant, fact.month)), (
        "months"
    )
    sessions = book.count(lambda fact: (book.session_of(fact),) if book.session_of(fact) else None)
    assert counted(SessionFigures, "session_id") == sessions, "sessions"


def a_month_of_everything(tenant: Tenant, seed: int = 0, number: int = 200) -> list[Fact]:
    dice = random.Random(seed)
    facts = []
    for place in range(number):
        kind = dice.choice(["created", "paid", "paid", "paid", "refunded", "cancelled", "adjusted"])
        order = f"o{dice.randrange(number // 5)}"
        facts.append(
            Fact(
                tenant=tenant.pk,
                external_id=f"e{place if place % 10 else 0}",
                version=1 if place % 10 else 1 + place // 10,
                kind=kind,
                at=NOON + dt.timedelta(minutes=dice.randrange(40 * 24 * 60)),
                order_no=order,
                line_no=dice.choice(["", "1", "2"]),
                ref_order_no=order if kind == "refunded" else "",
                ref_line=dice.choice(["", "1"]) if kind == "refunded" else "",
                amount=Decimal(dice.randrange(100_000)) / 100,
                channel=dice.choice(["live", "shop"]),
                qty=dice.randrange(5),
            )
        )
    return facts


def dump() -> dict[str, list[tuple[object, ...]]]:
    """Every counted table in the order of its keys, without row ids."""
    models = (HourSales, DaySales, MonthSales, SessionFigures, SpreadOrder)
    return {
        model.__name__: sorted(
            model.objects.values_list(*[f.attname for f in model._meta.concrete_fields if f.attname != "id"]),
            key=str,
        )
        for model in models
    }
