"""A refund that comes through another door than its order, after its month was settled: one correction, or a reason."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from decimal import Decimal
from typing import Any

import pytest
import time_machine

from analytics.services.periods import period_close
from supplychain.models import SalesEvent, ShopHook, StatementOrder
from supplychain.services import (
    agreement_propose,
    agreement_sign,
    shop_messages_read,
    statement_approve,
    statement_count,
)
from supplychain.services.undo import undo_run
from tenants.models import Tenant
from tests.factories import SYSTEM, make_park, make_tenant
from tests.supplychain.shops import connect, import_sample, states_of, tell

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

FILE = "kuaishou-orders.csv"
JUNE, JULY, AUGUST = (dt.date(2025, month, 1) for month in (6, 7, 8))


@pytest.fixture
def seller() -> Tenant:
    return make_tenant(make_park("east"), "ming")


def on(day: int, month: int) -> time_machine.travel:
    return time_machine.travel(dt.datetime(2025, month, day, 4, tzinfo=dt.UTC), tick=False)


def settled(seller: Tenant, month: dt.date) -> Decimal:
    agreement = seller.agreements.first()
    statement = statement_count(actor=SYSTEM, agreement=agreement, month=month)
    statement_approve(actor=SYSTEM, statement=statement)
    return statement.total


def say(hook: ShopHook, secret: str, mark: str, states: list[dict[str, Any]]) -> None:
    for number, state in enumerate(states):
        tell(hook, secret, "order.changed", state, message_id=f"{mark}-{number}")
    shop_messages_read()
    assert {message.state for message in hook.messages.all()} == {"stored"}


@pytest.mark.parametrize("first", ["file", "message"])
def test_what_both_doors_tell_of_a_settled_month_is_one_correction(seller: Tenant, first: str) -> None:
    """The whole was paid by messages and settled; refunds come by the file and by messages, whichever is first."""
    terms = {"kind": "platform", "title": "5 %", "outside_name": "K", "sales": "all", "from_day": JUNE}
    states = states_of(FILE)
    paid = [
        {name: value for name, value in state.items() if name not in ("closed", "ended_at")}
        | {
            "lines": [
                {name: value for name, value in line.items() if name not in ("refunded", "ended_at")}
                for line in state["lines"]
            ]
        }
        for state in states
        if "paid_at" in state
    ]
    with on(5, 7):
        hook, secret = connect(seller, source="kuaishou")
        agreement = agreement_propose(
            actor=SYSTEM, seller=seller, tiers=[(Decimal(0), Decimal(100))], **terms
        )
        agreement_sign(actor=SYSTEM, agreement=agreement)
        say(hook, secret, "paid", paid)
        was_paid = settled(seller, JUNE)
        period_close(actor=SYSTEM, tenant=seller, month=JUNE)
    doors = [lambda: import_sample(seller, FILE), lambda: say(hook, secret, "changed", states)]
    if first == "message":
        doors.reverse()
    with on(10, 7):
        doors[0]()
    with on(5, 8):
        corrected = settled(seller, JULY)
        corrections = Counter(
            StatementOrder.objects.filter(line__statement__month=JULY).values_list("order_no", flat=True)
        )
        doors[1]()
    with on(5, 9):
        assert settled(seller, AUGUST) == 0
    net = sum(
        (amount if kind == "paid" else -amount)
        for kind, amount in SalesEvent.objects.current()
        .filter(kind__in=("paid", "refunded"))
        .values_list("kind", "amount")
    )
    assert corrected < 0 < was_paid
    assert was_paid + corrected == net
    assert set(corrections.values()) == {1}


def test_an_import_that_is_taken_back_after_its_month_was_approved_is_corrected_once(seller: Tenant) -> None:
    """And counts again once it is imported anew: together they say what the ledger says; what is approved stands."""
    terms = {"kind": "platform", "title": "5 %", "outside_name": "K", "sales": "all", "from_day": JUNE}
    with on(5, 7):
        agreement = agreement_propose(actor=SYSTEM, seller=seller, tiers=[(Decimal(0), Decimal(5))], **terms)
        agreement_sign(actor=SYSTEM, agreement=agreement)
        batch = import_sample(seller, FILE)
        first = settled(seller, JUNE)
    with on(10, 7):
        undo_run(actor=SYSTEM, batch=batch, progress=lambda *_told: None)
    with on(5, 8):
        assert (first > 0, settled(seller, JULY)) == (True, -first)
    with on(10, 8):
        import_sample(seller, FILE)
    with on(5, 9):
        assert settled(seller, AUGUST) == first
    assert agreement.statements.get(month=JUNE).total == first
    for month, sign in ((JULY, -1), (AUGUST, 1)):
        orders = StatementOrder.objects.filter(line__statement__month=month)
        assert sum(orders.values_list("amount", flat=True)) == sign * first


def test_what_a_message_tells_of_an_order_of_a_platforms_file_waits_for_its_source(seller: Tenant) -> None:
    """Under its own source its refund would miss the order's session, and its state would count beside the file."""
    import_sample(seller, FILE)
    known = SalesEvent.objects.count()
    hook, secret = connect(seller, source="oms")
    (state, *_others) = states_of(FILE)
    refund = {
        "kind": "refunded",
        "order_no": "R-1",
        "qty": 1,
        "amount": "9.00",
        "ref_order_no": state["order_no"],
    }
    refund |= {"ref_line": "1", "occurred_at": "2025-07-01T20:00:00+08:00"}
    own = {**state, "order_no": "OMS-1"}
    tell(hook, secret, "order.lines", [refund], message_id="a")
    tell(hook, secret, "order.changed", state, message_id="b")
    tell(hook, secret, "order.changed", own, message_id="c")
    shop_messages_read()
    dead, whole, stored = hook.messages.order_by("message_id")
    assert (dead.fault, whole.fault, stored.state) == ("lines", "lines", "stored")
    for message in (dead, whole):
        assert state["order_no"] in message.detail
        assert "kuaishou" in message.detail
    assert not SalesEvent.objects.filter(source="oms").exclude(order_no="OMS-1").exists()
    assert SalesEvent.objects.filter(source="kuaishou").count() == known
