"""The same message many times at once, and many who read at once: real threads, each with a connection of its own."""

from __future__ import annotations

from decimal import Decimal

import pytest

from supplychain.models import SalesEvent
from supplychain.services import shop_messages_read
from tests.factories import make_park, make_tenant
from tests.supplychain.shops import LINE, connect, sums, tell
from tests.supplychain.test_settlement_concurrency import together

pytestmark = [pytest.mark.both_databases, pytest.mark.django_db(transaction=True)]


def test_a_message_that_comes_many_times_at_once_is_one() -> None:
    seller = make_tenant(make_park("east"), "ming")
    hook, secret = connect(seller)
    statuses: list[int] = []

    def call() -> None:
        statuses.append(tell(hook, secret, "order.lines", [LINE]).status_code)

    together(*[call] * 6)
    assert statuses == [204] * 6
    assert hook.messages.count() == 1


def test_who_reads_at_once_reads_each_message_once() -> None:
    seller = make_tenant(make_park("east"), "ming")
    hook, secret = connect(seller)
    for number in range(12):
        line = LINE | {"order_no": f"A-{number % 6}", "amount": "10.00"}
        tell(hook, secret, "order.lines", [line], message_id=str(number))
    read: list[int] = []
    together(*[lambda: read.append(shop_messages_read())] * 4)
    while (more := shop_messages_read()) > 0:  # what one left for later
        read.append(more)
    assert sum(read) == 12
    assert set(hook.messages.values_list("state", "tries")) == {("stored", 1)}
    assert sums(seller) == {"paid": Decimal(60)}
    assert SalesEvent.objects.count() == 6
