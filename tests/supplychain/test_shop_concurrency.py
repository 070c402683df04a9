"""The same message many times at once, and many who read at once: real threads, each with a connection of its own."""

from __future__ import annotations

from decimal import Decimal
from threading import Event
from time import monotonic, sleep

import pytest
from django.db import connection, transaction

from supplychain.models import SalesEvent, ShopMessage
from supplychain.services import shop_messages_read
from supplychain.services.references import lock_facts, wait_for_facts
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


@pytest.mark.postgres
def test_a_firm_that_never_stops_to_post_hears_of_its_shops() -> None:
    """Batches of new facts share the lock: one begins before the other ends, and it is never free."""
    seller = make_tenant(make_park("east"), "ming")
    hook, secret = connect(seller)
    for number in "123":
        tell(hook, secret, "order.lines", [LINE | {"order_no": f"A-{number}"}], message_id=number)
    begun, over = [Event(), Event()], Event()

    def post(me: int) -> None:
        if me:
            assert begun[0].wait(30)
            sleep(0.15)
        while not over.is_set():
            with transaction.atomic():
                lock_facts(seller, alone=False)
                begun[me].set()
                sleep(0.3)

    def read() -> None:
        assert begun[1].wait(30)
        try:
            assert shop_messages_read() == 3
        finally:
            over.set()

    together(lambda: post(0), lambda: post(1), read)
    assert set(hook.messages.values_list("state", flat=True)) == {"stored"}


@pytest.mark.postgres
def test_who_waits_for_facts_waits_for_nothing_else_so_briefly() -> None:
    seller = make_tenant(make_park("east"), "ming")
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = '7s'")
        assert wait_for_facts(seller.pk, 0.5)
        cursor.execute("SHOW lock_timeout")
        assert cursor.fetchone() == ("7s",)
