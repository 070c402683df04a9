"""The same message many times at once, and many who read at once: real threads, each with a connection of its own."""

from __future__ import annotations

from decimal import Decimal
from threading import Event
from time import monotonic

import pytest
from django.db import transaction

from supplychain.models import SalesEvent, ShopMessage
from supplychain.services import shop_messages_read
from supplychain.services.references import lock_facts
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


@pytest.mark.postgres
def test_messages_of_others_do_not_wait_for_who_holds_a_sellers_facts() -> None:
    """An import holds them for as long as its file takes; one worker reads the messages of all firms."""
    park = make_park("east")
    busy, other = make_tenant(park, "busy"), make_tenant(park, "other")
    for name, seller in (("one", busy), ("two", other), ("three", busy)):
        hook, secret = connect(seller, name=name)
        for number in "12":
            line = LINE | {"order_no": f"A-{name}-{number}"}
            tell(hook, secret, "order.lines", [line], message_id=number)
    is_held, let_go = Event(), Event()

    def hold() -> None:
        with transaction.atomic():
            lock_facts(busy, alone=True)
            is_held.set()
            assert let_go.wait(30)

    def read() -> None:
        assert is_held.wait(30)
        try:
            began = monotonic()
            assert shop_messages_read() == 2
            assert monotonic() - began < 5
            assert set(SalesEvent.objects.values_list("seller", flat=True)) == {other.pk}
        finally:
            let_go.set()

    together(hold, read)
    assert shop_messages_read() == 4
    told = ShopMessage.objects.filter(hook__tenant=busy).order_by("read_at")
    assert list(told.values_list("pk", flat=True)) == sorted(told.values_list("pk", flat=True))
