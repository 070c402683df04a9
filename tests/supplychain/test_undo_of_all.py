"""An import that is taken back after its lines were placed, picked, shipped and settled: everything adds up."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal

import pytest
import time_machine
from django.db.models import Sum

from analytics.choices import SharePart
from analytics.counting import drain_everything
from analytics.models import DaySales, SessionFigures, SessionShare
from analytics.result import account_of
from core.actors import user_actor
from core.choices import Role
from core.clock import SHANGHAI
from core.money import from_units
from supplychain.choices import ReservationState
from supplychain.models import Reservation, SalesEvent, StatementOrder
from supplychain.services import (
    agreement_propose,
    agreement_sign,
    attribution_set,
    statement_approve,
    statement_count,
    wave_make,
    wave_picked,
)
from tests import factories
from tests.supplychain.ledger import NOON, SYSTEM
from tests.supplychain.stockroom import PackingShop, everything_adds_up
from tests.supplychain.test_import_undo import HEAD, imported, undo

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
JUNE, JULY, AUGUST = (date(2025, month, 1) for month in (6, 7, 8))
FILE = f"""{HEAD}A1,1,已付款,2025-06-01 13:00:00,2,100.01,S1,,
A2,1,已付款,2025-06-01 13:10:00,1,50.00,S1,,
A3,1,已付款,2025-06-01 13:20:00,3,30.03,S1,10.00,2025-06-02 11:00:00
"""


@pytest.fixture(autouse=True)
def _in_september() -> Iterator[None]:
    with time_machine.travel(datetime(2025, 9, 10, 12, tzinfo=SHANGHAI), tick=False):
        yield


def test_everything_adds_up_after_an_undo_and_after_the_same_file_again() -> None:
    shop = PackingShop()
    shop.receive(10)
    owner = user_actor(factories.make_user("boss", Role.TENANT_OWNER, shop.seller.node))
    host = factories.make_host(shop.seller, "host")
    session = factories.make_session(shop.seller, host=host, starts_at=NOON, hours=4)
    batch = imported(SYSTEM, shop.seller, FILE)
    paid = list(SalesEvent.objects.filter(kind="paid").values_list("pk", flat=True))
    attribution_set(actor=SYSTEM, seller=shop.seller, event_ids=paid, session=session, rule="manual")
    agreement = agreement_propose(
        actor=SYSTEM,
        seller=shop.seller,
        partner=shop.park.code,
        kind="park",
        title="park",
        from_day=JUNE,
        sales="sessions",
        tiers=[(Decimal(0), Decimal(10))],
    )
    agreement_sign(actor=SYSTEM, agreement=agreement)
    wave_picked(actor=SYSTEM, wave=wave_make(actor=SYSTEM, warehouse=shop.near))
    shop.dispatch("A1")

    def net() -> list[Decimal]:
        """What is left by day, by session, by who shares it, and in the result."""
        drain_everything()
        counted = (DaySales.objects, SessionFigures.objects, SessionShare.objects.filter(part=SharePart.HOST))
        sums = (
            rows.aggregate(n=Sum("gmv_paid", default=0) - Sum("refunds", default=0))["n"] for rows in counted
        )
        return [from_units(each) or Decimal(0) for each in (*sums, account_of(owner, session).net)]

    assert net() == 4 * [Decimal("170.04")]
    june = statement_count(actor=SYSTEM, agreement=agreement, month=JUNE)
    assert june.total == Decimal("17.00")
    statement_approve(actor=SYSTEM, statement=june)

    undo(SYSTEM, batch)
    assert net() == 4 * [Decimal(0)]
    assert (shop.level(), everything_adds_up()) == ((8, 0), True)
    assert held() == [("A1", "dispatched", 2)]
    july = statement_count(actor=SYSTEM, agreement=agreement, month=JULY)
    assert july.total == -june.total
    statement_approve(actor=SYSTEM, statement=july)

    imported(SYSTEM, shop.seller, FILE)
    assert net() == 4 * [Decimal("170.04")], "also what a person had said of the lines"
    assert (shop.level(), everything_adds_up()) == ((8, 4), True)
    assert held() == [("A1", "dispatched", 2), ("A2", "reserved", 1), ("A3", "reserved", 3)]
    august = statement_count(actor=SYSTEM, agreement=agreement, month=AUGUST)
    assert august.total == june.total
    amounts = StatementOrder.objects.values("order_no").annotate(n=Sum("amount")).order_by("order_no")
    assert sum(row["n"] for row in amounts) == june.total


def held() -> list[tuple[str, str, int]]:
    """What is meant for buyers or with them."""
    rows = Reservation.objects.exclude(state=ReservationState.RELEASED).order_by("order_no", "pk")
    return list(rows.values_list("order_no", "state", "quantity"))
